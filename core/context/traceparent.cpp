#include "context/traceparent.hpp"

#include <cstddef>

#include "base/bytes.hpp"
#include "context/whitespace.hpp"
#include "text/hex.hpp"

namespace entail::context {
namespace {

// Offsets of the fields of version 00.
constexpr std::size_t kVersionDash = 2;
constexpr std::size_t kTraceIdBegin = 3;
constexpr std::size_t kTraceIdDash = 35;
constexpr std::size_t kParentIdBegin = 36;
constexpr std::size_t kParentIdDash = 52;
constexpr std::size_t kFlagsBegin = 53;
constexpr std::size_t kSize = 55;

constexpr std::uint8_t known_flags(TracestateLevel level) noexcept {
  return level == TracestateLevel::two ? kFlagSampled | kFlagRandom : kFlagSampled;
}

}  // namespace

// Flattened: with the many early returns of a Result, g++ no longer inlines parse_hex(), which costs 8 % instructions.
[[gnu::flatten]] Result<Traceparent, ContextError> parse_traceparent(std::string_view text,
                                                                     TracestateLevel level) noexcept {
  text = trim_ows(text);
  if (text.size() < kSize) return ContextError::too_short;
  const auto version = text::parse_hex(text.substr(0, kVersionDash), text::HexCase::lower);
  if (!version.ok()) return ContextError::bad_version;
  if (*version == 0xff) return ContextError::forbidden_version;
  if (text[kVersionDash] != '-') return ContextError::bad_separator;

  const auto trace_id = text::parse_trace_id(text.substr(kTraceIdBegin, 32), text::HexCase::lower);
  if (!trace_id.ok()) return ContextError::bad_trace_id;
  if (trace_id->is_zero()) return ContextError::zero_trace_id;
  if (text[kTraceIdDash] != '-') return ContextError::bad_separator;

  const auto parent_id = text::parse_span_id(text.substr(kParentIdBegin, 16), text::HexCase::lower);
  if (!parent_id.ok()) return ContextError::bad_span_id;
  if (parent_id->is_zero()) return ContextError::zero_span_id;
  if (text[kParentIdDash] != '-') return ContextError::bad_separator;

  const auto flags = text::parse_hex(text.substr(kFlagsBegin, 2), text::HexCase::lower);
  if (!flags.ok()) return ContextError::bad_flags;
  if (text.size() > kSize && (*version == 0 || text[kSize] != '-')) return ContextError::trailing_data;

  Traceparent result;
  result.trace_id = *trace_id;
  result.parent_id = *parent_id;
  result.flags = static_cast<std::uint8_t>(*flags & known_flags(level));
  result.version = static_cast<std::uint8_t>(*version);
  return result;
}

std::array<char, 55> format_traceparent(const Traceparent& traceparent, TracestateLevel level) noexcept {
  std::array<char, kSize> text;
  text[0] = text[1] = '0';
  text[kVersionDash] = text[kTraceIdDash] = text[kParentIdDash] = '-';
  text::write_hex(traceparent.trace_id.hi, 16, text.data() + kTraceIdBegin);
  text::write_hex(traceparent.trace_id.lo, 16, text.data() + kTraceIdBegin + 16);
  text::write_hex(traceparent.parent_id.value, 16, text.data() + kParentIdBegin);
  text::write_hex(traceparent.flags & known_flags(level), 2, text.data() + kFlagsBegin);
  return text;
}

}  // namespace entail::context
