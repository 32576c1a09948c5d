// Where a configuration comes from: a file or standard input, which component of it, and the values of its variables.
// Thread rule: Confined.
#pragma once

#include <string>
#include <vector>

#include "command_line.hpp"
#include "entail/options.hpp"

namespace entail::cli {

struct ConfigSource {
  std::string path;                    // "-" = standard input; empty = none
  std::string instance;                // ConfigContext::instance
  std::vector<std::string> variables;  // NAME=VALUE, or NAME for that of the process
  std::string variables_file;          // lines of NAME=VALUE

  // As messages name it.
  std::string name() const { return path == "-" ? "standard input" : path; }
};

// Adds --instance, --env and --env-file.
void add_source_options(Command& command, ConfigSource& source);

struct LoadedConfig {
  std::optional<Options> options;  // set iff there are no errors
  std::vector<ConfigMessage> errors;
  std::vector<ConfigMessage> warnings;
  std::string no_origins;  // ConfigResult::no_origins
};

// Reads a configuration, and prints every error and warning to standard error as FILE:LINE:COLUMN: TEXT. `defaults`
// holds where the text says nothing.
LoadedConfig load_config(const ConfigSource& source, const Options& defaults = Options());

// Prints one message about a configuration to standard error.
void print_message(const std::string& file, const ConfigMessage& message, const char* kind);

}  // namespace entail::cli
