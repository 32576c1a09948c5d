#include "program.hpp"

#include <string>

#include "commands.hpp"
#include "entail/entail.hpp"

namespace entail::cli {

CommandLine program_line() {
  return CommandLine("entail",
                     "A tail sampler that follows span links: keeps failed traces, and the traces linked to them.",
                     "entail " + std::string(version()));
}

void add_commands(CommandLine& line, Action& action) {
  Command program = line.program();
  program.require_command();
  program.set_examples(
      "  entail sample -c entail.yaml traces.jsonl -o kept.jsonl --decisions decisions.jsonl\n"
      "  entail why --error --decisions decisions.jsonl\n"
      "  entail generate --scenario chain --depth 6 -o chain.otlp\n"
      "  entail links traces.jsonl\n"
      "  entail report traces.jsonl -o report.html\n"
      "  entail convert traces.jsonl -o traces.otlp --to proto-u32be\n"
      "  entail export --to sqlite traces.jsonl --decisions decisions.jsonl -o traces.sqlite\n"
      "\n'entail help COMMAND' shows the options of a command.");
  add_sample(program, action);
  add_why(program, action);
  add_generate(program, action);
  add_links(program, action);
  add_convert(program, action);
  add_report(program, action);
  add_export(program, action);
  add_config(program, action);
  add_diff(program, action);
  add_cost(program, action);
  add_graph(program, action);
  add_size(program, action);
  add_completion(program, action);
  add_help(program, action);
}

}  // namespace entail::cli
