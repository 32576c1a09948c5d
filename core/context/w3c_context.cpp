// The public functions for traceparent and tracestate.
#include "context/traceparent.hpp"
#include "context/tracestate.hpp"
#include "context/tracestate_members.hpp"
#include "entail/context.hpp"

namespace entail {
inline namespace v1 {

Result<SpanContext, ContextError> parse_traceparent(std::string_view text) noexcept {
  const Result<context::Traceparent, ContextError> parsed = context::parse_traceparent(text);
  if (!parsed.ok()) return parsed.error();
  return SpanContext{parsed->trace_id, parsed->parent_id, parsed->flags, true, {}};
}

std::string format_traceparent(const SpanContext& context) {
  if (!context.is_valid()) return {};
  const auto text = context::format_traceparent({context.trace_id, context.span_id, context.flags, 0});
  return {text.begin(), text.end()};
}

Result<void, ContextError> check_trace_state(std::string_view text) noexcept {
  if (text.size() > context::kTraceStateBytesMax) return ContextError::bad_trace_state;
  context::detail::MemberCursor cursor(text, context::TracestateLevel::two);
  context::detail::Member member;
  while (cursor.next(member)) {
  }
  if (cursor.failed()) return ContextError::bad_trace_state;
  return {};
}

}  // namespace v1
}  // namespace entail
