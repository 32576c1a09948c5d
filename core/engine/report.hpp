// What the engine reports: the decision log, explain() and the statistics. It reads everything and changes nothing but
// the revisions of records. Thread rule: as tick().
#pragma once

#include <string_view>

#include "engine/emission.hpp"
#include "engine/intake.hpp"
#include "engine/late_pins.hpp"
#include "engine/life_cycle.hpp"
#include "engine/room.hpp"
#include "engine/traces.hpp"
#include "engine/waiting_output.hpp"
#include "entail/entail.hpp"

namespace entail::engine {

class Report {
 public:
  struct Parts {
    const Traces& traces;
    const Intake& intake;
    LifeCycle& life;
    const Emission& emission;
    const Room& room;
    const WaitingOutput& output;
    DecisionSink& sink;
    std::uint64_t rank_seed;
  };
  explicit Report(const Parts& parts) noexcept : parts_(parts) {}

  // The revisions of this tick, by arrival. A trace whose verdict, origin or loss changed has one line.
  void write_log();
  // failed: the last tick ran out of memory, and held spans will not be decided.
  Statistics statistics(bool failed) const;
  Result<Explanation> explain(TraceId trace_id) const;
  void note_peak() noexcept;

 private:
  void describe(RecordId id, DecisionRecord& out) const;
  void describe_links(RecordId id, DecisionRecord& out) const;
  void describe_detail(RecordId id, const policy::Facts& facts, DecisionRecord& out) const;
  void describe_distances(RecordId id, const policy::Facts& facts, std::vector<NearPolicy>& out) const;
  bool needs_entry(RecordId id) const;
  void find_entry(RecordId id) const;
  std::string_view state_of(graph::NodeId node) const;
  struct LaneTotals;
  LaneTotals sum_lanes(Statistics& out) const;
  void add_losses(const LaneTotals& totals, const WaitingOutput::Counts& output, Statistics& out) const;
  void add_spans(const LaneTotals& totals, const WaitingOutput::Counts& output, Statistics& out) const;
  void add_memory(Statistics& out) const;

  Parts parts_;
  // Scratch: its memory is reused for the next record.
  DecisionRecord described_;
  mutable std::vector<graph::NodeId> nodes_;
  mutable std::vector<policy::PolicySet::PolicyDistance> distances_;
  mutable store::TakenSpans taken_;
  std::uint64_t peak_bytes_ = 0;
};

}  // namespace entail::engine
