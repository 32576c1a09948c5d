#include "explanation.hpp"

#include <algorithm>

#include "entail/entail.hpp"
#include "output/json_text.hpp"
#include "output/shown_text.hpp"

namespace entail::cli {
namespace {

std::string plural(std::uint64_t count, const std::string& one, const std::string& many) {
  return grouped(count) + " " + (count == 1 ? one : many);
}

// A log is text from outside: none of it may move a terminal's cursor.
LogRecord shown_record(LogRecord record) {
  for (std::string* text : {&record.trace_id, &record.decided_at, &record.verdict, &record.reason, &record.policy,
                            &record.origin_trace_id, &record.direction, &record.loss})
    *text = shown_text(*text);
  for (std::vector<std::string>* ids : {&record.path, &record.linked})
    for (std::string& id : *ids) id = shown_text(id);
  return record;
}

TraceStory shown_story(const TraceStory& full) {
  TraceStory story{shown_record(full.record), {}, full.linking, full.linking_total};
  for (const auto& [trace_id, record] : full.known) story.known.emplace(shown_text(trace_id), shown_record(record));
  for (std::string& id : story.linking) id = shown_text(id);
  return story;
}

std::string hops_text(const LogRecord& record) { return plural(record.hops.value_or(0), "hop", "hops"); }

// The state of a trace in a few words.
std::string state_text(const LogRecord& record) {
  std::string text;
  if (record.verdict == "keep") {
    text = record.reason == "link"
               ? "kept over links, " + hops_text(record) + " from " + record.origin_trace_id.substr(0, 8)
               : "kept by policy " + record.policy;
  } else {
    text = record.reason == "drop_policy" ? "dropped by policy " + record.policy
           : record.reason == "too_large" ? "dropped, too large"
                                          : "dropped, no policy kept it";
  }
  if (record.origin) text += ", an origin";
  if (record.revived) text += ", revived";
  if (!record.loss.empty()) text += ", loss " + record.loss;
  return text;
}

class Tree {
 public:
  Tree(const TraceStory& story, Paint paint) : story_(story), paint_(paint) {}

  void heading(const std::string& text) {
    text_ += '\n';
    text_.append(paint_.bold()).append(text).append(paint_.end()) += '\n';
  }

  void line(const std::string& text) { text_.append(text) += '\n'; }

  // A trace and its state, behind the branches that lead to it.
  void trace(const std::string& branches, const std::string& trace_id) {
    text_.append(paint_.dim()).append(branches).append(paint_.end());
    text_ += trace_id + "  ";
    if (trace_id == story_.record.trace_id) {
      text_.append(paint_.bold()).append("this trace").append(paint_.end());
    } else if (const auto found = story_.known.find(trace_id); found == story_.known.end()) {
      text_.append(paint_.yellow())
          .append("no record: no spans seen, not decided yet, or expired")
          .append(paint_.end());
    } else {
      const bool kept = found->second.verdict == "keep";
      text_.append(kept ? paint_.green() : std::string_view()).append(state_text(found->second));
      if (kept) text_ += paint_.end();
    }
    text_ += '\n';
  }

  void branches(const std::vector<std::string>& trace_ids) {
    for (std::size_t i = 0; i < trace_ids.size(); ++i) {
      trace(i + 1 < trace_ids.size() ? "├─ " : "└─ ", trace_ids[i]);
    }
  }

  std::string take() { return std::move(text_); }

