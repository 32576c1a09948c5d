// `entail why`, and its alias `explain`: a search of the decision log, or the story of one trace.
#include <unistd.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "commands.hpp"
#include "output/file_conflict.hpp"
#include "output/log_parts.hpp"
#include "time_text.hpp"
#include "why/explanation.hpp"
#include "why/search.hpp"
#include "why/trace_words.hpp"

namespace entail::cli {
namespace {

struct WhyArguments {
  std::string trace_id;
  std::string decisions;
  std::string since;
  std::string format = "text";
  SearchTerms terms;
  bool json = false;
  unsigned limit = 20;
};

constexpr std::size_t kLinkingShownMax = 256;
constexpr std::size_t kChainShownMax = 2048;  // above max_traces_per_origin

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

// Collects the traces next to one, and those of its chain, while the log is read a second time.
class Neighbours {
 public:
  explicit Neighbours(TraceStory& story) : story_(story), wanted_(story.record.path.begin(), story.record.path.end()) {
    wanted_.insert(story.record.linked.begin(), story.record.linked.end());
  }

  void add(const LogRecord& record) {
    const std::string& trace_id = story_.record.trace_id;
    if (record.trace_id == trace_id) return;
    if (std::binary_search(record.linked.begin(), record.linked.end(), trace_id)) {
      linking_.insert(record.trace_id);
      if (shown_.size() < kLinkingShownMax) shown_.insert(record.trace_id);
    }
    if (story_.record.origin) add_to_chain(record);
    if (wanted_.contains(record.trace_id) || shown_.contains(record.trace_id) || chain_.contains(record.trace_id))
      keep_newest(story_.known, record);
  }

  void finish() {
    story_.linking.assign(shown_.begin(), shown_.end());
    story_.linking_total = linking_.size();
    story_.chain.assign(chain_.begin(), chain_.end());
    story_.chain_total = in_chain_.size();
  }

 private:
  // Kept, or lost, because of this origin; a later revision may name another one.
  void add_to_chain(const LogRecord& record) {
    if (record.origin_trace_id == story_.record.trace_id && record.path.size() > 1) {
      in_chain_.insert(record.trace_id);
      if (chain_.size() < kChainShownMax) chain_.insert(record.trace_id);
    } else if (in_chain_.erase(record.trace_id) != 0) {
      chain_.erase(record.trace_id);
    }
  }

  TraceStory& story_;
  std::set<std::string> wanted_;
  std::set<std::string> shown_;
  std::set<std::string> chain_;
  std::unordered_set<std::string> linking_;  // all, since a trace has a line for each revision
  std::unordered_set<std::string> in_chain_;
};

class Why {
 public:
  Why(const WhyArguments& arguments, std::string command)
      : arguments_(arguments), terms_(arguments.terms), command_(std::move(command)) {}

  Exit run() {
    if (!check_usage()) return Exit::usage;
    Search search(terms_);
    const LogScan scan = scan_decision_log(arguments_.decisions, [&](const LogRecord& record) { search.add(record); });
    report_scan(arguments_.decisions, scan, console_);
    if (!scan.opened) return Exit::usage;
    if (needs_detail() && search.lacks_detail())
      console_.message(arguments_.decisions + " has no names: it was written with decisions.detail: ids");
    const Exit answered = answer(search);
    return answered == Exit::done && !scan.is_whole() ? Exit::input_unreadable : answered;
  }

 private:
  static constexpr std::size_t kCandidatesShownMax = 10;

  Exit answer(const Search& search) {
    const std::vector<Hit> hits = search.hits();
    if (search.total() == 1) return explain(hits.front().record);
    if (prints_json() && !print(hits_json(hits, search.total()))) return Exit::output_unwritable;
    if (hits.empty()) return say_nothing_found();
    if (!is_search()) return refuse_several(terms_.prefix + "... matches several traces", hits, search.total());
    if (draws()) return refuse_several("a diagram is of one trace, but several match", hits, search.total());
    if (prints_json()) return Exit::done;
    const bool printed = print(hits_table(hits, search.total(), arguments_.limit, paint_for(STDOUT_FILENO)));
    return printed ? Exit::done : Exit::output_unwritable;
  }

  Exit refuse_several(const std::string& text, const std::vector<Hit>& hits, std::uint64_t total) {
    console_.message(text + ":\n" + hits_table(hits, total, kCandidatesShownMax, Paint{}));
    return Exit::usage;
  }

  bool refuse(const std::string& text) {
    console_.message(text);
    return false;
  }

  bool needs_detail() const {
    return !terms_.service.empty() || !terms_.name.empty() || terms_.error || terms_.since_ns.has_value();
  }
  bool is_search() const { return needs_detail() || !terms_.policy.empty() || terms_.origin; }

