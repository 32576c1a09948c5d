// KeepPropagator: propagates keeps over the edges (docs/design.md 3.2 to 3.5), from origins to every trace within their
// hop limits.
//
// Work is ordered by hops, so each trace is scanned at most once for each hop count it falls to; a keep that arrives
// with fewer hops is propagated again. Everything a keep writes lies in the row of the node it reaches: the reach word
// (reach_word.hpp), which also signals to ingest that the edge it has just published must be visited again; the
// predecessor that passed the keep on; and the hint byte. Paths are built on demand.
//
// PROTOCOL keep_delivery (the decider's half of graph/late_edge.hpp): no keep is lost when a link arrives while its
// other end is being decided (G2).
//   ingest   I1 publish the edge at u (seq_cst)   I2 load u.reach (seq_cst); kCarries -> the edge into the late log
//   tick     D0 store fewer hops in u.reach (relaxed), when a keep reaches u
//            D1 raise u.reach (seq_cst)           D2 read u's edges (seq_cst), when the keep is propagated from u
//            D3 take the late log (behind spsc_log): propagate over each edge in it with the current hops
//   P1  at least one side sees the other: carry() raises the word, unless an earlier raise has set it, before it reads
//       the edges, always in this order.
//   P2  an edge that only D3 sees needs no more than D3: a D2 has read all other edges of u, or a D3 has taken them,
//       and hops that fall later have a D2 of their own.
//   proved by tests/interleave/keep_delivery_test.cpp (edges in and out beside hops that fall, through the late log)
//   and late_edge_test.cpp; mutants that weaken any one of the four accesses, and one without D3, must fail.
//
// PROTOCOL incarnations: the same for a trace with a node in each of several windows (G2). A lane may stall in a batch
// for many rotations and write into an old window; another lane's node may be found before its entry in the created
// log. So edges can be added to any node of a trace, at any time.
//   words    reach(n) of each node n of the trace      plain  older(n), newer(n): the chain, the tick thread's
//   ingest   I1, I2 as above, at the one node in its window
//   tick     J1 link a node n into its trace's chain when the created log, the touched log, an edge or a keep first
//            leads to it
//            D1 raise kCarries at every node of the chain       D2 read the edges of every node of the chain
//            J2 raise kCarries at n if the chain has it; at the nodes of the chain if n alone has it
//            J3 read n's edges and propagate over each as if it were late
//   R1  either all nodes of a chain have kCarries or none: only raise_all() sets it, and join() between J1 and J3.
//   R2  a node that joins has kCarries before its edges are read (J2 before J3), so that P1 holds for it.
//   R3  an edge appended to any node that has kCarries comes out of the late log, and keeps are propagated over it.
//   R4  a node is linked with all nodes that its trace has at that time: J1 also looks in newer windows when the node's
//       window is not the current one, and past nodes that are not linked yet. So a trace has one chain and one record;
//       a node made later is linked when it is found.
//   R5  absent traces: the same, but "pulls when its first span arrives" replaces "is propagated". on_first_span()
//       raises (D1), then the trace pulls over the edges of all nodes (D2), and later over its late edges.
//   proved by tests/interleave/incarnations_test.cpp (a lane stalled in the old window beside one in the new; the chain
//   made before the keep leaves, and after); mutants raise at the newest alone, J3 before J2, no J3, and a mark that
//   stays at its node must fail.
//
// WAY  The predecessor of a trace with h hops has at most h - 1 hops in the same layer, or is the origin if h is 1,
// because hops only fall. So following predecessors ends at an origin; path_of() does that. Two events would break the
// chain: a trace is forgotten, or its hops are reset (on_first_span()). Before either, materialize_paths() builds the
// paths of the traces that follow it, which then name it.
//
// An absent trace (known only from links) has no record in cone mode: its node is marked with kCarries, and when its
// first span arrives it pulls keeps from its neighbours. So does a trace whose links a tick sees before its spans:
// ingest publishes the far ends of a request's links first. In component mode keeps pass through absent traces, so they
// get a record.
//
// CAP  For each trace at most two frontiers of max_links_followed names and a bounded count are held (frontier.hpp),
// and only where it has more edges than max_links_followed on that side (docs/design.md 3.5, G10).
//
// Thread rule: Confined (tick). Cost: a hint byte for each edge end; for each trace reached its row, and its edges if
// hops are left, prefetched for many traces at once; the record when take_reached() is called. A trace's edges are read
// when a keep first leaves it, or leaves it with fewer hops; a late edge costs one edge.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "entail/options.hpp"
#include "graph/graph.hpp"
#include "propagate/frontier.hpp"
#include "propagate/reach_word.hpp"
#include "propagate/record.hpp"

