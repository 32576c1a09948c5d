// The public functions for traceparent and tracestate.
#include "context/traceparent.hpp"
#include "context/tracestate.hpp"
#include "context/tracestate_members.hpp"
#include "entail/context.hpp"

namespace entail {
inline namespace v1 {
namespace {

ContextError public_error(context::TraceparentError error) noexcept {
  switch (error) {
    case context::TraceparentError::none:
      return ContextError::none;
    case context::TraceparentError::too_short:
      return ContextError::too_short;
    case context::TraceparentError::bad_version:
      return ContextError::bad_version;
    case context::TraceparentError::forbidden_version:
      return ContextError::forbidden_version;
    case context::TraceparentError::bad_trace_id:
      return ContextError::bad_trace_id;
    case context::TraceparentError::zero_trace_id:
      return ContextError::zero_trace_id;
    case context::TraceparentError::bad_parent_id:  // the sender's span, which a link points to
      return ContextError::bad_span_id;
    case context::TraceparentError::zero_parent_id:
      return ContextError::zero_span_id;
    case context::TraceparentError::bad_flags:
      return ContextError::bad_flags;
    case context::TraceparentError::bad_separator:
      return ContextError::bad_separator;
    case context::TraceparentError::trailing_data:
      return ContextError::trailing_data;
  }
  return ContextError::bad_version;  // unreachable
}

}  // namespace

ContextError parse_traceparent(std::string_view text, SpanContext& context) noexcept {
  context::Traceparent parsed;
  const context::TraceparentError error = context::parse_traceparent(text, parsed);
  if (error != context::TraceparentError::none) return public_error(error);
  context.trace_id = parsed.trace_id;
  context.span_id = parsed.parent_id;
  context.flags = parsed.flags;
  context.is_remote = true;
  context.trace_state.clear();
  return ContextError::none;
}

std::string format_traceparent(const SpanContext& context) {
  if (!context.is_valid()) return {};
  const auto text = context::format_traceparent({context.trace_id, context.span_id, context.flags, 0});
  return {text.begin(), text.end()};
}

ContextError check_trace_state(std::string_view text) noexcept {
  if (text.size() > context::kTraceStateBytesMax) return ContextError::bad_trace_state;
  context::detail::MemberCursor cursor(text, context::TracestateLevel::two);
  context::detail::Member member;
  while (cursor.next(member)) {
  }
  return cursor.error() == context::TracestateError::none ? ContextError::none : ContextError::bad_trace_state;
}

}  // namespace v1
}  // namespace entail
