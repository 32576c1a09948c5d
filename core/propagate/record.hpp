// What the tick thread knows about each trace that has (or had) spans: phase, own verdict, and what was logged. Its
// node holds the hops of the keeps that reached it (reach_word.hpp). Records outlive the spans (docs/design.md 3.7); an
// absent trace has none unless component mode passes a keep through it. Thread rule: Confined (tick). Cost: one slot of
// a slab, reused through its free list.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/loss.hpp"
#include "base/prefetch.hpp"
#include "base/slab.hpp"
#include "graph/edge_cell.hpp"
#include "policy/policy_set.hpp"
#include "propagate/path.hpp"
#include "sync/atomic.hpp"

namespace entail::propagate {

using RecordId = std::uint32_t;     // 0 = none
using PathStateId = std::uint32_t;  // 0 = not needed yet

// Written by engine::LifeCycle alone, which has the transitions (engine/life_cycle.hpp).
enum class Phase : std::uint8_t { absent, pending, retained, kept, sealed };
// True if a trace in this phase holds spans that wait for a verdict.
constexpr bool holds_spans(Phase phase) noexcept { return phase == Phase::pending || phase == Phase::retained; }

struct alignas(sync::kCacheLineBytes) Record {
  graph::NodeId node = 0;  // newest incarnation; written by Ledger::add() and set_node()
  PathStateId path_state = 0;
  std::uint32_t generation = 0;    // of the store: the first that holds its spans
  PathId reason_path = 0;          // of a trace kept by link, or of a loss; set when it happens (holds a reference)
  std::int64_t touched_ns = 0;     // last tick that saw a span, edge or keep
  std::int64_t arrival_ns = 0;     // now of the last tick before the first span
  std::int64_t decided_at_ns = 0;  // of the latest revision
  std::uint64_t bytes = 0;         // span bytes that count against retention while retained
  union {
    std::int64_t deadline_ns = 0;  // pending: when it is due; retained: when it is sealed
    std::uint64_t threshold;       // own_keep, from the tick on that keeps it: with raise_threshold
  };
  std::int16_t policy = -1;            // the one that said keep, or drop if vetoed
  std::uint16_t revision = 0;          // of the next log line
  Phase phase : 4 = Phase::absent;     // written by Ledger::set_phase()
  bool waiting_for_bytes : 1 = false;  // reached, but over max_propagated_bytes_per_second so far
  base::Loss loss = base::Loss::none;
  bool own_keep : 1 = false;
  bool vetoed : 1 = false;
  bool by_chance : 1 = false;        // only probabilistic policies keep it
  bool threshold_known : 1 = false;  // by_chance, with the probability of threshold
  bool kept_by_link : 1 = false;
  bool origin : 1 = false;
  bool revived : 1 = false;
  bool erase_threshold : 1 = false;  // decided when kept, for late spans too
  bool raise_threshold : 1 = false;
  bool first_emission_done : 1 = false;
  bool evicting : 1 = false;             // marked by eviction in this tick
  bool log_pending : 1 = false;          // a revision will be written in this tick
  bool has_truncated_links : 1 = false;  // emitted with links cut: late_pin can happen
  bool has_one_incarnation : 1 = false;  // known: no need to look up older nodes
  bool reached : 1 = false;              // by a keep of another trace, over at least one edge
};
static_assert(sizeof(Record) == sync::kCacheLineBytes);  // a record a trace, read at every step of a tick

// State that few reached traces need beside their reach word: materialized paths, frontiers, and whether they pull.
struct PathState {
  PathId own_path = 0;             // of an origin
  PathId path[2] = {};             // by layer kLinked, kLinking
  std::uint32_t frontier[2] = {};  // index + 1 into the frontiers, by direction; 0 = no cap has applied
  std::uint32_t edges[2] = {};     // by direction, while it has no frontier: a lower bound; 0 = not counted
  bool pulls = false;              // a keep reached it before its spans did: it pulls over new edges, too
};

class Ledger {
 public:
  // A record of the trace whose newest node is `node`, in phase absent.
  RecordId add(graph::NodeId node);
  void set_node(RecordId id, graph::NodeId node) noexcept;
  void set_phase(RecordId id, Phase phase) noexcept;
  // Totals of the traces whose newest node lies in the window of this slot.
  struct InWindow {
    std::uint32_t records = 0;
    std::uint32_t holding = 0;  // those that hold spans
  };
  const InWindow& in_window(unsigned slot) const noexcept { return in_window_[slot]; }
  // Frees the record, its path state and its path references.
  void remove(RecordId id) noexcept;
  Record& operator[](RecordId id) noexcept { return records_[id]; }
  const Record& operator[](RecordId id) const noexcept { return records_[id]; }

  // The answers of stateful policies for the trace; allocated on first use, so that they cost nothing without such
  // policies.
  policy::StatefulAnswers& answers(RecordId id) {
    const std::size_t block = Records::block_of(id);
    if (answers_.size() <= block) answers_.resize(block + 1);
    if (answers_[block] == nullptr) {
      answers_[block] = std::make_unique<policy::StatefulAnswers[]>(Records::kBlockCount);
      ++answer_block_count_;
    }
    return answers_[block][id % Records::kBlockCount];
  }

  // For a number that may be stale: null, or a record that may be empty or belong to another trace.
  const Record* find(RecordId id) const noexcept { return records_.find(id); }
  bool is_in(RecordId id, Phase phase) const noexcept {
    const Record* const record = find(id);
    return record != nullptr && record->phase == phase;
  }
  // f(id) for every record.
  template <class F>
  void for_each(F&& f) const {
    records_.for_each(f);
  }

  // A hint; the number may be stale.
  void prefetch(RecordId id) const noexcept {
    if (const Record* const record = find(id); record != nullptr) base::prefetch(record);
  }

  PathState& path_state(RecordId id);  // made on first use
  const PathState* find_path_state(RecordId id) const noexcept {
    return records_[id].path_state == 0 ? nullptr : &path_states_[records_[id].path_state];
  }
  // Makes `path` the record's reason, with a reference of its own.
  void set_reason(RecordId id, PathId path) noexcept;

  PathPool& paths() noexcept { return paths_; }
  const PathPool& paths() const noexcept { return paths_; }
  std::size_t count() const noexcept { return records_.live_count(); }
  std::uint64_t bytes() const noexcept {
    return records_.bytes() + path_states_.bytes() + paths_.bytes() + answers_.capacity() * sizeof(answers_[0]) +
           answer_block_count_ * Records::kBlockCount * sizeof(policy::StatefulAnswers);
  }

 private:
  InWindow& window_of(RecordId id) noexcept { return in_window_[records_[id].node >> graph::kOffsetBits]; }

  std::array<InWindow, graph::kWindowSlots> in_window_{};
  using Records = base::Slab<Record>;
  Records records_;
  base::Slab<PathState> path_states_;
  // By record, in blocks parallel to those of records_; empty unless a policy is stateful.
  std::vector<std::unique_ptr<policy::StatefulAnswers[]>> answers_;
  std::size_t answer_block_count_ = 0;
  PathPool paths_;
};

}  // namespace entail::propagate
