#include <algorithm>

#include "ottl/go_format.hpp"
#include "text/ascii.hpp"

namespace entail::ottl {

namespace {

constexpr int kWidthMax = 1000;

using text::is_digit;

std::optional<int> take_number(std::string_view& text) noexcept {
  if (text.empty() || !is_digit(text[0])) return std::nullopt;
  int value = 0;
  while (!text.empty() && is_digit(text[0])) {
    value = std::min(value * 10 + (text[0] - '0'), kWidthMax + 1);
    text.remove_prefix(1);
  }
  return value;
}

bool take_flag(std::string_view& text, FormatVerb& verb) noexcept {
  if (text.empty()) return false;
  switch (text[0]) {
    case '+':
      verb.plus = true;
      break;
    case '-':
      verb.minus = true;
      break;
    case ' ':
      verb.space = true;
      break;
    case '0':
      verb.zero = true;
      break;
    case '#':
      verb.sharp = true;
      break;
    default:
      return false;
  }
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string parse_format(std::string_view format, std::vector<FormatPart>& parts) {
  FormatPart part;
  while (!format.empty()) {
    if (format[0] != '%') {
      part.literal += format[0];
      format.remove_prefix(1);
      continue;
    }
    format.remove_prefix(1);
    if (format.starts_with('%')) {
      part.literal += '%';
      format.remove_prefix(1);
      continue;
    }
    FormatVerb& verb = part.verb;
    while (take_flag(format, verb)) {
    }
    verb.width = take_number(format);
    if (format.starts_with('.')) {
      format.remove_prefix(1);
      verb.precision = take_number(format).value_or(0);
    }
    if (verb.width.value_or(0) > kWidthMax || verb.precision.value_or(0) > kWidthMax)
      return "a width or precision has at most three digits";
    if (format.empty()) return "the format ends within a verb";
    verb.letter = format[0];
    if (std::string_view("vdsqtfFeEgGxXobcT").find(verb.letter) == std::string_view::npos)
      return std::string("the verb %") + verb.letter + " is not supported";
    if (verb.sharp && std::string_view("xXob").find(verb.letter) == std::string_view::npos)
      return std::string("the verb %#") + verb.letter + " is not supported";
    if (verb.letter == 'v') verb.plus = false;  // there it asks for the names of fields
    format.remove_prefix(1);
    parts.push_back(std::move(part));
    part = {};
  }
  parts.push_back(std::move(part));
  return {};
}

}  // namespace entail::ottl
