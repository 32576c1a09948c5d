// Upper and lower case, camel case and snake case, as Go's strings and the Collector's strcase make them.
// Thread rule: Immutable (free functions only).
#pragma once

#include <string>
#include <string_view>

namespace entail::ottl {

// Unicode's simple mappings, character by character. Bytes that are not UTF-8 become U+FFFD.
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);

std::string to_camel(std::string_view text);
std::string to_snake(std::string_view text);

// The character that text begins with, and its bytes; U+FFFD and 1 for a byte that is not UTF-8. REQUIRES text not
// empty.
struct Character {
  char32_t code = 0;
  std::size_t size = 0;
};
Character first_character(std::string_view text) noexcept;
// The same for the character that text ends with.
Character last_character(std::string_view text) noexcept;
void append_character(char32_t code, std::string& out);

// Without the characters at both ends for which is_trimmed(code) holds.
template <class IsTrimmed>
std::string_view trimmed(std::string_view text, const IsTrimmed& is_trimmed) noexcept {
  while (!text.empty()) {
    const Character first = first_character(text);
    if (!is_trimmed(first.code)) break;
    text.remove_prefix(first.size);
  }
  while (!text.empty()) {
    const Character last = last_character(text);
    if (!is_trimmed(last.code)) break;
    text.remove_suffix(last.size);
  }
  return text;
}
// The same for white space (Unicode's).
std::string_view trimmed_space(std::string_view text) noexcept;

}  // namespace entail::ottl
