#include "links/b3.hpp"

#include "links/foreign.hpp"
#include "text/hex.hpp"

namespace entail {
namespace links {
namespace {

constexpr std::size_t kSpanDigits = 16;

ContextError parse_trace_id(std::string_view text, TraceId& id) noexcept {
  if ((text.size() != 16 && text.size() != 32) || !parse_hex(text, HexCase::lower, id))
    return ContextError::bad_trace_id;
  return id.is_zero() ? ContextError::zero_trace_id : ContextError::none;
}

ContextError parse_span_id(std::string_view text, SpanId& id) noexcept {
  if (text.size() != kSpanDigits || !parse_hex(text, HexCase::lower, id)) return ContextError::bad_span_id;
  return id.is_zero() ? ContextError::zero_span_id : ContextError::none;
}

// Accepts an all-zero parent, which some senders write on root spans.
bool parse_parent_id(std::string_view text, SpanId& id) noexcept {
  return text.size() == kSpanDigits && parse_hex(text, HexCase::lower, id);
}

bool parse_state(std::string_view text, SamplingState& state) noexcept {
  if (text == "0")
    state = SamplingState::denied;
  else if (text == "1")
    state = SamplingState::sampled;
  else if (text == "d")
    state = SamplingState::debug;
  else
    return false;
  return true;
}

// Removes the field up to the next dash, and the dash, from `text`. Sets `more` if there was a dash.
std::string_view next_field(std::string_view& text, bool& more) noexcept {
  const std::size_t dash = text.find('-');
  more = dash != std::string_view::npos;
  const std::string_view field = text.substr(0, dash);
  text.remove_prefix(more ? dash + 1 : text.size());
  return field;
}

std::string_view state_text(SamplingState state) noexcept {
  switch (state) {
    case SamplingState::deferred:
      return {};
    case SamplingState::denied:
      return "0";
    case SamplingState::sampled:
      return "1";
    case SamplingState::debug:
      return "d";
  }
  return {};
}

}  // namespace

void collect_b3_header(const Header& header, B3Fields& fields) noexcept {
  const auto collect = [&header](std::string_view name, std::optional<std::string_view>& value) {
    if (!value && is_header(header.name, name)) value = trim_ows(header.value);
  };
  collect("x-b3-traceid", fields.trace_id);
  collect("x-b3-spanid", fields.span_id);
  collect("x-b3-parentspanid", fields.parent_id);
  collect("x-b3-sampled", fields.sampled);
  collect("x-b3-flags", fields.flags);
}

ContextError parse_b3_fields(const B3Fields& fields, ForeignContext& parsed) noexcept {
  if (!fields.any()) return ContextError::no_context;
  TraceId trace_id;
  SpanId span_id;
  SpanId parent_id;
  SamplingState state = SamplingState::deferred;
  const bool has_ids = fields.trace_id || fields.span_id || fields.parent_id;
  if (has_ids && (!fields.trace_id || !fields.span_id)) return ContextError::missing_field;
  if (has_ids) {
    if (const ContextError error = parse_trace_id(*fields.trace_id, trace_id); error != ContextError::none)
      return error;
    if (const ContextError error = parse_span_id(*fields.span_id, span_id); error != ContextError::none) return error;
  }
  if (fields.parent_id && !parse_parent_id(*fields.parent_id, parent_id)) return ContextError::bad_parent_id;
  if (fields.sampled) {
    if (*fields.sampled == "true" || *fields.sampled == "1")
      state = SamplingState::sampled;
    else if (*fields.sampled == "false" || *fields.sampled == "0")
      state = SamplingState::denied;
    else
      return ContextError::bad_sampling;
  }
  if (fields.flags && *fields.flags == "1") state = SamplingState::debug;
  set_foreign(trace_id, span_id, parent_id, state, parsed);
  return ContextError::none;
}

}  // namespace links

inline namespace v1 {

ContextError parse_b3(std::string_view text, ForeignContext& parsed) noexcept {
  using namespace links;
  text = trim_ows(text);
  SamplingState state = SamplingState::deferred;
  if (parse_state(text, state)) {
    set_foreign({}, {}, {}, state, parsed);
    return ContextError::none;
  }
  TraceId trace_id;
  SpanId span_id;
  SpanId parent_id;
  bool more = false;
  const std::string_view trace_text = next_field(text, more);
  // A single character that is not a B3 sampling state.
  if (!more && trace_text.size() <= 1) return trace_text.empty() ? ContextError::too_short : ContextError::bad_sampling;
  if (const ContextError error = parse_trace_id(trace_text, trace_id); error != ContextError::none) return error;
  if (!more) return ContextError::missing_field;
  if (const ContextError error = parse_span_id(next_field(text, more), span_id); error != ContextError::none)
    return error;
  if (more && !parse_state(next_field(text, more), state)) return ContextError::bad_sampling;
  if (more && !parse_parent_id(next_field(text, more), parent_id)) return ContextError::bad_parent_id;
  if (more) return ContextError::trailing_data;
  set_foreign(trace_id, span_id, parent_id, state, parsed);
  return ContextError::none;
}

std::string format_b3(const ForeignContext& foreign) {
  const std::string_view state = links::state_text(foreign.sampling);
  if (!foreign.context.is_valid()) return std::string(state);
  std::string text;
  text.reserve(68);  // 32 + 16 + 1 + 16 digits and three dashes
  text::append_hex(foreign.context.trace_id, text);
  text += '-';
  text::append_hex(foreign.context.span_id, text);
  if (state.empty()) return text;  // the grammar requires a state before a parent
  text.append("-").append(state);
  if (foreign.parent_id.is_zero()) return text;
  text += '-';
  text::append_hex(foreign.parent_id, text);
  return text;
}

ContextError parse_b3_headers(Carrier carrier, ForeignContext& parsed) noexcept {
  links::B3Fields fields;
  for (const Header& header : carrier) links::collect_b3_header(header, fields);
  return links::parse_b3_fields(fields, parsed);
}

HeadersOut format_b3_headers(const ForeignContext& foreign) {
  HeadersOut headers;
  if (foreign.context.is_valid()) {
    headers.emplace_back("X-B3-TraceId", to_hex(foreign.context.trace_id));
    headers.emplace_back("X-B3-SpanId", to_hex(foreign.context.span_id));
    if (!foreign.parent_id.is_zero()) headers.emplace_back("X-B3-ParentSpanId", to_hex(foreign.parent_id));
  }
  if (foreign.sampling == SamplingState::debug)
    headers.emplace_back("X-B3-Flags", "1");  // implies sampled
  else if (foreign.sampling != SamplingState::deferred)
    headers.emplace_back("X-B3-Sampled", links::state_text(foreign.sampling));
  return headers;
}

}  // namespace v1
}  // namespace entail
