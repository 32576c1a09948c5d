// The life cycle of a trace: its states, the transitions, and what each state holds; docs/life-cycle.md explains it.
//
//   absent ── first span ──► pending ── due: own keep, or reached ─────────► kept
//                               │                                             ▲
//                               └─ due: else ─► retained ── reached, or rises ┘
//                                                  │
//                                                  └─ retention over, vetoed, evicted ─► sealed
//   absent, kept and sealed traces are forgotten when the graph window with their newest node closes.
//
// Nothing turns a keep into a drop, and a sealed trace stays sealed. Only this class writes phases, the trace queues
// and the outcome counters of traces and spans. It makes no decisions: the callers of keep(), drop() and seal() do.
//
// Spans that race with a seal (docs/design.md 3.9): seal() takes the spans, then checks whether some arrived that no
// tick has adopted. The trace's fold then covers all spans taken (PROTOCOL touch P1). If it now says keep, the spans
// are put back and the next tick keeps the trace; otherwise they are dropped with it.
//
// Thread rule: Confined (tick). Cost: constant for each change of state, with amortised sweeps of the queues.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "base/loss.hpp"
#include "base/page_queue.hpp"
#include "engine/due_queue.hpp"
#include "engine/retained_queue.hpp"
#include "engine/traces.hpp"
#include "retention/retention.hpp"

namespace entail::engine {

// The upper bounds of Statistics::traces.kept_by_lag but the last, in seconds.
inline constexpr std::array<std::int64_t, 14> kLagBounds = {1, 2, 5, 10, 15, 20, 30, 45, 60, 120, 300, 600, 1800, 3600};

class LifeCycle {
 public:
  using Loss = base::Loss;

  LifeCycle(Traces& traces, const retention::Retention& retention);

  // --- a tick, in its order
  void begin_tick(std::int64_t now_ns, bool draining) noexcept;
  // The trace of a logged node got spans: an absent trace becomes pending; a pending one may become due earlier.
  void adopt(const Touch& touch);
  void collect_due();
  // This tick decides the pending trace.
  void hasten(RecordId id);
  // Marks the trace: this tick decides it if pending, or seals it if retained, unless it is kept. False: marked
  // already.
  bool mark_evicted(RecordId id);
  // While the retained traces exceed a bound: first dropped, first out.
  void bound_retention();
  // Seals retained traces whose retention is over, or all at the end of the input. Drops late spans of sealed traces.
  void seal_expired();
  void end_tick();
  // Frees the tick's arrays of more than so many elements. Call after end_tick().
  void free_scratch(std::size_t kept_count) noexcept;

  // --- changes of state pending, retained -> kept. path: of the link keep that keeps it; 0: its own verdict does.
  void keep(RecordId id, propagate::PathId path);
  void drop(RecordId id);    // pending -> retained
  void seal(RecordId id);    // retained -> sealed; stays retained if new spans make it a keep
  void forget(RecordId id);  // absent, kept, sealed -> gone
  void become_origin(RecordId id, bool deterministic);
  void take_verdict(RecordId id, const policy::OwnVerdict& own);
  // Counts the loss and writes it into the record, with the path of the keep that was refused.
  void note_loss(RecordId id, Loss loss);
  void count(Loss loss, std::uint64_t amount = 1) noexcept { counts_.losses[static_cast<unsigned>(loss)] += amount; }
  void touch_log(RecordId id);
  // Call after its spans were taken from its lists and emitted.
  void on_emitted(RecordId id, std::uint64_t span_count, std::uint64_t link_count);

  // --- the running tick's work
  const std::vector<RecordId>& touched() const noexcept { return touched_; }  // got spans
  const std::vector<RecordId>& due() const noexcept { return due_; }
  std::vector<RecordId>& to_emit() noexcept { return to_emit_; }
  std::vector<RecordId>& to_log() noexcept { return to_log_; }
  const std::vector<RecordId>& new_origins() const noexcept { return new_origins_; }
  // Seals evicted traces that were not kept.
  void seal_evicted();
  std::int64_t now_ns() const noexcept { return now_ns_; }
  bool draining() const noexcept { return draining_; }

  // --- making room f(id) for traces that hold spans, in eviction order, while f returns true: pending ones that
  // arrived before the first retained one; retained ones, first dropped first; then all pending ones, by arrival. Some
  // are visited twice.
  void for_each_holding(const std::function<bool(RecordId)>& f);
  std::uint64_t bytes() const noexcept;

  struct Counts {
    std::uint64_t losses[base::kLossCount] = {};
    std::uint64_t spans_released = 0;  // taken out of the traces' lists, kept or dropped
    std::uint64_t links_released = 0;
    std::uint64_t spans_dropped = 0;
    std::uint64_t links_dropped = 0;
    std::uint64_t late_origin_spans = 0;
    std::uint64_t traces_received = 0;
    std::uint64_t traces_kept = 0;
    std::uint64_t traces_dropped = 0;
    std::uint64_t traces_revived = 0;
    std::uint64_t traces_pending = 0;
    std::uint64_t origins = 0;
    std::vector<std::uint64_t> kept_by_policy;
    std::vector<std::uint64_t> dropped_by_policy;
    std::map<std::pair<Direction, std::uint32_t>, std::uint64_t> kept_by_link;
    std::array<std::uint64_t, kLagBounds.size() + 1> kept_by_lag = {};  // the last: beyond all bounds
  };
  const Counts& counts() const noexcept { return counts_; }

 private:
  // The lists of one tick.
  template <class Self>
  static auto lists(Self& self) noexcept {
    return std::array{&self.touched_, &self.due_,    &self.evicted_,    &self.expired_,
                      &self.to_emit_, &self.to_log_, &self.new_origins_};
  }
  void start_pending(RecordId id, const Touch& touch);
  void set_deadline(RecordId id, const Touch& touch);
  void hold_generation(RecordId id, std::uint32_t generation);
  void count_kept(RecordId id);
  void count_lag(std::int64_t lag_ns) noexcept;
  void decide_threshold(RecordId id);
  // Queue entries outlive their traces: the number may be stale or belong to another trace.
  bool is_retained_until(RecordId id, std::int64_t deadline_ns) const noexcept {
    const Record* const record = traces_.ledger.find(id);
    return record != nullptr && record->phase == Phase::retained && record->deadline_ns == deadline_ns;
  }
  auto is_retained() const noexcept {
    return [this](RecordId id, std::int64_t deadline_ns) { return is_retained_until(id, deadline_ns); };
  }
  bool is_pending_until(RecordId id, std::int64_t deadline_ns) const noexcept {
    const Record* const record = traces_.ledger.find(id);
    return record != nullptr && record->phase == Phase::pending && record->deadline_ns == deadline_ns;
  }
  void prefetch_spans(RecordId id) const noexcept;
  void note_entry_of_sealed(RecordId id);
  void drop_taken();
  void drop_late(RecordId id);

  Traces& traces_;
  const retention::Retention& retention_;
  std::int64_t now_ns_ = 0;
  bool draining_ = false;

  DueQueue due_at_;                    // pending traces by deadline
  base::PageQueue<RecordId> arrived_;  // pending traces, oldest first; other entries are skipped
  RetainedQueue retained_;
  retention::Retained retained_totals_;

  std::vector<RecordId> touched_;
  std::vector<RecordId> due_;
  std::vector<RecordId> evicted_;
  std::vector<RecordId> expired_;
  std::vector<RecordId> to_emit_;
  std::vector<RecordId> to_log_;
  std::vector<RecordId> new_origins_;
  store::TakenSpans taken_;  // scratch of seal()
  Counts counts_;
};

}  // namespace entail::engine
