#include "config/value_reader.hpp"

#include <algorithm>

#include "config/variables.hpp"
#include "option/format.hpp"
#include "option/nearest.hpp"
#include "option/value_text.hpp"
#include "text/utf8.hpp"

namespace entail::config {

namespace {

constexpr std::size_t kFoundCharsMax = 60;

std::span<const std::string_view> real_choices(const option::Shape& shape) {
  return shape.choices.first(shape.choices.size() - shape.aliases);
}

// A number or boolean, by the rules of YAML.
bool is_other_scalar(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::scalar || node.quoted) return false;
  return option::parse_whole(node.text).ok() || option::parse_number(node.text).ok() ||
         option::parse_boolean(node.text).ok();
}

// The 64 bits of a duration, size or whole number.
Result<std::uint64_t, option::ValueError> bits_of(const option::Shape& shape, const std::string& text) {
  if (shape.kind == option::Kind::size) return option::parse_size(text);
  if (shape.kind == option::Kind::duration) {
    const auto nanoseconds = option::parse_duration(text);
    if (!nanoseconds.ok()) return nanoseconds.error();
    return static_cast<std::uint64_t>(*nanoseconds);
  }
  const auto number = option::parse_whole(text);
  if (!number.ok()) return number.error();
  const std::uint64_t lowest = shape.bounds.min < 0 ? std::uint64_t{1} << 63 : 0;
  if (number->negative ? number->magnitude > lowest : number->magnitude > shape.bounds.max)
    return option::ValueError::too_large;
  return number->negative ? 0 - number->magnitude : number->magnitude;
}

}  // namespace

std::string found_text(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::sequence:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
    case YamlNode::Kind::scalar:
      break;
  }
  if (node.text.size() <= kFoundCharsMax) return "'" + node.text + "'";
  std::size_t end = kFoundCharsMax;
  while (end > 0 && !text::starts_character(node.text[end])) --end;  // not inside a character
  return "'" + node.text.substr(0, end) + "...'";
}

std::nullopt_t ValueReader::refuse(const option::Shape& shape, const YamlNode& node, const std::string& where,
                                   const std::string& hint) {
  messages_.error(node.position,
                  where + ": expected " + option::expectation(shape) + "; found " + found_text(node) + hint);
  return std::nullopt;
}

std::optional<std::string> ValueReader::read_text(const YamlNode& node, const std::string& where) {
  if (node.kind != YamlNode::Kind::scalar) {
    messages_.error(node.position, where + ": expected a string; found " + found_text(node));
    return std::nullopt;
  }
  if (auto text = option::expand_dollars(node.text)) return std::move(text).value();
  if (environment_) {
    Expansion expansion = expand_variables(node.text, *environment_);
    if (expansion.problem.empty()) return std::move(expansion.text);
    messages_.error(node.position, where + ": " + found_text(node) + ": " + expansion.problem);
    return std::nullopt;
  }
  messages_.error(node.position, where + ": " + found_text(node) +
                                     " refers to a variable, but the environment and other files are not read; write "
                                     "the value itself, or $$ for a $");
  return std::nullopt;
}

std::optional<OptionValue> ValueReader::read(const option::Shape& shape, const YamlNode& node,
                                             const std::string& where) {
  if (shape.kind == option::Kind::texts || shape.kind == option::Kind::choices) return read_list(shape, node, where);
  if (node.kind != YamlNode::Kind::scalar) return refuse(shape, node, where);
  return read_scalar(shape, node, where);
}

// A quoted scalar is a string whatever it looks like. One that is a variable is what its value looks like: inside
// {...} it can be written in quotes alone.
bool ValueReader::is_string(const YamlNode& node) const {
  return node.quoted && !(environment_ && is_one_variable(node.text));
}

