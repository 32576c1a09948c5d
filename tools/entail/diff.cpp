// `entail diff`: what changes if one configuration replaces another.
#include <unistd.h>

#include "commands.hpp"
#include "cost/report_parts.hpp"

namespace entail::cli {
namespace {

struct DiffArguments {
  TrialArguments trial;
  ConfigSource shared;
  std::string a, b;
  bool json = false;
};

Exit diff(DiffArguments& arguments) {
  for (const std::string& path : {arguments.a, arguments.b}) {
    ConfigSource source = arguments.shared;
    source.path = path;
    arguments.trial.configs.push_back(std::move(source));
  }
  Console console;
  Trial trial(arguments.trial, console);
  if (const Exit exit = trial.run(); exit != Exit::done) return exit;
  if (trial.facts().requests == 0 && !arguments.json) {
    console.message(no_traces_text(trial.facts()));
    return trial.exit_code();
  }
  if (!print(arguments.json ? diff_json(trial) : diff_table(trial, paint_for(STDOUT_FILENO))))
    return Exit::output_unwritable;
  return trial.exit_code();
}

}  // namespace

void add_diff(Command program, Action& action) {
  auto arguments = std::make_shared<DiffArguments>();
  Command command = program.add_command("diff", "Show what changes between two configurations");
  command.add_option("A", arguments->a, "Configuration, - for standard input").file().required();
  command.add_option("B", arguments->b, "Configuration to compare it with").file().required();
  add_trial_options(command, arguments->trial, arguments->shared);
  command.add_flag("--json", arguments->json, "Print one JSON object");
  command.set_examples(
      "  entail diff now.yaml next.yaml traces.jsonl\n"
      "  entail diff a.yaml b.yaml day.otlp.zst --json | jq '.changes[0]'\n"
      "\nBoth configurations see each request once. Each decides as it does in `entail sample --threads 1`. Without a\n"
      "memory_limit, each may use a quarter of the memory available.\n"
      "\nBytes are those of Span messages as received, without the resource and scope that spans share; `written`\n"
      "are those of the output that `entail sample` would write. Nothing is written.\n"
      "\nMemory: twice memory_limit, and about 100 bytes for each trace of up to --traces-max.\n"
      "\nExit codes: 0 done; 1 done, but some input could not be read, or the inputs have no traces; 2 usage or\n"
      "configuration error; 3 the result could not be written; 130 interrupted, the result covers what was read.");
  command.on_chosen(action, [arguments] { return diff(*arguments); });
}

}  // namespace entail::cli
