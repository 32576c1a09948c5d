// The story of a trace as a diagram: the traces of its path, its chain and its neighbours, the first of each.
#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "console.hpp"
#include "output/diagram_text.hpp"
#include "why/explanation.hpp"
#include "why/trace_words.hpp"

namespace entail::cli {
namespace {

constexpr std::size_t kNeighboursMax = 50;  // of each kind; a picture of more shows nothing

struct Arrow {
  std::string linking;
  std::string linked;
  auto operator<=>(const Arrow&) const = default;
};

// Traces of one kind that are not drawn, as a node beside the trace that is explained.
struct Rest {
  enum class Arrow : std::uint8_t { to, from, none };
  Arrow arrow;
  std::string label;
};

struct Picture {
  std::vector<std::string> traces;  // each once
  std::set<Arrow> arrows;
  std::vector<Rest> rests;
};

class Painter {
 public:
  explicit Painter(const TraceStory& story) : story_(story) {
    const LogRecord& record = story.record;
    add(record.trace_id);
    add_path(record);
    add_some(story.chain, [&](const std::string& id) { add_path(*story.find(id)); });
    add_some(record.linked, [&](const std::string& id) { arrow(record.trace_id, id); });
    add_some(story.linking, [&](const std::string& id) { arrow(id, record.trace_id); });
    add_rest(Rest::Arrow::none, missing(story.chain) + rest_of(story.chain_total, story.chain), " kept over links");
    add_rest(Rest::Arrow::to, missing(not_in_chain(record.linked)) + rest_of(record.linked_total, record.linked), "");
    add_rest(Rest::Arrow::from, missing(not_in_chain(story.linking)) + rest_of(story.linking_total, story.linking), "");
  }
  const Picture& picture() const noexcept { return picture_; }

 private:
  void add(const std::string& id) {
    if (seen_.insert(id).second) picture_.traces.push_back(id);
  }
  void arrow(const std::string& linking, const std::string& linked) {
    add(linking);
    add(linked);
    picture_.arrows.insert({linking, linked});
  }
  // A mixed path does not say which of two traces links the other.
  void add_path(const LogRecord& record) {
    for (std::size_t i = 1; i < record.path.size(); ++i) {
      const std::string& near = record.path[i - 1];
      const std::string& far = record.path[i];
      if (record.direction == "linked") arrow(near, far);
      if (record.direction == "linking") arrow(far, near);
    }
  }
  // Kept traces first.
  template <class F>
  void add_some(std::vector<std::string> ids, F&& f) {
    const auto is_kept = [&](const std::string& id) {
      const LogRecord* const record = story_.find(id);
      return record != nullptr && record->verdict == "keep";
    };
    std::stable_partition(ids.begin(), ids.end(), is_kept);
    for (std::size_t i = 0; i < std::min(ids.size(), kNeighboursMax); ++i) f(ids[i]);
  }

  static std::uint64_t rest_of(std::uint64_t total, const std::vector<std::string>& named) {
    return total - std::min<std::uint64_t>(total, named.size());
  }
  std::uint64_t missing(const std::vector<std::string>& ids) const {
    return static_cast<std::uint64_t>(
        std::count_if(ids.begin(), ids.end(), [&](const std::string& id) { return !seen_.contains(id); }));
  }
  std::vector<std::string> not_in_chain(std::vector<std::string> ids) const {
    std::erase_if(
        ids, [&](const std::string& id) { return std::binary_search(story_.chain.begin(), story_.chain.end(), id); });
    return ids;
  }
  void add_rest(Rest::Arrow arrow, std::uint64_t count, const std::string& which) {
    if (count != 0) picture_.rests.push_back({arrow, "and " + grouped(count) + " more" + which});
  }

