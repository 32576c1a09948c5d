#include "policy/rows.hpp"

namespace entail::policy {

Type span_count_type() {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int32_t>::max();
  return {.name = "span_count",
          .help = "Keeps traces by their number of spans.",
          .rows = {option::row<PolicyOptions, [](auto& p) -> auto& { return p.min_spans; }>(
                       expected(whole("min_spans", "Minimum number of spans in the trace.", {0, kMax}))),
                   option::row<PolicyOptions, [](auto& p) -> auto& { return p.max_spans; }>(
                       whole("max_spans", "Maximum. 0 = none.", {0, kMax}))},
          .compile = [](const PolicyOptions& policy, Scope& scope) {
            return compile_count({policy.min_spans, policy.max_spans}, &Facts::spans, "max_spans", "min_spans", scope);
          }};
}

}  // namespace entail::policy
