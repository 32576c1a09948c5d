#include "output/shown_text.hpp"

#include <algorithm>

namespace entail::cli {

bool is_harmless(std::uint32_t code_point) noexcept {
  if (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0)) return false;  // C0, DEL, C1
  const bool turns = (code_point >= 0x202a && code_point <= 0x202e) || (code_point >= 0x2066 && code_point <= 0x2069) ||
                     code_point == 0x200e || code_point == 0x200f || code_point == 0x061c;
  const bool breaks_line = code_point == 0x2028 || code_point == 0x2029;
  return !turns && !breaks_line;
}

Character first_character(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (size == 0 || size > text.size()) return {};
  std::uint32_t code_point = lead & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) != 0x80) return {};
    code_point = code_point << 6 | (byte & 0x3f);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};  // below it the form is overlong
  const bool is_surrogate = code_point >= 0xd800 && code_point < 0xe000;
  if (code_point < kSmallest[size] || is_surrogate || code_point > 0x10ffff) return {};
  return {code_point, size};
}

std::string shown_text(std::string_view text, std::size_t bytes_max) {
  std::string shown;
  shown.reserve(std::min(text.size(), bytes_max));
  while (!text.empty()) {
    const Character character = first_character(text);
    const std::size_t size = std::max<std::size_t>(character.size, 1);
    if (shown.size() + size > bytes_max) return shown + "...";
    if (character.size != 0 && is_harmless(character.code_point))
      shown.append(text.substr(0, size));
    else
      shown.append(size, '?');
    text.remove_prefix(size);
  }
  return shown;
}

std::string utf8_text(std::string_view text, std::size_t bytes_max) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  std::string valid;
  while (!text.empty()) {
    const std::size_t size = first_character(text).size;
    const std::string_view next = size == 0 ? kReplacement : text.substr(0, size);
    if (valid.size() + next.size() > bytes_max) return valid + "...";
    valid += next;
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return valid;
}

}  // namespace entail::cli