namespace entail::propagate {

class KeepPropagator {
 public:
  // rank_seed: seed of the hash that ranks neighbours where a cap binds.
  KeepPropagator(graph::Graph& graph, Ledger& ledger, const PropagateOptions& options, std::uint64_t rank_seed);

  // The record of a node's trace, 0 if it has none. Links the node with its incarnations in other windows first.
  RecordId find_record(graph::NodeId node);
  // The same, but adds a record in phase absent if there is none.
  RecordId record_of(graph::NodeId node);

  // The trace's own keep propagates from now on. deterministic: a policy that is not probabilistic keeps it. May be
  // called again with deterministic = true when that becomes known later.
  void make_origin(RecordId id, bool deterministic);
  // Edges from the late log: the next run() propagates keeps over them.
  void carry_over(const graph::LateEdges& late);
  // The first span of an absent trace has arrived: the next run() pulls keeps from its neighbours.
  void on_first_span(RecordId id);

  // Joins nodes without a record to the other incarnations of their traces, many at once. A node with a record is
  // skipped: its incarnations were looked up before it got the record.
  void link_batch(std::span<const graph::NodeId> nodes);
  // Makes `node`, which was added for the trace in the current window, the trace's newest node in place of `newest`.
  // The next run() propagates over edges that `node` has already.
  void move_to(graph::NodeId node, graph::NodeId newest) { join(newest, node); }
  // Call before edges of the trace are lost: builds the paths of the traces that its keep reached over them. May throw
  // std::bad_alloc.
  void materialize_paths(RecordId id);
  // Call before the record is removed, while its edges can still be read: materialize_paths(), then frees its
  // frontiers.
  void forget(RecordId id);

  // Propagates all queued keeps as far as their hops allow.
  void run(std::int64_t now_ns);

  // Traces that a keep reached, or reached with fewer hops, since the last call; may contain duplicates. Marks them as
  // reached and last seen at the last run. Newly refused neighbours (loss max_links_followed).
  std::vector<RecordId> take_reached() noexcept;
  std::uint64_t take_refused_count() noexcept { return std::exchange(refused_count_, 0); }

  // Hops from the nearest origin over at least one edge; 0 if no keep reached the trace.
  unsigned hops(RecordId id, unsigned layer) const noexcept { return hops_in(reach_of(id), layer); }
  // The smaller of both directions.
  unsigned nearest_hops(RecordId id) const noexcept;
  // True if a keep arrived from an origin that a non-probabilistic policy keeps.
  bool is_reached_deterministically(RecordId id) const noexcept;
  // The path of the nearest keep, built on demand; 0 if no keep reached the trace. Fewest hops, linked before linking
  // among equals. The trace owns the reference. May throw std::bad_alloc.
  PathId nearest_path(RecordId id);
  // The path of the next nearest keep whose origin has fewer than traces_max traces that name it (docs/design.md 3.10);
  // 0 if none of the next kOriginsTried qualifies or the search budget is spent. The caller owns the reference. May
  // throw std::bad_alloc.
  PathId path_with_room(RecordId id, std::uint64_t traces_max);
  static constexpr unsigned kOriginsTried = 8;

  // Neighbours beyond max_links_followed, both directions; an estimate above 4,096 in one direction.
  std::uint32_t not_followed(RecordId id) const noexcept;
  // The other ends of the trace's edges, as nodes (newest incarnation, 0 where the window is gone), repeated as linked.
  void linked_nodes(RecordId id, std::vector<graph::NodeId>& nodes) const { add_far_nodes(id, kOut, nodes); }
  void linking_nodes(RecordId id, std::vector<graph::NodeId>& nodes) const { add_far_nodes(id, kIn, nodes); }
  std::uint64_t bytes() const noexcept;
  // Frees arrays of more than so many elements that are not in use. Not during run().
  void free_scratch(std::size_t kept_count) noexcept;

