// Room: keeps the engine within memory_limit (docs/design.md 3.7, 3.8, G5, G9). It evicts traces at the start of a tick
// when too little is left, opens and closes graph windows at its end, and frees span bytes.
//
// Order of release, oldest first: absent traces and records of sealed and kept ones, which are freed with their
// windows; then retained traces; then pending ones. A window is closed early if few of its nodes must be copied
// (is_worth_closing); traces are evicted until enough windows are worth closing and enough generations of span bytes
// are free, so every eviction ends in released memory. With less than three sixteenths of memory_limit left, each tick
// does a part of this in proportion to the load; with less than one sixteenth, or after a request found no room, a tick
// does all that is needed. While a window closes, edges between traces that stay are in memory twice, so traces are
// also evicted until little has to be copied (kMovedShare). If lanes may still be in the current window, it is closed
// to new requests now and released in the next tick. So a request finds room after two ticks.
//
// PROTOCOL window_close: no log yields a node of a window after the window was examined, so nothing written into it is
// missed.
//   words    the lane's epoch (sync/epoch.hpp), its logs (sync/spsc_log.hpp): of touched nodes, created nodes,
//            late edges
//   ingest   I1 pin, load the current window W  I2 write into W, push its nodes into the logs  I3 unpin
//   tick     W1 note_frozen(): W, which is not current any more, is frozen (no lane is pinned from before that)
//            W2 adopt: drain the logs    W3 close W
//   P1  W1 true => every I3 of a batch in W happens before W1 (epoch P1), so W2 takes all that its I2 logged.
//       A W1 that follows W2 is not enough: a batch can end between the two, and its entries outlive W.
//   progress  a lane that stalls in a batch delays the closing of its window for that long; other lanes continue.
//   proved by tests/interleave/window_close_test.cpp (1 lane + tick, exhaustive); mutant W2 before W1 must fail.
//
// Thread rule: Confined (tick).
#pragma once

#include <array>
#include <cstdint>

#include "engine/intake.hpp"
#include "engine/late_pins.hpp"
#include "engine/life_cycle.hpp"
#include "engine/release_plan.hpp"
#include "engine/traces.hpp"
#include "graph/compaction.hpp"
#include "retention/retention.hpp"

namespace entail::engine {

class Room final : private graph::Compaction::Owner {
 public:
  Room(Traces& traces, LifeCycle& life, LatePins& late_pins, Intake& intake, const retention::Retention& retention);

  // True if so little is left, or was found by a request, that traces will be evicted in this tick.
  bool is_short() const noexcept;

  // --- a tick, in its order
  // PROTOCOL window_close W1, before the logs are read.
  void note_frozen();
  // Nodes created since the last tick.
  void note_created(std::uint64_t nodes) noexcept { nodes_created_ = nodes; }
  // Step 0: marks traces until enough would be released. This tick decides them with the spans received so far.
  void evict();
  // The end of the tick: frees span bytes, opens a window when due, closes windows that are old or needed for room.
  // other_bytes: memory of the other parts of the tick.
  void release(std::uint64_t lanes_generation, std::uint64_t other_bytes);
  // Memory of the tick thread's own structures.
  std::uint64_t records_bytes() const noexcept;

 private:
  void publish() noexcept;
  bool is_closable(const graph::WindowInfo& window) const noexcept {
    return !window.is_current && adopted_ns_[window.slot] != kNever;
  }
  WindowLoad load_of(const graph::WindowInfo& window) const noexcept;
  ReleasePlan make_plan(std::uint64_t needed, bool urgent);
  void evict_until_enough(ReleasePlan& plan, std::uint64_t evictions_max);
  void open_window_if_due();
  bool rotate(std::uint64_t wanted_nodes);
  void close_windows();
  void close_early_until(std::uint64_t target_bytes);
  void evict_for_unmet();
  void bound_moves(const ReleasePlan& plan, std::uint64_t needed);
  void evict_until_move_fits(const graph::WindowInfo& window);
  bool stays(graph::NodeId newest) const noexcept;
  struct MovingLinks {
    std::uint64_t all = 0;
    std::uint64_t to_staying = 0;
  };
  void count_links(graph::NodeId node, MovingLinks& links);
  std::uint64_t count_moving_links(const graph::WindowInfo& window);
  bool close_one_early();
  // Why a window is closed early: too few slots are left, room is made ahead of need, or a request is waiting.
  enum class Early : std::uint8_t { slots, ahead, urgent };
  bool begin_early(Early why);
  bool begin_expired();
  bool is_over(graph::NodeId newest) const noexcept;
  bool advance(std::uint64_t steps_max);

  // --- graph::Compaction::Owner
  graph::Compaction::Fate fate(graph::NodeId node) override;
  bool needs_edges(graph::NodeId newest) const noexcept override;
  bool needs_absent() const noexcept override { return !early_; }
  void on_forgotten_absent() noexcept override;
  void continue_at(graph::NodeId node, graph::NodeId newest) override;
  void move_payload(graph::NodeId from, graph::NodeId to) override;
  void prefetch(graph::NodeId node) const noexcept override;

  Traces& traces_;
  graph::Graph& graph_;
  LifeCycle& life_;
  LatePins& late_pins_;
  Intake& intake_;
  const retention::Retention& retention_;
  graph::Compaction compaction_;
  const std::uint64_t limit_bytes_;
  // By slot: the tick that saw the window frozen before it read the logs, and so has adopted everything written into
  // it; kNever: none yet, the window may not be closed (PROTOCOL window_close).
  std::array<std::int64_t, graph::kWindowSlots> adopted_ns_;
  std::int64_t window_started_ns_ = 0;
  std::uint64_t wanted_bytes_ = 0;  // of a request that found no room since the last tick
  std::uint64_t wanted_nodes_ = 0;
  std::uint64_t nodes_created_ = 0;  // since the last tick
  std::uint64_t adopted_bytes_ = 0;  // that admission counts until publish()
  std::uint64_t other_bytes_ = 0;
  std::uint64_t unmet_bytes_ = 0;                      // by how much closed windows released less than planned
  unsigned unmet_ticks_ = 0;                           // consecutive
  std::uint64_t planned_bytes_ = 0;                    // of the windows that this tick starts to close early
  std::array<bool, graph::kWindowSlots> move_fits_{};  // by slot: checked in this tick
  std::uint64_t cells_seen_ = 0;                       // by count_links(), which samples them
  bool current_must_go_ = false;                       // the current window is part of the plan to make room
  bool early_ = false;                                 // the window is closed early because memory or slots are short
};

}  // namespace entail::engine
