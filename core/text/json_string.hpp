// JSON strings: escapes resolved and escapes written.
//
// Reading works on a padded document whose strings are known to be closed (json_tokens.hpp checks that), so loops run
// to the closing quote without a bound. REQUIRES kJsonPadding readable bytes behind the text. Thread rule: Immutable
// (free functions only). Cost: eight bytes at a step through strings.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "entail/result.hpp"

namespace entail::text {

constexpr std::size_t kJsonPadding = 64;

enum class StringError : std::uint8_t {
  none,
  lone_surrogate,  // legal JSON, but not representable in UTF-8
  bad_escape,      // not JSON
};

namespace detail {

constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
constexpr std::uint64_t kHighs = 0x8080808080808080ULL;

// The high bit of every byte of word that equals `byte`; bytes above the lowest such one may be marked wrongly.
constexpr std::uint64_t bytes_equal(std::uint64_t word, std::uint8_t byte) noexcept {
  const std::uint64_t difference = word ^ (kOnes * byte);
  return (difference - kOnes) & ~difference & kHighs;
}

// Marks the first quote or backslash among the eight characters at text; 0 without one.
inline std::uint64_t string_stops(const char* text) noexcept {
  const std::uint64_t word = base::load_le64(reinterpret_cast<const std::uint8_t*>(text));
  return bytes_equal(word, '"') | bytes_equal(word, '\\');
}

// Resolves the escape that begins at the backslash `raw`, moving both positions behind it. A lone surrogate is passed
// over.
Result<void, StringError> resolve_escape(const char*& raw, std::uint8_t*& out) noexcept;

}  // namespace detail

// Copies the string that begins behind its opening quote at `raw`, with its escapes resolved, and returns the end of
// the copy. Never longer than raw; up to eight bytes behind the end may be overwritten.
inline Result<std::uint8_t*, StringError> copy_json_string(const char* raw, std::uint8_t* out) noexcept {
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
    if (*raw == '"') return out;
    const Result<void, StringError> resolved = detail::resolve_escape(raw, out);
    if (!resolved.ok()) return resolved.error();
  }
}

// The string behind its opening quote, escapes unresolved.
std::string_view raw_json_string(const char* raw) noexcept;

// The character that a backslash and this character denote; 0 for u and for characters that make no escape.
char simple_escape(char c) noexcept;

enum class JsonEscapes : std::uint8_t {
  required,  // quotes, backslashes and control characters
  html,      // <, > and & too, as Go and so the Collector do it
};
// Appends the text as a JSON string with its quotes. Each byte that is not UTF-8 becomes U+FFFD; false if there were
// any.
bool append_json_string(std::string_view text, std::string& out, JsonEscapes escapes);

// Appends the content of a JSON string with its escapes resolved; a lone surrogate becomes U+FFFD. For strings of any
// document, padded or not. REQUIRES that the escapes are JSON and that the closing quote follows the content.
void append_unescaped(std::string_view content, std::string& out);

}  // namespace entail::text
