// The scalars of OTLP/JSON as text: strings with their escapes, numbers, hex.
//
// Reading works on a padded document whose strings are known to be closed (simdjson's first stage found that out), so
// loops run to the closing quote without a bound. REQUIRES kJsonPadding readable bytes behind the text.
// Thread rule: Immutable (free functions only). Cost: eight bytes at a step through strings.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace entail::wire {

constexpr std::size_t kJsonPadding = 64;

enum class TextFault : std::uint8_t {
  none,
  lone_surrogate,  // legal JSON, but no UTF-8 holds it
  bad_escape,      // not JSON
};

struct CopiedText {
  std::uint8_t* end = nullptr;
  TextFault fault = TextFault::none;
};

namespace detail {

constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
constexpr std::uint64_t kHighs = 0x8080808080808080ULL;

// The high bit of every byte of word that equals `byte`; bytes above the lowest such one may be marked wrongly.
constexpr std::uint64_t bytes_equal(std::uint64_t word, std::uint8_t byte) noexcept {
  const std::uint64_t difference = word ^ (kOnes * byte);
  return (difference - kOnes) & ~difference & kHighs;
}

// Marks the first quote or backslash among the eight characters at text; 0 when there is none.
inline std::uint64_t string_stops(const char* text) noexcept {
  const std::uint64_t word = base::load_le64(reinterpret_cast<const std::uint8_t*>(text));
  return bytes_equal(word, '"') | bytes_equal(word, '\\');
}

// Resolves the escape that begins at the backslash `raw`, moving both positions behind it.
TextFault resolve_escape(const char*& raw, std::uint8_t*& out) noexcept;

}  // namespace detail

// Copies the string that begins behind its opening quote at `raw`, with its escapes resolved. Never longer than raw;
// up to eight bytes behind the end may be overwritten.
inline CopiedText copy_json_string(const char* raw, std::uint8_t* out) noexcept {
  for (;;) {
    std::memcpy(out, raw, 8);
    const std::uint64_t stops = detail::string_stops(raw);
    if (stops == 0) {
      raw += 8;
      out += 8;
      continue;
    }
    const int plain = std::countr_zero(stops) / 8;
    raw += plain;
    out += plain;
    if (*raw == '"') return {out, TextFault::none};
    const TextFault fault = detail::resolve_escape(raw, out);
    if (fault != TextFault::none) return {out, fault};
  }
}

// The string behind its opening quote, escapes as they stand.
std::string_view raw_json_string(const char* raw) noexcept;

// Reads what most integers are: up to 19 digits without a leading zero. The character behind them, nullptr for others.
inline const char* scan_plain_integer(const char* text, std::uint64_t& number) noexcept {
  constexpr int kDigitsMax = 19;
  number = 0;
  int count = 0;
  while (count < kDigitsMax && text[count] >= '0' && text[count] <= '9') {
    number = number * 10 + static_cast<std::uint64_t>(text[count++] - '0');
  }
  return count == 0 || (text[0] == '0' && count > 1) ? nullptr : text + count;
}

// The end of the JSON number that begins at text, or nullptr.
const char* scan_json_number(const char* text) noexcept;

struct DecimalInteger {
  bool negative = false;
  std::uint64_t magnitude = 0;
};
// Reads a decimal number whose value is a whole number below 2^64, in whatever notation: 3, -3, 3.0, 3e2. False when it
// is something else. Exact: nothing goes through a double.
bool parse_integer(std::string_view text, DecimalInteger& integer) noexcept;

// A number in decimal notation, or one of NaN, Infinity, -Infinity as protobuf's JSON spells them. False when it is
// something else, or beyond the largest double.
bool parse_double(std::string_view text, double& value) noexcept;

// Writes half as many bytes as there are digits, of either case. False when there are odd ones, or one that is none.
// out may be the text itself.
bool decode_hex(const char* digits, std::size_t digit_count, std::uint8_t* out) noexcept;
bool is_hex(std::string_view text) noexcept;

// Writes the character as UTF-8, 1 to 4 bytes; behind them. REQUIRES code_point <= 0x10ffff.
std::uint8_t* write_utf8(std::uint32_t code_point, std::uint8_t* out) noexcept;

// What a backslash and this character stand for; 0 where they stand for nothing alone (u, and what is no escape).
char simple_escape(char c) noexcept;

// Bytes of the UTF-8 character that text begins with, 0 when it begins with none. REQUIRES !text.empty().
std::size_t utf8_character_size(std::string_view text) noexcept;

// Where text stops being UTF-8; its size if nowhere.
std::size_t utf8_valid_size(std::string_view text) noexcept;

// Appends the text as a JSON string with its quotes, escaped as the Collector does it (<, > and & too), so that its
// lines come back as they were. What is not UTF-8 becomes U+FFFD; false if there was such.
bool append_json_string(std::string_view text, std::string& out);

// Appends the shortest number that reads as the same double; NaN and the infinities as strings.
void append_json_double(double value, std::string& out);

}  // namespace entail::wire
