#include "policy/rows.hpp"

namespace entail::policy {

Type always_sample_type() {
  return {
      .name = "always_sample",
      .help = "Keeps every trace.",
      .compile = [](const PolicyOptions&, Scope& scope) -> Compiled { return {scope.add({}), {.monotone = true}}; }};
}

}  // namespace entail::policy
