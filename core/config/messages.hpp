// What is said about a configuration: errors and warnings with their place, each said once. Confined.
#pragma once

#include <string>
#include <vector>

#include "config/yaml_document.hpp"
#include "entail/options.hpp"

namespace entail::config {

constexpr std::size_t kMessagesMax = 100;  // of a kind: a text that is wrong everywhere is not listed to its end

class Messages {
 public:
  void error(Position position, std::string text) { add(errors, position, std::move(text)); }
  void warning(Position position, std::string text) { add(warnings, position, std::move(text)); }
  // By position, those without one last; repetitions (an alias used twice) removed, and control characters, which the
  // text may hold, replaced by '?'.
  void finish();

  std::vector<ConfigMessage> errors;
  std::vector<ConfigMessage> warnings;

 private:
  static void add(std::vector<ConfigMessage>& list, Position position, std::string text) {
    if (list.size() < kMessagesMax) list.push_back({position.line, position.column, std::move(text)});
  }
};

}  // namespace entail::config
