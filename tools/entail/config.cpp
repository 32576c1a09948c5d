#include <unistd.h>

#include <algorithm>

#include "commands.hpp"
#include "config_source.hpp"
#include "console.hpp"
#include "entail/entail.hpp"
#include "output/file_conflict.hpp"
#include "output/json_text.hpp"
#include "output/text_width.hpp"
#include "usage/mistake.hpp"
#include "usage/nearest_word.hpp"

namespace entail::cli {
namespace {

class NoOutput final : public Sink {
 public:
  void on_batch(Bytes, std::uint64_t) override {}
  void on_decision(const DecisionRecord&) override {}
};

// What only the engine can refuse, such as a regular expression that does not compile.
void check_engine(const ConfigSource& source, LoadedConfig& config) {
  NoOutput nothing;
  std::string why;
  const auto engine = Engine::open(*config.options, nothing, &why);
  if (engine.ok()) return;
  config.errors.push_back({0, 0, why.empty() ? describe(engine.error()) : why});
  print_message(source.name(), config.errors.back(), "");
}

void add_messages(JsonText& json, std::string_view name, const std::vector<ConfigMessage>& messages) {
  json.key(name).begin_array();
  for (const ConfigMessage& message : messages) {
    json.begin_object();
    for (const auto& [key, number] : {std::pair("line", message.line), std::pair("column", message.column)}) {
      if (number > 0)
        json.field(key, number);
      else
        json.key(key).null();
    }
    json.field("text", message.text).end_object();
  }
  json.end_array();
}

std::string result_text(const ConfigSource& source, const LoadedConfig& config, bool as_json) {
  if (!as_json) {
    if (!config.errors.empty()) return {};
    return source.name() + (config.warnings.empty() ? ": ok\n" : ": ok, with warnings\n");
  }
  JsonText json;
  json.begin_object().field("file", source.name()).field("ok", config.errors.empty());
  add_messages(json, "errors", config.errors);
  add_messages(json, "warnings", config.warnings);
  return json.end_object().take() + "\n";
}

Exit check(const ConfigSource& source, bool as_json) {
  Console console;
  if (report_conflict({{source.path, source.variables_file}, {}}, console)) return Exit::usage;
  LoadedConfig config = load_config(source);
  if (config.options) check_engine(source, config);
  if (!print_summary({result_text(source, config, as_json), as_json, false})) return Exit::output_unwritable;
  return config.errors.empty() ? Exit::done : Exit::usage;
}

// All types with their help, or the options of one.
Exit show_policies(const std::string& type) {
  const std::vector<PolicyTypeText> types = policy_type_texts();
  std::vector<std::string> names;
  std::size_t width = 0;
  for (const PolicyTypeText& each : types) {
    if (each.name == type) return print(each.yaml) ? Exit::done : Exit::output_unwritable;
    names.push_back(each.name);
    width = std::max(width, each.name.size() + 2);
  }
  if (!type.empty()) {
    const std::string meant = did_you_mean(type, names);
    Console().message("no policy type '" + type + "'" +
                      (meant.empty() ? "; it is one of: " + alternatives(names) : meant));
    return Exit::usage;
  }
  const Paint paint = paint_for(STDOUT_FILENO);
  std::string text;
  for (const PolicyTypeText& each : types) {
    const std::string help = indented(each.help, width, paint.columns);
    text.append(paint.bold()).append(each.name).append(paint.end()).append(help.substr(each.name.size()));
  }
  return print(text) ? Exit::done : Exit::output_unwritable;
}

std::vector<std::string> policy_type_names() {
  std::vector<std::string> names;
  for (PolicyTypeText& each : policy_type_texts()) names.push_back(std::move(each.name));
  return names;
}

}  // namespace

Options options_without_config(const Options& defaults) {
  Options options = defaults;
  PolicyOptions errors;
  errors.name = "errors";
  errors.type = PolicyType::status_code;
  errors.status_code_mask = 1u << 2;
  options.tail_sampling.policies.push_back(std::move(errors));
  return options;
}

void add_config(Command program, Action& action) {
  Command config = program.add_command("config", "Check a configuration, or show what it may have");
  config.require_command();
  config.set_examples(
      "  entail config check entail.yaml\n"
      "  entail config policies latency\n"
      "  entail config defaults > entail.yaml");

  Command check_command =
      config.add_command("check", "Check a configuration and report every error with its line and column");
  auto source = std::make_shared<ConfigSource>();
  auto as_json = std::make_shared<bool>(false);
  check_command
      .add_option("CONFIG", source->path,
                  "YAML: entail's own, a whole Collector configuration, or a Kubernetes OpenTelemetryCollector; "
                  "- for standard input")
      .file()
      .required();
  add_source_options(check_command, *source);
  check_command.add_flag("--json", *as_json, "Print the result as one JSON object");
  check_command.on_chosen(action, [source, as_json] { return check(*source, *as_json); });
  check_command.set_examples(
      "  entail config check entail.yaml\n"
      "  entail config check /etc/otelcol/config.yaml   # reads its tail_sampling block\n"
      "  entail config check config.yaml --instance tail_sampling/errors --env-file collector.env\n"
      "  kubectl get otelcol gateway -o yaml | entail config check -\n"
      "\nExit codes: 0 the configuration is valid, 2 it is not (FILE:LINE:COLUMN: TEXT on standard error), 3 the\n"
      "result could not be written.");

  auto type = std::make_shared<std::string>();
  Command policies = config.add_command("policies", "List the policy types, or show the options of one");
  policies.add_option("TYPE", *type, "Policy type").suggest(policy_type_names());
  policies.on_chosen(action, [type] { return show_policies(*type); });
  policies.set_examples(
      "  entail config policies\n"
      "  entail config policies latency");

  Command defaults = config.add_command("defaults", "Print every option with its default, bounds and help");
  defaults.on_chosen(action, [] { return print(default_options_yaml()) ? Exit::done : Exit::output_unwritable; });
  defaults.set_examples("  entail config defaults > entail.yaml");
}

}  // namespace entail::cli
