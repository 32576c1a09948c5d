// What a report shows, collected from decision records and spans in one pass, and written as the JSON of
// docs/report.md.
//
// Thread rule: Confined. Memory: docs/report.md "Memory"; beyond its bounds it discards traces that a page would not
// show now, the oldest first. They stay in the overview.
#pragma once

#include <string>
#include <vector>

#include "report/chains.hpp"
#include "report/trace_rows.hpp"

namespace entail::cli::report {

// What only the command knows.
struct ReportSource {
  bool from_engine = false;  // else from a decision log
  std::vector<std::string> inputs;
  std::string configuration;              // its name; empty: none
  std::vector<NamedCount> losses;         // of the engine
  std::vector<std::string> notes;         // sentences for people
  std::uint64_t requests = 0, bytes = 0;  // of the inputs
};

// What a page has and what it leaves out.
struct ReportCounts {
  std::uint64_t traces = 0, kept = 0, dropped = 0;
  std::uint64_t chains = 0, chains_left_out = 0;
  std::uint64_t traces_shown = 0, kept_left_out = 0;
  std::uint64_t spans_shown = 0;
  std::uint64_t services = 0;  // that have a name
};

class ReportData {
 public:
  // Without names: whatever records and spans have.
  explicit ReportData(bool with_names, TraceRows::Limits limits = {})
      : with_names_(with_names), rows_(names_, overview_, limits) {}

  void add(const DecisionRecord& record);
  // No more records come, and spans are wanted of the traces alone that a page of so many bytes shows.
  void choose_before_spans(std::uint64_t page_bytes);
  // Spans of one or more traces. False: the message could not be read.
  bool add_spans(Bytes traces_data);
  // Is a span of this trace wanted?
  bool wants(TraceId id) const;

  // The JSON text, at most page_bytes long; `counts` says what is in it.
  std::string finish(const ReportSource& source, std::uint64_t page_bytes, ReportCounts& counts);

 private:
  void make_room_when_full();

  NameTable names_;
  Overview overview_;
  const bool with_names_;
  TraceRows rows_;
  std::optional<SpanRowReader> reader_;
  std::vector<bool> chosen_;  // by row, if choose_before_spans() was called
  bool chosen_before_ = false;
  std::uint64_t adds_ = 0;  // since room was made
};

}  // namespace entail::cli::report
