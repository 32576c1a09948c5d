// The part of check_options() that is about policies, and the list of findings that both write.
// Thread rule: Confined. Inside the room config only.
#pragma once

#include "config/check_options.hpp"
#include "config/option_table.hpp"

namespace entail::config {

struct Findings {
  void error(std::string path, std::string text) { list.push_back({std::move(path), std::move(text), true, {}}); }
  void warning(std::string path, std::string text) { list.push_back({std::move(path), std::move(text), false, {}}); }
  // Bounds and presence of one value.
  void check_value(const OptionShape& shape, const OptionValue& value, const std::string& path,
                   const std::string& where);

  std::vector<Finding> list;
};

void check_policies(const Options& options, Findings& findings);

// A line of the text and one below it with a caret under the byte at offset, for the end of a message; long lines are
// shown around it.
std::string caret_lines(std::string_view text, std::size_t offset);

}  // namespace entail::config
