#include <unistd.h>

#include <algorithm>

#include "commands.hpp"
#include "console.hpp"
#include "output/file_conflict.hpp"
#include "output/json_text.hpp"
#include "output/text_width.hpp"
#include "output/trace_output.hpp"
#include "stop_signal.hpp"
#include "stories/expectation_text.hpp"
#include "usage/mistake.hpp"
#include "usage/nearest_word.hpp"

namespace entail::cli {
namespace {

struct GenerateArguments {
  std::string scenario;
  std::uint64_t seed = 1;
  std::string output;
  std::string to = "proto-u32be";
  std::string expect;
  std::string config;
  bool tell = false;
  bool list = false;
  bool json = false;
  std::vector<std::string> flags;
  std::vector<std::string> option_names;  // of the command itself
};

std::string_view kind_text(FlagSpec::Kind kind) {
  switch (kind) {
    case FlagSpec::Kind::count:
      return "N";
    case FlagSpec::Kind::share:
      return "SHARE";
    case FlagSpec::Kind::word:
      return "WORD";
    case FlagSpec::Kind::scenarios:
      return "NAME";
  }
  return {};
}

// What a flag does, its default and what else it may be.
std::string flag_help(const FlagSpec& flag) {
  std::string text(flag.help);
  if (flag.kind == FlagSpec::Kind::scenarios) return text;
  text += " [" + std::string(flag.default_text);
  for (const std::string_view choice : flag.choices) {
    if (choice != flag.default_text) text += " | " + std::string(choice);
  }
  if (flag.kind == FlagSpec::Kind::count) text += ", " + std::to_string(flag.min) + " to " + std::to_string(flag.max);
  return text + "]";
}

std::string list_text(Paint paint) {
  constexpr std::size_t kHelpColumn = 28;
  constexpr std::size_t kColumnsBesideMin = 60;  // on fewer, the help is below its flag
  std::string text;
  for (const Scenario& scenario : scenarios()) {
    std::string head = indented(std::string(scenario.name) + ": " + std::string(scenario.help), 0, paint.columns);
    head.insert(scenario.name.size(), paint.end());
    text.append(paint.bold()).append(head);
    for (const FlagSpec& flag : scenario.flags) {
      std::string left = "  --" + std::string(flag.name) + " ";
      left += kind_text(flag.kind);
      const bool is_beside = paint.columns >= kColumnsBesideMin && left.size() < kHelpColumn;
      const std::string help = indented(flag_help(flag), is_beside ? kHelpColumn : 6, paint.columns);
      text += is_beside ? left + help.substr(left.size()) : left + "\n" + help;
    }
  }
  return text;
}

std::string list_json() {
  JsonText json;
  json.begin_array();
  for (const Scenario& scenario : scenarios()) {
    json.begin_object().field("name", scenario.name).field("help", scenario.help).key("flags").begin_array();
    for (const FlagSpec& flag : scenario.flags) {
      json.begin_object().field("name", flag.name).field("default", flag.default_text).field("help", flag.help);
      if (flag.kind == FlagSpec::Kind::word) {
        json.key("choices").begin_array();
        for (const std::string_view choice : flag.choices) json.value(choice);
        json.end_array();
      } else if (flag.kind == FlagSpec::Kind::scenarios) {
        json.key("choices").begin_array();
        for (const Scenario& other : scenarios()) {
          if (other.name != scenario.name) json.value(other.name);
        }
        json.end_array().field("repeated", true);
      } else {
        json.field("min", flag.min).field("max", flag.max);
      }
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
  return json.take() + "\n";
}

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const Scenario& scenario : scenarios()) names.emplace_back(scenario.name);
  return names;
}

// The scenario's flags, as completion and the manual page show them.
ConditionalOptions flags_of(const Scenario& scenario) {
  ConditionalOptions conditional{"--scenario", std::string(scenario.name), {}};
  for (const FlagSpec& flag : scenario.flags) {
    OptionShape& option = conditional.options.emplace_back();
    option.names = {"--" + std::string(flag.name)};
    option.value = kind_text(flag.kind);
    option.help = flag.help;
    option.default_text = flag.default_text;
    option.choices.assign(flag.choices.begin(), flag.choices.end());
    option.is_repeated = flag.kind == FlagSpec::Kind::scenarios;
    if (!option.is_repeated) continue;
    for (std::string& name : scenario_names())
      if (name != scenario.name) option.choices.push_back(std::move(name));
  }
  return conditional;
}

// Why there is no scenario: it was mistyped, or its option was.
std::string no_scenario_text(const GenerateArguments& arguments) {
  constexpr const char* kList = "'entail generate --list' shows them";
  if (arguments.scenario.empty()) {
    for (const std::string& word : arguments.flags) {
      const std::string meant = did_you_mean(word.substr(0, word.find('=')), arguments.option_names);
      if (word.starts_with("--") && !meant.empty()) return "entail generate has no option '" + word + "'" + meant;
    }
    return std::string("--scenario NAME is missing; ") + kList;
  }
  const std::string meant = did_you_mean(arguments.scenario, scenario_names());
  return "no scenario '" + arguments.scenario + "'" + (meant.empty() ? std::string("; ") + kList : meant);
}

// A flag that neither the scenario nor the command has. An error text, or empty.
std::string unknown_flag(std::string_view name, const Scenario& scenario, const GenerateArguments& arguments) {
  std::vector<std::string> known;
  for (const FlagSpec& flag : scenario.flags) known.push_back("--" + std::string(flag.name));
  const std::string typed = "--" + std::string(name);
  if (std::ranges::find(known, typed) != known.end()) return {};
  std::vector<std::string> candidates = known;
  candidates.insert(candidates.end(), arguments.option_names.begin(), arguments.option_names.end());
  const std::string meant = did_you_mean(typed, candidates);
  return "scenario " + std::string(scenario.name) + " has no flag '" + typed + "'" +
         (meant.empty() ? "; it has " + alternatives(known) : meant);
}

// "--name value" and "--name=value" as they came. An error text, or empty.
std::string set_flags(const GenerateArguments& arguments, const Scenario& scenario, Flags& flags) {
  const std::vector<std::string>& texts = arguments.flags;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!texts[i].starts_with("--")) return "unexpected " + texts[i];
    const std::string_view text = std::string_view(texts[i]).substr(2);
    const std::size_t equals = text.find('=');
    std::string error = unknown_flag(text.substr(0, equals), scenario, arguments);
    if (!error.empty()) return error;
    if (equals != std::string_view::npos) {
      error = flags.set(text.substr(0, equals), text.substr(equals + 1));
    } else if (i + 1 < texts.size()) {
      error = flags.set(text, texts[i + 1]);
      ++i;
    } else {
      error = texts[i] + " needs a value";
    }
    if (!error.empty()) return error;
  }
  return {};
}

