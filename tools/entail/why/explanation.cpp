// The story of a trace as text: in words, then as trees.
#include "why/explanation.hpp"

#include <algorithm>

#include "output/shown_text.hpp"
#include "why/trace_words.hpp"

namespace entail::cli {
namespace {

constexpr std::size_t kListedMax = 32;           // of the traces behind one trace of the chain
constexpr std::size_t kNeighboursShownMax = 12;  // of the traces of one list

class Tree {
 public:
  Tree(const TraceStory& story, Paint paint) : story_(story), paint_(paint) {}

  void heading(const std::string& text) {
    text_ += '\n';
    text_.append(paint_.bold()).append(text).append(paint_.end()) += '\n';
  }

  void line(const std::string& text) { text_.append(text) += '\n'; }

  // A trace and its state, behind the branches that lead to it from `other`, whose start its delay is counted from.
  void trace(const std::string& branches, const std::string& trace_id, const LogRecord* other = nullptr) {
    text_.append(paint_.dim()).append(branches).append(paint_.end());
    text_ += trace_id + "  ";
    const LogRecord* const record = story_.find(trace_id);
    if (record != nullptr)
      if (const std::string words = trace_words(*record, other); !words.empty()) text_ += words + "  ";
    if (trace_id == story_.record.trace_id) {
      text_.append(paint_.bold()).append("this trace").append(paint_.end());
    } else if (record == nullptr) {
      text_.append(paint_.yellow())
          .append("no record: no spans seen, not decided yet, or expired")
          .append(paint_.end());
    } else {
      const bool kept = record->verdict == "keep";
      text_.append(kept ? paint_.green() : std::string_view()).append(state_words(*record));
      if (kept) text_ += paint_.end();
    }
    if (record != nullptr && record->error)
      text_.append("  ").append(paint_.red()).append("error: " + error_words(*record)).append(paint_.end());
    text_ += '\n';
  }

  std::string take() { return std::move(text_); }

 private:
  const TraceStory& story_;
  Paint paint_;
  std::string text_;
};

// "links to " if the far trace is a cause.
std::string step_words(const std::string& direction) {
  return direction == "linked" ? "links to " : direction == "linking" ? "is linked by " : "";
}

void add_path(Tree& tree, const TraceStory& story) {
  const LogRecord& record = story.record;
  if (record.path.size() < 2) return;
  tree.heading("Path from the origin");
  std::string indent;
  for (std::size_t i = 0; i < record.path.size(); ++i) {
    const LogRecord* const before = i == 0 ? nullptr : story.find(record.path[i - 1]);
    tree.trace(i == 0 ? "" : indent + "└─ " + step_words(record.direction), record.path[i], before);
    if (i > 0) indent += "   ";
  }
}

// The traces of an origin's chain by the trace before them on their path, each list by start, then ID.
class Chain {
 public:
  explicit Chain(const TraceStory& story) : story_(story) {
    for (const std::string& trace_id : story.chain) {
      const LogRecord* const record = story.find(trace_id);
      if (record != nullptr && record->path.size() > 1)
        after_[record->path[record->path.size() - 2]].push_back(trace_id);
    }
    const auto start = [&](const std::string& id) { return std::pair(story.find(id)->start_ns.value_or(0), id); };
    for (auto& [before, ids] : after_)
      std::sort(ids.begin(), ids.end(), [&](const auto& a, const auto& b) { return start(a) < start(b); });
  }

  void add_to(Tree& tree) {
    tree.heading("Its keep reached " + plural(story_.chain_total, "trace", "traces"));
    tree.trace("", story_.record.trace_id);
    add_after(tree, story_.record.trace_id, "", 0);
  }

 private:
  static constexpr unsigned kDepthMax = 64;  // more than the hops that can be configured

  void add_after(Tree& tree, const std::string& trace_id, const std::string& indent, unsigned depth) {
    const auto found = after_.find(trace_id);
    if (found == after_.end() || depth == kDepthMax) return;
    const std::vector<std::string>& ids = found->second;
    const std::size_t shown = std::min(ids.size(), kListedMax);
    for (std::size_t i = 0; i < shown; ++i) {
      const bool is_last = i + 1 == ids.size();
      const LogRecord& record = *story_.find(ids[i]);
      tree.trace(indent + (is_last ? "└─ " : "├─ ") + step_words(record.direction), ids[i], story_.find(trace_id));
      add_after(tree, ids[i], indent + (is_last ? "   " : "│  "), depth + 1);
    }
    if (shown < ids.size()) tree.line(indent + "└─ and " + grouped(ids.size() - shown) + " more");
  }