std::optional<OptionValue> ValueReader::read_scalar(const option::Shape& shape, const YamlNode& node,
                                                    const std::string& where) {
  const std::optional<std::string> text = read_text(node, where);
  if (!text) return std::nullopt;
  switch (shape.kind) {
    case option::Kind::duration:
    case option::Kind::size:
    case option::Kind::whole:
      return read_whole(shape, node, where, *text);
    case option::Kind::percentage:
      return read_percentage(shape, node, where, *text);
    case option::Kind::boolean: {
      const auto flag = option::parse_boolean(*text);
      if (is_string(node) || !flag.ok()) return refuse(shape, node, where);
      return OptionValue(*flag);
    }
    case option::Kind::choice:
      return read_choice(shape, node, where, *text);
    case option::Kind::text:
    case option::Kind::texts:
    case option::Kind::choices:
    case option::Kind::allocations:
    case option::Kind::custom:
      break;
  }
  return OptionValue(*text);
}

std::optional<OptionValue> ValueReader::read_whole(const option::Shape& shape, const YamlNode& node,
                                                   const std::string& where, const std::string& text) {
  if (is_string(node) && shape.kind == option::Kind::whole) return refuse(shape, node, where, ": a quoted string");
  const Result<std::uint64_t, option::ValueError> parsed = bits_of(shape, text);
  if (parsed.error() == option::ValueError::no_unit) return refuse(shape, node, where, ": a duration needs a unit");
  if (!parsed.ok() || !shape.bounds.contains(static_cast<std::int64_t>(*parsed))) return refuse(shape, node, where);
  return OptionValue(static_cast<std::int64_t>(*parsed));
}

std::optional<OptionValue> ValueReader::read_percentage(const option::Shape& shape, const YamlNode& node,
                                                        const std::string& where, const std::string& text) {
  const auto parsed = option::parse_number(text);
  if (is_string(node) || !parsed.ok()) return refuse(shape, node, where);
  const double number = *parsed;
  if (number >= 0 && number <= 100) return OptionValue(number);
  messages_.warning(node.position, where + ": " + found_text(node) + " counts as " + (number < 0 ? "0" : "100") +
                                       ", as in the Collector");
  return OptionValue(number < 0 ? 0.0 : 100.0);
}

std::optional<OptionValue> ValueReader::read_choice(const option::Shape& shape, const YamlNode& node,
                                                    const std::string& where, const std::string& text) {
  const auto flag = option::parse_boolean(text);
  const bool is_false = flag.ok() && !*flag;
  const auto found = std::find(shape.choices.begin(), shape.choices.end(), is_false ? "false" : std::string_view(text));
  if (found == shape.choices.end()) {
    const std::string_view near = option::nearest(text, shape.choices);
    return refuse(shape, node, where, near.empty() ? "" : "; did you mean '" + std::string(near) + "'?");
  }
  const auto index = static_cast<std::size_t>(found - shape.choices.begin());
  return OptionValue(static_cast<std::int64_t>(std::min(index, real_choices(shape).size() - 1)));
}

std::optional<OptionValue> ValueReader::read_list(const option::Shape& shape, const YamlNode& node,
                                                  const std::string& where) {
  if (node.kind != YamlNode::Kind::sequence || node.items.size() > shape.bounds.max) return refuse(shape, node, where);
  std::vector<std::string> texts;
  std::uint64_t mask = 0;
  bool ok = true;
  for (const std::uint32_t item : node.items) {
    const YamlNode& part = document_.node(item);
    const std::optional<std::string> text = read_text(part, where);
    if (!text) {
      ok = false;
    } else if (shape.kind == option::Kind::texts && is_other_scalar(part)) {
      messages_.error(part.position, where + ": expected a string; found " + found_text(part) +
                                         ", which without quotes is a number or a boolean");
      ok = false;
    } else if (shape.kind == option::Kind::texts) {
      texts.push_back(*text);
    } else if (const auto found = std::find(shape.choices.begin(), shape.choices.end(), *text);
               found != shape.choices.end()) {
      mask |= std::uint64_t{1} << (found - shape.choices.begin());
    } else {
      messages_.error(part.position,
                      where + ": unknown value " + found_text(part) + option::suggestion(*text, shape.choices));
      ok = false;
    }
  }
  if (!ok) return std::nullopt;
  return shape.kind == option::Kind::texts ? OptionValue(std::move(texts))
                                           : OptionValue(static_cast<std::int64_t>(mask));
}

}  // namespace entail::config
