#include "policy/rows.hpp"

namespace entail::policy {

Type rate_limiting_type() {
  return {
      .name = "rate_limiting",
      .help = "Keeps traces up to a number of spans per second.",
      .rows = rate_rows("spans_per_second", "Spans per second to keep."),
      .compile = [](const PolicyOptions& policy, Scope& scope) { return compile_rate(policy, &Facts::spans, scope); }};
}

}  // namespace entail::policy
