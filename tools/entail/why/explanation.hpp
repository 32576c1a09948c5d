// Why one trace was kept or dropped, put together from the decision log: as text for people, as JSON, or as a diagram.
// Thread rule: Immutable (functions). Memory: the traces of its chain and next to it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "console.hpp"
#include "decision_log.hpp"

namespace entail::cli {

// The newest record of each trace that matters; a trace without one is not in the map.
using RecordMap = std::map<std::string, LogRecord>;

struct TraceStory {
  LogRecord record;
  RecordMap known;                   // of the traces on the path, in the chain, and of those linked or linking
  std::vector<std::string> linking;  // traces whose `linked` names this one, ascending; not all, if they are many
  std::uint64_t linking_total = 0;
  std::vector<std::string> chain;  // of an origin: traces that name it, ascending; not all, if they are many
  std::uint64_t chain_total = 0;

  const LogRecord* find(const std::string& trace_id) const {
    if (trace_id == record.trace_id) return &record;
    const auto found = known.find(trace_id);
    return found == known.end() ? nullptr : &found->second;
  }
};

// The same with nothing in its texts that could move a terminal's cursor.
TraceStory shown_story(const TraceStory& story);

// One place where the chain may lack something.
struct Gap {
  std::string kind;  // no_record, keep_after_seal, not_followed, links_dropped_upstream, linked_cut, linking_cut, or
                     // another loss
  std::uint64_t count = 0;
  std::string text;
};
std::vector<Gap> gaps_of(const TraceStory& story);

// Why, in one sentence.
std::string because_text(const LogRecord& record);

std::string explanation_text(const TraceStory& story, Paint paint);
// One object on one line, with a newline.
std::string explanation_json(const TraceStory& story);
// A flowchart for Mermaid, and a digraph for Graphviz: traces as boxes, links as arrows with delays.
std::string explanation_mermaid(const TraceStory& story);
std::string explanation_dot(const TraceStory& story);

}  // namespace entail::cli
