#include "policy/rows.hpp"

namespace entail::policy {

Type bytes_limiting_type() {
  return {
      .name = "bytes_limiting",
      .help = "Keeps traces up to a number of bytes per second.",
      .rows = rate_rows("bytes_per_second",
                        "Bytes per second to keep: protobuf, with the resource and the scope of each batch of spans."),
      .compile = [](const PolicyOptions& policy, Scope& scope) {
        scope.read_sizes();
        return compile_rate(policy, &Facts::size, scope);
      }};
}

}  // namespace entail::policy
