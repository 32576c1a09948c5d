#include <unistd.h>

#include <algorithm>

#include "commands.hpp"
#include "console.hpp"
#include "output/trace_output.hpp"
#include "stories/story.hpp"

namespace entail::cli {
namespace {

struct GenerateArguments {
  std::string scenario;
  std::uint64_t seed = 1;
  std::string output;
  std::string to = "proto-u32be";
  std::string expect;
  bool list = false;
  bool json = false;
  std::vector<std::string> flags;
};

std::string list_text() {
  std::string text;
  for (const Scenario& scenario : scenarios()) {
    text += std::string(scenario.name) + ": " + std::string(scenario.help) + "\n";
    for (const FlagSpec& flag : scenario.flags) {
      std::string left = "  --" + std::string(flag.name) + " ";
      left += flag.kind == FlagSpec::Kind::word ? "WORD" : flag.kind == FlagSpec::Kind::share ? "SHARE" : "N";
      left.resize(std::max<std::size_t>(left.size() + 1, 28), ' ');
      text += left + std::string(flag.help) + " [" + std::string(flag.default_text);
      for (const std::string_view choice : flag.choices) {
        if (choice != flag.default_text) text += " | " + std::string(choice);
      }
      text += "]\n";
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

std::string expectation_json(const GenerateArguments& arguments, const Flags& flags, const Expectation& expectation) {
  JsonText json;
  json.begin_object().field("scenario", arguments.scenario).field("seed", arguments.seed);
  json.key("flags").begin_object();
  for (const auto& [name, text] : flags.texts()) json.field(name, text);
  json.end_object();
  json.key("config").raw(expectation.config).newline();
  json.field("spans", expectation.spans).field("traces", expectation.traces).field("links", expectation.links);
  json.key("facts").begin_object();
  for (const auto& [name, count] : expectation.facts) json.field(name, count);
  json.end_object().key("named").begin_object();
  for (const auto& [role, trace_id] : expectation.named_traces) json.field(role, trace_id);
  json.end_object();
  json.newline().key("kept").begin_array();
  bool first = true;
  for (const ExpectedTrace& trace : expectation.kept) {
    if (!first) json.newline();
    first = false;
    json.begin_object().field("trace_id", to_hex(trace.trace_id)).field("reason", trace.reason);
    if (trace.direction.empty() || trace.hops_are_least) {
      json.key("direction").null().key("hops").null();
    } else {
      json.field("direction", trace.direction).field("hops", trace.hops);
    }
    if (trace.hops_are_least) json.field("hops_min", trace.hops);
    if (!trace.hops_are_least) json.field("revived", trace.revived);
    json.end_object();
  }
  json.end_array()
      .newline()
      .field("kept_of_unspecified", expectation.kept_of_unspecified)
      .key("unspecified")
      .begin_array();
  for (const TraceId trace_id : expectation.unspecified) json.value(to_hex(trace_id));
  json.end_array().end_object();
  return json.take() + "\n";
}

// "--name value" and "--name=value" as they came. An error text, or empty.
std::string set_flags(const std::vector<std::string>& texts, Flags& flags) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!texts[i].starts_with("--")) return "unexpected " + texts[i];
    const std::string_view text = std::string_view(texts[i]).substr(2);
    const std::size_t equals = text.find('=');
    std::string error;
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
  return print(arguments.json ? list_json() : list_text()) ? Exit::done : Exit::output_unwritable;
}

// Writes the file that failed on standard error.
bool finish(Console& console, OutputFile& file) {
  if (file.finish()) return true;
  if (!file.pipe_closed()) console.message(file.error());
  return false;
}

Exit generate(const GenerateArguments& arguments) {
  Console console;
  const auto refuse = [&console](const std::string& text) {
    console.message(text);
    return Exit::usage;
  };
  if (arguments.list) return list(arguments);
  const auto all = scenarios();
  const auto scenario =
      std::find_if(all.begin(), all.end(), [&](const Scenario& s) { return s.name == arguments.scenario; });
  if (scenario == all.end()) return refuse("no scenario '" + arguments.scenario + "'; see entail generate --list");
  if (arguments.output.empty()) return refuse("-o OUT is missing");
  if (arguments.expect == arguments.output) return refuse("traces and expectation cannot go to one file");
  Flags flags(scenario->flags);
  if (const std::string error = set_flags(arguments.flags, flags); !error.empty()) return refuse(error);

  std::optional<OutputFile> file;
  std::optional<MessageWriter> writer;
  const Framing framing = *framing_from_name(arguments.to);
  StoryTeller teller(arguments.seed, [&](Bytes request) {
    // The file is opened by the first request: wrong flags leave it as it was.
    if (!writer) {
      file.emplace(arguments.output);
      writer.emplace(*file, framing);
    }
    return writer->write(request) && !file->failed();
  });
  if (const std::string error = scenario->tell(flags, teller); !error.empty()) return refuse(error);
  if (!file) file.emplace(arguments.output);
  if (!finish(console, *file)) return Exit::output_unwritable;
  if (teller.failed()) {
    console.message("a request could not be printed as JSON");
    return Exit::output_unwritable;
  }
  if (arguments.expect.empty()) return Exit::done;
  OutputFile expect(arguments.expect);
  expect.write(expectation_json(arguments, flags, teller.expectation));
  return finish(console, expect) ? Exit::done : Exit::output_unwritable;
}

}  // namespace

void add_generate(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<GenerateArguments>();
  CLI::App* const command = app.add_subcommand("generate", "Write seeded traces with the set that must be kept");
  auto* const scenario = command->add_option("--scenario", arguments->scenario, "The story to tell; see --list");
  auto* const list_flag = command->add_flag("--list", arguments->list, "List the scenarios and their flags");
  scenario->excludes(list_flag);
  command->add_option("--seed", arguments->seed, "The same seed and flags give the same bytes")->capture_default_str();
  command->add_option("-o,--output", arguments->output, "Where the requests go, - for standard output");
  command->add_option("--to", arguments->to, "Framing of the output")
      ->check(CLI::IsMember({"jsonl", "proto-u32be", "proto-varint"}))
      ->capture_default_str();
  command->add_option("--expect", arguments->expect, "Write what must be kept, with a configuration, as JSON");
  command->add_flag("--json", arguments->json, "Print the list as JSON");
  command->allow_extras();
  set_examples(
      *command,
      "  entail generate --list\n"
      "  entail generate --scenario batch --links 1000000 --errors 37 --malformed 5000 -o batch.otlp --expect e.json\n"
      "  entail generate --scenario mixed --spans 2000000 -o load.otlp\n"
      "  jq .config e.json > e.yaml && entail sample -c e.yaml batch.otlp -o kept.otlp   # JSON is YAML");
  command->callback([command, arguments, &action] {
    arguments->flags = command->remaining();
    action = [arguments] { return generate(*arguments); };
  });
}

}  // namespace entail::cli
