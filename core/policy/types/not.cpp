#include "policy/rows.hpp"

namespace entail::policy {

namespace {

Compiled compile(const PolicyOptions& policy, Scope& scope) {
  const std::vector<Compiled> parts = scope.add_parts(policy);
  if (parts.empty()) return {scope.add({}), {}};  // an error, reported already
  return {scope.add_children(Condition::Kind::negation, parts),
          {.is_probabilistic = parts.front().traits.is_probabilistic}};
}

}  // namespace

Type not_type() {
  return {.name = "not",
          .help = "Keeps traces that its one part does not keep.",
          .parts = Parts::one,
          .parts_key = "not_sub_policy",
          .compile = compile};
}

}  // namespace entail::policy
