// The story of a trace as a diagram: the traces of its path, its chain and its neighbours, the first of each.
#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

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

struct Picture {
  std::vector<std::string> traces;  // each once
  std::set<Arrow> arrows;
};

class Painter {
 public:
  explicit Painter(const TraceStory& story) : story_(story) {
    add(story.record.trace_id);
    add_path(story.record);
    add_some(story.chain, [&](const std::string& id) { add_path(*story.find(id)); });
    add_some(story.record.linked, [&](const std::string& id) { arrow(story.record.trace_id, id); });
    add_some(story.linking, [&](const std::string& id) { arrow(id, story.record.trace_id); });
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

// Quotes end a label in both languages; Mermaid also reads # and <.
std::string mermaid_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '#' || c == '<' || c == '>' || c == '&' || c == '`' || c == '|') {
      out += "#" + std::to_string(static_cast<unsigned char>(c)) + ";";
    } else {
      out += c;
    }
  }
  return out;
}

std::string dot_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
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
      text += (is_first ? "" : "<br/>") + mermaid_text(line);
      is_first = false;
    }
    text += "\"]:::" + std::string(kind_of(story, id)) + "\n";
  }
  for (const Arrow& arrow : picture.arrows) {
    const std::string label = delay_label(story, arrow);
    text += "  " + names[arrow.linking] + (label.empty() ? " --> " : " -->|\"" + label + "\"| ") + names[arrow.linked] +
            "\n";
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
  std::string text = "digraph why {\n  rankdir=LR;\n  node [shape=box, style=filled, fontname=\"sans-serif\"];\n";
  for (const std::string& id : painter.picture().traces) {
    const std::string_view kind = kind_of(story, id);
    text += "  \"" + dot_text(id) + "\" [fillcolor=\"" +
            (kind == "failed"    ? "#fde2dd"
             : kind == "kept"    ? "#dcecf9"
             : kind == "dropped" ? "#eeeeee"
                                 : "#ffffff") +
            (kind == "absent" ? "\", style=\"filled,dashed" : "") + "\", label=\"";
    for (const std::string& line : label_lines(story, id)) text += dot_text(line) + "\\n";
    text += "\"];\n";
  }
  for (const Arrow& arrow : painter.picture().arrows) {
    const std::string label = delay_label(story, arrow);
    text += "  \"" + dot_text(arrow.linking) + "\" -> \"" + dot_text(arrow.linked) + "\"" +
            (label.empty() ? "" : " [label=\"" + label + "\"]") + ";\n";
  }
  return text + "}\n";
}

}  // namespace entail::cli
