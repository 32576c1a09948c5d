// UTF-8 (RFC 3629): writing one character, finding and replacing bytes that are not UTF-8.
// Thread rule: Immutable (free functions only). Cost: one pass; nothing allocates but the string appended to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace entail::text {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// Writes the character as UTF-8, 1 to 4 bytes; returns the position behind them. REQUIRES code_point <= 0x10ffff.
std::uint8_t* write_utf8(std::uint32_t code_point, std::uint8_t* out) noexcept;

// Bytes of the UTF-8 character that text begins with, 0 when it begins with none. REQUIRES !text.empty().
std::size_t utf8_character_size(std::string_view text) noexcept;

// Whether the byte may begin a character: it continues none.
constexpr bool starts_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

// Where text stops being UTF-8; its size if nowhere. Skips ASCII eight bytes at a time.
std::size_t utf8_valid_size(std::string_view text) noexcept;

// Appends the text; each byte that is not UTF-8 becomes U+FFFD.
void append_as_utf8(std::string_view text, std::string& out);

}  // namespace entail::text
