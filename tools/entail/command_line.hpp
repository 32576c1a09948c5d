// The command line: subcommands with their options and flags, in front of CLI11. Only command_line.cpp includes CLI11,
// which takes some ten seconds to compile.
//
// Thread rule: Confined. An Option or Command is a reference into the CommandLine that it came from, and is copied
// freely while that lives. The variables that options fill must outlive parse().
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "usage/shape.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace entail::cli {

// The exit codes of docs/formats.md "The command".
enum class Exit : int {
  done = 0,
  input_unreadable = 1,
  usage = 2,
  output_unwritable = 3,
  lossy = 4,
  interrupted = 130,
};

// What the chosen subcommand does, called after the whole command line was parsed.
using Action = std::function<Exit()>;

// One option, flag or positional argument. Each call returns the option itself.
class Option {
 public:
  Option(CLI::Option& option, OptionShape& shape) : option_(&option), shape_(&shape) {}
  Option required();
  // The name of its value in help texts; by default TEXT, or N for a number.
  Option value(const char* name);
  // The value is the name of a file.
  Option file();
  Option one_of(std::initializer_list<const char*> values);
  // Completion offers these; others are not refused here.
  Option suggest(std::vector<std::string> values);
  Option between(unsigned least, unsigned most);
  Option show_default();
  Option excludes(Option other);

 private:
  friend class Command;
  CLI::Option* option_;
  OptionShape* shape_;
};

// What every command takes.
struct CommonValues {
  bool quiet = false;
  std::string color = "auto";
};

// The program, or one of its subcommands.
class Command {
 public:
  Command(CLI::App& app, CommandShape& shape, CommonValues& common) : app_(&app), shape_(&shape), common_(&common) {}
  Command add_command(const std::string& name, const std::string& help);
  void require_command();

  // Positional if the name has no dash.
  Option add_option(const std::string& name, std::string& value, const std::string& help);
  Option add_option(const std::string& name, std::vector<std::string>& values, const std::string& help);
  Option add_option(const std::string& name, unsigned& value, const std::string& help);
  Option add_option(const std::string& name, std::uint64_t& value, const std::string& help);
  // A number of bytes, not 0, as parse_size() reads it.
  Option add_size(const std::string& name, std::uint64_t& bytes, const std::string& help);
  // May be given several times, with one value each.
  Option add_repeatable(const std::string& name, std::vector<std::string>& values, const std::string& help);
  Option add_flag(const std::string& name, bool& value, const std::string& help);
  // Arguments that no option takes go into `values`; without this they are wrong usage.
  void take_remaining(std::vector<std::string>& values);
  // Of what take_remaining() takes, for completion.
  void add_conditional(ConditionalOptions options);

  // The end of the help text: examples, indented by two spaces, and paragraphs, which are wrapped anew.
  void set_examples(const std::string& examples);
  // Sets `action` to `chosen` if this is the subcommand on the command line.
  void on_chosen(Action& action, Action chosen);

  const CommandShape& shape() const noexcept { return *shape_; }
  // "--output" and the like, those of every command included.
  std::vector<std::string> long_names() const { return long_option_names(*shape_); }

 private:
  friend class CommandLine;
  Option shaped(CLI::Option& option, const std::string& names, const std::string& help, const char* value);
  void add_common();

  CLI::App* app_;
  CommandShape* shape_;
  CommonValues* common_;
};

class CommandLine {
 public:
  CommandLine(const std::string& name, const std::string& about, const std::string& version);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  Command program();
  // Empty: parsed, and the action of the chosen subcommand is set. Else the exit code of what was answered at once:
  // help, the version, or wrong usage. Sets presentation().
  std::optional<Exit> parse(int argc, const char* const* argv);

 private:
  void set_presentation() const;
  Exit refuse(const std::string& mistake, const std::vector<std::string>& words) const;

  std::string version_;
  CommonValues common_;
  CommandShape shape_;
  std::unique_ptr<CLI::App> app_;
};

}  // namespace entail::cli
