// Hexadecimal text: read in either case, written in lower case with leading zeros.
// Thread rule: Immutable (free functions only). Cost: one pass; nothing allocates but the string appended to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

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

// Writes half as many bytes as there are digits, of either case. False when there are odd ones, or one that is none.
// out may be the text itself.
bool decode_hex(const char* digits, std::size_t digit_count, std::uint8_t* out) noexcept;
bool is_hex(std::string_view text) noexcept;

}  // namespace entail::text
