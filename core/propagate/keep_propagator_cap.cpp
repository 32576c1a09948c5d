// The part of KeepPropagator for traces with more neighbours than max_links_followed (docs/design.md 3.5).
#include <algorithm>
#include <tuple>

#include "base/hash.hpp"
#include "propagate/keep_propagator.hpp"

namespace entail::propagate {

using graph::EdgeCell;
using graph::NodeId;

// For traces with more edges than max_links_followed, or a frontier from earlier: neighbours that have a place keep it,
// and the highest-ranked others that are present take the places left. Absent traces need no place. The edges are read
// again only when a keep leaves with fewer hops.
void KeepPropagator::deliver_capped(NodeId newest, const Traversal& traversal) {
  const RecordId from = graph_.record(newest);
  candidates_.clear();
  for_each_edge(newest, traversal.side, [&](EdgeCell cell, SpanId far_span) {
    if (!passes(cell, traversal)) return;
    const std::uint8_t rank = cell.on_error_span() ? 0 : (cell.sampled() ? 1 : 2);
    if (const NodeId far = graph_.node_of(cell); far != 0) candidates_.push_back({far, 0, rank, far_span.value});
  });
  if (!has_frontier(from, traversal.side)) {
    make_frontier(from, traversal.side);
    note_followed(from, traversal);
  }
  constexpr std::size_t kAhead = 16;
  std::size_t count = 0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    if (i + kAhead < candidates_.size()) graph_.prefetch(candidates_[i + kAhead].node);
    Candidate candidate = candidates_[i];
    candidate.id = find_record(candidate.node);
    if (!is_present(candidate.id)) {
      deliver_found({candidate.node, from}, traversal);
    } else if (candidate.id != from) {
      candidates_[count++] = candidate;
    }
  }
  candidates_.resize(count);
  const std::uint64_t room =
      options_.max_links_followed -
      std::min<std::uint64_t>(options_.max_links_followed, frontier(from, traversal.side).followed.size());
  if (room != 0 && count > room) {
    for (Candidate& candidate : candidates_)
      candidate.hash = base::sampling_hash(graph_.key(candidate.node), SpanId{candidate.hash}, rank_seed_);
    std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
      return std::tie(a.rank, a.hash, a.id) < std::tie(b.rank, b.hash, b.id);
    });
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (i + 2 * kAhead < count) ledger_.prefetch(candidates_[i + 2 * kAhead].id);
    if (i + kAhead < count) graph_.prefetch_key(ledger_[candidates_[i + kAhead].id].node);
    if (take_place(from, traversal.side, candidates_[i].id)) offer(candidates_[i].id, traversal, from);
  }
}

// Over one edge of a trace that has a frontier.
void KeepPropagator::deliver_placed(RecordId from, NodeId far, const Traversal& traversal) {
  const RecordId id = find_record(far);
  if (!is_present(id))
    deliver_found({far, from}, traversal);
  else if (id != from && take_place(from, traversal.side, id))
    offer(id, traversal, from);
}

// Edges were read that are still in the late log, so the count would be wrong.
void KeepPropagator::forget_count(RecordId id, Side side) noexcept {
  if (const PathState* path_state = ledger_.find_path_state(id); path_state != nullptr && path_state->edges[side] != 0)
    ledger_.path_state(id).edges[side] = 0;
}

void KeepPropagator::make_frontier(RecordId id, Side side) {
  PathState& path_state = ledger_.path_state(id);
  if (free_frontiers_.empty()) {
    frontiers_.emplace_back();
    free_frontiers_.reserve(frontiers_.capacity());  // so that giving one up never allocates
    path_state.frontier[side] = static_cast<std::uint32_t>(frontiers_.size());
  } else {
    path_state.frontier[side] = free_frontiers_.back();
    free_frontiers_.pop_back();
  }
}

// An earlier keep left with more hops over fewer edges: neighbours that have it from this trace keep their places.
void KeepPropagator::note_followed(RecordId id, const Traversal& traversal) {
  const unsigned layer = traversal.layer & 1;
  for (const Candidate& candidate : candidates_) {
    const RecordId neighbour = graph_.record(graph_.newest(candidate.node));
    if (is_present(neighbour) && hops(neighbour, layer) != 0 &&
        graph_.place(ledger_[neighbour].node).predecessor(layer) == id &&
        frontier(id, traversal.side).followed.size() < options_.max_links_followed)
      take_place(id, traversal.side, neighbour);
  }
}

