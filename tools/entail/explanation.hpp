// Why one trace was kept or dropped, put together from the decision log, as a tree for people or as JSON.
// Thread rule: Immutable (functions). Memory: the traces on its path and next to it.
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
  RecordMap known;                   // of the traces on the path, and of those linked or linking
  std::vector<std::string> linking;  // traces whose `linked` names this one, ascending; not all, if they are many
  std::uint64_t linking_total = 0;
};

// One place where the chain may lack something.
struct Gap {
  std::string kind;  // no_record, keep_after_seal, not_followed, links_dropped_upstream, linked_cut, linking_cut, or
                     // another loss
  std::uint64_t count = 0;
  std::string text;
};
std::vector<Gap> gaps_of(const TraceStory& story);

std::string explanation_text(const TraceStory& story, Paint paint);
// One object on one line, with a newline.
std::string explanation_json(const TraceStory& story);

}  // namespace entail::cli
