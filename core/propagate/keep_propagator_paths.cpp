// KeepPropagator's paths (docs/design.md 3.12): built on demand by following the predecessors. WAY in
// keep_propagator.hpp says why that always works.
#include <utility>

#include "base/check.hpp"
#include "propagate/keep_propagator.hpp"

namespace entail::propagate {

using graph::NodeId;

unsigned KeepPropagator::nearest_hops(RecordId id) const noexcept {
  const std::uint32_t word = reach_of(id);
  const unsigned linked = hops_in(word, kLinked);
  const unsigned linking = hops_in(word, kLinking);
  return linking == 0 || (linked != 0 && linked <= linking) ? linked : linking;
}

bool KeepPropagator::is_reached_deterministically(RecordId id) const noexcept {
  const std::uint32_t word = reach_of(id);
  if (layer_step_ == kLayers) return (word & kAllHops) != 0;
  return (hops_in(word, kDeterministicLinked) | hops_in(word, kDeterministicLinking)) != 0;
}

PathId KeepPropagator::nearest_path(RecordId id) {
  const unsigned nearest = nearest_hops(id);
  if (nearest == 0) return 0;
  return path_of(id, hops(id, kLinked) == nearest ? kLinked : kLinking);
}

PathId KeepPropagator::own_path(RecordId id) {
  PathState& path_state = ledger_.path_state(id);
  if (path_state.own_path == 0) path_state.own_path = ledger_.paths().origin(graph_.key(ledger_[id].node));
  return path_state.own_path;
}

// The path built before, if no keep with fewer hops has arrived since.
PathId KeepPropagator::materialized_path(RecordId id, unsigned layer) const noexcept {
  const PathState* path_state = ledger_.find_path_state(id);
  if (path_state == nullptr || path_state->path[layer] == 0) return 0;
  return ledger_.paths().hops(path_state->path[layer]) <= hops(id, layer) ? path_state->path[layer] : 0;
}

// Along links or against them. In component mode both may lead from one trace to the next, so the directions are stored
// in the unused predecessor of layer linking.
std::uint8_t KeepPropagator::directions_of(NodeId node, unsigned layer) const noexcept {
  if (component_) return static_cast<std::uint8_t>(graph_.place(node).predecessor(kLinking));
  return layer == kLinked ? 1 : 2;
}

// REQUIRES that a keep reached the trace in this layer, linked or linking.
PathId KeepPropagator::path_of(RecordId id, unsigned layer) {
  unresolved_.clear();
  PathId path = 0;
  for (RecordId at = id; (path = materialized_path(at, layer)) == 0;) {
    ENTAIL_DCHECK(hops(at, layer) != 0 && unresolved_.size() <= kHopsMax);
    unresolved_.push_back(at);
    const RecordId predecessor = graph_.place(ledger_[at].node).predecessor(layer);
    if (hops(at, layer) == 1) {
      path = own_path(predecessor);
      break;
    }
    at = predecessor;
  }
  PathPool& paths = ledger_.paths();
  for (; !unresolved_.empty(); unresolved_.pop_back()) {
    const RecordId at = unresolved_.back();
    const NodeId node = ledger_[at].node;
    PathState& path_state = ledger_.path_state(at);
    path = paths.step(path, graph_.key(node), directions_of(node, layer));
    paths.drop_reference(std::exchange(path_state.path[layer], path));
  }
  return path;
}

void KeepPropagator::materialize_paths(RecordId id) {
  const std::uint32_t word = reach_of(id);
  if ((word & (kAllHops | kIsOrigin)) == 0) return;
  for (unsigned layer = 0; layer < directions(); ++layer)
    if (hops_in(word, layer) != 0) path_of(id, layer);
  std::vector<NodeId> far;
  linked_nodes(id, far);
  linking_nodes(id, far);
  constexpr std::size_t kAhead = 16;
  for (std::size_t i = 0; i < far.size(); ++i) {
    if (i + kAhead < far.size() && far[i + kAhead] != 0) graph_.prefetch(far[i + kAhead]);
    if (far[i] == 0) continue;
    const graph::Graph::Place taker = graph_.place(far[i]);
    if (taker.record() == 0) continue;
    for (unsigned layer = 0; layer < directions(); ++layer) {
      if (taker.predecessor(layer) != id || hops_in(taker.reach(), layer) == 0) continue;
      path_of(taker.record(), layer);
      taker.set_predecessor(layer, 0);  // the record number may be reused
    }
  }
}

void KeepPropagator::forget(RecordId id) {
  materialize_paths(id);
  const NodeId newest = ledger_[id].node;
  if (graph_.reach(newest) != 0) {
    for (NodeId node = newest; node != 0; node = graph_.older(node)) graph_.set_hint(node, 0);
    raise_all(newest, kCarries);  // the hops are forgotten; it pulls when it gets spans again
  }
  give_up_frontiers(id);
}

}  // namespace entail::propagate
