#include "context/traceparent.hpp"

#include <cstddef>

#include "base/bytes.hpp"
#include "context/hex_text.hpp"
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

const char* describe(TraceparentError error) noexcept {
  switch (error) {
    case TraceparentError::none:
      return "no error";
    case TraceparentError::too_short:
      return "fewer than 55 characters";
    case TraceparentError::bad_version:
      return "the version is not two lower-case hex digits";
    case TraceparentError::forbidden_version:
      return "version ff is forbidden";
    case TraceparentError::bad_trace_id:
      return "the trace ID is not 32 lower-case hex digits";
    case TraceparentError::zero_trace_id:
      return "the trace ID is all zero";
    case TraceparentError::bad_parent_id:
      return "the parent ID is not 16 lower-case hex digits";
    case TraceparentError::zero_parent_id:
      return "the parent ID is all zero";
    case TraceparentError::bad_flags:
      return "the flags are not two lower-case hex digits";
    case TraceparentError::bad_separator:
      return "a field is not followed by a dash";
    case TraceparentError::trailing_data:
      return "more characters than the version allows";
  }
  return "unknown error";
}

TraceparentError parse_traceparent(std::string_view text, Traceparent& parsed, TracestateLevel level) noexcept {
  text = trim_ows(text);
  if (text.size() < kSize) return TraceparentError::too_short;
  std::uint64_t version = 0;
  if (!parse_hex(text.substr(0, kVersionDash), HexCase::lower, version)) return TraceparentError::bad_version;
  if (version == 0xff) return TraceparentError::forbidden_version;
  if (text[kVersionDash] != '-') return TraceparentError::bad_separator;

  Traceparent result;
  if (!parse_hex(text.substr(kTraceIdBegin, 32), HexCase::lower, result.trace_id))
    return TraceparentError::bad_trace_id;
  if (result.trace_id.is_zero()) return TraceparentError::zero_trace_id;
  if (text[kTraceIdDash] != '-') return TraceparentError::bad_separator;

  if (!parse_hex(text.substr(kParentIdBegin, 16), HexCase::lower, result.parent_id))
    return TraceparentError::bad_parent_id;
  if (result.parent_id.is_zero()) return TraceparentError::zero_parent_id;
  if (text[kParentIdDash] != '-') return TraceparentError::bad_separator;

  std::uint64_t flags = 0;
  if (!parse_hex(text.substr(kFlagsBegin, 2), HexCase::lower, flags)) return TraceparentError::bad_flags;
  if (text.size() > kSize && (version == 0 || text[kSize] != '-')) return TraceparentError::trailing_data;

  result.flags = static_cast<std::uint8_t>(flags & known_flags(level));
  result.version = static_cast<std::uint8_t>(version);
  parsed = result;
  return TraceparentError::none;
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
