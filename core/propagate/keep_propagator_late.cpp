// The part of KeepPropagator for late edges of traces that propagate keeps, and for traces that were absent when a keep
// passed.
#include <algorithm>
#include <utility>

#include "propagate/keep_propagator.hpp"

namespace entail::propagate {

using graph::EdgeCell;
using graph::LateEdges;
using graph::NodeId;

void KeepPropagator::carry_over(const LateEdges& late) {
  if (options_.mode != PropagateMode::none) late_.push_back(late);
}

// PROTOCOL keep_delivery D3: edges first, so that a trace that pulls afterwards sees which places are taken. Frontiers
// are made before the first edge of the batch is used: then the batch's edges have no places yet, and all others have.
void KeepPropagator::take_late() {
  while (!late_.empty() || !pulling_.empty()) {
    for (std::size_t i = 0; i < late_.size(); ++i) add_fresh(late_[i]);  // nodes that join add to late_
    late_.clear();
    for (const Fresh& fresh : fresh_) watch_cap(fresh);
    for (const Fresh& fresh : fresh_) carry_late(fresh);  // adds to late_, too
    pulling_over_.swap(fresh_);
    fresh_.clear();
    fresh_by_owner_.clear();
    watched_ = 0;
    for (const Fresh& fresh : pulling_over_)
      if (fresh.pulls) pull_over(fresh);
    pulling_over_.clear();
    if (!late_.empty()) continue;
    for (std::size_t i = 0; i < pulling_.size(); ++i) {
      const LateEdges asking = pulling_[i];
      const RecordId id = graph_.is_live(asking.node, asking.sequence) ? find_record(asking.node) : 0;
      if (id != 0 && ledger_.find_path_state(id) != nullptr && ledger_.find_path_state(id)->pulls)
        pull_from_neighbours(id);
    }
    pulling_.clear();
  }
}

void KeepPropagator::add_fresh(LateEdges late) {
  if (!graph_.is_live(late.node, late.sequence)) return;
  const RecordId id = find_record(late.node);
  if (id == 0) return;  // absent: it pulls when its first span arrives
  ledger_[id].touched_ns = now_ns_;
  const Side side = late.is_out() ? kOut : kIn;
  const PathState* path_state = ledger_.find_path_state(id);
  const bool carries = (reach_of(id) & (kAllHops | kIsOrigin)) != 0;
  fresh_.push_back({owner(id, side), late, carries, path_state != nullptr && path_state->pulls});
}

void KeepPropagator::pull_over(const Fresh& fresh) {
  const RecordId id = record_in(fresh.owner);
  const Side side = side_in(fresh.owner);
  graph_.for_each_late_edge(fresh.late, [&](EdgeCell cell) {
    const NodeId far = graph_.node_of(cell);
    const RecordId from = far == 0 ? 0 : find_record(far);
    if (from != 0 && from != id) pull_from(from, id, cell, side == kOut ? kIn : kOut);
  });
}

// A trace that this batch reaches first is queued, and this run propagates over all its edges.
void KeepPropagator::carry_late(const Fresh& fresh) {
  if (!fresh.carries) return;
  const RecordId id = record_in(fresh.owner);
  const Side side = side_in(fresh.owner);
  const std::uint32_t word = reach_of(id);
  for_each_layer_of(side, [&](unsigned layer) {
    if (is_origin(word, layer)) carry_late(id, fresh.late, traversal(layer, side, 1));
    if (const unsigned hops = hops_in(word, layer); hops != 0)
      carry_late(id, fresh.late, traversal(layer, side, hops + 1));
  });
}

void KeepPropagator::carry_late(RecordId id, const LateEdges& late, const Traversal& traversal) {
  const bool is_capped = has_frontier(id, traversal.side);
  graph_.for_each_late_edge(late, [&](EdgeCell cell) {
    const NodeId far = passes(cell, traversal) ? graph_.node_of(cell) : 0;
    if (far == 0) return;
    if (is_capped)
      deliver_placed(id, far, traversal);
    else
      deliver({far, id}, traversal);
  });
}

void KeepPropagator::watch_cap(const Fresh& fresh) {
  if (!fresh.carries || watched_ == fresh.owner) return;
  const RecordId id = record_in(fresh.owner);
  const Side side = side_in(fresh.owner);
  if (has_frontier(id, side)) return;
  std::uint32_t more = 0;
  graph_.for_each_late_edge(fresh.late, [&](EdgeCell) { ++more; });
  if (watch_cap(id, side, more)) watched_ = fresh.owner;
}

// A trace gets a frontier with the first edge beyond the cap. A small number of edges is counted each time; a larger
// count is stored and grows by `more`, and the edges are counted again when it exceeds the cap. Returns true if all
// edges were counted.
bool KeepPropagator::watch_cap(RecordId id, Side side, std::uint32_t more) {
  constexpr std::uint64_t kFew = 64;
  if (const PathState* path_state = ledger_.find_path_state(id);
      path_state != nullptr && path_state->edges[side] != 0) {
    const std::uint64_t count = std::uint64_t{path_state->edges[side]} + more;
    if (count <= options_.max_links_followed) {
      ledger_.path_state(id).edges[side] = static_cast<std::uint32_t>(count);
      return false;
    }
  }
  std::uint64_t count = 0;
  for (NodeId node = ledger_[id].node; node != 0 && count <= options_.max_links_followed; node = graph_.older(node)) {
    graph_.for_each_part(node, [&](const LateEdges& part) {
      if (part.is_out() == (side == kOut)) graph_.for_each_late_edge(part, [&](EdgeCell) { ++count; });
      return count <= options_.max_links_followed;
    });
  }
  if (count > options_.max_links_followed) {
    make_frontier(id, side);
    note_followed_before(id, side);
  } else if (count > kFew) {
    ledger_.path_state(id).edges[side] = static_cast<std::uint32_t>(count);
    has_counts_ = true;
  }
  return true;
}

// The far ends of the trace's late edges in this batch, newest incarnations, ascending.
std::vector<NodeId> KeepPropagator::fresh_far_nodes(RecordId id, Side side) {
  const auto is_before = [](const Fresh& a, const Fresh& b) { return a.owner < b.owner; };
  if (fresh_by_owner_.empty()) {
    fresh_by_owner_ = fresh_;
    std::sort(fresh_by_owner_.begin(), fresh_by_owner_.end(), is_before);
  }
  std::vector<NodeId> far;
  const Fresh wanted{owner(id, side), {}, false, false};
  const auto [first, last] = std::equal_range(fresh_by_owner_.begin(), fresh_by_owner_.end(), wanted, is_before);
  for (auto fresh = first; fresh != last; ++fresh) {
    graph_.for_each_late_edge(fresh->late, [&](EdgeCell cell) {
      if (const NodeId node = graph_.node_of(cell); node != 0) far.push_back(graph_.newest(node));
    });
  }
  std::sort(far.begin(), far.end());
  return far;
}

void KeepPropagator::on_first_span(RecordId id) {
  if (options_.mode == PropagateMode::none) return;
  const NodeId newest = ledger_[id].node;
  const std::uint32_t word = graph_.reach(newest);
  if (word == 0) return;  // no keep passed (R1)
  const bool has_hops = (word & kAllHops) != 0;
  if (component_ && has_hops && !has_frontiers()) return;  // it got its hops while absent, and no cap takes them away
  // Traces reached through it stay reached; it needs a place with a neighbour that has the keep itself.
  materialize_paths(id);
  PathState& path_state = ledger_.path_state(id);
  for (PathId& path : path_state.path) ledger_.paths().drop_reference(std::exchange(path, 0));
  path_state.pulls = true;
  ledger_[id].reached = false;
  graph_.set_hint(newest, 0);
  raise_all(newest, kCarries);
  pulling_.push_back({newest, graph_.sequence_of(newest), 0});
}

// Its own links count too: ingest publishes their far ends first, so a tick in between may have propagated a keep
// against them to a trace that looked absent. The near ends may even follow another span of the trace.
void KeepPropagator::pull_from_neighbours(RecordId id) {
  pull_from_neighbours(id, kOut);
  pull_from_neighbours(id, kIn);
}

// Pulls keeps from the neighbours whose `side` edges lead to this trace.
void KeepPropagator::pull_from_neighbours(RecordId id, Side side) {
  std::vector<EdgeCell> cells;
  for_each_edge(ledger_[id].node, side == kOut ? kIn : kOut, [&](EdgeCell cell, SpanId) { cells.push_back(cell); });
  for (const EdgeCell cell : cells) {
    const NodeId node = graph_.node_of(cell);
    const RecordId from = node == 0 ? 0 : find_record(node);
    if (from != 0 && from != id) pull_from(from, id, cell, side);
  }
}

void KeepPropagator::pull_from(RecordId from, RecordId id, EdgeCell cell, Side side) {
  const std::uint32_t word = reach_of(from);
  if ((word & (kAllHops | kIsOrigin)) == 0) return;
  if ((word & kCarries) == 0) return;  // no keep has left it yet: in this run one does, over all edges
  if (!has_frontier(from, side)) watch_cap(from, side, 1);
  const bool is_capped = has_frontier(from, side);
  for_each_layer_of(side, [&](unsigned layer) {
    const unsigned hops = hops_in(word, layer);
    Traversal way = traversal(layer, side, 1);
    if (!is_origin(word, layer) || !passes(cell, way)) {
      if (hops == 0) return;
      way = traversal(layer, side, hops + 1);
      if (!passes(cell, way)) return;
    }
    if (!is_capped || take_place(from, side, id)) offer(id, way, from);
  });
}

// True if a keep of a trace with this word passes the edge in any layer.
bool KeepPropagator::passes_now(EdgeCell cell, std::uint32_t word, Side side) const noexcept {
  bool may_pass = false;
  for_each_layer_of(side, [&](unsigned layer) {
    const unsigned hops = hops_in(word, layer);
    may_pass |= (is_origin(word, layer) && passes(cell, traversal(layer, side, 1))) ||
                (hops != 0 && passes(cell, traversal(layer, side, hops + 1)));
  });
  return may_pass;
}

// In component mode a trace that got no place when its first span arrived is not reached by a keep that returns over
// traces reached through it (docs/design.md 3.5).
bool KeepPropagator::is_returning(RecordId id, const Traversal& traversal, RecordId from) const noexcept {
  if (traversal.hops == 1) return false;  // its neighbour's own keep
  const PathState* path_state = ledger_.find_path_state(id);
  if (path_state == nullptr || !path_state->pulls) return false;
  return passed_through(from, traversal.layer & 1, graph_.key(ledger_[id].node));
}

// True if `trace` is on the path of the keep that reached the record's trace. Deterministic layers share the
// predecessors of the others.
bool KeepPropagator::passed_through(RecordId id, unsigned layer, TraceId trace) const noexcept {
  for (unsigned steps = 0; hops(id, layer) != 0 && steps <= kHopsMax; ++steps) {
    if (const PathId known = materialized_path(id, layer); known != 0) return ledger_.paths().contains(known, trace);
    const unsigned hops_here = hops(id, layer);
    id = graph_.place(ledger_[id].node).predecessor(layer);
    if (id == 0) return false;
    if (graph_.key(ledger_[id].node) == trace) return true;
    if (hops_here == 1) return false;
  }
  return false;
}

}  // namespace entail::propagate