// The late edges of this batch exceed the cap: the keep passed all others. But it may have passed some of the late ones
// already, when the trace's edges were read or a neighbour pulled after ingest had published them, and some of the
// others may be published only now. So neighbours that have the keep from this trace come first.
void KeepPropagator::note_followed_before(RecordId id, Side side) {
  candidates_.clear();
  for_each_edge(ledger_[id].node, side, [&](EdgeCell cell, SpanId) {
    if (const NodeId far = graph_.node_of(cell); far != 0) candidates_.push_back({far, 0, 0, 0});
  });
  for_each_layer_of(side, [&](unsigned layer) {
    if (layer < kDeterministicLinked) note_followed(id, traversal(layer, side, 1));
  });
  const std::vector<NodeId> fresh = fresh_far_nodes(id, side);
  std::vector<bool> skipped(fresh.size());
  const std::uint32_t word = reach_of(id);
  std::vector<NodeId> before;
  for_each_edge(ledger_[id].node, side, [&](EdgeCell cell, SpanId) {
    const NodeId far = passes_now(cell, word, side) ? graph_.node_of(cell) : 0;
    if (far == 0) return;
    const NodeId newest = graph_.newest(far);
    auto at = static_cast<std::size_t>(std::lower_bound(fresh.begin(), fresh.end(), newest) - fresh.begin());
    while (at < fresh.size() && fresh[at] == newest && skipped[at]) ++at;
    if (at < fresh.size() && fresh[at] == newest)
      skipped[at] = true;  // once for each late edge to it
    else
      before.push_back(newest);
  });
  for (const NodeId node : before) {
    if (frontier(id, side).followed.size() == options_.max_links_followed) return;
    if (const RecordId neighbour = find_record(node); is_present(neighbour) && neighbour != id)
      take_place(id, side, neighbour);
  }
}

// True if the frontier, if any, lets keeps pass from one trace to the other.
bool KeepPropagator::follows(RecordId from, Side side, RecordId to) const noexcept {
  const PathState* path_state = ledger_.find_path_state(from);
  if (path_state == nullptr || path_state->frontier[side] == 0 || !is_present(to)) return true;
  return frontiers_[path_state->frontier[side] - 1].followed.contains(name(to, name_seed_));
}

bool KeepPropagator::take_place(RecordId from, Side side, RecordId id) {
  Frontier& places = frontier(from, side);
  const std::uint64_t neighbour = name(id, name_seed_);
  if (places.followed.contains(neighbour)) return true;
  const std::uint64_t bytes = places.bytes();
  const bool has_room = places.followed.size() < options_.max_links_followed;
  if (has_room)
    places.followed.insert(neighbour);
  else
    refused_count_ += places.refused.add(name(id, rank_seed_));
  frontier_bytes_ += places.bytes() - bytes;
  return has_room;
}

void KeepPropagator::give_up_frontiers(RecordId id) noexcept {
  const PathState* path_state = ledger_.find_path_state(id);
  if (path_state == nullptr) return;
  for (const std::uint32_t place : path_state->frontier) {
    if (place == 0) continue;
    frontier_bytes_ -= frontiers_[place - 1].bytes();
    frontiers_[place - 1] = Frontier{};
    free_frontiers_.push_back(place);
  }
}

std::uint32_t KeepPropagator::not_followed(RecordId id) const noexcept {
  std::uint64_t count = 0;
  const PathState* path_state = ledger_.find_path_state(id);
  if (path_state == nullptr) return 0;
  for (const std::uint32_t place : path_state->frontier)
    if (place != 0) count += frontiers_[place - 1].refused.count();
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX));
}

// Memory held between ticks; the rest is scratch that free_scratch() keeps small.
std::uint64_t KeepPropagator::bytes() const noexcept {
  const auto of = [](const auto& array) { return array.capacity() * sizeof(array[0]); };
  std::uint64_t bytes = frontier_bytes_ + of(frontiers_) + of(free_frontiers_) + of(candidates_) + of(late_) +
                        of(fresh_) + of(fresh_by_owner_) + of(pulling_over_) + of(pulling_) + of(reached_) +
                        of(working_) + of(visits_) + of(unlinked_) + of(others_) + collected_.bytes() +
                        coming_.bytes() + arrived_.bytes();
  for (const Queued& queued : queue_)
    for (const std::vector<NodeId>& nodes : queued) bytes += of(nodes);
  return bytes;
}

}  // namespace entail::propagate
