// `entail graph`: which services call and link to which.
#include <unistd.h>

#include "commands.hpp"
#include "input/every_request.hpp"
#include "output/file_conflict.hpp"
#include "services/graph_report.hpp"
#include "stop_signal.hpp"

namespace entail::cli {
namespace {

struct GraphArguments {
  InputSelection selection;
  std::string format = "table";
  unsigned spans_max = SpanIndex::kEntriesMax;
  bool json = false;
};

Exit draw(const GraphArguments& arguments) {
  Console console;
  if (report_conflict({arguments.selection.paths, {}}, console)) return Exit::usage;
  watch_signals();
  InputReport report(console);
  RunFacts facts;
  ServiceGraph graph(arguments.spans_max);
  for_each_request(arguments.selection, report, console, facts, [&](TraceInput&, const ParsedRequest& parsed) {
    graph.add(parsed.request);
    return true;
  });
  if (facts.requests == 0 && !arguments.json && arguments.format != "json") {
    console.message(no_traces_text(facts));
    return exit_after_reading(facts, report);
  }
  const std::string& format = arguments.json ? "json" : arguments.format;
  const std::string text = format == "json"      ? graph_json(graph, facts)
                           : format == "dot"     ? graph_dot(graph)
                           : format == "mermaid" ? graph_mermaid(graph)
                                                 : graph_table(graph, facts, paint_for(STDOUT_FILENO));
  if (!print(text)) return Exit::output_unwritable;
  return exit_after_reading(facts, report);
}

}  // namespace

void add_graph(Command program, Action& action) {
  auto arguments = std::make_shared<GraphArguments>();
  Command command = program.add_command("graph", "Show which services call and link to which");
  add_input_options(command, arguments->selection);
  Option format = command.add_option("--format", arguments->format, "Form of the result")
                      .value("FORMAT")
                      .one_of({"table", "json", "dot", "mermaid"})
                      .show_default();
  command
      .add_option("--spans-max", arguments->spans_max,
                  "Spans that are remembered for those that name them as parent or in a link; the last half always is")
      .between(2, 1u << 30)
      .show_default();
  command.add_flag("--json", arguments->json, "The same as --format json").excludes(format);
  command.set_examples(
      "  entail graph traces.jsonl\n"
      "  entail graph traces.jsonl --format dot | dot -Tsvg -o services.svg\n"
      "  entail graph day.otlp.zst --json | jq '.edges[] | select(.kind == \"link\")'\n"
      "\nAn edge leads from the service of a parent or linked span to that of the span that names it. Delays count\n"
      "from the start of the parent, or from the end of the linked span, to the start of the other one.\n"
      "\nMemory: about 70 bytes for each span that is remembered, up to --spans-max.\n"
      "\nExit codes: 0 done; 1 done, but some input could not be read, or the inputs have no traces; 2 usage error;\n"
      "3 the result could not be written; 130 interrupted, the result covers what was read so far.");
  command.on_chosen(action, [arguments] { return draw(*arguments); });
}

}  // namespace entail::cli
