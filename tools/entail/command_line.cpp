#include "command_line.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <utility>

#include "console.hpp"
#include "output/shown_text.hpp"
#include "size_text.hpp"
#include "usage/help_text.hpp"
#include "usage/mistake.hpp"
#include "usage/nearest_word.hpp"

namespace entail::cli {

namespace {

constexpr const char* kAnyText = "TEXT";  // the value of an option that does not say more

// An empty name is a shell variable that is not set.
std::string refuse_empty(const std::string& value) { return value.empty() ? "the value is empty" : ""; }

// "-o,--output" as "-o" and "--output".
std::vector<std::string> split_names(const std::string& names) {
  std::vector<std::string> split;
  for (std::size_t at = 0; at <= names.size();) {
    const std::size_t end = std::min(names.find(',', at), names.size());
    split.push_back(names.substr(at, end - at));
    at = end + 1;
  }
  return split;
}

// CLI11 takes negative numbers modulo 2^64, and cuts larger ones.
std::string refuse_no_number(const std::string& value) {
  std::uint64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, problem] = std::from_chars(value.data(), end, number);
  if (problem == std::errc() && stop == end) return {};
  return "'" + value + "' is not a whole number" + (problem == std::errc::result_out_of_range ? " below 2^64" : "");
}

// What CLI11 found, in the words of misplaced_word().
std::string error_text(const CLI::ParseError& error) {
  std::string text = error.what();
  const std::string name = text.substr(0, text.find(':'));
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error)) {
    if (text.find(" missing") != std::string::npos) return name + " needs a value";
    if (text.find("At Most 1 ") != std::string::npos) return name + " was given more than once";
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) && text == "A subcommand is required")
    return "a command is required";
  constexpr std::string_view kExtras[] = {"The following arguments were not expected: ",
                                          "The following argument was not expected: "};
  for (const std::string_view extra : kExtras)
    if (text.starts_with(extra)) return "unexpected: " + text.substr(extra.size());
  return text;
}

}  // namespace

Option Option::required() {
  option_->required();
  shape_->is_required = true;
  return *this;
}

Option Option::value(const char* name) {
  shape_->value = name;
  return *this;
}

Option Option::file() {
  shape_->value = "FILE";
  shape_->is_file = true;
  return *this;
}

Option Option::one_of(std::initializer_list<const char*> values) {
  std::vector<std::string> words(values.begin(), values.end());
  option_->check([words](const std::string& word) -> std::string {
    if (std::ranges::find(words, word) != words.end()) return {};
    const std::string suggestion = did_you_mean(word, words);
    return "'" + word + "' is not " + (suggestion.empty() ? alternatives(words) : "one of its values" + suggestion);
  });
  if (shape_->value == kAnyText) shape_->value = "WORD";
  return suggest(std::move(words));
}

Option Option::suggest(std::vector<std::string> values) {
  shape_->choices = std::move(values);
  return *this;
}