 private:
  enum Side : unsigned { kOut = 0, kIn = 1 };  // toward the linked side, toward the linking side
  // One step of propagation: the layer, the side whose edges it follows, and the hops on arrival. With 1 hop traces
  // pass on their own keep.
  struct Traversal {
    unsigned layer;
    Side side;
    unsigned hops;
    bool error_spans_only;  // only over links of ERROR spans
    std::uint8_t direction_bit() const noexcept { return side == kOut ? 1 : 2; }
  };
  // One edge end to deliver a keep to. Deliveries are batched, so that the memory they need is prefetched together.
  struct Delivery {
    graph::NodeId node;
    RecordId from;
  };
  // A growable array whose new elements are not initialised before they are written.
  class DeliveryBuffer {
   public:
    std::size_t size() const noexcept { return count_; }
    // Room for `more` elements at the end; fill() appends those written before `end`.
    Delivery* room_for(std::size_t more) {
      if (room_.size() - count_ < more) room_.resize(2 * (count_ + more));
      return room_.data() + count_;
    }
    void fill(const Delivery* end) noexcept { count_ = static_cast<std::size_t>(end - room_.data()); }
    void cut(std::size_t count) noexcept { count_ = count; }
    std::uint64_t bytes() const noexcept { return room_.capacity() * sizeof(Delivery); }
    const Delivery* begin() const noexcept { return room_.data(); }
    const Delivery* end() const noexcept { return room_.data() + count_; }

   private:
    std::vector<Delivery> room_;
    std::size_t count_ = 0;
  };
  static constexpr std::size_t kDeliveryBatch = 128;
  // Budgets of path_with_room() in edges: all searches of a tick, what each search adds to that, and one search.
  static constexpr std::uint64_t kStepsATick = 1 << 18;
  static constexpr std::uint64_t kStepsASearch = 64;
  static constexpr std::uint64_t kSearchStepsMax = 4096;
  // The far end of one edge and its rank where a cap binds.
  struct Candidate {
    graph::NodeId node;
    RecordId id;         // of a far end that is present
    std::uint8_t rank;   // 0 on an ERROR span, 1 sampled, 2 neither
    std::uint64_t hash;  // of the far end; its span ID before it is hashed
  };
  // Late edges of a trace that has a record.
  struct Fresh {
    std::uint64_t owner;  // record * 2 + side
    graph::LateEdges late;
    bool carries;  // the trace passes a keep over them
    bool pulls;    // the trace pulls over them, as in PathState
  };
  static std::uint64_t owner(RecordId id, Side side) noexcept { return std::uint64_t{id} * 2 + side; }
  static RecordId record_in(std::uint64_t owner) noexcept { return static_cast<RecordId>(owner / 2); }
  static Side side_in(std::uint64_t owner) noexcept { return static_cast<Side>(owner % 2); }
  // A trace on a way to the trace whose path path_with_room() looks for.
  struct Visit {
    RecordId id;
    std::uint32_t next;  // the next visit on the way; itself for the trace looked for
    std::uint8_t layer;
    std::uint8_t depth;       // hops from here to the trace looked for
    std::uint8_t most;        // the total hops that the edges on the way allow
    std::uint8_t directions;  // of the step to `next`, as in PathPool::step
  };
  using Queued = std::array<std::vector<graph::NodeId>, kLayers>;

