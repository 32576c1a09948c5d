// The Carrier's traces: their records, their incarnations in several windows, and those that were absent.
#include "propagate/carrier.hpp"

namespace entail::propagate {

using graph::EdgeCell;
using graph::NodeId;

RecordId Carrier::find_record(NodeId node) {
  const NodeId newest = graph_.newest(node);
  RecordId id = graph_.record(newest);
  if (id != 0 || !link_incarnations(newest)) return id;
  return graph_.record(graph_.newest(newest));
}

RecordId Carrier::record_of(NodeId node) {
  RecordId id = find_record(node);
  if (id != 0) return id;
  const NodeId newest = graph_.newest(node);
  id = ledger_.add(newest);
  ledger_[id].touched_ns = now_ns_;
  graph_.set_record(newest, id);
  return id;
}

// A node without a record may be an incarnation of a trace that other windows know. True if it was joined to one.
bool Carrier::link_incarnations(NodeId node) {
  if (!graph_.has_older_windows() || graph_.older(node) != 0) return false;
  NodeId other = 0;
  graph_.older_of({&node, 1}, &other);
  if (other == 0) other = graph_.newer_of(node);
  if (other != 0) join(other, node);
  return other != 0;
}

void Carrier::link_batch(std::span<const NodeId> nodes) {
  if (!graph_.has_older_windows()) return;
  unlinked_.clear();
  for (const NodeId node : nodes)
    if (graph_.record(node) == 0 && graph_.older(node) == 0 && graph_.newer(node) == 0) unlinked_.push_back(node);
  others_.resize(unlinked_.size());
  graph_.older_of(unlinked_, others_.data());
  for (std::size_t i = 0; i < unlinked_.size(); ++i) {
    const NodeId node = unlinked_[i];
    if (graph_.older(node) != 0 || graph_.newer(node) != 0) continue;  // the batch may name a node twice
    // A batch that began before a rotation makes its nodes in the window before; the newer one may have them too.
    const NodeId other = others_[i] != 0 || graph_.is_current(node) ? others_[i] : graph_.newer_of(node);
    if (other != 0) join(other, node);
  }
}

// Puts a node into the chain of its trace's incarnations, newest window first.
void Carrier::join(NodeId other, NodeId node) {
  const NodeId newest = graph_.newest(other);
  if (newest == node) return;
  const RecordId id = graph_.record(newest);
  const std::uint32_t word = graph_.reach(newest);
  const auto is_newer = [&](NodeId a) {  // sequence numbers modulo 2^16, at most 16 apart
    return static_cast<std::int16_t>(graph_.cell_of(a).sequence() - graph_.cell_of(node).sequence()) > 0;
  };
  NodeId above = 0;
  NodeId below = newest;
  while (below != 0 && is_newer(below)) {
    above = below;
    below = graph_.older(below);
  }
  if (below == node) return;
  if (above != 0) graph_.link_incarnations(node, above);
  if (below != 0) graph_.link_incarnations(below, node);
  if (above == 0) hand_down(newest, node);
  if (id != 0) {
    ledger_[id].touched_ns = now_ns_;
    ledger_[id].has_one_incarnation = false;
    if ((word & (kAllHops | kIsOrigin)) != 0) carry_again(id);
  } else if (word != 0) {
    graph_.raise_reach(node, graph_.reach(node) | kCarries);  // an absent trace that a keep had reached
  }
}

void Carrier::move_to(NodeId node, NodeId newest) {
  graph_.link_incarnations(newest, node);
  hand_down(newest, node);
  if (const RecordId id = graph_.record(node); id != 0) ledger_[id].has_one_incarnation = false;
}

// From now on `node` is the newest of the trace: what stands at the node that was moves on to it.
void Carrier::hand_down(NodeId newest, NodeId node) noexcept {
  const graph::Graph::Place from = graph_.place(newest);
  const graph::Graph::Place to = graph_.place(node);
  const RecordId id = from.record();
  if (id != 0) ledger_.set_node(id, node);
  to.set_record(id);
  to.set_hint(from.hint());
  for (unsigned i = 0; i < 2; ++i) to.set_giver(i, from.giver(i));
  const std::uint32_t word = from.reach() | to.reach();  // of its own it has kCarries at the most
  if ((word & kCarries) != 0)
    to.raise_reach(word);
  else
    to.note_reach(word);
}

void Carrier::arrive(RecordId id) {
  if (options_.mode == PropagateMode::none) return;
  bool marked = false;
  for (NodeId node = ledger_[id].node; node != 0; node = graph_.older(node)) marked |= graph_.reach(node) != 0;
  if (!marked) return;
  if (component_ && frontiers_.empty()) return;  // it was given its hops while absent, and no cap can take them away
  // What was reached through it stays reached; itself it needs a place with a neighbour that carries the keep.
  tell_paths(id);
  Trail& trail = ledger_.trail(id);
  for (PathId& path : trail.path) ledger_.paths().drop_reference(std::exchange(path, 0));
  trail.asks = true;
  ledger_[id].reached = false;
  graph_.raise_reach(ledger_[id].node, kCarries);
  ask(id);
}

// Its own links count too: ingest publishes their far ends first, so that a tick in between has carried a keep against
// them to a trace that it took for absent. The near ends may even come after another span of the trace has.
void Carrier::ask(RecordId id) {
  pull(id, kOut);
  pull(id, kIn);
}

// Asks the neighbours that would carry a keep over their `side` edges to this trace.
void Carrier::pull(RecordId id, Side side) {
  std::vector<EdgeCell> cells;
  for_each_edge(ledger_[id].node, side == kOut ? kIn : kOut, [&](EdgeCell cell, SpanId) { cells.push_back(cell); });
  for (const EdgeCell cell : cells) {
    const NodeId node = graph_.node_of(cell);
    const RecordId from = node == 0 ? 0 : find_record(node);
    if (from != 0 && from != id) pull_from(from, id, cell, side);
  }
}

void Carrier::pull_from(RecordId from, RecordId id, EdgeCell cell, Side side) {
  const std::uint32_t word = reach_of(from);
  if ((word & (kAllHops | kIsOrigin)) == 0) return;
  const Trail* const trail = ledger_.find_trail(from);
  const bool is_capped = trail != nullptr && trail->frontier[side] != 0;
  const bool own_may_pass = side == kIn || options_.origin_links == OriginLinks::all || cell.on_error_span();
  const unsigned first_layer = component_ ? 0u : unsigned{side};
  for (unsigned layer = first_layer; layer < kLayers; layer += layer_step_) {
    const bool own = is_origin(word, layer) && own_may_pass;
    if (!own && hops_in(word, layer) == 0) continue;
    const Passage way = passage(layer, side, (own ? 0u : hops_in(word, layer)) + 1);
    if (way.hops > kHopsMax || !passes(cell, way)) continue;
    if (is_capped && !take_place(from, side, id)) continue;
    offer(id, way, from);
  }
}

void Carrier::add_far_nodes(RecordId id, Side side, std::vector<NodeId>& nodes) const {
  for_each_edge(ledger_[id].node, side, [&](EdgeCell cell, SpanId) {
    const NodeId far = graph_.node_of(cell);
    nodes.push_back(far == 0 ? 0 : graph_.newest(far));
  });
}

}  // namespace entail::propagate
