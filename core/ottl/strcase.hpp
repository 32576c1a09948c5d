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

// Without the white space (Unicode's) at both ends.
std::string_view trimmed_space(std::string_view text) noexcept;

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

}  // namespace entail::ottl