  // f(layer) for the layers in use.
  template <class F>
  void for_each_layer(F&& f) const {
    for (unsigned direction = 0; direction < directions(); ++direction)
      for (unsigned layer = direction; layer < kLayers; layer += layer_step_) f(layer);
  }
  // Number of directions counted apart: component mode counts both in layer linked.
  unsigned directions() const noexcept { return component_ ? 1 : 2; }
  // f(cell, far span) for every edge of the trace on that side; the far span for kOut only.
  template <class F>
  void for_each_edge(graph::NodeId newest, Side side, F&& f) const {
    for (graph::NodeId node = newest; node != 0; node = graph_.older(node)) {
      if (side == kOut)
        graph_.for_each_out(node, f);
      else
        graph_.for_each_in(node, [&](graph::EdgeCell cell) { f(cell, SpanId{}); });
    }
  }
  // f(layer) for the layers in use that propagate over edges of this side.
  template <class F>
  void for_each_layer_of(Side side, F&& f) const {
    for (unsigned layer = component_ ? 0u : unsigned{side}; layer < kLayers; layer += layer_step_) f(layer);
  }
  void push(graph::NodeId node, unsigned layer, unsigned hops);
  void use_deterministic_layers();
  void raise_all(graph::NodeId newest, std::uint32_t word);
  void take_late();
  void add_fresh(graph::LateEdges late);
  void carry_late(const Fresh& fresh);
  void carry_late(RecordId id, const graph::LateEdges& late, const Traversal& traversal);
  void pull_over(const Fresh& fresh);
  void watch_cap(const Fresh& fresh);
  bool watch_cap(RecordId id, Side side, std::uint32_t more);
  std::vector<graph::NodeId> fresh_far_nodes(RecordId id, Side side);
  void carry_queued(unsigned layer, unsigned hops);
  void carry_all(const Traversal& traversal);
  void carry(graph::NodeId node, const Traversal& traversal);
  void collect(graph::NodeId newest, const Traversal& traversal);
  void collect_cells(std::span<const graph::EdgeCell> cells, RecordId from, const Traversal& traversal,
                     std::size_t most);
  void deliver_some(const Traversal& traversal);
  void deliver_all(const Traversal& traversal);
  void deliver(const Delivery& delivery, const Traversal& traversal);
  void deliver_found(const Delivery& delivery, const Traversal& traversal);
  void offer(RecordId id, graph::NodeId newest, const graph::Graph::Place& place, const Traversal& traversal,
             RecordId from);
  void offer(RecordId id, const Traversal& traversal, RecordId from);
  void add_direction(RecordId id, const graph::Graph::Place& place, const Traversal& traversal, RecordId from);
  void deliver_capped(graph::NodeId newest, const Traversal& traversal);
  void deliver_placed(RecordId from, graph::NodeId far, const Traversal& traversal);
  bool has_frontier(RecordId id, Side side) const noexcept {
    const PathState* path_state = ledger_.find_path_state(id);
    return path_state != nullptr && path_state->frontier[side] != 0;
  }
  Frontier& frontier(RecordId id, Side side) noexcept {
    return frontiers_[ledger_.find_path_state(id)->frontier[side] - 1];
  }
  bool has_frontiers() const noexcept { return frontiers_.size() != free_frontiers_.size(); }
  void forget_count(RecordId id, Side side) noexcept;
  void make_frontier(RecordId id, Side side);
  void note_followed(RecordId id, const Traversal& traversal);
  void note_followed_before(RecordId id, Side side);
  bool is_present(RecordId id) const noexcept { return id != 0 && ledger_[id].phase != Phase::absent; }
  bool follows(RecordId from, Side side, RecordId to) const noexcept;
  bool take_place(RecordId from, Side side, RecordId id);
  void give_up_frontiers(RecordId id) noexcept;
  Traversal traversal(unsigned layer, Side side, unsigned hops) const noexcept {
    return {layer, side, hops, hops == 1 && side == kOut && options_.origin_links == OriginLinks::error_spans};
  }
  bool passes(graph::EdgeCell cell, const Traversal& traversal) const noexcept {
    const unsigned limit = traversal.side == kOut ? cell.limit_linked() : cell.limit_linking();
    return traversal.hops <= (limit == graph::kNoLimit ? max_hops(traversal.side) : limit) &&
           (!traversal.error_spans_only || cell.on_error_span());
  }
  bool passes_now(graph::EdgeCell cell, std::uint32_t word, Side side) const noexcept;
  void pull_from_neighbours(RecordId id);
  void pull_from_neighbours(RecordId id, Side side);
  void pull_from(RecordId from, RecordId id, graph::EdgeCell cell, Side side);
  void add_far_nodes(RecordId id, Side side, std::vector<graph::NodeId>& nodes) const;
  bool is_returning(RecordId id, const Traversal& traversal, RecordId from) const noexcept;
  bool passed_through(RecordId id, unsigned layer, TraceId trace) const noexcept;
  bool search_from(std::uint32_t at, Side side, std::uint64_t traces_max, std::vector<RecordId>& tried, PathId& found);
  PathId path_along(RecordId origin, std::uint32_t at, std::uint8_t directions);
  bool link_incarnations(graph::NodeId node);
  bool link_with(graph::NodeId node, graph::NodeId older);
  void join(graph::NodeId other, graph::NodeId node);
  void transfer_state(graph::NodeId newest, graph::NodeId node) noexcept;
  PathId own_path(RecordId id);
  PathId path_of(RecordId id, unsigned layer);
  PathId materialized_path(RecordId id, unsigned layer) const noexcept;
  std::uint8_t directions_of(graph::NodeId node, unsigned layer) const noexcept;
  std::uint32_t reach_of(RecordId id) const noexcept { return graph_.reach(ledger_[id].node); }
  // Names for followed use a secret seed; those for refused, whose estimate is reported, use rank_seed_, so that runs
  // are repeatable.
  std::uint64_t name(RecordId id, std::uint64_t seed) const noexcept {
    return base::sampling_hash(graph_.key(ledger_[id].node), SpanId{}, seed);
  }
  // True if no link allows a further hop in this layer after so many.
  bool is_spent(unsigned layer, unsigned hops) const noexcept { return hops >= hops_most_[layer & 1]; }
  unsigned max_hops(Side side) const noexcept {
    return side == kOut ? options_.max_hops_linked : options_.max_hops_linking;
  }

