#include "command_line.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <sstream>
#include <utility>

#include "console.hpp"
#include "size_text.hpp"

namespace entail::cli {

namespace {

// An empty name is a shell variable that is not set.
std::string refuse_empty(const std::string& value) { return value.empty() ? "the value is empty" : ""; }

}  // namespace

Option Option::required() {
  option_->required();
  return *this;
}

Option Option::one_of(std::initializer_list<const char*> values) {
  option_->check(CLI::IsMember(std::vector<std::string>(values.begin(), values.end())));
  return *this;
}

Option Option::between(unsigned least, unsigned most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option Option::show_default() {
  option_->capture_default_str();
  return *this;
}

Option Option::excludes(Option other) {
  option_->excludes(other.option_);
  return *this;
}

Command Command::add_command(const std::string& name, const std::string& help) {
  return Command(*app_->add_subcommand(name, help));
}

void Command::require_command() { app_->require_subcommand(1); }

Option Command::add_option(const std::string& name, std::string& value, const std::string& help) {
  return Option(*app_->add_option(name, value, help)->check(refuse_empty));
}

Option Command::add_option(const std::string& name, std::vector<std::string>& values, const std::string& help) {
  return Option(*app_->add_option(name, values, help)->check(refuse_empty));
}

Option Command::add_option(const std::string& name, unsigned& value, const std::string& help) {
  return Option(*app_->add_option(name, value, help));
}

Option Command::add_option(const std::string& name, std::uint64_t& value, const std::string& help) {
  return Option(*app_->add_option(name, value, help));
}

Option Command::add_size(const std::string& name, std::uint64_t& bytes, const std::string& help) {
  const auto read = [name, &bytes](const std::string& text) {
    const std::optional<std::uint64_t> size = parse_size(text);
    if (!size || *size == 0) throw CLI::ValidationError(name, "expected a size such as 256MiB");
    bytes = *size;
  };
  return Option(*app_->add_option_function<std::string>(name, read, help));
}

Option Command::add_repeatable(const std::string& name, std::vector<std::string>& values, const std::string& help) {
  return Option(*app_->add_option(name, values, help)->allow_extra_args(false));
}

Option Command::add_flag(const std::string& name, bool& value, const std::string& help) {
  return Option(*app_->add_flag(name, value, help));
}

void Command::take_remaining(std::vector<std::string>& values) {
  app_->allow_extras();
  app_->parse_complete_callback([app = app_, &values] { values = app->remaining(); });
}

void Command::set_examples(const std::string& examples) { app_->footer("\nExamples:\n" + examples); }

void Command::on_chosen(Action& action, Action chosen) {
  app_->final_callback([&action, chosen = std::move(chosen)] { action = chosen; });
}

CommandLine::CommandLine(const std::string& name, const std::string& about, const std::string& version)
    : app_(std::make_unique<CLI::App>(about, name)) {
  app_->set_version_flag("--version", version);
}

CommandLine::~CommandLine() = default;

Command CommandLine::program() { return Command(*app_); }

std::optional<Exit> CommandLine::parse(int argc, const char* const* argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version are successes; every other parse error is wrong usage.
    std::ostringstream asked_for;
    if (app_->exit(error, asked_for, std::cerr) != 0) return Exit::usage;
    return print(asked_for.str()) ? Exit::done : Exit::output_unwritable;
  }
  return std::nullopt;
}

}  // namespace entail::cli
