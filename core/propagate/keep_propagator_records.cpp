// KeepPropagator's records, and the incarnations of a trace in several windows.
#include "propagate/keep_propagator.hpp"

namespace entail::propagate {

using graph::EdgeCell;
using graph::NodeId;

RecordId KeepPropagator::find_record(NodeId node) {
  const NodeId newest = graph_.newest(node);
  RecordId id = graph_.record(newest);
  if (id != 0 || !link_incarnations(newest)) return id;
  return graph_.record(graph_.newest(newest));
}

RecordId KeepPropagator::record_of(NodeId node) {
  RecordId id = find_record(node);
  if (id != 0) return id;
  const NodeId newest = graph_.newest(node);
  id = ledger_.add(newest);
  ledger_[id].touched_ns = now_ns_;
  graph_.set_record(newest, id);
  return id;
}

// A node without a record may be an incarnation of a trace in other windows. True if it was joined to one.
bool KeepPropagator::link_incarnations(NodeId node) {
  if (!graph_.has_older_windows() || graph_.older(node) != 0) return false;
  NodeId older = 0;
  graph_.older_of({&node, 1}, &older);
  return link_with(node, older);
}

void KeepPropagator::link_batch(std::span<const NodeId> nodes) {
  if (!graph_.has_older_windows()) return;
  unlinked_.clear();
  for (const NodeId node : nodes)
    if (graph_.record(node) == 0 && graph_.older(node) == 0 && graph_.newer(node) == 0) unlinked_.push_back(node);
  others_.resize(unlinked_.size());
  graph_.older_of(unlinked_, others_.data());
  for (std::size_t i = 0; i < unlinked_.size(); ++i) {
    const NodeId node = unlinked_[i];
    if (graph_.older(node) != 0 || graph_.newer(node) != 0) continue;  // the batch may name a node twice
    link_with(node, others_[i]);
  }
}

// PROTOCOL incarnations J1, R4. older: the newest node with the same key in windows older than the node's, which is in
// no chain yet. Behind an unlinked node there may be further unlinked ones; a chain holds all nodes that existed when
// its last node was linked. A batch that began before a rotation adds its nodes to the previous window, so newer
// windows are searched too.
bool KeepPropagator::link_with(NodeId node, NodeId older) {
  const auto is_alone = [&](NodeId other) {
    const graph::Graph::Place place = graph_.place(other);
    return place.record() == 0 && !place.is_linked();
  };
  std::array<NodeId, 2 * graph::kWindowSlots> found;
  std::size_t count = 0;
  while (older != 0) {
    found[count++] = older;
    if (!is_alone(older)) break;
    const NodeId at = older;
    graph_.older_of({&at, 1}, &older);
  }
  if (!graph_.is_current(node)) {
    for (NodeId newer = graph_.newer_of(node); newer != 0; newer = graph_.newer_of(newer)) {
      found[count++] = newer;
      if (!is_alone(newer)) break;
    }
  }
  for (std::size_t i = 0; i < count; ++i)
    if (!is_alone(found[i])) join(found[i], node);
  for (std::size_t i = 0; i < count; ++i)
    if (is_alone(found[i])) join(node, found[i]);
  if (count == 0) return false;
  if (const RecordId id = graph_.record(graph_.newest(node)); id != 0) ledger_[id].touched_ns = now_ns_;
  return true;
}

// Puts a node that is in no chain and has no record into the chain of its trace's incarnations, newest window first.
// PROTOCOL incarnations J1 to J3.
void KeepPropagator::join(NodeId other, NodeId node) {
  const NodeId head = graph_.newest(other);
  if (head == graph_.newest(node)) return;
  const std::uint32_t chain_word = graph_.reach(head);
  const std::uint32_t node_word = graph_.reach(node);
  const auto is_newer = [&](NodeId a) {  // sequence numbers modulo 2^16, at most 16 apart
    return static_cast<std::int16_t>(graph_.cell_of(a).sequence() - graph_.cell_of(node).sequence()) > 0;
  };
  NodeId above = 0;
  NodeId below = head;
  while (below != 0 && is_newer(below)) {
    above = below;
    below = graph_.older(below);
  }
  if (above != 0) graph_.link_incarnations(node, above);
  if (below != 0) graph_.link_incarnations(below, node);
  if (above == 0) transfer_state(head, node);
  const NodeId newest = above == 0 ? node : head;
  const RecordId id = graph_.record(newest);
  if (id != 0) ledger_[id].has_one_incarnation = false;
  if (((chain_word | node_word) & kCarries) == 0) return;
  raise_all(newest, graph_.reach(newest) | kCarries);    // J2
  if (id == 0) return;                                   // absent: it pulls over all edges when its first span arrives
  if ((chain_word & kCarries) == 0 && is_present(id)) {  // a keep reached this node alone, as an absent trace
    ledger_.path_state(id).pulls = true;
    pulling_.push_back({newest, graph_.sequence_of(newest), 0});
  }
  graph_.for_each_part(node, [&](const graph::LateEdges& part) {  // J3
    late_.push_back(part);
    return true;
  });
}

// Makes `node` the newest of the trace by moving the state of the former newest node to it. kCarries, on which its
// edges depend, is raised afterwards.
void KeepPropagator::transfer_state(NodeId newest, NodeId node) noexcept {
  const graph::Graph::Place from = graph_.place(newest);
  const graph::Graph::Place to = graph_.place(node);
  const RecordId id = from.record();
  if (id != 0) ledger_.set_node(id, node);
  to.set_record(id);
  to.set_hint(from.hint());
  for (unsigned i = 0; i < 2; ++i) to.set_predecessor(i, from.predecessor(i));
  to.note_reach((from.reach() & ~kCarries) | to.reach());  // its own word has at most kCarries
}

void KeepPropagator::add_far_nodes(RecordId id, Side side, std::vector<NodeId>& nodes) const {
  for_each_edge(ledger_[id].node, side, [&](EdgeCell cell, SpanId) {
    const NodeId far = graph_.node_of(cell);
    nodes.push_back(far == 0 ? 0 : graph_.newest(far));
  });
}

}  // namespace entail::propagate
