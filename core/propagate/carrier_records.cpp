// The Carrier's traces: their records, and their incarnations in several windows.
#include "propagate/carrier.hpp"
#include "propagate/reach_word.hpp"

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
  id = ledger_.add();
  const NodeId newest = graph_.newest(node);
  ledger_[id].node = newest;
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
  const bool reached = graph_.reach(newest) != 0;
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
  if (above == 0) {
    graph_.set_record(node, id);
    if (id != 0) ledger_[id].node = node;
  }
  if (id != 0) {
    ledger_[id].touched_ns = now_ns_;
    ledger_[id].has_one_incarnation = false;
    if (ledger_.find_reach(id) != nullptr) carry_again(id);
  } else if (reached) {
    raise_reach(node, kCarries);  // an absent trace that a keep had reached
  }
}

void Carrier::forget(RecordId id) noexcept {
  const Reach* reach = ledger_.find_reach(id);
  if (reach == nullptr) return;
  for (NodeId node = ledger_[id].node; node != 0; node = graph_.older(node))
    if (graph_.reach(node) != 0) raise_reach(node, kCarries);  // the hops are forgotten
  for (const std::uint32_t place : reach->frontier) {
    if (place == 0) continue;
    frontiers_[place - 1] = Frontier{};
    free_frontiers_.push_back(place);
  }
}

std::uint32_t Carrier::not_followed(RecordId id) const noexcept {
  std::size_t count = 0;
  const Reach* reach = ledger_.find_reach(id);
  if (reach == nullptr) return 0;
  for (const std::uint32_t place : reach->frontier)
    if (place != 0) count += frontiers_[place - 1].refused.size();
  return static_cast<std::uint32_t>(count);
}

void Carrier::linked_nodes(RecordId id, std::vector<NodeId>& nodes) const {
  for (NodeId node = ledger_[id].node; node != 0; node = graph_.older(node))
    graph_.for_each_out(node, [&](EdgeCell cell, SpanId) {
      const NodeId far = graph_.node_of(cell);
      nodes.push_back(far == 0 ? 0 : graph_.newest(far));
    });
}

void Carrier::linking_nodes(RecordId id, std::vector<NodeId>& nodes) const {
  for (NodeId node = ledger_[id].node; node != 0; node = graph_.older(node))
    graph_.for_each_in(node, [&](EdgeCell cell) {
      const NodeId far = graph_.node_of(cell);
      nodes.push_back(far == 0 ? 0 : graph_.newest(far));
    });
}

std::uint64_t Carrier::bytes() const noexcept {
  std::uint64_t bytes = candidates_.capacity() * sizeof(Candidate) + frontiers_.capacity() * sizeof(Frontier);
  for (const Frontier& places : frontiers_) bytes += (places.followed.size() + places.refused.size()) * 32;
  return bytes;
}

}  // namespace entail::propagate
