// AWS X-Amzn-Trace-Id.
#include <algorithm>
#include <optional>

#include "links/foreign.hpp"
#include "text/hex.hpp"

namespace entail {
namespace links {
namespace {

constexpr std::size_t kXraySizeMax = 8192;  // writers emit at most 256; the rest allows for other keys
constexpr std::size_t kEpochDigits = 8;
constexpr std::size_t kRestDigits = 24;

// "1-EPOCH-REST": EPOCH and REST together are the trace ID.
Result<TraceId, ContextError> parse_root(std::string_view text) noexcept {
  const std::size_t dash = text.find('-');
  if (text.substr(0, dash) != "1") return ContextError::bad_version;
  if (dash == std::string_view::npos) return ContextError::bad_separator;
  text.remove_prefix(dash + 1);
  if (text.size() != kEpochDigits + 1 + kRestDigits) return ContextError::bad_trace_id;
  if (text[kEpochDigits] != '-') return ContextError::bad_separator;
  const std::string_view rest = text.substr(kEpochDigits + 1);
  const auto epoch = parse_hex(text.substr(0, kEpochDigits), HexCase::either);
  const auto middle = parse_hex(rest.substr(0, 8), HexCase::either);
  const auto low = parse_hex(rest.substr(8), HexCase::either);
  if (!epoch.ok() || !middle.ok() || !low.ok()) return ContextError::bad_trace_id;
  const TraceId id{*epoch << 32 | *middle, *low};
  if (id.is_zero()) return ContextError::zero_trace_id;
  return id;
}

Result<SpanId, ContextError> parse_parent(std::string_view text) noexcept {
  return parse_full_span_id(text, HexCase::either);
}

Result<SamplingState, ContextError> parse_sampled(std::string_view text) noexcept {
  if (text == "1") return SamplingState::sampled;
  if (text == "0") return SamplingState::denied;
  if (text == "?") return SamplingState::deferred;  // the sender asks for a decision
  return ContextError::bad_sampling;
}

struct XrayFields {
  std::optional<TraceId> trace_id;
  std::optional<SpanId> span_id;
  std::optional<SamplingState> sampling;
};

// Stores the parsed field; a field that occurs twice is an error, whatever its value.
template <class T>
Result<void, ContextError> set_once(std::optional<T>& field, std::string_view value,
                                    Result<T, ContextError> (*parse)(std::string_view) noexcept) noexcept {
  if (field) return ContextError::duplicate_field;
  const Result<T, ContextError> parsed = parse(value);
  if (!parsed.ok()) return parsed.error();
  field = *parsed;
  return {};
}

// Parses one "Key=value"; keys are case-sensitive. Ignores empty parts: some writers end with a semicolon.
Result<void, ContextError> parse_part(std::string_view part, XrayFields& fields) noexcept {
  part = trim_ows(part);
  if (part.empty()) return {};
  const std::size_t equals = part.find('=');
  if (equals == std::string_view::npos) return ContextError::bad_separator;
  const std::string_view key = part.substr(0, equals);
  const std::string_view value = part.substr(equals + 1);
  if (key == "Root") return set_once(fields.trace_id, value, parse_root);
  if (key == "Parent") return set_once(fields.span_id, value, parse_parent);
  if (key == "Sampled") return set_once(fields.sampling, value, parse_sampled);
  return {};
}

}  // namespace
}  // namespace links

inline namespace v1 {

Result<ForeignContext, ContextError> parse_xray(std::string_view text) noexcept {
  text = links::trim_ows(text);
  if (text.size() > links::kXraySizeMax) return ContextError::too_long;
  links::XrayFields fields;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const Result<void, ContextError> part = links::parse_part(text.substr(0, end), fields);
    if (!part.ok()) return part.error();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!fields.trace_id) return ContextError::missing_field;
  return links::make_foreign(*fields.trace_id, fields.span_id.value_or(SpanId{}), {},
                             fields.sampling.value_or(SamplingState::deferred));
}

std::string format_xray(const ForeignContext& foreign) {
  const SpanContext& context = foreign.context;
  if (context.trace_id.is_zero()) return {};
  std::string text = "Root=1-";
  text.reserve(80);
  text::append_hex(context.trace_id.hi >> 32, 8, text);
  text += '-';
  text::append_hex(context.trace_id.hi & 0xffffffff, 8, text);
  text::append_hex(context.trace_id.lo, 16, text);
  if (!context.span_id.is_zero()) {
    text += ";Parent=";
    text::append_hex(context.span_id, text);
  }
  if (foreign.sampling == SamplingState::denied)
    text += ";Sampled=0";
  else if (foreign.sampling != SamplingState::deferred)
    text += ";Sampled=1";
  return text;
}

}  // namespace v1
}  // namespace entail