  graph::Graph& graph_;
  Ledger& ledger_;
  PropagateOptions options_;
  bool component_;
  unsigned hops_most_[2];  // by direction of a layer: the most that any link allows
  // 2 when the deterministic layers are in use (0, 1 and 2, 3), else kLayers, which skips them. The first origin kept
  // by probabilistic policies alone turns them on; before it, every keep is deterministic.
  unsigned layer_step_ = kLayers;
  std::uint64_t rank_seed_;
  std::uint64_t name_seed_;
  std::int64_t now_ns_ = 0;
  std::vector<Queued> queue_;  // nodes to propagate from, by hops and layer
  unsigned fewest_queued_;     // no hops below it are queued, and none above most_queued_
  unsigned most_queued_ = 0;
  std::vector<graph::NodeId> working_;  // taken from the queue
  // Identified by node and window: record numbers may be reused before the next run().
  std::vector<graph::LateEdges> late_;     // of carry_over() and of nodes that joined
  std::vector<Fresh> fresh_;               // taken from late_
  std::vector<Fresh> fresh_by_owner_;      // a sorted copy of fresh_; empty until a frontier is made
  std::vector<Fresh> pulling_over_;        // scratch of take_late()
  std::uint64_t watched_ = 0;              // owner, as in Fresh: has no more edges than the cap, with those of fresh_
  bool has_counts_ = false;                // some trace has a count in PathState::edges
  std::vector<graph::LateEdges> pulling_;  // nodes passed to on_first_span(), no edges
  std::vector<RecordId> reached_;
  std::vector<Candidate> candidates_;  // scratch of deliver_capped()
  DeliveryBuffer collected_;           // of carry_all(), hints prefetched
  DeliveryBuffer coming_;              // scratch of deliver_some()
  DeliveryBuffer arrived_;             // rows prefetched
  graph::Graph::FarWindow far_window_;
  std::array<graph::EdgeCell, 64> gathered_;  // scratch of collect()
  std::vector<RecordId> unresolved_;          // scratch of path_of()
  std::vector<Frontier> frontiers_;
  std::vector<std::uint32_t> free_frontiers_;
  std::uint64_t frontier_bytes_ = 0;                         // of all frontiers, without the array itself
  std::vector<Visit> visits_;                                // scratch of path_with_room()
  std::unordered_map<std::uint64_t, std::uint8_t> visited_;  // record * 2 + layer -> most
  std::uint64_t steps_left_ = 0;                             // of all searches in this tick
  std::uint64_t search_steps_ = 0;                           // of the current search
  std::vector<graph::NodeId> unlinked_;                      // scratch of link_batch(), by others_
  std::vector<graph::NodeId> others_;
  std::uint64_t refused_count_ = 0;
};

}  // namespace entail::propagate
