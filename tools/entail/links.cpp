// `entail links`: what the links of some files look like, without sampling anything.
#include <unistd.h>

#include "commands.hpp"
#include "input/every_request.hpp"
#include "output/file_conflict.hpp"
#include "stop_signal.hpp"
#include "survey/survey_report.hpp"

namespace entail::cli {
namespace {

struct LinksArguments {
  InputSelection selection;
  bool json = false;
};

Place place_of(const TraceInput& input, const Message& message) {
  Place place;
  place.file = input.name();
  place.at = message.place;
  place.kind = input.has_lines()                            ? Place::Kind::line
               : message.json || input.packs_each_message() ? Place::Kind::message
                                                            : Place::Kind::byte;
  return place;
}

Exit survey(const LinksArguments& arguments) {
  Console console;
  if (report_conflict({arguments.selection.paths, {}}, console)) return Exit::usage;
  watch_signals();
  InputReport report(console);
  RunFacts facts;
  LinkSurvey links;
  for_each_request(arguments.selection, report, console, facts, [&](TraceInput& input, const ParsedRequest& parsed) {
    links.add(parsed.request, place_of(input, parsed.message));
    return true;
  });
  if (facts.requests == 0 && !arguments.json) {
    console.message(no_traces_text(facts));
    return exit_after_reading(facts, report);
  }
  const SurveyResult result = links.finish();
  if (!print(arguments.json ? survey_json(result, facts) : survey_table(result, facts, paint_for(STDOUT_FILENO))))
    return Exit::output_unwritable;
  return exit_after_reading(facts, report);
}

}  // namespace

void add_links(Command program, Action& action) {
  auto arguments = std::make_shared<LinksArguments>();
  Command command = program.add_command("links", "Show statistics of the links in some files");
  add_input_options(command, arguments->selection);
  command.add_flag("--json", arguments->json, "Print one JSON object");
  command.set_examples(
      "  entail links traces.jsonl\n"
      "  entail links day1.otlp.zst day2.otlp.zst --json | jq .links.by_type\n"
      "\nMemory: about 100 bytes for each span and each link, until the end.\n"
      "\nExit codes: 0 done; 1 done, but some input could not be read, or the inputs have no traces; 2 usage error;\n"
      "3 the result could not be written; 130 interrupted, the result covers what was read so far.");
  command.on_chosen(action, [arguments] { return survey(*arguments); });
}

}  // namespace entail::cli