  const TraceStory& story_;
  Picture picture_;
  std::set<std::string> seen_;
};

std::vector<std::string> label_lines(const TraceStory& story, const std::string& id) {
  std::vector<std::string> lines;
  const LogRecord* const record = story.find(id);
  if (record != nullptr && !trace_words(*record, nullptr).empty()) lines.push_back(trace_words(*record, nullptr));
  lines.push_back(id.substr(0, 8) + (record == nullptr ? ", no record" : ", " + state_words(*record)));
  if (record != nullptr && record->error) lines.push_back("error: " + error_words(*record));
  return lines;
}

std::string delay_label(const TraceStory& story, const Arrow& arrow) {
  const LogRecord* const linked = story.find(arrow.linked);
  const LogRecord* const linking = story.find(arrow.linking);
  if (linked == nullptr || linking == nullptr) return {};
  const std::optional<double> delay = delay_ms(*linked, *linking);
  if (!delay) return {};
  return (*delay < 0 ? "-" : "+") + duration_words(std::fabs(*delay));
}

std::string_view kind_of(const TraceStory& story, const std::string& id) {
  const LogRecord* const record = story.find(id);
  if (record == nullptr) return "absent";
  if (record->verdict != "keep") return "dropped";
  return record->errors != 0 ? "failed" : "kept";
}

}  // namespace

std::string explanation_mermaid(const TraceStory& full) {
  const TraceStory story = shown_story(full);
  const Painter painter(story);
  const Picture& picture = painter.picture();
  std::map<std::string, std::string> names;
  std::string text = "flowchart LR\n";
  for (const std::string& id : picture.traces) {
    const std::string& name = names.emplace(id, "t" + std::to_string(names.size())).first->second;
    text += "  " + name + "[\"";
    bool is_first = true;
    for (const std::string& line : label_lines(story, id)) {
      text += (is_first ? "" : "<br/>") + mermaid_escaped(line);
      is_first = false;
    }
    text += "\"]:::" + std::string(kind_of(story, id)) + "\n";
  }
  for (const Arrow& arrow : picture.arrows) {
    const std::string label = delay_label(story, arrow);
    text += "  " + names[arrow.linking] + (label.empty() ? " --> " : " -->|" + mermaid_quoted(label) + "| ") +
            names[arrow.linked] + "\n";
  }
  for (std::size_t i = 0; i < picture.rests.size(); ++i) {
    const Rest& rest = picture.rests[i];
    const std::string name = "more" + std::to_string(i);
    text += "  " + name + "[" + mermaid_quoted(rest.label) + "]:::absent\n";
    text += rest.arrow == Rest::Arrow::from ? "  " + name + " --> t0\n"
            : rest.arrow == Rest::Arrow::to ? "  t0 --> " + name + "\n"
                                            : "  t0 -.- " + name + "\n";
  }
  return text +
         "  classDef failed fill:#fde2dd,stroke:#b3261e,color:#000\n"
         "  classDef kept fill:#dcecf9,stroke:#1f5f99,color:#000\n"
         "  classDef dropped fill:#eeeeee,stroke:#777777,color:#000\n"
         "  classDef absent fill:#ffffff,stroke:#777777,color:#000,stroke-dasharray: 4\n";
}

std::string explanation_dot(const TraceStory& full) {
  const TraceStory story = shown_story(full);
  const Painter painter(story);
  const Picture& picture = painter.picture();
  std::string text = "digraph why {\n  rankdir=LR;\n  node [shape=box, style=filled, fontname=\"sans-serif\"];\n";
  for (const std::string& id : picture.traces) {
    const std::string_view kind = kind_of(story, id);
    text += "  " + dot_quoted(id) + " [fillcolor=\"" +
            (kind == "failed"    ? "#fde2dd"
             : kind == "kept"    ? "#dcecf9"
             : kind == "dropped" ? "#eeeeee"
                                 : "#ffffff") +
            (kind == "absent" ? "\", style=\"filled,dashed" : "") + "\", label=\"";
    for (const std::string& line : label_lines(story, id)) text += dot_escaped(line) + "\\n";
    text += "\"];\n";
  }
  for (const Arrow& arrow : picture.arrows) {
    const std::string label = delay_label(story, arrow);
    text += "  " + dot_quoted(arrow.linking) + " -> " + dot_quoted(arrow.linked) +
            (label.empty() ? "" : " [label=" + dot_quoted(label) + "]") + ";\n";
  }
  const std::string explained = dot_quoted(story.record.trace_id);
  for (std::size_t i = 0; i < picture.rests.size(); ++i) {
    const Rest& rest = picture.rests[i];
    const std::string name = "more" + std::to_string(i);
    text += "  " + name + " [fillcolor=\"#ffffff\", style=\"filled,dashed\", label=" + dot_quoted(rest.label) + "];\n";
    text += rest.arrow == Rest::Arrow::from ? "  " + name + " -> " + explained + ";\n"
            : rest.arrow == Rest::Arrow::to ? "  " + explained + " -> " + name + ";\n"
                                            : "  " + explained + " -> " + name + " [dir=none, style=dashed];\n";
  }
  return text + "}\n";
}

}  // namespace entail::cli