Option Option::between(unsigned least, unsigned most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option Option::show_default() {
  option_->capture_default_str();
  shape_->default_text = option_->get_default_str();
  return *this;
}

Option Option::excludes(Option other) {
  option_->excludes(other.option_);
  return *this;
}

Command Command::add_command(const std::string& name, const std::string& help) {
  shape_->commands.push_back(std::make_unique<CommandShape>());
  CommandShape& shape = *shape_->commands.back();
  shape.path = shape_->path + " " + name;
  shape.name = name;
  shape.help = help;
  Command command(*app_->add_subcommand(name, help), shape, *common_);
  command.add_common();
  return command;
}

void Command::add_common() {
  app_->set_help_flag("-h,--help", "Print this help");
  const std::size_t before = shape_->options.size();
  shaped(*app_->get_help_ptr(), "-h,--help", "Print this help", "");
  add_flag("-q,--quiet", common_->quiet, "Print no summary and no progress, only results and errors");
  add_option("--color", common_->color, "Colours: auto uses them on a terminal")
      .value("WHEN")
      .one_of({"auto", "always", "never"});
  for (std::size_t i = before; i < shape_->options.size(); ++i) shape_->options[i]->is_common = true;
}

void Command::require_command() { app_->require_subcommand(1); }

Option Command::shaped(CLI::Option& option, const std::string& names, const std::string& help, const char* value) {
  auto shape = std::make_unique<OptionShape>();
  shape->names = split_names(names);
  shape->value = value;
  shape->help = help;
  auto& list = names.starts_with('-') ? shape_->options : shape_->operands;
  list.push_back(std::move(shape));
  return {option, *list.back()};
}

Option Command::add_option(const std::string& name, std::string& value, const std::string& help) {
  return shaped(*app_->add_option(name, value, help)->check(refuse_empty), name, help, kAnyText);
}

Option Command::add_option(const std::string& name, std::vector<std::string>& values, const std::string& help) {
  Option option = shaped(*app_->add_option(name, values, help)->check(refuse_empty), name, help, kAnyText);
  option.shape_->is_repeated = true;
  return option;
}

Option Command::add_option(const std::string& name, unsigned& value, const std::string& help) {
  return shaped(*app_->add_option(name, value, help)->check(refuse_no_number), name, help, "N");
}

Option Command::add_option(const std::string& name, std::uint64_t& value, const std::string& help) {
  return shaped(*app_->add_option(name, value, help)->check(refuse_no_number), name, help, "N");
}

Option Command::add_size(const std::string& name, std::uint64_t& bytes, const std::string& help) {
  const auto read = [name, &bytes](const std::string& text) {
    const std::optional<std::uint64_t> size = parse_size(text);
    if (!size || *size == 0) throw CLI::ValidationError(name, "expected a size such as 256MiB, found '" + text + "'");
    bytes = *size;
  };
  return shaped(*app_->add_option_function<std::string>(name, read, help), name, help, "SIZE");
}

Option Command::add_repeatable(const std::string& name, std::vector<std::string>& values, const std::string& help) {
  Option option = shaped(*app_->add_option(name, values, help)->allow_extra_args(false), name, help, kAnyText);
  option.shape_->is_repeated = true;
  return option;
}

Option Command::add_flag(const std::string& name, bool& value, const std::string& help) {
  return shaped(*app_->add_flag(name, value, help), name, help, "");
}

void Command::take_remaining(std::vector<std::string>& values) {
  app_->allow_extras();
  app_->parse_complete_callback([app = app_, &values] { values = app->remaining(); });
}

void Command::add_conditional(ConditionalOptions options) { shape_->conditional.push_back(std::move(options)); }

void Command::set_examples(const std::string& examples) { shape_->examples = examples; }

void Command::on_chosen(Action& action, Action chosen) {
  app_->final_callback([&action, chosen = std::move(chosen)] { action = chosen; });
}

CommandLine::CommandLine(const std::string& name, const std::string& about, const std::string& version)
    : version_(version), app_(std::make_unique<CLI::App>(about, name)) {
  shape_.path = shape_.name = name;
  shape_.help = about;
  Command all = program();
  all.add_common();
  app_->set_version_flag("-V,--version", version);
  all.shaped(*app_->get_version_ptr(), "-V,--version", "Print the version", "");
}

CommandLine::~CommandLine() = default;

Command CommandLine::program() { return {*app_, shape_, common_}; }

void CommandLine::set_presentation() const {
  presentation().quiet = common_.quiet;
  presentation().color = common_.color == "always"  ? Color::always
                         : common_.color == "never" ? Color::never
                                                    : Color::automatic;
}

std::optional<Exit> CommandLine::parse(int argc, const char* const* argv) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (const std::string mistake = silent_mistake(shape_, words); !mistake.empty()) return refuse(mistake, words);
  try {
    app_->parse(argc, argv);
    set_presentation();
  } catch (const CLI::CallForVersion&) {
    return print(version_ + "\n") ? Exit::done : Exit::output_unwritable;
  } catch (const CLI::CallForHelp&) {
    set_presentation();
    const std::string text = help_text(named_command(shape_, words), paint_for(STDOUT_FILENO));
    return print(text) ? Exit::done : Exit::output_unwritable;
  } catch (const CLI::ParseError& error) {
    set_presentation();
    const std::string misplaced = misplaced_word(shape_, words);
    return refuse(misplaced.empty() ? error_text(error) : misplaced, words);
  }
  return std::nullopt;
}

Exit CommandLine::refuse(const std::string& mistake, const std::vector<std::string>& words) const {
  // What was typed may have line ends, which must not look like the end of the message.
  Console().message(shown_text(mistake) + "\nTry '" + named_command(shape_, words).path + " --help'.");
  return Exit::usage;
}

}  // namespace entail::cli
