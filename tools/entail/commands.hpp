// The subcommands: each adds itself to the program, and sets the action when it was chosen.
#pragma once

#include "command_line.hpp"
#include "entail/options.hpp"

namespace entail::cli {

void add_sample(Command program, Action& action);
void add_why(Command program, Action& action);  // and its alias explain
void add_generate(Command program, Action& action);
void add_links(Command program, Action& action);
void add_convert(Command program, Action& action);
void add_report(Command program, Action& action);
void add_export(Command program, Action& action);
void add_config(Command program, Action& action);
void add_diff(Command program, Action& action);
void add_cost(Command program, Action& action);
void add_graph(Command program, Action& action);
void add_size(Command program, Action& action);
void add_completion(Command program, Action& action);
void add_help(Command program, Action& action);

// Without a configuration: traces with an error are kept, and carried over links with the default limits.
Options options_without_config(const Options& defaults);

}  // namespace entail::cli
