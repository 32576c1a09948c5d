// The traces of a report: what their decision records say, the edges between them, and the spans of those that may be
// shown.
//
// A trace that is only named by a record (a linked trace, a step of a path) has a row without a record: absent.
// Thread rule: Confined. Memory: at most Limits::rows rows of some 400 bytes, Limits::edges edges of 8 bytes, and
// Limits::span_bytes of spans. When one is reached, full() is true and the owner drops what it can spare (retain()).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "report/overview.hpp"
#include "report/span_rows.hpp"

namespace entail::cli::report {

using RowIndex = std::uint32_t;
constexpr RowIndex kNoRow = ~RowIndex{0};

// How close a dropped trace came to being kept by a policy.
struct NearMiss {
  NameId policy = 0;
  double value = 0, threshold = 0;
  std::string why;  // differs from trace to trace, so it is no name
};

struct TraceRow {
  TraceId id;
  Contribution counted;  // verdict undecided: no record
  std::int64_t decided_at_ns = 0, start_ns = 0;
  double duration_ms = 0;
  std::uint32_t revision = 0, not_followed = 0, links_dropped_upstream = 0, linked_total = 0;
  RowIndex origin = kNoRow;  // of the keep that reached it
  RowIndex via = kNoRow;     // the trace before it on the path
  std::uint32_t hops = 0;    // of the path, also for a trace that was not kept; 0 without a path
  Direction direction = Direction::none;
  NameId name = 0, error_service = 0, error_name = 0, error_message = 0;
  std::unique_ptr<NearMiss> nearest;  // the nearest policy
  std::unique_ptr<TraceSpans> shown;

  bool has_record() const noexcept { return counted.verdict != Verdict::undecided; }
  bool is_kept() const noexcept { return counted.verdict == Verdict::keep; }
};

struct Edge {
  RowIndex linking = 0, linked = 0;
  auto operator<=>(const Edge&) const = default;
};

class TraceRows {
 public:
  struct Limits {
    std::size_t rows = 1'000'000;
    std::size_t edges = 8'000'000;
    std::uint64_t span_bytes = 256u << 20;
  };
  TraceRows(NameTable& names, Overview& overview, Limits limits)
      : names_(names), overview_(overview), limits_(limits) {}

  void add(const DecisionRecord& record);
  // The spans of a trace that was kept, to be filled.
  TraceSpans& spans_of(TraceId id);
  // To be called when spans were added to a trace that had `bytes_before` and `links_before`: makes edges of its links.
  void note_spans(TraceId id, std::uint64_t bytes_before, std::size_t links_before);

  bool full() const noexcept;
  // Drops the rows that are not wanted, and the spans of those that are not to be shown; numbers the others anew.
  // Traces that are dropped here stay counted.
  void retain(const std::vector<bool>& wanted, const std::vector<bool>& with_spans);

  const std::vector<TraceRow>& rows() const noexcept { return rows_; }
  // Sorted, each once, none from a trace to itself. Invalid after the next add().
  const std::vector<Edge>& edges();
  std::optional<RowIndex> find(TraceId id) const;
  // Rows with a record that were dropped.
  std::uint64_t forgotten() const noexcept { return forgotten_; }
  // Some record has names; without any, the log was written with `decisions.detail: ids`.
  bool has_names() const noexcept { return has_names_; }
  // Sets used[n] for each name that a row has.
  void mark_names(std::vector<bool>& used) const;

 private:
  RowIndex row_of(TraceId id);
  void take_detail(const DecisionRecord& record, TraceRow& row);
  void take_links(const DecisionRecord& record, RowIndex index);

  NameTable& names_;
  Overview& overview_;
  const Limits limits_;
  std::vector<TraceRow> rows_;
  std::vector<Edge> edges_;
  std::unordered_map<TraceId, RowIndex> index_;
  std::uint64_t span_bytes_ = 0;
  std::uint64_t forgotten_ = 0;
  std::size_t edges_sorted_ = 0;
  bool has_names_ = false;
};

}  // namespace entail::cli::report
