#include <unistd.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "commands.hpp"
#include "explanation.hpp"
#include "output/file_conflict.hpp"

namespace entail::cli {
namespace {

struct ExplainArguments {
  std::string trace_id;
  std::string decisions;
  bool json = false;
};

constexpr std::size_t kCandidatesShownMax = 10;
constexpr std::size_t kLinkingShownMax = 256;

void keep_newest(RecordMap& records, const LogRecord& record) {
  const auto [at, added] = records.try_emplace(record.trace_id, record);
  if (!added && record.revision >= at->second.revision) at->second = record;
}

// Lower case, or empty if it is not 1 to 32 hex digits.
std::string normal_prefix(std::string text) {
  if (text.empty() || text.size() > 32) return {};
  for (char& c : text) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return {};
  }
  return text;
}

// The traces whose ID begins with the prefix; at most one more than can be shown.
LogScan find_candidates(const ExplainArguments& arguments, const std::string& prefix, RecordMap& candidates) {
  return scan_decision_log(arguments.decisions, [&](const LogRecord& record) {
    if (!record.trace_id.starts_with(prefix)) return;
    if (candidates.size() > kCandidatesShownMax && !candidates.contains(record.trace_id)) return;
    keep_newest(candidates, record);
  });
}

// The traces on the path of the story's trace and those linked to it or by it.
void find_neighbours(const std::string& path, TraceStory& story) {
  std::set<std::string> wanted(story.record.path.begin(), story.record.path.end());
  wanted.insert(story.record.linked.begin(), story.record.linked.end());
  std::set<std::string> shown;
  std::unordered_set<std::string> linking;  // all, since a trace has a line for each revision
  scan_decision_log(path, [&](const LogRecord& record) {
    if (record.trace_id == story.record.trace_id) return;
    if (std::binary_search(record.linked.begin(), record.linked.end(), story.record.trace_id)) {
      linking.insert(record.trace_id);
      if (shown.size() < kLinkingShownMax) shown.insert(record.trace_id);
    }
    if (wanted.contains(record.trace_id) || shown.contains(record.trace_id)) keep_newest(story.known, record);
  });
  story.linking.assign(shown.begin(), shown.end());
  story.linking_total = linking.size();
}

Exit explain(const ExplainArguments& arguments) {
  Console console;
  const std::string prefix = normal_prefix(arguments.trace_id);
  if (prefix.empty()) {
    console.message(arguments.trace_id + " is not a trace ID or a prefix of one (1 to 32 hex digits)");
    return Exit::usage;
  }
  if (arguments.decisions == "-") {
    console.message("explain reads the decision log twice: pass a file, not standard input");
    return Exit::usage;
  }
  if (report_conflict({{arguments.decisions}, {}}, console)) return Exit::usage;
  RecordMap candidates;
  const LogScan scan = find_candidates(arguments, prefix, candidates);
  if (!scan.error.empty()) console.message(arguments.decisions + ": " + scan.error);
  if (!scan.opened) return Exit::usage;
  if (scan.bad_line_count > 0) {
    console.message(arguments.decisions + ": " + grouped(scan.bad_line_count) + " lines are not decision records");
  }
  if (candidates.empty()) {
    console.message("no trace " + prefix + (prefix.size() < 32 ? "..." : "") + " in " + arguments.decisions);
    return Exit::input_unreadable;
  }
  if (candidates.size() > 1) {
    std::string text = prefix + "... matches several traces:";
    std::size_t shown = 0;
    for (const auto& [trace_id, record] : candidates) {
      if (++shown > kCandidatesShownMax) break;
      text += "\n  " + trace_id + "  " + record.verdict;
    }
    console.message(candidates.size() > kCandidatesShownMax ? text + "\n  and more" : text);
    return Exit::usage;
  }
  TraceStory story;
  story.record = candidates.begin()->second;
  find_neighbours(arguments.decisions, story);
  const bool printed =
      print(arguments.json ? explanation_json(story) : explanation_text(story, paint_for(STDOUT_FILENO)));
  return printed ? Exit::done : Exit::output_unwritable;
}

}  // namespace

void add_explain(Command program, Action& action) {
  auto arguments = std::make_shared<ExplainArguments>();
  Command command = program.add_command("explain", "Explain why a trace was kept or dropped");
  command.add_option("TRACE_ID", arguments->trace_id, "Trace ID, or a unique prefix of it").required();
  command.add_option("--decisions", arguments->decisions, "Decision log written by sample").required();
  command.add_flag("--json", arguments->json, "Print one JSON object");
  command.set_examples(
      "  entail explain 4bf92f3577b34da6a3ce929d0e0e4736 --decisions decisions.jsonl\n"
      "  entail explain 4bf9 --decisions decisions.jsonl.gz --json | jq .path\n"
      "\nExit codes: 0 explained; 1 the log has no such trace; 2 usage error, or the prefix matches several traces.");
  command.on_chosen(action, [arguments] { return explain(*arguments); });
}

}  // namespace entail::cli
