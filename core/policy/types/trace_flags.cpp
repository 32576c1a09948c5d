#include "policy/rows.hpp"

namespace entail::policy {

Type trace_flags_type() {
  return {.name = "trace_flags",
          .help = "Keeps traces with the W3C sampled flag on a span.",
          .compile = [](const PolicyOptions&, Scope& scope) -> Compiled {
            const NewBit bit = scope.bit_of(QuestionKey("sampled_flag"));
            if (bit.is_new) scope.add_sampled_flag_test(bit.bit);
            return {scope.add_bit(bit.bit), {.monotone = true}};
          }};
}

}  // namespace entail::policy
