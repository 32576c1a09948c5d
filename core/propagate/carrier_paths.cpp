// The Carrier's paths (docs/design.md 3.12): how a keep came is found by going back over the givers, when somebody
// asks. WAY in carrier.hpp says why that way is there.
#include <utility>

#include "base/check.hpp"
#include "propagate/carrier.hpp"

namespace entail::propagate {

using graph::NodeId;

unsigned Carrier::nearest_hops(RecordId id) const noexcept {
  const std::uint32_t word = reach_of(id);
  const unsigned linked = hops_in(word, kLinked);
  const unsigned linking = hops_in(word, kLinking);
  return linking == 0 || (linked != 0 && linked <= linking) ? linked : linking;
}

bool Carrier::is_reached_for_certain(RecordId id) const noexcept {
  const std::uint32_t word = reach_of(id);
  if (layer_step_ == kLayers) return (word & kAllHops) != 0;
  return (hops_in(word, kCertainLinked) | hops_in(word, kCertainLinking)) != 0;
}

PathId Carrier::nearest_path(RecordId id) {
  const unsigned nearest = nearest_hops(id);
  if (nearest == 0) return 0;
  return path_of(id, hops(id, kLinked) == nearest ? kLinked : kLinking);
}

PathId Carrier::own_path(RecordId id) {
  Trail& trail = ledger_.trail(id);
  if (trail.own_path == 0) trail.own_path = ledger_.paths().origin(graph_.key(ledger_[id].node));
  return trail.own_path;
}

// The path that was made when somebody asked before, if no keep has come with fewer hops since.
PathId Carrier::told_path(RecordId id, unsigned layer) const noexcept {
  const Trail* trail = ledger_.find_trail(id);
  if (trail == nullptr || trail->path[layer] == 0) return 0;
  return ledger_.paths().hops(trail->path[layer]) <= hops(id, layer) ? trail->path[layer] : 0;
}

// Along links or against them. In component mode both may lead from one trace to the next: it is noted beside the
// giver, in the place of the layer that it does not use.
std::uint8_t Carrier::directions_of(NodeId node, unsigned layer) const noexcept {
  if (component_) return static_cast<std::uint8_t>(graph_.place(node).giver(kLinking));
  return layer == kLinked ? 1 : 2;
}

// REQUIRES that a keep reached the trace in this layer, linked or linking.
PathId Carrier::path_of(RecordId id, unsigned layer) {
  way_.clear();
  PathId path = 0;
  for (RecordId at = id; (path = told_path(at, layer)) == 0;) {
    ENTAIL_DCHECK(hops(at, layer) != 0 && way_.size() <= kHopsMax);
    way_.push_back(at);
    const RecordId giver = graph_.place(ledger_[at].node).giver(layer);
    if (hops(at, layer) == 1) {
      path = own_path(giver);
      break;
    }
    at = giver;
  }
  PathPool& paths = ledger_.paths();
  for (; !way_.empty(); way_.pop_back()) {
    const RecordId at = way_.back();
    const NodeId node = ledger_[at].node;
    Trail& trail = ledger_.trail(at);
    path = paths.step(path, graph_.key(node), directions_of(node, layer));
    paths.drop_reference(std::exchange(trail.path[layer], path));
  }
  return path;
}

void Carrier::tell_paths(RecordId id) {
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
      if (taker.giver(layer) != id || hops_in(taker.reach(), layer) == 0) continue;
      path_of(taker.record(), layer);
      taker.set_giver(layer, 0);  // the number may name another trace soon
    }
  }
}

void Carrier::forget(RecordId id) {
  tell_paths(id);
  const NodeId newest = ledger_[id].node;
  if (graph_.reach(newest) != 0) {
    for (NodeId node = newest; node != 0; node = graph_.older(node)) graph_.set_hint(node, 0);
    raise_all(newest, kCarries);  // the hops are forgotten; it asks when it comes again
  }
  give_up_frontiers(id);
}

}  // namespace entail::propagate
