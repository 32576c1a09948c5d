#include <memory>

#include "context/tracestate.hpp"
#include "policy/rows.hpp"

namespace entail::policy {

namespace {

Compiled compile(const PolicyOptions& policy, Scope& scope) {
  const NewBit bit = scope.bit_of(QuestionKey("tracestate").with(policy.key).with(policy.values));
  if (bit.is_new) {
    const auto values = std::make_shared<const ottl::StringMatcher>(ottl::StringMatcher::exact(policy.values));
    scope.add_span_test({.holds =
                             [key = policy.key, values](const otlp::Decoded& decoded, const otlp::SpanView& span) {
                               if (span.trace_state.size == 0) return false;
                               const auto* bytes = reinterpret_cast<const char*>(decoded.bytes.data());
                               const auto value = context::tracestate_value(
                                   {bytes + span.trace_state.offset, span.trace_state.size}, key);
                               return value && values->matches(*value);
                             },
                         .bit = bit.bit});
  }
  return {scope.add_bit(bit.bit), {.monotone = true}};
}

}  // namespace

Type trace_state_type() {
  return {.name = "trace_state",
          .help = "Keeps traces by an entry of the W3C tracestate.",
          .rows = {key_row("Key of a tracestate entry, on any span."),
                   values_row("Values, one of which must equal the entry's.")},
          .compile = compile};
}

}  // namespace entail::policy
