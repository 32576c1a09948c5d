#include "option/format.hpp"

#include <algorithm>

#include "option/nearest.hpp"
#include "option/value_text.hpp"
#include "text/ascii.hpp"
#include "text/duration.hpp"

namespace entail::option {

namespace {

// A plain word in YAML, or a quoted one.
std::string yaml_text(const std::string& text) {
  const auto is_plain = [](char c) { return text::is_letter_or_digit(c) || c == '_' || c == '-' || c == '.'; };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return text;
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'' || c == '$') out += c;
  }
  return out + "'";
}

std::string format_whole(const Shape& shape, std::uint64_t value) {
  if (shape.kind == Kind::duration) return text::format_duration(static_cast<std::int64_t>(value));
  if (shape.kind == Kind::size) return format_size(value);
  return shape.bounds.min < 0 ? std::to_string(static_cast<std::int64_t>(value)) : std::to_string(value);
}

// Bounds that only the field's width sets say nothing to a reader.
std::string range_text(const Shape& shape) {
  constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62;
  const std::string min = format_whole(shape, static_cast<std::uint64_t>(shape.bounds.min));
  if (shape.bounds.max >= kNoLimit) return shape.bounds.min < 0 ? "" : ", " + min + " or more";
  return " from " + min + " to " + format_whole(shape, shape.bounds.max);
}

}  // namespace

std::string expectation(const Shape& shape) {
  switch (shape.kind) {
    case Kind::duration:
      return "a duration" + range_text(shape) + ", such as 10s or 1m30s";
    case Kind::size:
      return "a size" + range_text(shape) + ", such as 1048576 or 256MiB";
    case Kind::whole:
      return "a whole number" + range_text(shape);
    case Kind::percentage:
      return "a number from 0 to 100";
    case Kind::boolean:
      return "true or false";
    case Kind::text:
      return "a string";
    case Kind::texts:
      return "a list of at most " + std::to_string(shape.bounds.max) + " strings";
    case Kind::choice:
      return "one of: " + joined(shape.choices);
    case Kind::choices:
      return "a list of some of: " + joined(shape.choices);
    case Kind::allocations:
      return "a list of shares such as {policy: a, percent: 50}";
    case Kind::custom:
      return "a map";
  }
  return {};
}

std::string format_value(const Shape& shape, const OptionValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    const auto bits = static_cast<std::uint64_t>(*number);
    if (shape.kind == Kind::choice) return bits < shape.choices.size() ? std::string(shape.choices[bits]) : "";
    if (shape.kind != Kind::choices) return format_whole(shape, bits);
    std::string text;
    for (std::size_t i = 0; i < shape.choices.size(); ++i)
      if ((bits >> i & 1) != 0) text += (text.empty() ? "" : ", ") + std::string(shape.choices[i]);
    return "[" + text + "]";
  }
  if (const auto* number = std::get_if<double>(&value)) return format_number(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* text = std::get_if<std::string>(&value)) return yaml_text(*text);
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    std::string text;
    for (const std::string& item : *list) text += (text.empty() ? "" : ", ") + yaml_text(item);
    return "[" + text + "]";
  }
  return {};
}

}  // namespace entail::option
