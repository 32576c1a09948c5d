// Text from outside, as it may go to a terminal and into JSON. Thread rule: Immutable (functions).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace entail::cli {

// The code point that text begins with; its size is 0 where that is no UTF-8.
struct Character {
  std::uint32_t code_point = 0;
  std::size_t size = 0;
};
// REQUIRES that the text is not empty.
Character first_character(std::string_view text) noexcept;

// Does the character leave a terminal alone? Not harmless are control characters, what turns the direction of writing,
// and line separators. None of those is beyond U+FFFF.
bool is_harmless(std::uint32_t code_point) noexcept;

// The text as UTF-8 without anything that moves a cursor, changes a colour or turns the direction of writing: every
// byte of such characters, and of what is no UTF-8, becomes '?'. What goes beyond bytes_max is cut, and "..." says so.
std::string shown_text(std::string_view text, std::size_t bytes_max = std::string_view::npos);

// The text itself as UTF-8, for JSON: every byte of what is no UTF-8 becomes U+FFFD; cut like shown_text().
std::string utf8_text(std::string_view text, std::size_t bytes_max);

}  // namespace entail::cli
