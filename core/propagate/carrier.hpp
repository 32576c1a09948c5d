// Carrier: carries keeps over the edges (DESIGN 3.2 to 3.5), from origins to everything within reach, by hops.
//
// Work is ordered by hops, so each trace is scanned at most once for each hop count that it falls to; a keep that
// arrives with fewer hops is carried on again. Hops and paths live in the Ledger; the graph only holds the reach word,
// by which ingest learns that an edge it has just published must be looked at again (and a hint byte for itself):
//
// PROTOCOL keep_frontier (the decider's half of graph/late_edge.hpp): no keep is lost when a link arrives while its
// other end is being decided (G2).
//   ingest   I1 publish the edge at u (seq_cst)   I2 load u.reach (seq_cst); not 0 -> u into the late log
//   tick     D1 raise u.reach (seq_cst)           D2 read u's edges (seq_cst)
//   P1  at least one side sees the other: carry_on() raises the word, unless it stands there from an earlier raise,
//       before it reads the edges, always in this order.
//   proved by tests/interleave/keep_frontier_test.cpp (edges in and out beside hops that fall, through the late log)
//   and late_edge_test.cpp; mutants that weaken any one of the four accesses must fail.
//
// An absent trace (known only from links) has no record in cone mode: its node is marked with the reach word, and when
// its first span comes it asks its neighbours for the keep (pull). So does a trace whose links a tick sees before its
// spans: ingest publishes the far ends of a request's links first. In component mode a keep passes through it, so it
// gets a record.
//
// Thread rule: Confined (tick). Cost: about three cache misses an edge end, fetched for many ends at once; a trace that
// a keep reaches with no hop left is not read at all.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include "entail/options.hpp"
#include "graph/graph.hpp"
#include "propagate/record.hpp"

namespace entail::propagate {

class Carrier {
 public:
  Carrier(graph::Graph& graph, Ledger& ledger, const PropagateOptions& options, bool origins_may_be_chance,
          std::uint64_t seed);

  // The record of a node's trace, looking for older incarnations of it in other windows first; 0 if it has none.
  RecordId find_record(graph::NodeId node);
  // The same; makes one in phase absent if there is none.
  RecordId record_of(graph::NodeId node);

  // The trace's own keep spreads from now on. certain: it is not kept by dice alone. Again with certain = true if that
  // becomes known later.
  void make_origin(RecordId id, bool certain);
  // The trace has new edges since its keep was last carried on.
  void carry_again(RecordId id);
  // A trace that was absent has spans now: finds out what keeps reach it.
  void arrive(RecordId id);

  // Joins nodes without a record to the other incarnations of their traces, many at once. A node that has a record was
  // joined, or looked for in vain, before it got it.
  void link_batch(std::span<const graph::NodeId> nodes);
  // Before the record is removed: gives its places back.
  void forget(RecordId id) noexcept;

  // Carries everything queued as far as it goes.
  void run(std::int64_t now_ns);

  // Traces that a keep reached, or reached with fewer hops, since the last call, perhaps repeated; newly refused
  // neighbours (loss max_links_followed).
  std::vector<RecordId> take_reached() noexcept { return std::move(reached_); }
  std::uint64_t take_refused_count() noexcept { return std::exchange(refused_count_, 0); }

  // Neighbours that found no place among max_links_followed, both directions.
  std::uint32_t not_followed(RecordId id) const noexcept;
  // The other ends of the trace's edges, as nodes (newest incarnation, 0 where the window is gone), repeated as linked.
  void linked_nodes(RecordId id, std::vector<graph::NodeId>& nodes) const;
  void linking_nodes(RecordId id, std::vector<graph::NodeId>& nodes) const;
  std::uint64_t bytes() const noexcept;

 private:
  enum Side : unsigned { kOut = 0, kIn = 1 };  // toward the linked side, toward the linking side
  struct Work {
    RecordId id;
    std::uint8_t layer;
    bool own;
  };
  // One edge end to be carried over: the far node and how it ranks when a cap binds.
  struct Candidate {
    graph::NodeId node;
    std::uint8_t rank;   // 0 on an ERROR span, 1 sampled, 2 neither
    std::uint64_t hash;  // of the far end
  };
  // One edge end on its way, together with others, so that the memory they need is fetched at once.
  struct Delivery {
    graph::NodeId node;
    RecordId from;
    std::uint8_t layer;
    bool own;
    Side side;
  };
  static constexpr std::size_t kDeliveriesMax = 512;
  // The neighbours of a trace that has more than max_links_followed, in one direction.
  struct Frontier {
    std::unordered_set<std::uint64_t> followed;  // by name(): records are forgotten and their numbers reused
    std::unordered_set<std::uint64_t> refused;
  };

  void push(RecordId id, unsigned layer, unsigned hops, bool own);
  void carry_all(const std::vector<Work>& work, unsigned hops);
  void carry_on(const Work& work, unsigned hops);
  void carry_side(const Work& work, unsigned hops, Side side);
  template <class F>
  void for_each_passable(const Record& record, Side side, unsigned hops, bool error_spans_only, F&& f) const;
  void deliver_all(unsigned hops);
  void keep_news(unsigned hops);
  void deliver(const Delivery& delivery, unsigned hops);
  void deliver_capped(const Work& work, unsigned hops, Side side, bool error_spans_only);
  void drop_refused(RecordId from, Side side);
  bool offer(RecordId id, unsigned layer, unsigned hops, RecordId from, bool own, std::uint8_t direction_bit);
  bool passes(graph::EdgeCell cell, Side side, unsigned hops) const noexcept;
  Frontier& frontier(RecordId id, Side side, unsigned layer, unsigned hops, const std::vector<RecordId>& present);
  bool take_place(RecordId from, Side side, RecordId id);
  void ask(RecordId id);
  void pull(RecordId id, Side from_side);
  void pull_from(RecordId from, RecordId id, graph::EdgeCell cell, Side side);
  bool link_incarnations(graph::NodeId node);
  void join(graph::NodeId other, graph::NodeId node);
  std::uint64_t name(RecordId id) const noexcept { return std::hash<TraceId>{}(graph_.key(ledger_[id].node)); }
  void raise_reach(graph::NodeId node, std::uint32_t word) noexcept;
  void raise_reach(RecordId id) noexcept;
  // No link lets a keep of this layer pass with so many hops behind it.
  bool is_spent(unsigned layer, unsigned hops) const noexcept;
  unsigned max_hops(Side side) const noexcept {
    return side == kOut ? options_.max_hops_linked : options_.max_hops_linking;
  }

  graph::Graph& graph_;
  Ledger& ledger_;
  PropagateOptions options_;
  bool component_;
  unsigned hops_most_[2];  // by side: the most that any link allows
  unsigned
      layer_step_;  // 2 when certain layers are used: layers 0,1 and 2,3; else kLayers, so that they are not visited
  std::uint64_t seed_;
  std::int64_t now_ns_ = 0;
  std::vector<std::vector<Work>> queue_;  // by hops
  std::vector<RecordId> reached_;
  std::vector<Candidate> candidates_;  // scratch of deliver_capped()
  std::vector<Delivery> deliveries_;   // of carry_all()
  std::vector<RecordId> fallen_;       // of deliver_all(): those whose hops fell
  std::vector<Frontier> frontiers_;
  std::vector<std::uint32_t> free_frontiers_;
  std::vector<graph::NodeId> unlinked_;  // scratch of link_batch(), by others_
  std::vector<graph::NodeId> others_;
  std::uint64_t refused_count_ = 0;
};

}  // namespace entail::propagate
