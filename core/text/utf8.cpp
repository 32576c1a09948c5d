#include "text/utf8.hpp"

#include "base/bytes.hpp"

namespace entail::text {

std::uint8_t* write_utf8(std::uint32_t code_point, std::uint8_t* out) noexcept {
  if (code_point < 0x80) {
    *out++ = static_cast<std::uint8_t>(code_point);
  } else if (code_point < 0x800) {
    *out++ = static_cast<std::uint8_t>(0xc0 | code_point >> 6);
    *out++ = static_cast<std::uint8_t>(0x80 | (code_point & 63));
  } else if (code_point < 0x10000) {
    *out++ = static_cast<std::uint8_t>(0xe0 | code_point >> 12);
    *out++ = static_cast<std::uint8_t>(0x80 | (code_point >> 6 & 63));
    *out++ = static_cast<std::uint8_t>(0x80 | (code_point & 63));
  } else {
    *out++ = static_cast<std::uint8_t>(0xf0 | code_point >> 18);
    *out++ = static_cast<std::uint8_t>(0x80 | (code_point >> 12 & 63));
    *out++ = static_cast<std::uint8_t>(0x80 | (code_point >> 6 & 63));
    *out++ = static_cast<std::uint8_t>(0x80 | (code_point & 63));
  }
  return out;
}

std::size_t utf8_character_size(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // The second byte reveals overlong forms, surrogates and code points beyond U+10FFFF.
  const unsigned second = byte(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0)) return 0;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90)) return 0;
  return size;
}

std::size_t utf8_valid_size(std::string_view text) noexcept {
  constexpr std::uint64_t kNotAscii = 0x8080808080808080ULL;
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8 && (base::load_le64(bytes + at) & kNotAscii) == 0) {
      at += 8;
      continue;
    }
    const std::size_t size = utf8_character_size(text.substr(at));
    if (size == 0) break;
    at += size;
  }
  return at;
}

void append_as_utf8(std::string_view text, std::string& out) {
  for (;;) {
    const std::size_t valid = utf8_valid_size(text);
    out.append(text, 0, valid);
    if (valid == text.size()) return;
    out += kReplacement;
    text.remove_prefix(valid + 1);
  }
}

}  // namespace entail::text
