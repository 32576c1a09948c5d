// The subcommands: each adds itself to the program, and sets the action when it was chosen.
#pragma once

#include <optional>
#include <string>

#include "command_line.hpp"
#include "entail/options.hpp"

namespace entail::cli {

void add_sample(Command program, Action& action);
void add_explain(Command program, Action& action);
void add_generate(Command program, Action& action);
void add_links(Command program, Action& action);
void add_convert(Command program, Action& action);
void add_config(Command program, Action& action);

// Reads a configuration file. Tells every error and warning on standard error as FILE:LINE:COLUMN: TEXT; nothing if
// there are errors or the file cannot be read.
struct LoadedConfig {
  std::optional<Options> options;
  bool warned = false;
};
// `defaults` holds where the file says nothing.
LoadedConfig load_config(const std::string& path, const Options& defaults = Options());

// Without a configuration: traces with an error are kept, and carried over links with the default limits.
Options options_without_config(const Options& defaults);

}  // namespace entail::cli
