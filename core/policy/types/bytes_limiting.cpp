#include "policy/rows.hpp"

namespace entail::policy {

Type bytes_limiting_type() {
  return {
      .name = "bytes_limiting",
      .help = "Keeps traces up to a number of span bytes per second.",
      .rows = rate_rows("bytes_per_second", "Span bytes per second to keep."),
      .compile = [](const PolicyOptions& policy, Scope& scope) { return compile_rate(policy, &Facts::bytes, scope); }};
}

}  // namespace entail::policy
