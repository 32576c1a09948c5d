#include "propagate/carrier.hpp"

#include <algorithm>
#include <tuple>

#include "base/hash.hpp"

namespace entail::propagate {

using graph::EdgeCell;
using graph::NodeId;

namespace {

// The reach word of a node says beside "a keep carries on from here" how far the keeps had come, by layer, as a hint:
// it is read before anything else of the trace, and most edges of a dense graph lead to where a keep has been already.
// 0 hops in the word mean that the record must be asked.
constexpr unsigned kLayerBits = 7;
static_assert(kHopsMax < (1u << kLayerBits) && kLayers * kLayerBits < 32);
constexpr std::uint32_t kCarries = 1;  // and no hint

std::uint32_t word_of(const Reach& reach) noexcept {
  std::uint32_t word = kCarries;
  for (unsigned layer = 0; layer < kLayers; ++layer)
    word |= std::uint32_t{reach.hops[layer]} << (1 + layer * kLayerBits);
  return word;
}
bool was_here(std::uint32_t word, unsigned layer, unsigned hops) noexcept {
  const std::uint32_t known = word >> (1 + layer * kLayerBits) & ((1u << kLayerBits) - 1);
  return known != 0 && known <= hops;
}

}  // namespace

Carrier::Carrier(graph::Graph& graph, Ledger& ledger, const PropagateOptions& options, bool origins_may_be_chance,
                 std::uint64_t seed)
    : graph_(graph),
      ledger_(ledger),
      options_(options),
      component_(options.mode == PropagateMode::component),
      layer_step_(origins_may_be_chance ? 2u : unsigned{kLayers}),
      seed_(seed),
      queue_(kHopsMax + 2) {
  hops_most_[kOut] = options_.max_hops_linked;
  hops_most_[kIn] = options_.max_hops_linking;
  for (const auto& [type, rule] : options_.types) {
    hops_most_[kOut] = std::max(hops_most_[kOut], rule.linked.value_or(0));
    hops_most_[kIn] = std::max(hops_most_[kIn], rule.linking.value_or(0));
  }
}

// In component mode a spent trace is carried on from nevertheless: the reach word tells arrive() that a keep came.
bool Carrier::is_spent(unsigned layer, unsigned hops) const noexcept {
  return !component_ && hops >= hops_most_[(layer & 1) == 0 ? kOut : kIn];
}

void Carrier::make_origin(RecordId id, bool certain) {
  Reach& reach = ledger_.reach(id);
  const bool first = !reach.origin;
  const bool more_certain = certain && !reach.certain;
  reach.origin = true;
  reach.certain = reach.certain || certain;
  if (reach.own_path == 0) reach.own_path = ledger_.paths().origin(graph_.key(ledger_[id].node));
  if (options_.mode == PropagateMode::none) return;
  const unsigned directions = component_ ? 1 : 2;
  for (unsigned direction = 0; direction < directions; ++direction) {
    if (first) push(id, direction, 0, true);
    if (more_certain && layer_step_ == 2) push(id, kCertainLinked + direction, 0, true);
  }
}

void Carrier::carry_again(RecordId id) {
  Reach& reach = ledger_.reach(id);
  if (reach.queued || options_.mode == PropagateMode::none) return;
  reach.queued = true;
  if (reach.asks) ask(id);
  const unsigned layers = layer_step_ == 2 ? unsigned{kLayers} : 2u;
  for (unsigned layer = 0; layer < layers; ++layer) {
    if (component_ && (layer & 1) != 0) continue;
    if (reach.origin && (layer < 2 || reach.certain)) push(id, layer, 0, true);
    if (reach.hops[layer] != 0) push(id, layer, reach.hops[layer], false);
  }
}

void Carrier::push(RecordId id, unsigned layer, unsigned hops, bool own) {
  if (is_spent(layer, hops)) return;
  queue_[hops].push_back({id, static_cast<std::uint8_t>(layer), own});
}

void Carrier::run(std::int64_t now_ns) {
  now_ns_ = now_ns;
  // Work of h hops only makes work of more, but for a trace found to be an older one's new incarnation on the way,
  // whose keeps start again: so the queue is passed through until it is empty. Every pass lowers hops or ends.
  for (unsigned hops = 0; hops < queue_.size();) {
    if (queue_[hops].empty()) {
      ++hops;
      continue;
    }
    carry_all(std::exchange(queue_[hops], {}), hops);
    hops = 0;
  }
}

// What is fetched ahead: the record, then its reach and its node's row, then the first edges.
void Carrier::carry_all(const std::vector<Work>& work, unsigned hops) {
  constexpr std::size_t kRecordAhead = 24, kRowAhead = 16, kEdgesAhead = 8;
  for (std::size_t i = 0; i < work.size(); ++i) {
    if (i + kRecordAhead < work.size()) ledger_.prefetch(work[i + kRecordAhead].id);
    if (i + kRowAhead < work.size()) {
      ledger_.prefetch_reach(work[i + kRowAhead].id);
      graph_.prefetch(ledger_[work[i + kRowAhead].id].node);
    }
    if (i + kEdgesAhead < work.size()) graph_.prefetch_edges(ledger_[work[i + kEdgesAhead].id].node);
    ledger_.reach(work[i].id).queued = false;
    carry_on(work[i], hops);
  }
  deliver_all(hops + 1);
}

void Carrier::carry_on(const Work& work, unsigned hops) {
  const Reach& reach = ledger_.reach(work.id);
  if (!work.own && reach.hops[work.layer] != hops) return;  // it fell further since; that carries on instead
  // D1 before D2, for every incarnation that ingest may still find.
  const std::uint32_t word = word_of(reach);
  for (NodeId node = ledger_[work.id].node; node != 0; node = graph_.older(node)) graph_.raise_reach(node, word);
  if (component_ || (work.layer & 1) == 0) carry_side(work, hops, kOut);
  if (component_ || (work.layer & 1) != 0) carry_side(work, hops, kIn);
}

bool Carrier::passes(EdgeCell cell, Side side, unsigned hops) const noexcept {
  const unsigned limit = side == kOut ? cell.limit_linked() : cell.limit_linking();
  return hops <= (limit == graph::kNoLimit ? max_hops(side) : limit);
}

void Carrier::gather(const Record& record, Side side, unsigned hops, bool error_spans_only) {
  candidates_.clear();
  const auto add = [&](EdgeCell cell, SpanId far_span) {
    if (!passes(cell, side, hops) || (error_spans_only && !cell.on_error_span())) return;
    const NodeId node = graph_.node_of(cell);
    if (node == 0) return;
    const std::uint8_t rank = cell.on_error_span() ? 0 : (cell.sampled() ? 1 : 2);
    candidates_.push_back({node, rank, far_span.value});
  };
  for (NodeId node = record.node; node != 0; node = graph_.older(node)) {
    if (side == kOut) {
      graph_.for_each_out(node, add);
    } else {
      graph_.for_each_in(node, [&](EdgeCell cell) { add(cell, SpanId{}); });
    }
  }
}

void Carrier::carry_side(const Work& work, unsigned hops, Side side) {
  const unsigned next_hops = hops + 1;
  if (next_hops > kHopsMax) return;
  const bool error_spans_only = work.own && side == kOut && options_.origin_links == OriginLinks::error_spans;
  gather(ledger_[work.id], side, next_hops, error_spans_only);
  if (candidates_.size() > options_.max_links_followed) {
    deliver_all(next_hops);  // whoever is followed already keeps its place
    deliver_capped(work.id, work, next_hops, side);
    return;
  }
  for (const Candidate& candidate : candidates_) {
    graph_.prefetch(candidate.node);
    deliveries_.push_back({candidate.node, work.id, work.layer, work.own, side});
    if (deliveries_.size() == kDeliveriesMax) deliver_all(next_hops);
  }
}

// Their order does not matter: all of them have the same hops, and nothing that one changes is read for another.
void Carrier::deliver_all(unsigned hops) {
  std::size_t count = 0;
  for (const Delivery& delivery : deliveries_) {
    if (!component_ && was_here(graph_.reach(delivery.node), delivery.layer, hops)) continue;
    if (const RecordId id = graph_.record(delivery.node); id != 0) ledger_.prefetch(id);
    deliveries_[count++] = delivery;
  }
  deliveries_.resize(count);
  for (const Delivery& delivery : deliveries_) {
    graph_.prefetch_key(delivery.node);
    if (const RecordId id = graph_.record(delivery.node); id != 0) ledger_.prefetch_reach(id);
  }
  for (const Delivery& delivery : deliveries_) deliver(delivery, hops);
  deliveries_.clear();
}

void Carrier::deliver(const Delivery& delivery, unsigned hops) {
  RecordId id = find_record(delivery.node);
  if (id == 0) {
    if (!component_) {
      graph_.raise_reach(graph_.newest(delivery.node), kCarries);  // it asks when it comes (arrive)
      return;
    }
    id = record_of(delivery.node);
  }
  if (id != delivery.from) offer(id, delivery.layer, hops, delivery.from, delivery.own, delivery.side == kOut ? 1 : 2);
}

// Whoever found no place finds none later: places are not given back. A hot node, which is read again whenever an edge
// has come, would else sort and look up all of them again.
void Carrier::drop_refused(RecordId from, Side side, std::vector<Candidate>& candidates) const {
  const Reach* reach = ledger_.find_reach(from);
  if (reach == nullptr || reach->frontier[side] == 0) return;
  const std::unordered_set<std::uint64_t>& refused = frontiers_[reach->frontier[side] - 1].refused;
  constexpr std::size_t kAhead = 16;
  std::size_t count = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (i + kAhead < candidates.size()) graph_.prefetch_key(candidates[i + kAhead].node);
    if (!refused.contains(std::hash<TraceId>{}(graph_.key(candidates[i].node)))) candidates[count++] = candidates[i];
  }
  candidates.resize(count);
}

