// Hex IDs and optional whitespace in header values. Unlike number parsers, parse_hex() rejects signs and prefixes.
// Parsing allocates nothing. Thread rule: Immutable (free functions only).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "text/hex.hpp"

namespace entail::context {

enum class HexCase : bool { lower, either };

// Parses up to 16 hex digits; empty text is 0. Returns false, with `value` unchanged, at any other character.
inline bool parse_hex(std::string_view digits, HexCase accepted, std::uint64_t& value) noexcept {
  std::uint64_t result = 0;
  for (const char c : digits) {
    const int digit = text::hex_digit(c);
    if (digit < 0 || (accepted == HexCase::lower && c >= 'A' && c <= 'F')) return false;
    result = (result << 4) | static_cast<std::uint64_t>(digit);
  }
  value = result;
  return true;
}

// 1 to 32 hex digits, padded on the left with zeros.
inline bool parse_hex(std::string_view digits, HexCase accepted, TraceId& id) noexcept {
  if (digits.empty() || digits.size() > 32) return false;
  const std::size_t high_size = digits.size() > 16 ? digits.size() - 16 : 0;
  TraceId result;
  if (!parse_hex(digits.substr(0, high_size), accepted, result.hi)) return false;
  if (!parse_hex(digits.substr(high_size), accepted, result.lo)) return false;
  id = result;
  return true;
}

// 1 to 16 hex digits, padded on the left with zeros.
inline bool parse_hex(std::string_view digits, HexCase accepted, SpanId& id) noexcept {
  return !digits.empty() && digits.size() <= 16 && parse_hex(digits, accepted, id.value);
}

inline void append_id(TraceId id, std::string& out) {
  text::append_hex(id.hi, 16, out);
  text::append_hex(id.lo, 16, out);
}
inline void append_id(SpanId id, std::string& out) { text::append_hex(id.value, 16, out); }

constexpr bool is_ows(char c) noexcept { return c == ' ' || c == '\t'; }

// Removes optional whitespace at both ends.
inline std::string_view trim_ows(std::string_view text) noexcept {
  while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ows(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace entail::context
