#include "ottl/strcase.hpp"

#include <algorithm>

#include "ottl/case_table.hpp"
#include "text/ascii.hpp"
#include "text/utf8.hpp"

namespace entail::ottl {

namespace {

constexpr char32_t kReplacement = 0xfffd;

using text::is_digit;
using text::is_lower;
using text::is_upper;

template <std::size_t Count>
char32_t mapped(const std::array<CaseRange, Count>& table, char32_t code) noexcept {
  const auto next = std::upper_bound(table.begin(), table.end(), code,
                                     [](char32_t c, const CaseRange& row) { return c < row.first; });
  // Ranges with a stride may interleave, by one.
  for (auto row = next; row != table.begin() && next - row < 2;) {
    --row;
    if (code <= row->last && (code - row->first) % row->stride == 0)
      return static_cast<char32_t>(static_cast<std::int32_t>(code) + row->delta);
  }
  return code;
}

template <std::size_t Count>
std::string changed(std::string_view text, char (*ascii)(char) noexcept, const std::array<CaseRange, Count>& table) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      out += ascii(text[0]);
      text.remove_prefix(1);
      continue;
    }
    const Character next = first_character(text);
    append_character(mapped(table, next.code), out);
    text.remove_prefix(next.size);
  }
  return out;
}

bool is_space(char32_t code) noexcept {
  return (code >= 9 && code <= 13) || code == ' ' || code == 0x85 || code == 0xa0 || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 || code == 0x202f || code == 0x205f ||
         code == 0x3000;
}

}  // namespace

std::string to_upper(std::string_view text) { return changed(text, text::to_upper, kToUpper); }
std::string to_lower(std::string_view text) { return changed(text, text::to_lower, kToLower); }

std::string to_camel(std::string_view text) {
  text = trimmed_space(text);
  const bool is_acronym = text == "ID";
  if (is_acronym) text = "id";
  std::string out;
  bool capital_next = true;
  bool was_capital = false;
  for (char c : text) {
    const bool is_capital = is_upper(c);
    const bool is_letter = is_capital || is_lower(c);
    if (capital_next)
      c = text::to_upper(c);
    else if (was_capital && is_capital && !is_acronym)
      c = text::to_lower(c);
    was_capital = is_capital;
    if (is_letter || is_digit(c)) out += c;
    capital_next = is_letter ? false : is_digit(c) || c == '_' || c == ' ' || c == '-' || c == '.';
  }
  return out;
}

std::string to_snake(std::string_view text) {
  text = trimmed_space(text);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    const bool next_other = is_upper(next) || is_digit(next);
    const bool breaks = (is_upper(c) && (is_lower(next) || is_digit(next))) || (is_lower(c) && next_other) ||
                        (is_digit(c) && (is_upper(next) || is_lower(next)));
    if (breaks) {
      // An acronym is a word: JSONData is json_data.
      if (is_upper(c) && is_lower(next) && i > 0 && is_upper(text[i - 1])) out += '_';
      out += text::to_lower(c);
      if (is_lower(c) || is_digit(c) || is_digit(next)) out += '_';
    } else {
      out += c == ' ' || c == '-' || c == '.' ? '_' : text::to_lower(c);
    }
  }
  return out;
}

std::string_view trimmed_space(std::string_view text) noexcept { return trimmed(text, is_space); }

Character first_character(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
  const std::size_t size = text::utf8_character_size(text);
  switch (size) {
    case 1:
      return {byte(0), 1};
    case 2:
      return {(byte(0) & 0x1f) << 6 | (byte(1) & 0x3f), 2};
    case 3:
      return {(byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f), 3};
    case 4:
      return {(byte(0) & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f), 4};
    default:
      return {kReplacement, 1};
  }
}

Character last_character(std::string_view text) noexcept {
  std::size_t begin = text.size() - 1;
  while (begin > 0 && text.size() - begin < 4 && !text::starts_character(text[begin])) --begin;
  const Character last = first_character(text.substr(begin));
  return begin + last.size == text.size() ? last : Character{kReplacement, 1};
}

void append_character(char32_t code, std::string& out) {
  std::uint8_t bytes[4];
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) code = kReplacement;
  const std::uint8_t* const end = text::write_utf8(code, bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(end - bytes));
}

}  // namespace entail::ottl
