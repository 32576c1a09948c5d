// The program with all its commands. Thread rule: Confined.
#pragma once

#include "command_line.hpp"

namespace entail::cli {

// Without commands; add_commands() adds them. What parse() chooses sets `action`.
CommandLine program_line();
void add_commands(CommandLine& line, Action& action);

}  // namespace entail::cli