 private:
  const TraceStory& story_;
  Paint paint_;
  std::string text_;
};

// Why, in one sentence.
std::string because(const LogRecord& record) {
  if (record.verdict == "keep" && record.reason == "policy") {
    return "Kept by policy " + record.policy + (record.origin ? ", which also keeps linked traces." : ".");
  }
  if (record.verdict == "keep") {
    const std::string way = record.direction == "linked"    ? "toward causes"
                            : record.direction == "linking" ? "toward consequences"
                                                            : "along links in both directions";
    return "Kept because of a link: origin " + record.origin_trace_id + " was kept, and this trace is " +
           hops_text(record) + " from it, " + way + ".";
  }
  if (record.loss == "keep_after_seal") {
    return "No policy kept it. Origin " + record.origin_trace_id +
           " would have kept it, but its spans had already been released: the chain is broken here.";
  }
  if (record.reason == "too_large") {
    return "Dropped at once: it was larger than maximum_trace_size_bytes" +
           (record.origin_trace_id.empty() ? "." : ", although origin " + record.origin_trace_id + " is linked to it.");
  }
  if (record.loss == "keep_refused") {
    return "Dropped by policy " + record.policy + ", although origin " + record.origin_trace_id + " is linked to it.";
  }
  if (!record.loss.empty() && !record.origin_trace_id.empty()) {
    return "Origin " + record.origin_trace_id + " is linked to it but could not keep it: " + record.loss + ".";
  }
  if (record.reason == "drop_policy") return "Dropped by policy " + record.policy + ".";
  return "No policy kept it, and no kept origin is linked to it within the limits.";
}

void add_path(Tree& tree, const TraceStory& story) {
  const LogRecord& record = story.record;
  if (record.path.size() < 2) return;
  const std::string step = record.direction == "linked"    ? "links to "
                           : record.direction == "linking" ? "is linked by "
                                                           : "";
  tree.heading("Path from the origin");
  std::string indent;
  for (std::size_t i = 0; i < record.path.size(); ++i) {
    tree.trace(i == 0 ? "" : indent + "└─ " + step, record.path[i]);
    if (i > 0) indent += "   ";
  }
}

void trace_state(JsonText& json, const TraceStory& story, const std::string& trace_id) {
  json.begin_object().field("trace_id", trace_id);
  const auto found = story.known.find(trace_id);
  const LogRecord* const record = trace_id == story.record.trace_id ? &story.record
                                  : found == story.known.end()      ? nullptr
                                                                    : &found->second;
  if (!record) {
    json.field("state", "no_record");
  } else {
    json.field("state", record->verdict == "keep" ? "kept" : "dropped").field("reason", record->reason);
    json.field("origin", record->origin);
    if (!record->policy.empty()) json.field("policy", record->policy);
    if (!record->loss.empty()) json.field("loss", record->loss);
  }
  json.end_object();
}

void trace_states(JsonText& json, const TraceStory& story, std::string_view key,
                  const std::vector<std::string>& trace_ids) {
  json.key(key).begin_array();
  for (const std::string& trace_id : trace_ids) trace_state(json, story, trace_id);
  json.end_array();
}

}  // namespace

std::vector<Gap> gaps_of(const TraceStory& story) {
  const LogRecord& record = story.record;
  std::vector<Gap> gaps;
  if (!record.loss.empty()) {
    std::string help = "a loss";
    for (const LossInfo& info : loss_table()) {
      if (info.name == record.loss) help = info.help;
    }
    gaps.push_back({record.loss, 1, "this trace counts as the loss " + record.loss + ": " + help});
  }
  const auto count_if = [&](const std::vector<std::string>& ids, auto matches) {
    return static_cast<std::uint64_t>(std::count_if(ids.begin(), ids.end(), [&](const std::string& id) {
      const auto found = story.known.find(id);
      return id != record.trace_id && matches(found == story.known.end() ? nullptr : &found->second);
    }));
  };
  const auto absent = [](const LogRecord* known) { return known == nullptr; };
  const auto sealed = [](const LogRecord* known) { return known && known->loss == "keep_after_seal"; };
  const std::uint64_t absent_count = count_if(record.linked, absent) + count_if(record.path, absent);
  if (absent_count > 0) {
    gaps.push_back({"no_record", absent_count,
                    plural(absent_count, "trace has", "traces have") +
                        " no record: sampled away at the head, sent elsewhere, not decided yet, or expired"});
  }
  const std::uint64_t sealed_count = count_if(record.linked, sealed) + count_if(record.path, sealed);
  if (sealed_count > 0) {
    gaps.push_back({"keep_after_seal", sealed_count,
                    plural(sealed_count, "trace", "traces") +
                        " next to it or on the path lost their spans before they could be kept"});
  }
  if (record.not_followed > 0) {
    gaps.push_back({"not_followed", record.not_followed,
                    plural(record.not_followed, "neighbour", "neighbours") +
                        " not kept because of a limit such as max_links_followed"});
  }
  if (record.links_dropped_upstream > 0) {
    gaps.push_back({"links_dropped_upstream", record.links_dropped_upstream,
                    plural(record.links_dropped_upstream, "link was", "links were") +
                        " removed from its spans by SDKs before they arrived"});
  }
  if (record.linked_total > record.linked.size()) {
    const std::uint64_t unnamed = record.linked_total - record.linked.size();
    gaps.push_back({"linked_cut", unnamed,
                    "the record names only some of its linked traces; " + grouped(unnamed) + " more are not shown"});
  }
  if (story.linking_total > story.linking.size()) {
    const std::uint64_t unnamed = story.linking_total - story.linking.size();
    gaps.push_back({"linking_cut", unnamed,
                    plural(unnamed, "more trace links", "more traces link") + " to it and " +
                        (unnamed == 1 ? "is" : "are") + " not shown"});
  }
  return gaps;
}

std::string explanation_text(const TraceStory& full, Paint paint) {
  const TraceStory story = shown_story(full);
  const LogRecord& record = story.record;
  Tree tree(story, paint);
  const bool kept = record.verdict == "keep";
  tree.line(std::string(paint.bold()) + record.trace_id + std::string(paint.end()) + "  " +
            std::string(kept ? paint.green() : paint.yellow()) + (kept ? "kept" : "dropped") +
            std::string(paint.end()));
  tree.line(because(record));
  if (kept && record.revived) tree.line("It was dropped first and revived later, while its spans were still held.");
  tree.line("Decided at " + record.decided_at + ", revision " + std::to_string(record.revision) + ", " +
            plural(record.spans, "span", "spans") + ".");
  add_path(tree, story);
  if (!record.linked.empty()) {
    tree.heading("Links to " + plural(record.linked_total, "trace", "traces"));
    tree.branches(record.linked);
  }
  if (!story.linking.empty()) {
    tree.heading("Linked by " + plural(story.linking_total, "trace", "traces"));
    tree.branches(story.linking);
  }
  const std::vector<Gap> gaps = gaps_of(story);
  if (!gaps.empty()) tree.heading("Where the chain may be incomplete");
  for (const Gap& gap : gaps) tree.line("- " + gap.text);
  return tree.take();
}

std::string explanation_json(const TraceStory& story) {
  JsonText json;
  json.begin_object().field("trace_id", story.record.trace_id).field("because", because(story.record));
  json.key("record").raw(story.record.json);
  trace_states(json, story, "path", story.record.path);
  trace_states(json, story, "linked", story.record.linked);
  trace_states(json, story, "linking", story.linking);
  json.key("incomplete").begin_array();
  for (const Gap& gap : gaps_of(story)) {
    json.begin_object().field("kind", gap.kind).field("count", gap.count).field("text", gap.text).end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

}  // namespace entail::cli
