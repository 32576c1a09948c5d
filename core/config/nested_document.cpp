// Maps positions in a YAML document that is a scalar of another document to positions in the outer text.
#include <algorithm>
#include <optional>

#include "config/yaml_document.hpp"

namespace entail::config {
namespace {

// The line with this number, from 1, without its end; empty behind the last one.
std::string_view line_of(std::string_view text, std::uint32_t number) noexcept {
  for (; number > 1; --number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

// By how many columns a literal block is indented, whose "|" is at the position; nothing if it is not one.
std::optional<std::uint32_t> indentation_of(std::string_view outer, Position position, std::string_view inner) {
  const std::string_view head = line_of(outer, position.line);
  if (position.column == 0 || position.column > head.size() || head[position.column - 1] != '|') return std::nullopt;
  const std::size_t first = inner.find_first_not_of(" \r\n");
  if (first == std::string_view::npos) return std::nullopt;
  const std::string_view before = inner.substr(0, first);
  const auto blank_lines = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t inside = first - (before.rfind('\n') + 1);  // npos + 1 is 0: the first line
  const std::size_t outside = line_of(outer, position.line + 1 + blank_lines).find_first_not_of(' ');
  if (outside == std::string_view::npos || outside < inside) return std::nullopt;
  return static_cast<std::uint32_t>(outside - inside);
}

}  // namespace

bool YamlDocument::load_nested(std::uint32_t scalar, std::vector<ConfigMessage>* errors) {
  const std::string outer = std::move(text_);
  const std::string inner = nodes_[scalar].text;
  const Position begin = nodes_[scalar].position;
  const std::optional<std::uint32_t> indentation = indentation_of(outer, begin, inner);
  const auto place = [&](std::uint32_t line, std::uint32_t column) {
    if (!indentation || line == 0) return begin;
    return Position{line + begin.line, column + *indentation};
  };
  std::vector<ConfigMessage> found;
  const bool loaded = load(inner, &found);
  for (ConfigMessage& message : found) {
    const Position position = place(message.line, message.column);
    errors->push_back({position.line, position.column, std::move(message.text)});
  }
  for (YamlNode& node : nodes_) {
    node.position = place(node.position.line, node.position.column);
    for (YamlNode::Entry& entry : node.entries) entry.position = place(entry.position.line, entry.position.column);
  }
  text_ = outer;
  return loaded;
}

}  // namespace entail::config
