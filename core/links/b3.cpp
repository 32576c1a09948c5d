#include "links/b3.hpp"

#include "links/foreign.hpp"
#include "text/hex.hpp"

namespace entail {
namespace links {
namespace {

Result<TraceId, ContextError> parse_trace_id(std::string_view text) noexcept {
  const auto id = text::parse_trace_id(text, HexCase::lower);
  if ((text.size() != 16 && text.size() != 32) || !id.ok()) return ContextError::bad_trace_id;
  if (id->is_zero()) return ContextError::zero_trace_id;
  return *id;
}

// Accepts an all-zero parent, which some senders write on root spans.
Result<SpanId, ContextError> parse_parent_id(std::string_view text) noexcept {
  const auto id = parse_full_span_id(text, HexCase::lower);
  if (id.error() == ContextError::zero_span_id) return SpanId{};
  return id.ok() ? id : ContextError::bad_parent_id;
}

Result<SamplingState, ContextError> parse_state(std::string_view text) noexcept {
  if (text == "0") return SamplingState::denied;
  if (text == "1") return SamplingState::sampled;
  if (text == "d") return SamplingState::debug;
  return ContextError::bad_sampling;
}

Result<SamplingState, ContextError> parse_sampled_header(std::string_view text) noexcept {
  if (text == "true" || text == "1") return SamplingState::sampled;
  if (text == "false" || text == "0") return SamplingState::denied;
  return ContextError::bad_sampling;
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

Result<ForeignContext, ContextError> parse_b3_fields(const B3Fields& fields) noexcept {
  if (!fields.any()) return ContextError::no_context;
  Result<TraceId, ContextError> trace_id = TraceId{};
  Result<SpanId, ContextError> span_id = SpanId{};
  Result<SpanId, ContextError> parent_id = SpanId{};
  Result<SamplingState, ContextError> state = SamplingState::deferred;
  const bool has_ids = fields.trace_id || fields.span_id || fields.parent_id;
  if (has_ids && (!fields.trace_id || !fields.span_id)) return ContextError::missing_field;
  if (has_ids) {
    if (trace_id = parse_trace_id(*fields.trace_id); !trace_id.ok()) return trace_id.error();
    if (span_id = parse_full_span_id(*fields.span_id, HexCase::lower); !span_id.ok()) return span_id.error();
  }
  if (fields.parent_id) parent_id = parse_parent_id(*fields.parent_id);
  if (!parent_id.ok()) return parent_id.error();
  if (fields.sampled) state = parse_sampled_header(*fields.sampled);
  if (!state.ok()) return state.error();
  if (fields.flags && *fields.flags == "1") state = SamplingState::debug;
  return make_foreign(*trace_id, *span_id, *parent_id, *state);
}

}  // namespace links

inline namespace v1 {

Result<ForeignContext, ContextError> parse_b3(std::string_view text) noexcept {
  using namespace links;
  text = trim_ows(text);
  if (const auto alone = parse_state(text); alone.ok()) return make_foreign({}, {}, {}, *alone);
  Result<SamplingState, ContextError> state = SamplingState::deferred;
  Result<SpanId, ContextError> parent_id = SpanId{};
  bool more = false;
  const std::string_view trace_text = next_field(text, more);
  // A single character that is not a B3 sampling state.
  if (!more && trace_text.size() <= 1) return trace_text.empty() ? ContextError::too_short : ContextError::bad_sampling;
  const auto trace_id = parse_trace_id(trace_text);
  if (!trace_id.ok()) return trace_id.error();
  if (!more) return ContextError::missing_field;
  const auto span_id = parse_full_span_id(next_field(text, more), HexCase::lower);
  if (!span_id.ok()) return span_id.error();
  if (more) state = parse_state(next_field(text, more));
  if (!state.ok()) return state.error();
  if (more) parent_id = parse_parent_id(next_field(text, more));
  if (!parent_id.ok()) return parent_id.error();
  if (more) return ContextError::trailing_data;
  return make_foreign(*trace_id, *span_id, *parent_id, *state);
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

Result<ForeignContext, ContextError> parse_b3_headers(Carrier carrier) noexcept {
  links::B3Fields fields;
  for (const Header& header : carrier) links::collect_b3_header(header, fields);
  return links::parse_b3_fields(fields);
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