  bool check_usage() {
    if (!arguments_.trace_id.empty()) {
      terms_.prefix = normal_prefix(arguments_.trace_id);
      if (terms_.prefix.empty())
        return refuse(arguments_.trace_id + " is not a trace ID or a prefix of one (1 to 32 hex digits)");
    }
    if (!arguments_.since.empty()) {
      terms_.since_ns = parse_time(arguments_.since);
      if (!terms_.since_ns)
        return refuse("--since " + arguments_.since + ": expected a time such as 2024-05-01T12:00:00Z");
    }
    if (terms_.prefix.empty() && !is_search())
      return refuse(
          command_ +
          " needs a trace ID, or what to search for: --service, --error, --name, --since, --policy or --origin");
    if (arguments_.decisions == "-")
      return refuse(command_ + " reads the decision log twice: pass a file, not standard input");
    return !report_conflict({log_parts(arguments_.decisions), {}}, console_);
  }

  Exit say_nothing_found() {
    if (is_search()) {
      console_.message("no trace in " + arguments_.decisions + " matches");
    } else {
      console_.message("no trace " + terms_.prefix + (terms_.prefix.size() < 32 ? "..." : "") + " in " +
                       arguments_.decisions);
    }
    return Exit::input_unreadable;
  }

  bool prints_json() const { return arguments_.json || arguments_.format == "json"; }
  bool draws() const { return !prints_json() && arguments_.format != "text"; }

  Exit explain(const LogRecord& record) {
    TraceStory story;
    story.record = record;
    Neighbours neighbours(story);
    scan_decision_log(arguments_.decisions, [&](const LogRecord& other) { neighbours.add(other); });
    neighbours.finish();
    std::string text;
    if (prints_json()) {
      text = explanation_json(story);
    } else if (arguments_.format == "mermaid") {
      text = explanation_mermaid(story);
    } else if (arguments_.format == "dot") {
      text = explanation_dot(story);
    } else {
      text = explanation_text(story, paint_for(STDOUT_FILENO));
    }
    return print(text) ? Exit::done : Exit::output_unwritable;
  }

  const WhyArguments& arguments_;
  SearchTerms terms_;
  const std::string command_;
  Console console_;
};

void add_as(const std::string& name, const std::string& help, Command program, Action& action) {
  auto arguments = std::make_shared<WhyArguments>();
  Command command = program.add_command(name, help);
  command.add_option("TRACE_ID", arguments->trace_id, "Trace ID, or a unique prefix of it");
  command.add_option("--decisions", arguments->decisions, "Decision log written by sample").file().required();
  command.add_option("--service", arguments->terms.service, "Search: traces with spans of this service").value("NAME");
  command.add_flag("--error", arguments->terms.error, "Search: traces with a failed span");
  command.add_option("--name", arguments->terms.name, "Search: traces whose operation contains this text");
  command.add_option("--since", arguments->since, "Search: traces that began at this time or later").value("TIME");
  command.add_option("--policy", arguments->terms.policy, "Search: traces that this policy kept or dropped")
      .value("NAME");
  command.add_flag("--origin", arguments->terms.origin, "Search: traces whose keep is carried over links");
  command.add_option("--limit", arguments->limit, "How many traces a search lists").between(1, 4096).show_default();
  command.add_option("--format", arguments->format, "Format of the output; diagrams are of one trace")
      .value("FORMAT")
      .one_of({"text", "json", "mermaid", "dot"})
      .show_default();
  command.add_flag("--json", arguments->json, "The same as --format json");
  command.set_examples(
      "  entail why --error --decisions decisions.jsonl\n"
      "  entail why --service checkout --origin --since 2024-05-01T12:00:00Z --decisions decisions.jsonl.gz\n"
      "  entail why 4bf9 --decisions decisions.jsonl\n"
      "  entail why 4bf9 --decisions decisions.jsonl --format dot | dot -Tsvg > why.svg\n"
      "\nOptions that search can be combined: a trace must match all of them. If one trace matches, it is explained;\n"
      "if several do, they are listed: the origins that kept most traces first, then the latest traces. Delays are\n"
      "between the starts of traces.\n"
      "\nExit codes: 0 explained or listed; 1 the log has no such trace, or has lines that could not be read; 2 usage\n"
      "error, or several traces match a prefix or are to be drawn.");
  command.on_chosen(action, [arguments, name] { return Why(*arguments, name).run(); });
}

}  // namespace

void add_why(Command program, Action& action) {
  add_as("why", "Say why traces were kept or dropped: search for them, or explain one", program, action);
  add_as("explain", "The same as why", program, action);
}

}  // namespace entail::cli
