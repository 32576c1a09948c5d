// `entail cost`: what a configuration keeps and drops, in bytes.
#include <unistd.h>

#include "commands.hpp"
#include "cost/report_parts.hpp"

namespace entail::cli {
namespace {

struct CostArguments {
  TrialArguments trial;
  ConfigSource config;
  bool json = false;
};

Exit cost(CostArguments& arguments) {
  arguments.trial.configs = {arguments.config};
  Console console;
  Trial trial(arguments.trial, console);
  if (const Exit exit = trial.run(); exit != Exit::done) return exit;
  if (trial.facts().requests == 0 && !arguments.json) {
    console.message(no_traces_text(trial.facts()));
    return trial.exit_code();
  }
  if (!print(arguments.json ? cost_json(trial) : cost_table(trial, paint_for(STDOUT_FILENO))))
    return Exit::output_unwritable;
  return trial.exit_code();
}

}  // namespace

void add_cost(Command program, Action& action) {
  auto arguments = std::make_shared<CostArguments>();
  Command command = program.add_command("cost", "Show how many bytes a configuration keeps, by policy and service");
  command
      .add_option("-c,--config", arguments->config.path,
                  "Configuration, - for standard input; without it, traces with an error and the traces linked to "
                  "them are kept")
      .file();
  add_trial_options(command, arguments->trial, arguments->config);
  command.add_flag("--json", arguments->json, "Print one JSON object");
  command.set_examples(
      "  entail cost -c entail.yaml traces.jsonl\n"
      "  entail cost -c entail.yaml day.otlp.zst --json | jq '.by_service[] | [.service, .kept.bytes_per_day]'\n"
      "\nBytes are those of Span messages as received, without the resource and scope that spans share; `written`\n"
      "are those of the output that `entail sample` would write. Nothing is written.\n"
      "\nMemory: memory_limit, and about 100 bytes for each trace of up to --traces-max.\n"
      "\nExit codes: 0 done; 1 done, but some input could not be read, or the inputs have no traces; 2 usage or\n"
      "configuration error; 3 the result could not be written; 130 interrupted, the result covers what was read.");
  command.on_chosen(action, [arguments] { return cost(*arguments); });
}

}  // namespace entail::cli
