// The Carrier where a trace has more neighbours than max_links_followed (DESIGN 3.5).
#include <algorithm>
#include <tuple>

#include "base/hash.hpp"
#include "propagate/carrier.hpp"

namespace entail::propagate {

using graph::EdgeCell;
using graph::NodeId;

// Whoever found no place finds none later: places are not given back. A hot node, which is read again whenever an edge
// has come, would else sort and look up all of them again.
void Carrier::drop_refused(RecordId from, Side side) {
  const Trail* trail = ledger_.find_trail(from);
  if (trail == nullptr || trail->frontier[side] == 0) return;
  const std::unordered_set<std::uint64_t>& refused = frontiers_[trail->frontier[side] - 1].refused;
  constexpr std::size_t kAhead = 16;
  std::size_t count = 0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    if (i + kAhead < candidates_.size()) graph_.prefetch_key(candidates_[i + kAhead].node);
    if (!refused.contains(std::hash<TraceId>{}(graph_.key(candidates_[i].node)))) candidates_[count++] = candidates_[i];
  }
  candidates_.resize(count);
}

// More edges than max_links_followed: the first by rank among those present are followed, absent ones are free.
void Carrier::deliver_capped(NodeId newest, const Passage& passage) {
  const RecordId from = graph_.record(newest);
  candidates_.clear();
  for_each_edge(newest, passage.side, [&](EdgeCell cell, SpanId far_span) {
    if (!passes(cell, passage)) return;
    const std::uint8_t rank = cell.on_error_span() ? 0 : (cell.sampled() ? 1 : 2);
    if (const NodeId far = graph_.node_of(cell); far != 0) candidates_.push_back({far, rank, far_span.value});
  });
  drop_refused(from, passage.side);
  std::vector<Candidate> candidates = std::move(candidates_);
  for (Candidate& candidate : candidates) {
    const TraceId key = graph_.key(candidate.node);
    candidate.hash = base::sampling_hash(key, SpanId{candidate.hash}, seed_);
    candidate.node = graph_.newest(candidate.node);
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.rank, a.hash, a.node) < std::tie(b.rank, b.hash, b.node);
  });
  std::vector<RecordId> present;  // by rank, each once
  std::unordered_set<RecordId> seen;
  for (const Candidate& candidate : candidates) {
    const RecordId id = find_record(candidate.node);
    if (id == 0 || ledger_[id].phase == Phase::absent) {
      deliver_found({candidate.node, from}, passage);
    } else if (id != from && seen.insert(id).second) {
      present.push_back(id);
    }
  }
  make_frontier(from, passage, present);
  for (const RecordId id : present)
    if (take_place(from, passage.side, id)) offer(id, passage, from);
  candidates_ = std::move(candidates);
}

// On first use: whoever was followed while the cap was far keeps its place.
void Carrier::make_frontier(RecordId id, const Passage& passage, const std::vector<RecordId>& present) {
  Trail& trail = ledger_.trail(id);
  std::uint32_t& place = trail.frontier[passage.side];
  if (place != 0) return;
  if (free_frontiers_.empty()) {
    frontiers_.emplace_back();
    place = static_cast<std::uint32_t>(frontiers_.size());
  } else {
    place = free_frontiers_.back();
    free_frontiers_.pop_back();
  }
  if (passage.layer >= kCertainLinked) return;
  for (const RecordId neighbour : present)
    if (hops(neighbour, passage.layer) != 0 && graph_.place(ledger_[neighbour].node).giver(passage.layer) == id)
      frontiers_[place - 1].followed.insert(name(neighbour));
}

bool Carrier::take_place(RecordId from, Side side, RecordId id) {
  Frontier& places = frontiers_[ledger_.trail(from).frontier[side] - 1];
  const std::uint64_t neighbour = name(id);
  if (places.followed.contains(neighbour)) return true;
  if (places.followed.size() < options_.max_links_followed) {
    places.followed.insert(neighbour);
    return true;
  }
  if (places.refused.insert(neighbour).second) ++refused_count_;
  return false;
}

std::uint32_t Carrier::not_followed(RecordId id) const noexcept {
  std::size_t count = 0;
  const Trail* trail = ledger_.find_trail(id);
  if (trail == nullptr) return 0;
  for (const std::uint32_t place : trail->frontier)
    if (place != 0) count += frontiers_[place - 1].refused.size();
  return static_cast<std::uint32_t>(count);
}

std::uint64_t Carrier::bytes() const noexcept {
  std::uint64_t bytes = candidates_.capacity() * sizeof(Candidate) + frontiers_.capacity() * sizeof(Frontier) +
                        collected_.bytes() + coming_.bytes() + arrived_.bytes();
  for (const Frontier& places : frontiers_) bytes += (places.followed.size() + places.refused.size()) * 32;
  return bytes;
}

}  // namespace entail::propagate
