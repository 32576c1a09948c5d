// What is wrong with a command line, in terms of what was typed. Thread rule: Immutable (functions).
#pragma once

#include <string>
#include <vector>

#include "usage/shape.hpp"

namespace entail::cli {

// The first word that is neither an option nor a command where it stands, with a suggestion; or that a command is
// missing. Empty: every word has its place. `words` are those behind the program's name.
std::string misplaced_word(const CommandShape& program, const std::vector<std::string>& words);

// The same for mistakes that the parser would not notice, or only behind a request for help: an unknown command, and a
// short option that is meant as a long one. Empty: there is none.
std::string silent_mistake(const CommandShape& program, const std::vector<std::string>& words);

// The command that the words lead to, as far as they are commands: of "why --json" it is why.
const CommandShape& named_command(const CommandShape& program, const std::vector<std::string>& words);

// The names of all commands of a program or command, and "a, b or c" of them.
std::vector<std::string> command_names(const CommandShape& command);
std::string alternatives(const std::vector<std::string>& words);

}  // namespace entail::cli
