// AWS X-Amzn-Trace-Id.
#include <algorithm>
#include <utility>

#include "links/foreign.hpp"
#include "text/hex.hpp"

namespace entail {
namespace links {
namespace {

constexpr std::size_t kXraySizeMax = 8192;  // writers emit at most 256; the rest allows for other keys
constexpr std::size_t kEpochDigits = 8;
constexpr std::size_t kRestDigits = 24;
constexpr std::size_t kSpanDigits = 16;

// "1-EPOCH-REST": EPOCH and REST together are the trace ID.
ContextError parse_root(std::string_view text, TraceId& id) noexcept {
  const std::size_t dash = text.find('-');
  if (text.substr(0, dash) != "1") return ContextError::bad_version;
  if (dash == std::string_view::npos) return ContextError::bad_separator;
  text.remove_prefix(dash + 1);
  if (text.size() != kEpochDigits + 1 + kRestDigits) return ContextError::bad_trace_id;
  if (text[kEpochDigits] != '-') return ContextError::bad_separator;
  std::uint64_t epoch = 0;
  std::uint64_t middle = 0;
  TraceId result;
  const std::string_view rest = text.substr(kEpochDigits + 1);
  if (!parse_hex(text.substr(0, kEpochDigits), HexCase::either, epoch) ||
      !parse_hex(rest.substr(0, 8), HexCase::either, middle) || !parse_hex(rest.substr(8), HexCase::either, result.lo))
    return ContextError::bad_trace_id;
  result.hi = epoch << 32 | middle;
  if (result.is_zero()) return ContextError::zero_trace_id;
  id = result;
  return ContextError::none;
}

ContextError parse_parent(std::string_view text, SpanId& id) noexcept {
  if (text.size() != kSpanDigits || !parse_hex(text, HexCase::either, id)) return ContextError::bad_span_id;
  return id.is_zero() ? ContextError::zero_span_id : ContextError::none;
}

ContextError parse_sampled(std::string_view text, SamplingState& state) noexcept {
  if (text == "1")
    state = SamplingState::sampled;
  else if (text == "0")
    state = SamplingState::denied;
  else if (text != "?")  // deferred: the sender asks for a decision
    return ContextError::bad_sampling;
  return ContextError::none;
}

struct XrayFields {
  TraceId trace_id;
  SpanId span_id;
  SamplingState sampling = SamplingState::deferred;
  bool has_root = false;
  bool has_parent = false;
  bool has_sampled = false;
};

// Parses one "Key=value"; keys are case-sensitive. Ignores empty parts: some writers end with a semicolon.
ContextError parse_part(std::string_view part, XrayFields& fields) noexcept {
  part = trim_ows(part);
  if (part.empty()) return ContextError::none;
  const std::size_t equals = part.find('=');
  if (equals == std::string_view::npos) return ContextError::bad_separator;
  const std::string_view key = part.substr(0, equals);
  const std::string_view value = part.substr(equals + 1);
  if (key == "Root")
    return std::exchange(fields.has_root, true) ? ContextError::duplicate_field : parse_root(value, fields.trace_id);
  if (key == "Parent")
    return std::exchange(fields.has_parent, true) ? ContextError::duplicate_field : parse_parent(value, fields.span_id);
  if (key == "Sampled")
    return std::exchange(fields.has_sampled, true) ? ContextError::duplicate_field
                                                   : parse_sampled(value, fields.sampling);
  return ContextError::none;
}

}  // namespace
}  // namespace links

inline namespace v1 {

ContextError parse_xray(std::string_view text, ForeignContext& parsed) noexcept {
  text = links::trim_ows(text);
  if (text.size() > links::kXraySizeMax) return ContextError::too_long;
  links::XrayFields fields;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    if (const ContextError error = links::parse_part(text.substr(0, end), fields); error != ContextError::none)
      return error;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!fields.has_root) return ContextError::missing_field;
  links::set_foreign(fields.trace_id, fields.span_id, {}, fields.sampling, parsed);
  return ContextError::none;
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
    links::append_id(context.span_id, text);
  }
  if (foreign.sampling == SamplingState::denied)
    text += ";Sampled=0";
  else if (foreign.sampling != SamplingState::deferred)
    text += ";Sampled=1";
  return text;
}

}  // namespace v1
}  // namespace entail
