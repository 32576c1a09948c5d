#include "config/value_reader.hpp"

#include <algorithm>

#include "config/nearest.hpp"
#include "config/value_text.hpp"
#include "config/variables.hpp"

namespace entail::config {

namespace {

constexpr std::size_t kFoundCharsMax = 60;

// A plain word in YAML, or a quoted one.
std::string yaml_text(const std::string& text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return text;
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'' || c == '$') out += c;
  }
  return out + "'";
}

std::string format_whole(const OptionShape& shape, std::uint64_t value) {
  if (shape.kind == OptionKind::duration) return format_duration(static_cast<std::int64_t>(value));
  if (shape.kind == OptionKind::size) return format_size(value);
  return shape.bounds.min < 0 ? std::to_string(static_cast<std::int64_t>(value)) : std::to_string(value);
}

// Bounds that only the field's width sets say nothing to a reader.
std::string range_text(const OptionShape& shape) {
  constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62;
  const std::string min = format_whole(shape, static_cast<std::uint64_t>(shape.bounds.min));
  if (shape.bounds.max >= kNoLimit) return shape.bounds.min < 0 ? "" : ", " + min + " or more";
  return " from " + min + " to " + format_whole(shape, shape.bounds.max);
}

std::span<const std::string_view> real_choices(const OptionShape& shape) {
  return shape.choices.first(shape.choices.size() - shape.aliases);
}

}  // namespace

std::string expectation(const OptionShape& shape) {
  switch (shape.kind) {
    case OptionKind::duration:
      return "a duration" + range_text(shape) + ", such as 10s or 1m30s";
    case OptionKind::size:
      return "a size" + range_text(shape) + ", such as 1048576 or 256MiB";
    case OptionKind::whole:
      return "a whole number" + range_text(shape);
    case OptionKind::percentage:
      return "a number from 0 to 100";
    case OptionKind::boolean:
      return "true or false";
    case OptionKind::text:
      return "a string";
    case OptionKind::texts:
      return "a list of at most " + std::to_string(shape.bounds.max) + " strings";
    case OptionKind::choice:
      return "one of: " + joined(shape.choices);
    case OptionKind::choices:
      return "a list of some of: " + joined(shape.choices);
    case OptionKind::allocations:
      return "a list of shares such as {policy: a, percent: 50}";
    case OptionKind::custom:
      return "a map";
  }
  return {};
}

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
  while (end > 0 && (static_cast<unsigned char>(node.text[end]) & 0xc0) == 0x80) --end;  // not inside a character
  return "'" + node.text.substr(0, end) + "...'";
}

