#include <algorithm>

#include "policy/rows.hpp"

namespace entail::policy {

namespace {

Compiled compile(const PolicyOptions& policy, Scope& scope) {
  const std::vector<Compiled> parts = scope.add_parts(policy);
  for (std::size_t i = 0; i < policy.parts.size(); ++i)
    if (policy.parts[i].type == PolicyType::always_sample)
      scope.warning("drop_sub_policy", i,
                    policy.parts.size() == 1 ? "with always_sample alone, every trace is dropped"
                                             : "always_sample matches every trace, so here it has no effect");
  const bool is_probabilistic =
      std::any_of(parts.begin(), parts.end(), [](const Compiled& part) { return part.traits.is_probabilistic; });
  return {scope.add_children(Condition::Kind::all, parts), {.drops = true, .is_probabilistic = is_probabilistic}};
}

}  // namespace

Type drop_type() {
  return {.name = "drop",
          .help =
              "Drops traces that all parts match, whatever other policies say, and even if a kept trace is linked "
              "to them.",
          .parts = Parts::list,
          .parts_key = "drop_sub_policy",
          .is_top_level = true,
          .compile = compile};
}

}  // namespace entail::policy