Exit list(const GenerateArguments& arguments) {
  return print(arguments.json ? list_json() : list_text(paint_for(STDOUT_FILENO))) ? Exit::done
                                                                                   : Exit::output_unwritable;
}

// The requests of a story, written in the framing that was asked for.
class RequestFile {
 public:
  RequestFile(std::string path, Framing framing) : path_(std::move(path)), framing_(framing) {}

  // The file is opened by the first request: wrong flags leave it as it was.
  bool write(Bytes request) {
    open();
    if (framing_ == Framing::jsonl) return write_line(request) && !file_->failed();
    return writer_->write(request) && !file_->failed();
  }
  // Flushes and closes; the file has yet to take its place.
  OutputFile& complete() {
    open();
    file_->complete();
    return *file_;
  }

 private:
  void open() {
    if (file_) return;
    file_.emplace(path_);
    writer_.emplace(*file_, framing_);
  }
  // JSON can say what protobuf cannot: an ID that is not hexadecimal.
  bool write_line(Bytes request) {
    line_.clear();
    if (!append_otlp_json(request, line_)) return false;
    const std::string id = to_hex(kBadHexId);
    for (std::size_t at = line_.find(id); at != std::string::npos; at = line_.find(id, at)) {
      line_.replace(at, id.size(), kBadHexText);
    }
    line_ += '\n';
    file_->write(line_);
    return true;
  }

  std::string path_;
  Framing framing_;
  std::optional<OutputFile> file_;
  std::optional<MessageWriter> writer_;
  std::string line_;
};

// An error text, or empty.
std::string check_outputs(const GenerateArguments& arguments) {
  if (arguments.output.empty()) return "-o OUT is missing";
  if (!arguments.tell) return {};
  const bool taken = arguments.output == "-" || arguments.expect == "-" || arguments.config == "-";
  return taken ? "--tell prints to standard output, which another option already uses" : "";
}

// Gives all files their names once all are whole: an earlier story is never left with another's configuration.
bool publish(Console& console, std::initializer_list<OutputFile*> files) {
  bool good = true;
  for (OutputFile* const file : files) good = good && (!file || file->complete());
  for (OutputFile* const file : files) good = good && (!file || file->publish());
  for (OutputFile* const file : files)
    if (file && file->failed() && !file->pipe_closed()) console.message(file->error());
  return good;
}

