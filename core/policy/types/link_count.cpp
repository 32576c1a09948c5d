#include "policy/rows.hpp"

namespace entail::policy {

Type link_count_type() {
  return {.name = "link_count",
          .help = "Keeps traces by their number of links. Not in the Collector.",
          .rows = {option::row<PolicyOptions, [](auto& p) -> auto& { return p.min_links; }>(expected(
                       whole("min_links", "Minimum number of links with a valid context on all spans of the trace."))),
                   option::row<PolicyOptions, [](auto& p) -> auto& { return p.max_links; }>(
                       whole("max_links", "Maximum. 0 = none."))},
          .compile = [](const PolicyOptions& policy, Scope& scope) {
            scope.count_links();
            return compile_count({policy.min_links, policy.max_links}, &Facts::links, "max_links", "min_links", scope);
          }};
}

}  // namespace entail::policy
