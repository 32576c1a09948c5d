// The help of a command, as --help and `entail help` print it. Thread rule: Immutable (functions).
#pragma once

#include <string>
#include <vector>

#include "console.hpp"
#include "usage/shape.hpp"

namespace entail::cli {

std::string help_text(const CommandShape& command, Paint paint);

// Parts that manual pages use, too:
// What stands behind the options: lines of code, which begin with two spaces, or one paragraph as one line.
struct HelpBlock {
  std::vector<std::string> lines;
  bool is_code = false;
};
std::vector<HelpBlock> blocks_of(const std::string& examples);
// "-o, --output FILE", "IN...".
std::string option_words(const OptionShape& option);
// The help, with what it does not say itself: the choices, and the default.
std::string option_help(const OptionShape& option);
// The command with everything that it needs: "entail sample [OPTIONS] -o FILE IN...".
std::string usage_line(const CommandShape& command);

}  // namespace entail::cli
