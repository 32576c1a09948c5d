// The spans of one trace as a report shows them, read from OTLP.
//
// Thread rule: Confined. Memory: what TraceSpans holds, at most kSpansMax spans and kLinksMax links for each trace; the
// rest is counted.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "entail/entail.hpp"
#include "report/name_table.hpp"

namespace entail::cli::report {

struct SpanRow {
  SpanId id, parent;
  std::int64_t start_ns = 0, end_ns = 0;
  NameId service = 0, name = 0, message = 0;  // message: of its status
  std::uint8_t kind = 0, status = 0;          // OTLP numbers
  std::uint32_t links = 0;                    // that it carries, also those without a row
};

struct LinkRow {
  std::uint32_t span = 0;  // index in TraceSpans::spans
  TraceId trace_id;        // that it leads to
  SpanId span_id;
  NameId type = 0;
};

// What a truncated span says about its links: the attributes entail.links.* (docs/formats.md).
struct TruncationRow {
  static constexpr std::array<const char*, 3> kStrata = {"pinned", "open", "closed"};
  struct Stratum {
    std::uint64_t received = 0, emitted = 0;
  };
  std::uint32_t span = 0;  // index in TraceSpans::spans
  std::uint64_t received = 0, emitted = 0, dropped = 0, dropped_upstream = 0, malformed = 0, duplicates = 0, seed = 0;
  std::array<Stratum, 3> strata;
  std::string threshold_uniform, threshold_consistent, algorithm;
};

struct TraceSpans {
  static constexpr std::size_t kSpansMax = 500;
  static constexpr std::size_t kLinksMax = 1000;

  std::vector<SpanRow> spans;
  std::vector<LinkRow> links;
  std::vector<TruncationRow> truncations;
  std::uint64_t spans_left_out = 0;
  std::uint64_t links_left_out = 0;

  std::uint64_t bytes() const noexcept;
};

// Reads OTLP messages span by span.
class SpanRowReader {
 public:
  // Without names, spans have IDs, times and states alone (`decisions.detail: ids`).
  SpanRowReader(NameTable& names, bool with_names);
  ~SpanRowReader();
  SpanRowReader(const SpanRowReader&) = delete;
  SpanRowReader& operator=(const SpanRowReader&) = delete;

  // Where the spans of a trace go; null: the trace is not wanted.
  using Place = std::function<TraceSpans*(TraceId)>;
  // Spans with invalid IDs are skipped. False: the message could not be read.
  bool read(Bytes traces_data, const Place& place);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace entail::cli::report
