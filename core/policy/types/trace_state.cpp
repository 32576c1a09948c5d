#include <memory>

#include "base/bytes.hpp"
#include "context/tracestate.hpp"
#include "policy/rows.hpp"
#include "wire/range.hpp"

namespace entail::policy {

namespace {

// The Collector ignores values that are too long for an entry of 256 bytes.
std::vector<std::string> values_of(const PolicyOptions& policy, const Scope& scope) {
  std::vector<std::string> values = policy.values;
  if (scope.is_compat())
    std::erase_if(values, [&](const std::string& value) { return policy.key.size() + value.size() >= 256; });
  return values;
}

Compiled compile(const PolicyOptions& policy, Scope& scope) {
  const NewBit bit = scope.bit_of(QuestionKey("tracestate").with(policy.key).with(policy.values));
  if (bit.is_new) {
    const auto values =
        std::make_shared<const ottl::StringMatcher>(ottl::StringMatcher::exact(values_of(policy, scope)));
    const auto level = scope.is_compat() ? context::TracestateLevel::collector : context::TracestateLevel::two;
    const auto holds = [key = policy.key, values, level](const otlp::Decoded& decoded, const otlp::SpanView& span) {
      if (span.trace_state.size == 0) return false;
      const std::string_view text = base::text_of(wire::slice(decoded.bytes, span.trace_state));
      const auto value = context::tracestate_value(text, key, level);
      return value && values->matches(*value);
    };
    scope.add_span_test({.holds = holds, .bit = bit.bit});
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