std::string format_value(const OptionShape& shape, const OptionValue& value) {
  if (const auto* number = std::get_if<std::uint64_t>(&value)) {
    if (shape.kind == OptionKind::choice)
      return *number < shape.choices.size() ? std::string(shape.choices[*number]) : "";
    if (shape.kind != OptionKind::choices) return format_whole(shape, *number);
    std::string text;
    for (std::size_t i = 0; i < shape.choices.size(); ++i)
      if ((*number >> i & 1) != 0) text += (text.empty() ? "" : ", ") + std::string(shape.choices[i]);
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

std::nullopt_t ValueReader::refuse(const OptionShape& shape, const YamlNode& node, const std::string& where,
                                   const std::string& hint) {
  messages_.error(node.position, where + ": expected " + expectation(shape) + "; found " + found_text(node) + hint);
  return std::nullopt;
}

std::optional<std::string> ValueReader::read_text(const YamlNode& node, const std::string& where) {
  if (node.kind != YamlNode::Kind::scalar) {
    messages_.error(node.position, where + ": expected a string; found " + found_text(node));
    return std::nullopt;
  }
  std::string text;
  if (expand_dollars(node.text, text)) return text;
  if (environment_) {
    Expansion expansion = expand_variables(node.text, *environment_);
    if (expansion.problem.empty()) return std::move(expansion.text);
    messages_.error(node.position, where + ": " + found_text(node) + ": " + expansion.problem);
    return std::nullopt;
  }
  messages_.error(node.position,
                  where + ": " + found_text(node) +
                      " would have to be looked up, but the environment and other files are not read; write "
                      "the value itself (or $$ where a $ is meant)");
  return std::nullopt;
}

std::optional<OptionValue> ValueReader::read(const OptionShape& shape, const YamlNode& node, const std::string& where) {
  if (shape.kind == OptionKind::texts || shape.kind == OptionKind::choices) return read_list(shape, node, where);
  if (node.kind != YamlNode::Kind::scalar) return refuse(shape, node, where);
  return read_scalar(shape, node, where);
}

std::optional<OptionValue> ValueReader::read_scalar(const OptionShape& shape, const YamlNode& node,
                                                    const std::string& where) {
  const std::optional<std::string> text = read_text(node, where);
  if (!text) return std::nullopt;
  switch (shape.kind) {
    case OptionKind::duration:
    case OptionKind::size:
    case OptionKind::whole:
      return read_whole(shape, node, where, *text);
    case OptionKind::percentage:
      return read_percentage(shape, node, where, *text);
    case OptionKind::boolean: {
      bool flag = false;
      if (node.quoted || parse_boolean(*text, flag) != Parsed::ok) return refuse(shape, node, where);
      return OptionValue(flag);
    }
    case OptionKind::choice:
      return read_choice(shape, node, where, *text);
    case OptionKind::text:
    case OptionKind::texts:
    case OptionKind::choices:
    case OptionKind::allocations:
    case OptionKind::custom:
      break;
  }
  return OptionValue(*text);
}

std::optional<OptionValue> ValueReader::read_whole(const OptionShape& shape, const YamlNode& node,
                                                   const std::string& where, const std::string& text) {
  std::uint64_t value = 0;
  bool fits = true;
  Parsed parsed = Parsed::ok;
  if (shape.kind == OptionKind::duration) {
    std::int64_t nanoseconds = 0;
    parsed = parse_duration(text, nanoseconds);
    value = static_cast<std::uint64_t>(nanoseconds);
  } else if (shape.kind == OptionKind::size) {
    parsed = parse_size(text, value);
  } else {
    WholeNumber number;
    parsed = node.quoted ? Parsed::malformed : parse_whole(text, number);
    const std::uint64_t limit = shape.bounds.min < 0 ? std::uint64_t{1} << 63 : 0;
    fits = number.negative ? number.magnitude <= limit : number.magnitude <= shape.bounds.max;
    value = number.negative ? 0 - number.magnitude : number.magnitude;
  }
  if (parsed == Parsed::no_unit) return refuse(shape, node, where, ": a duration needs a unit");
  if (node.quoted && shape.kind == OptionKind::whole) return refuse(shape, node, where, ": a quoted string");
  if (parsed != Parsed::ok || !fits || !shape.bounds.contains(value)) return refuse(shape, node, where);
  return OptionValue(value);
}

std::optional<OptionValue> ValueReader::read_percentage(const OptionShape& shape, const YamlNode& node,
                                                        const std::string& where, const std::string& text) {
  double number = 0;
  if (node.quoted || parse_number(text, number) != Parsed::ok || number < 0) return refuse(shape, node, where);
  if (number <= 100) return OptionValue(number);
  messages_.warning(node.position, where + ": " + found_text(node) + " is taken for 100, as in the Collector");
  return OptionValue(100.0);
}

std::optional<OptionValue> ValueReader::read_choice(const OptionShape& shape, const YamlNode& node,
                                                    const std::string& where, const std::string& text) {
  bool flag = true;
  const bool is_false = parse_boolean(text, flag) == Parsed::ok && !flag;
  const auto found = std::find(shape.choices.begin(), shape.choices.end(), is_false ? "false" : std::string_view(text));
  if (found == shape.choices.end()) {
    const std::string_view near = nearest(text, shape.choices);
    return refuse(shape, node, where, near.empty() ? "" : "; did you mean '" + std::string(near) + "'?");
  }
  const auto index = static_cast<std::size_t>(found - shape.choices.begin());
  return OptionValue(std::uint64_t{std::min(index, real_choices(shape).size() - 1)});
}

std::optional<OptionValue> ValueReader::read_list(const OptionShape& shape, const YamlNode& node,
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
    } else if (shape.kind == OptionKind::texts) {
      texts.push_back(*text);
    } else if (const auto found = std::find(shape.choices.begin(), shape.choices.end(), *text);
               found != shape.choices.end()) {
      mask |= std::uint64_t{1} << (found - shape.choices.begin());
    } else {
      messages_.error(part.position, where + ": unknown value " + found_text(part) + suggestion(*text, shape.choices));
      ok = false;
    }
  }
  if (!ok) return std::nullopt;
  return shape.kind == OptionKind::texts ? OptionValue(std::move(texts)) : OptionValue(mask);
}

}  // namespace entail::config
