// One YAML value into one OptionValue, as the row of its option says; or an error that says what was expected.
// Thread rule: Confined.
#pragma once

#include <optional>
#include <string>

#include "config/messages.hpp"
#include "config/yaml_document.hpp"
#include "option/row.hpp"

namespace entail::config {

// "'cones'", "a list", "nothing".
std::string found_text(const YamlNode& node);

class ValueReader {
 public:
  ValueReader(const YamlDocument& document, Messages& messages, const ConfigContext& context)
      : document_(document), messages_(messages), environment_(context.environment) {}

  // Nothing if an error was reported. where: what the value is called in messages.
  std::optional<OptionValue> read(const option::Shape& shape, const YamlNode& node, const std::string& where);

  // A scalar with its $ and variables expanded.
  std::optional<std::string> read_text(const YamlNode& node, const std::string& where);

 private:
  bool is_string(const YamlNode& node) const;
  std::optional<OptionValue> read_scalar(const option::Shape& shape, const YamlNode& node, const std::string& where);
  std::optional<OptionValue> read_whole(const option::Shape& shape, const YamlNode& node, const std::string& where,
                                        const std::string& text);
  std::optional<OptionValue> read_percentage(const option::Shape& shape, const YamlNode& node, const std::string& where,
                                             const std::string& text);
  std::optional<OptionValue> read_choice(const option::Shape& shape, const YamlNode& node, const std::string& where,
                                         const std::string& text);
  std::optional<OptionValue> read_list(const option::Shape& shape, const YamlNode& node, const std::string& where);
  std::nullopt_t refuse(const option::Shape& shape, const YamlNode& node, const std::string& where,
                        const std::string& hint = {});

  const YamlDocument& document_;
  Messages& messages_;
  const std::optional<std::map<std::string, std::string>> environment_;
};

}  // namespace entail::config