// More edges than max_links_followed: the first by rank among those present are followed, absent ones are free.
void Carrier::deliver_capped(RecordId from, const Work& work, unsigned hops, Side side) {
  std::vector<Candidate> candidates = std::move(candidates_);
  drop_refused(from, side, candidates);
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
      deliver({candidate.node, from, work.layer, work.own, side}, hops);
    } else if (id != from && seen.insert(id).second) {
      present.push_back(id);
    }
  }
  frontier(from, side, work.layer, hops, present);
  for (const RecordId id : present)
    if (take_place(from, side, id)) offer(id, work.layer, hops, from, work.own, side == kOut ? 1 : 2);
  candidates_ = std::move(candidates);
}

Carrier::Frontier& Carrier::frontier(RecordId id, Side side, unsigned layer, unsigned hops,
                                     const std::vector<RecordId>& present) {
  Reach& reach = ledger_.reach(id);
  if (reach.frontier[side] == 0) {
    if (free_frontiers_.empty()) {
      frontiers_.emplace_back();
      reach.frontier[side] = static_cast<std::uint32_t>(frontiers_.size());
    } else {
      reach.frontier[side] = free_frontiers_.back();
      free_frontiers_.pop_back();
    }
    auto& followed = frontiers_[reach.frontier[side] - 1].followed;
    // Whoever was followed while the cap was far keeps its place.
    for (const RecordId neighbour : present) {
      const Reach* theirs = ledger_.find_reach(neighbour);
      if (theirs == nullptr || theirs->hops[layer] != hops || layer >= kCertainLinked) continue;
      const PathId back = ledger_.paths().back(theirs->path[layer]);
      if (back != 0 && (back == reach.own_path || back == reach.path[layer])) followed.insert(name(neighbour));
    }
  }
  return frontiers_[reach.frontier[side] - 1];
}

