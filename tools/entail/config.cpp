#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "commands.hpp"
#include "console.hpp"
#include "entail/entail.hpp"

namespace entail::cli {
namespace {

constexpr std::uint64_t kConfigBytesMax = 16u << 20;

void tell(const std::string& path, const ConfigMessage& message, const char* kind) {
  std::string place = path;
  if (message.line > 0) place += ":" + std::to_string(message.line);
  if (message.line > 0 && message.column > 0) place += ":" + std::to_string(message.column);
  std::fprintf(stderr, "%s: %s%s\n", place.c_str(), kind, message.text.c_str());
}

class NoOutput final : public Sink {
 public:
  void on_batch(Bytes, std::uint64_t) override {}
  void on_decision(const DecisionRecord&) override {}
};

// What only the engine can refuse, such as a regular expression that does not compile.
bool engine_accepts(const std::string& path, const Options& options) {
  NoOutput nothing;
  std::string why;
  const auto engine = Engine::open(options, nothing, &why);
  if (!engine.ok()) tell(path, {0, 0, why.empty() ? describe(engine.error()) : why}, "");
  return engine.ok();
}

Exit check(const std::string& path) {
  const LoadedConfig config = load_config(path);
  if (!config.options || !engine_accepts(path, *config.options)) return Exit::usage;
  print(path + (config.warned ? ": ok, with warnings\n" : ": ok\n"));
  return Exit::done;
}

}  // namespace

LoadedConfig load_config(const std::string& path, const Options& defaults) {
  LoadedConfig loaded;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  char block[4096];
  while (file && text.size() <= kConfigBytesMax) {
    file.read(block, sizeof block);
    text.append(block, static_cast<std::size_t>(file.gcount()));
  }
  if (!file.eof() || text.size() > kConfigBytesMax) {
    const bool large = text.size() > kConfigBytesMax;
    tell(path, {0, 0, large ? "too large for a configuration" : std::string("cannot be read: ") + std::strerror(errno)},
         "");
    return loaded;
  }
  ConfigResult result = parse_options(text, defaults);
  for (const ConfigMessage& message : result.warnings) tell(path, message, "warning: ");
  for (const ConfigMessage& message : result.errors) tell(path, message, "");
  loaded.warned = !result.warnings.empty();
  if (result.errors.empty()) loaded.options = std::move(result.options);
  return loaded;
}

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
  Command config = program.add_command("config", "Check a configuration, or print the defaults");
  config.require_command();
  config.set_examples(
      "  entail config check entail.yaml\n"
      "  entail config defaults > entail.yaml");

  Command check_command =
      config.add_command("check", "Check a configuration and report every error with its line and column");
  auto path = std::make_shared<std::string>();
  check_command.add_option("CONFIG", *path, "YAML: entail's own, or a whole Collector configuration").required();
  check_command.on_chosen(action, [path] { return check(*path); });
  check_command.set_examples(
      "  entail config check entail.yaml\n"
      "  entail config check /etc/otelcol/config.yaml   # reads its tail_sampling block\n"
      "\nExit codes: 0 the configuration is valid, 2 it is not (FILE:LINE:COLUMN: TEXT on standard error).");

  Command defaults = config.add_command("defaults", "Print every option with its default, bounds and help");
  defaults.on_chosen(action, [] { return print(default_options_yaml()) ? Exit::done : Exit::output_unwritable; });
  defaults.set_examples("  entail config defaults > entail.yaml");
}

}  // namespace entail::cli
