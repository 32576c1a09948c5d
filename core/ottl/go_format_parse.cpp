#include <algorithm>

#include "ottl/go_format.hpp"

namespace entail::ottl {

namespace {

constexpr int kWidthMax = 1000;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::optional<int> take_number(std::string_view& text) noexcept {
  if (text.empty() || !is_digit(text[0])) return std::nullopt;
  int value = 0;
  while (!text.empty() && is_digit(text[0])) {
    value = std::min(value * 10 + (text[0] - '0'), kWidthMax + 1);
    text.remove_prefix(1);
  }
  return value;
}

bool take_flag(std::string_view& text, FormatPart& part) noexcept {
  if (text.empty()) return false;
  switch (text[0]) {
    case '+':
      part.plus = true;
      break;
    case '-':
      part.minus = true;
      break;
    case ' ':
      part.space = true;
      break;
    case '0':
      part.zero = true;
      break;
    case '#':
      part.sharp = true;
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
    while (take_flag(format, part)) {
    }
    part.width = take_number(format);
    if (format.starts_with('.')) {
      format.remove_prefix(1);
      part.precision = take_number(format).value_or(0);
    }
    if (part.width.value_or(0) > kWidthMax || part.precision.value_or(0) > kWidthMax)
      return "a width or precision has at most three digits";
    if (format.empty()) return "the format ends within a verb";
    part.verb = format[0];
    if (std::string_view("vdsqtfFeEgGxXobcT").find(part.verb) == std::string_view::npos)
      return std::string("the verb %") + part.verb + " is not supported";
    if (part.sharp && std::string_view("xXob").find(part.verb) == std::string_view::npos)
      return std::string("the verb %#") + part.verb + " is not supported";
    format.remove_prefix(1);
    parts.push_back(std::move(part));
    part = {};
  }
  parts.push_back(std::move(part));
  return {};
}

}  // namespace entail::ottl
