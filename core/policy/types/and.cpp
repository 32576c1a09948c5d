#include "policy/rows.hpp"

namespace entail::policy {

namespace {

Compiled compile(const PolicyOptions& policy, Scope& scope) {
  const std::vector<Compiled> parts = scope.add_parts(policy);
  PolicyTraits traits{.monotone = true};
  bool only_thresholds = true;
  for (const auto& [condition, part] : parts) {
    traits.matches_error |= part.matches_error;
    traits.monotone &= part.monotone;
    traits.is_probabilistic |= part.is_probabilistic;
    only_thresholds &= !part.is_probabilistic || part.threshold.has_value();
    if (part.threshold) traits.threshold = std::max(traits.threshold.value_or(0), *part.threshold);
  }
  if (!only_thresholds) traits.threshold.reset();
  return {scope.add_children(Condition::Kind::all, parts), traits};
}

}  // namespace

Type and_type() {
  return {.name = "and",
          .help = "Keeps traces that all parts keep.",
          .parts = Parts::list,
          .parts_key = "and_sub_policy",
          .compile = compile};
}

}  // namespace entail::policy