  const TraceStory& story_;
  std::map<std::string, std::vector<std::string>> after_;
};

// Kept traces first, then failed ones; what the chain shows already is left out.
void add_neighbours(Tree& tree, const TraceStory& story, const std::string& heading,
                    const std::vector<std::string>& trace_ids) {
  if (trace_ids.empty()) return;
  std::vector<std::string> ids;
  for (const std::string& id : trace_ids)
    if (!std::binary_search(story.chain.begin(), story.chain.end(), id)) ids.push_back(id);
  tree.heading(heading);
  const auto rank = [&](const std::string& id) {
    const LogRecord* const record = story.find(id);
    return record == nullptr ? 3 : record->verdict == "keep" ? 0 : record->errors != 0 ? 1 : 2;
  };
  if (ids.size() > kNeighboursShownMax)
    std::stable_sort(ids.begin(), ids.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  const std::size_t shown = std::min(ids.size(), kNeighboursShownMax);
  const bool ends = shown == ids.size() && ids.size() == trace_ids.size();
  for (std::size_t i = 0; i < shown; ++i) tree.trace(ends && i + 1 == shown ? "└─ " : "├─ ", ids[i], &story.record);
  if (shown < ids.size()) {
    const auto kept = std::count_if(ids.begin() + static_cast<std::ptrdiff_t>(shown), ids.end(),
                                    [&](const std::string& id) { return rank(id) == 0; });
    tree.line("└─ and " + grouped(ids.size() - shown) + " more, " + grouped(static_cast<std::uint64_t>(kept)) +
              " kept");
  } else if (!ends) {
    tree.line("└─ and " + plural(trace_ids.size() - ids.size(), "trace", "traces") + " above");
  }
}

void add_words(Tree& tree, const TraceStory& story) {
  const LogRecord& record = story.record;
  if (record.has_detail) {
    std::string text = trace_words(record, nullptr) + ", " + plural(record.spans, "span", "spans");
    for (std::size_t i = 0; i < record.services.size(); ++i) text += (i == 0 ? " in " : ", ") + record.services[i];
    tree.line(text + ", " + byte_count(record.bytes) + ".");
  }
  tree.line(because_text(record));
  if (record.error) tree.line(plural(record.errors, "span", "spans") + " failed, first " + error_words(record) + ".");
  if (record.verdict == "keep" && record.revived)
    tree.line("It was dropped first and revived later, while its spans were still held.");
  tree.line("Decided at " + record.decided_at + ", revision " + std::to_string(record.revision) + ", " +
            plural(record.spans, "span", "spans") + ".");
}

// Where the chain of an origin began: the earliest of the traces toward its causes.
void add_cause(Tree& tree, const TraceStory& story) {
  const LogRecord* earliest = nullptr;
  for (const std::string& trace_id : story.chain) {
    const LogRecord* const record = story.find(trace_id);
    if (record == nullptr || record->direction != "linked" || !record->start_ns) continue;
    if (earliest == nullptr || *record->start_ns < *earliest->start_ns) earliest = record;
  }
  if (earliest == nullptr) return;
  const std::optional<double> delay = delay_ms(*earliest, story.record);
  if (!delay || *delay <= 0) return;
  tree.line("It leads back to " + name_words(*earliest) + ", " + duration_words(*delay) + " earlier (" +
            earliest->trace_id.substr(0, 8) + ").");
}

}  // namespace

TraceStory shown_story(const TraceStory& full) {
  TraceStory story{shown_record(full.record), {}, full.linking, full.linking_total, full.chain, full.chain_total};
  for (const auto& [trace_id, record] : full.known) story.known.emplace(shown_text(trace_id), shown_record(record));
  for (std::vector<std::string>* ids : {&story.linking, &story.chain})
    for (std::string& id : *ids) id = shown_text(id);
  return story;
}

std::string explanation_text(const TraceStory& full, Paint paint) {
  const TraceStory story = shown_story(full);
  const LogRecord& record = story.record;
  Tree tree(story, paint);
  const bool kept = record.verdict == "keep";
  tree.line(std::string(paint.bold()) + record.trace_id + std::string(paint.end()) + "  " +
            std::string(kept ? paint.green() : paint.yellow()) + (kept ? "kept" : "dropped") +
            std::string(paint.end()));
  add_words(tree, story);
  add_cause(tree, story);
  if (!record.nearest.empty()) {
    tree.heading("How close each policy came");
    for (const LogNearPolicy& near : record.nearest) tree.line("- " + near.policy + ": " + near.why);
  }
  add_path(tree, story);
  if (!story.chain.empty()) Chain(story).add_to(tree);
  add_neighbours(tree, story, "Links to " + plural(record.linked_total, "trace", "traces"), record.linked);
  add_neighbours(tree, story, "Linked by " + plural(story.linking_total, "trace", "traces"), story.linking);
  const std::vector<Gap> gaps = gaps_of(story);
  if (!gaps.empty()) tree.heading("Where the chain may be incomplete");
  for (const Gap& gap : gaps) tree.line("- " + gap.text);
  return tree.take();
}

}  // namespace entail::cli