// A file beside the traces; null without a name for it.
std::unique_ptr<OutputFile> file_beside(const std::string& path, const std::string& text) {
  if (path.empty()) return nullptr;
  auto file = std::make_unique<OutputFile>(path);
  file->write(text);
  return file;
}

Exit generate(const GenerateArguments& arguments) {
  Console console;
  const auto refuse = [&console](const std::string& text) {
    console.message(text);
    return Exit::usage;
  };
  if (arguments.list) return list(arguments);
  const Scenario* const scenario = find_scenario(arguments.scenario);
  if (!scenario) return refuse(no_scenario_text(arguments));
  if (const std::string error = check_outputs(arguments); !error.empty()) return refuse(error);
  if (report_conflict({{}, {arguments.output, arguments.expect, arguments.config}}, console)) return Exit::usage;
  Flags flags(scenario->flags);
  if (const std::string error = set_flags(arguments, *scenario, flags); !error.empty()) return refuse(error);
  StoryConfig config;
  if (const std::string error = scenario->configure(flags, config); !error.empty()) return refuse(error);

  const Framing framing = *framing_from_name(arguments.to);
  if (report_terminal(arguments.output, framing, console)) return Exit::usage;
  watch_signals(OnSignal::end);
  RequestFile file(arguments.output, framing);
  StoryTeller teller(arguments.seed, [&](Bytes request) { return file.write(request); });
  teller.as_json = framing == Framing::jsonl;
  scenario->tell(flags, config, teller);
  OutputFile& traces = file.complete();
  if (teller.failed() && !traces.failed()) {
    console.message("a request cannot be written as JSON");
    return Exit::output_unwritable;
  }
  const std::unique_ptr<OutputFile> config_file = file_beside(arguments.config, story_config_yaml(config));
  const std::unique_ptr<OutputFile> expect_file = file_beside(
      arguments.expect, expectation_json(scenario->name, arguments.seed, flags, config, teller.expectation));
  const bool written = publish(console, {&traces, config_file.get(), expect_file.get()}) &&
                       (!arguments.tell || print(expectation_table(teller.expectation)));
  return written ? Exit::done : Exit::output_unwritable;
}

}  // namespace

void add_generate(Command program, Action& action) {
  auto arguments = std::make_shared<GenerateArguments>();
  Command command =
      program.add_command("generate", "Generate the traces of a scenario, with the set that must be kept");
  Option scenario =
      command.add_option("--scenario", arguments->scenario, "Scenario to generate; see --list").value("NAME");
  scenario.suggest(scenario_names());
  const Option list_flag = command.add_flag("--list", arguments->list, "List the scenarios and their flags");
  scenario.excludes(list_flag);
  command.add_option("--seed", arguments->seed, "The same seed and flags give the same bytes").show_default();
  command.add_option("-o,--output", arguments->output, "Output file, - for standard output").file();
  command.add_option("--to", arguments->to, "Framing of the output")
      .value("FRAMING")
      .one_of({"jsonl", "proto-u32be", "proto-varint"})
      .show_default();
  command.add_option("--config", arguments->config, "File for the scenario's configuration, for sample -c").file();
  command
      .add_option("--expect", arguments->expect,
                  "File for the traces that must be kept, and the configuration, as JSON")
      .file();
  command.add_flag("--tell", arguments->tell, "Print the scenario's traces: role, ID, expected decision");
  command.add_flag("--json", arguments->json, "Print the list as JSON");
  command.take_remaining(arguments->flags);
  for (const Scenario& each : scenarios()) command.add_conditional(flags_of(each));
  arguments->option_names = command.long_names();
  command.set_examples(
      "  entail generate --list\n"
      "  entail generate --scenario saga -o saga.otlp --config saga.yaml --tell\n"
      "  entail sample -c saga.yaml saga.otlp -o kept.otlp --decisions decisions.jsonl\n"
      "  entail generate --scenario batch --links 1000000 --errors 37 --malformed 5000 -o batch.otlp --expect e.json\n"
      "  entail generate --scenario mixed --spans 2000000 --with saga --with retry --copies 20 -o load.otlp\n"
      "\nAnother seed gives other IDs and, among equal traces, lets another one fail. docs/patterns.md shows\n"
      "every scenario with a diagram and the traces that are kept.");
  command.on_chosen(action, [arguments] {
    arguments->output = output_name(arguments->output);
    arguments->config = output_name(arguments->config);
    arguments->expect = output_name(arguments->expect);
    return generate(*arguments);
  });
}

}  // namespace entail::cli