bool Carrier::take_place(RecordId from, Side side, RecordId id) {
  Frontier& places = frontiers_[ledger_.reach(from).frontier[side] - 1];
  const std::uint64_t neighbour = name(id);
  if (places.followed.contains(neighbour)) return true;
  if (places.followed.size() < options_.max_links_followed) {
    places.followed.insert(neighbour);
    return true;
  }
  if (places.refused.insert(neighbour).second) {
    ++ledger_[from].not_followed;
    ++refused_count_;
  }
  return false;
}

void Carrier::offer(RecordId id, unsigned layer, unsigned hops, RecordId from, bool own, std::uint8_t direction_bit) {
  const Reach& source = ledger_.reach(from);
  Reach& reach = ledger_.reach(id);
  PathPool& paths = ledger_.paths();
  const bool certain_layer = layer >= kCertainLinked;
  const PathId back = certain_layer ? 0 : (own ? source.own_path : source.path[layer]);
  if (reach.hops[layer] != 0 && reach.hops[layer] <= hops) {
    // Only in component mode can both directions lead from one trace to another in the same layer.
    if (component_ && !certain_layer && reach.hops[layer] == hops && paths.back(reach.path[layer]) == back)
      paths.add_directions(reach.path[layer], direction_bit);
    return;
  }
  reach.hops[layer] = static_cast<std::uint8_t>(hops);
  if (!certain_layer) {
    const PathId old = reach.path[layer];
    reach.path[layer] = paths.step(back, graph_.key(ledger_[id].node), direction_bit);
    paths.drop_reference(old);
  }
  ledger_[id].touched_ns = now_ns_;
  graph_.raise_reach(ledger_[id].node, word_of(reach));
  if (!certain_layer) reached_.push_back(id);
  push(id, layer, hops, false);
}

