// What the command line accepts, as data: help texts, completions, manual pages and "did you mean" are made from it.
// Thread rule: Confined while commands are added, Immutable afterwards.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace entail::cli {

// An option, a flag, or an operand (a positional argument).
struct OptionShape {
  std::vector<std::string> names;  // "-o" and "--output"; of an operand its name, such as "IN"
  std::string value;               // the name of its value, such as "FILE"; empty: a flag
  std::string help;
  std::vector<std::string> choices;  // the words that it takes, or that completion offers
  std::string default_text;          // empty: none is shown
  bool is_file = false;              // the value is the name of a file
  bool is_required = false;
  bool is_repeated = false;  // may be given several times; an operand: takes several words
  bool is_common = false;    // every command has it

  bool has_name(const std::string& name) const {
    for (const std::string& own : names)
      if (own == name) return true;
    return false;
  }
};

// Options that a command has only when `option` is given with this value.
struct ConditionalOptions {
  std::string option;
  std::string value;
  std::vector<OptionShape> options;
};

// The program, or one of its commands. The parts are held by pointers, so that references to them stay valid.
struct CommandShape {
  std::string path;  // "entail sample"
  std::string name;  // "sample"
  std::string help;
  std::string examples;  // examples, then further paragraphs
  std::vector<std::unique_ptr<OptionShape>> options;
  std::vector<std::unique_ptr<OptionShape>> operands;
  std::vector<ConditionalOptions> conditional;
  std::vector<std::unique_ptr<CommandShape>> commands;

  const OptionShape* find_option(const std::string& option) const {
    for (const auto& shape : options)
      if (shape->has_name(option)) return shape.get();
    return nullptr;
  }
  const CommandShape* find_command(const std::string& command) const {
    for (const auto& shape : commands)
      if (shape->name == command) return shape.get();
    return nullptr;
  }
};

// "--output" and the like.
inline std::vector<std::string> long_option_names(const CommandShape& command) {
  std::vector<std::string> names;
  for (const auto& option : command.options)
    for (const std::string& name : option->names)
      if (name.starts_with("--")) names.push_back(name);
  return names;
}

}  // namespace entail::cli
