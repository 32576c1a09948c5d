// Hexadecimal text: read in either case, written in lower case with leading zeros.
// Thread rule: Immutable (free functions only). Cost: one pass; nothing allocates but the string appended to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "entail/types.hpp"

namespace entail::text {

// The value of a hex digit of either case, 0..15; -1 for any other character.
constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The digit of a value from 0 to 15.
constexpr char to_hex_digit(unsigned value) noexcept { return "0123456789abcdef"[value]; }

// Writes two digits per byte. REQUIRES 2 * bytes.size() writable characters.
inline void write_hex(std::span<const std::uint8_t> bytes, char* out) noexcept {
  for (const std::uint8_t byte : bytes) {
    *out++ = to_hex_digit(byte >> 4);
    *out++ = to_hex_digit(byte & 15);
  }
}
// Writes the low `digits` digits of value. REQUIRES that many writable characters.
inline void write_hex(std::uint64_t value, std::size_t digits, char* out) noexcept {
  for (std::size_t i = digits; i-- > 0; value >>= 4) out[i] = to_hex_digit(value & 15);
}

// The same, appended to a string.
void append_hex(std::span<const std::uint8_t> bytes, std::string& out);
void append_hex(std::uint64_t value, std::size_t digits, std::string& out);
void append_hex(TraceId id, std::string& out);
void append_hex(SpanId id, std::string& out);

// Writes half as many bytes as there are digits, of either case. out may be the text itself. What was written before an
// error is meaningless.
Result<void, HexError> decode_hex(const char* digits, std::size_t digit_count, std::uint8_t* out) noexcept;
bool is_hex(std::string_view text) noexcept;

enum class HexCase : bool { lower, either };

// Parses up to 16 digits; empty text is 0. Unlike number parsers it rejects signs and prefixes.
inline Result<std::uint64_t, HexError> parse_hex(std::string_view digits, HexCase accepted) noexcept {
  std::uint64_t value = 0;
  for (const char c : digits) {
    const int digit = hex_digit(c);
    if (digit < 0 || (accepted == HexCase::lower && c >= 'A' && c <= 'F')) return HexError::bad_digit;
    value = (value << 4) | static_cast<std::uint64_t>(digit);
  }
  return value;
}
// 1 to 32 digits, padded on the left with zeros.
inline Result<TraceId, HexError> parse_trace_id(std::string_view digits, HexCase accepted) noexcept {
  if (digits.empty() || digits.size() > 32) return HexError::wrong_length;
  const std::size_t high_size = digits.size() > 16 ? digits.size() - 16 : 0;
  const Result<std::uint64_t, HexError> high = parse_hex(digits.substr(0, high_size), accepted);
  if (!high.ok()) return high.error();
  const Result<std::uint64_t, HexError> low = parse_hex(digits.substr(high_size), accepted);
  if (!low.ok()) return low.error();
  return TraceId{*high, *low};
}
// 1 to 16 digits, padded on the left with zeros.
inline Result<SpanId, HexError> parse_span_id(std::string_view digits, HexCase accepted) noexcept {
  if (digits.empty() || digits.size() > 16) return HexError::wrong_length;
  const Result<std::uint64_t, HexError> value = parse_hex(digits, accepted);
  if (!value.ok()) return value.error();
  return SpanId{*value};
}

}  // namespace entail::text