void Carrier::arrive(RecordId id) {
  if (options_.mode == PropagateMode::none) return;
  bool marked = false;
  for (NodeId node = ledger_[id].node; node != 0; node = graph_.older(node)) marked |= graph_.reach(node) != 0;
  if (!marked) return;
  Reach& reach = ledger_.reach(id);
  if (component_ && frontiers_.empty()) return;  // it was given its hops while absent, and no cap can take them away
  // What was reached through it stays reached; itself it needs a place with a neighbour that carries the keep.
  for (unsigned layer = 0; layer < kLayers; ++layer) reach.hops[layer] = 0;
  reach.asks = true;
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
  for (NodeId node = ledger_[id].node; node != 0; node = graph_.older(node)) {
    if (side == kOut) {
      graph_.for_each_in(node, [&](EdgeCell cell) { cells.push_back(cell); });
    } else {
      graph_.for_each_out(node, [&](EdgeCell cell, SpanId) { cells.push_back(cell); });
    }
  }
  for (const EdgeCell cell : cells) {
    const NodeId node = graph_.node_of(cell);
    const RecordId from = node == 0 ? 0 : find_record(node);
    if (from != 0 && from != id) pull_from(from, id, cell, side);
  }
}

void Carrier::pull_from(RecordId from, RecordId id, EdgeCell cell, Side side) {
  const Reach* source = ledger_.find_reach(from);
  if (source == nullptr) return;
  const std::uint8_t direction_bit = side == kOut ? 1 : 2;
  const bool own_may_pass = side == kIn || options_.origin_links == OriginLinks::all || cell.on_error_span();
  const unsigned first_layer = component_ ? 0u : unsigned{side};
  for (unsigned layer = first_layer; layer < kLayers; layer += layer_step_) {
    const bool own = (layer < 2 ? source->origin : source->certain) && own_may_pass;
    if (!own && source->hops[layer] == 0) continue;
    const unsigned hops = (own ? 0u : source->hops[layer]) + 1;
    if (hops > kHopsMax || !passes(cell, side, hops)) continue;
    if (source->frontier[side] != 0 && !take_place(from, side, id)) continue;
    offer(id, layer, hops, from, own, direction_bit);
  }
}

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
  others_.resize(nodes.size());
  graph_.older_of(nodes, others_.data());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const NodeId node = nodes[i];
    if (graph_.older(node) != 0 || graph_.newer(node) != 0) continue;
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
    if (ledger_.find_reach(id) != nullptr) carry_again(id);
  } else if (reached) {
    graph_.raise_reach(node, kCarries);  // an absent trace that a keep had reached
  }
}

void Carrier::forget(RecordId id) noexcept {
  const Reach* reach = ledger_.find_reach(id);
  if (reach == nullptr) return;
  for (NodeId node = ledger_[id].node; node != 0; node = graph_.older(node))
    if (graph_.reach(node) != 0) graph_.raise_reach(node, kCarries);  // the hops are forgotten
  for (const std::uint32_t place : reach->frontier) {
    if (place == 0) continue;
    frontiers_[place - 1] = Frontier{};
    free_frontiers_.push_back(place);
  }
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
