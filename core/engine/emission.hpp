// Step 4 of a tick: kept spans go out (docs/design.md 3.8, 3.9, 3.11, 3.12, 4.3, 4.4), by slicing the received bytes.
// Thread rule: Confined (tick). Cost: a copy of the bytes, and some 200 ns a span. Memory: one batch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "emit/batch_writer.hpp"
#include "emit/span_edit.hpp"
#include "engine/late_pins.hpp"
#include "engine/life_cycle.hpp"
#include "engine/traces.hpp"
#include "engine/waiting_output.hpp"
#include "reservoir/link_sample.hpp"

namespace entail::engine {

class Emission {
 public:
  // by_trace: each trace is a separate message, and the batch lists their offsets. Else spans are grouped across
  // traces.
  Emission(Traces& traces, LifeCycle& life, LatePins& late_pins, WaitingOutput& output, bool by_trace);

  // Kept traces of this tick and late spans of those kept before, by arrival, so that the output depends on nothing
  // else.
  void emit_all();

  struct Counts {
    std::uint64_t links_dropped = 0;  // cut from emitted spans
    std::uint64_t links_restored = 0;
    std::uint64_t link_duplicates = 0;
    std::uint64_t spans_sampled = 0;
    std::uint64_t parents_cleared = 0;  // of emitted spans (docs/design.md 4.5)
  };
  const Counts& counts() const noexcept { return counts_; }
  std::uint64_t bytes() const noexcept { return writer_.capacity_bytes(); }

 private:
  struct KeptSpan;
  struct TruncatedOutput {  // the links of a truncated span as they are written
    std::vector<Bytes> fields;
    std::vector<std::uint8_t> restored;  // the bytes of those written again from their edges
    std::uint32_t dropped_links_count = 0;
    reservoir::TruncationRecord truncation;
  };
  void prefetch_spans(std::span<const RecordId> ids) const;
  void emit_trace(RecordId id);
  std::vector<KeptSpan> take_spans(RecordId id);
  void emit_span(RecordId id, const KeptSpan& span, bool carries_reason);
  void add_reason(RecordId id, std::vector<TraceId>& path, std::vector<emit::Attribute>& attributes) const;
  void select_links(RecordId id, const KeptSpan& span, TruncatedOutput& out);
  reservoir::TargetState target_of(RecordId linked) const noexcept;
  void end_part(bool continues);
  void flush();

  Traces& traces_;
  LifeCycle& life_;
  LatePins& late_pins_;
  WaitingOutput& output_;
  const bool by_trace_;
  store::TakenSpans taken_;  // of one trace
  emit::BatchWriter writer_;
  WaitingOutput::Batch batch_;  // of what the writer holds: its links and its parts
  OutputTrace part_;            // of the trace that is being written
  Counts counts_;
};

}  // namespace entail::engine
