#include "propagate/carrier.hpp"

#include <algorithm>
#include <tuple>

#include "base/hash.hpp"
#include "propagate/reach_word.hpp"

namespace entail::propagate {

using graph::EdgeCell;
using graph::NodeId;

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

// What is fetched ahead of a trace's turn: the record, then its reach and its node's row, then the first edges.
void Carrier::carry_all(const std::vector<Work>& work, unsigned hops) {
  constexpr std::size_t kAhead = 36, kRowAfter = 12, kEdgesAfter = 24;  // traces
  for (std::size_t step = 0; step < work.size() + kAhead; ++step) {
    if (step < work.size()) ledger_.prefetch(work[step].id);
    if (const std::size_t i = step - kRowAfter; i < work.size()) {
      ledger_.prefetch_reach(work[i].id);
      graph_.prefetch(ledger_[work[i].id].node);
    }
    if (const std::size_t i = step - kEdgesAfter; i < work.size()) {
      const NodeId node = ledger_[work[i].id].node;
      if (component_ || (work[i].layer & 1) == 0) graph_.prefetch_out(node);
      if (component_ || (work[i].layer & 1) != 0) graph_.prefetch_in(node);
    }
    if (const std::size_t i = step - kAhead; i < work.size()) {
      ledger_.reach(work[i].id).queued = false;
      carry_on(work[i], hops);
    }
  }
  deliver_all(hops + 1);
}

void Carrier::raise_reach(NodeId node, std::uint32_t word) noexcept {
  graph_.set_hint(node, hint_of(word));
  graph_.raise_reach(node, word);
}

void Carrier::raise_reach(RecordId id) noexcept { raise_reach(ledger_[id].node, word_of(*ledger_.find_reach(id))); }

void Carrier::carry_on(const Work& work, unsigned hops) {
  const Reach& reach = ledger_.reach(work.id);
  if (!work.own && reach.hops[work.layer] != hops) return;  // it fell further since; that carries on instead
  // D1 before D2, for every incarnation that ingest may still find.
  const std::uint32_t word = word_of(reach);
  for (NodeId node = ledger_[work.id].node; node != 0; node = graph_.older(node)) raise_reach(node, word);
  if (component_ || (work.layer & 1) == 0) carry_side(work, hops, kOut);
  if (component_ || (work.layer & 1) != 0) carry_side(work, hops, kIn);
}

bool Carrier::passes(EdgeCell cell, Side side, unsigned hops) const noexcept {
  const unsigned limit = side == kOut ? cell.limit_linked() : cell.limit_linking();
  return hops <= (limit == graph::kNoLimit ? max_hops(side) : limit);
}

// f(far node, cell, far span) for every edge of the trace that lets the keep pass; the far span toward the linked side.
template <class F>
void Carrier::for_each_passable(const Record& record, Side side, unsigned hops, bool error_spans_only, F&& f) const {
  const auto pass = [&](EdgeCell cell, SpanId far_span) {
    if (!passes(cell, side, hops) || (error_spans_only && !cell.on_error_span())) return;
    if (const NodeId node = graph_.node_of(cell); node != 0) f(node, cell, far_span);
  };
  for (NodeId node = record.node; node != 0; node = graph_.older(node)) {
    if (side == kOut) {
      graph_.for_each_out(node, pass);
    } else {
      graph_.for_each_in(node, [&](EdgeCell cell) { pass(cell, SpanId{}); });
    }
  }
}

void Carrier::carry_side(const Work& work, unsigned hops, Side side) {
  const unsigned next_hops = hops + 1;
  if (next_hops > kHopsMax) return;
  const bool error_spans_only = work.own && side == kOut && options_.origin_links == OriginLinks::error_spans;
  const std::size_t before = deliveries_.size();
  for_each_passable(ledger_[work.id], side, next_hops, error_spans_only, [&](NodeId node, EdgeCell, SpanId) {
    graph_.prefetch_hint(node);
    deliveries_.push_back({node, work.id, work.layer, work.own, side});
  });
  if (deliveries_.size() - before > options_.max_links_followed) {
    deliveries_.resize(before);
    deliver_all(next_hops);  // whoever is followed already keeps its place
    deliver_capped(work, next_hops, side, error_spans_only);
  } else if (deliveries_.size() >= kDeliveriesMax) {
    deliver_all(next_hops);
  }
}

// Leaves of the deliveries those that a keep has not been delivered to, as far as the hints tell.
void Carrier::keep_news(unsigned hops) {
  if (component_) return;
  std::size_t count = 0;
  for (const Delivery& delivery : deliveries_) {
    deliveries_[count] = delivery;
    count += !was_here_by_hint(graph_.hint(delivery.node), delivery.layer, hops);
  }
  deliveries_.resize(count);
}

// Their order does not matter: all of them have the same hops, and nothing that one changes is read for another.
void Carrier::deliver_all(unsigned hops) {
  keep_news(hops);
  for (const Delivery& delivery : deliveries_) graph_.prefetch(delivery.node);
  std::size_t count = 0;
  for (const Delivery& delivery : deliveries_) {
    if (!component_ && was_here(graph_.reach(delivery.node), delivery.layer, hops)) continue;
    if (const RecordId id = graph_.record(delivery.node); id != 0) ledger_.prefetch(id);
    graph_.prefetch_key(delivery.node);
    deliveries_[count++] = delivery;
  }
  deliveries_.resize(count);
  for (const Delivery& delivery : deliveries_)
    if (const RecordId id = graph_.record(delivery.node); id != 0) ledger_.prefetch_reach(id);
  // Read for all before anything is written for one: these reads overlap, those between the writes of deliver() do not.
  count = 0;
  for (const Delivery& delivery : deliveries_) {
    const RecordId id = graph_.record(graph_.newest(delivery.node));
    const Reach* const reach = id == 0 ? nullptr : ledger_.find_reach(id);
    const unsigned known = reach == nullptr ? 0 : reach->hops[delivery.layer];
    deliveries_[count] = delivery;
    count += component_ || known == 0 || known > hops;
    ledger_.prefetch_path(delivery.from, delivery.layer);
  }
  deliveries_.resize(count);
  for (const Delivery& delivery : deliveries_) deliver(delivery, hops);
  deliveries_.clear();
  // All at once: each raise waits for the writes before it, which are many in deliver().
  for (const RecordId id : fallen_) raise_reach(id);
  fallen_.clear();
}

void Carrier::deliver(const Delivery& delivery, unsigned hops) {
  RecordId id = find_record(delivery.node);
  if (id == 0) {
    if (!component_) {
      raise_reach(graph_.newest(delivery.node), kCarries);  // it asks when it comes (arrive)
      return;
    }
    id = record_of(delivery.node);
  }
  if (id == delivery.from) return;
  if (offer(id, delivery.layer, hops, delivery.from, delivery.own, delivery.side == kOut ? 1 : 2))
    fallen_.push_back(id);
}

// Whoever found no place finds none later: places are not given back. A hot node, which is read again whenever an edge
// has come, would else sort and look up all of them again.
void Carrier::drop_refused(RecordId from, Side side) {
  const Reach* reach = ledger_.find_reach(from);
  if (reach == nullptr || reach->frontier[side] == 0) return;
  const std::unordered_set<std::uint64_t>& refused = frontiers_[reach->frontier[side] - 1].refused;
  constexpr std::size_t kAhead = 16;
  std::size_t count = 0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    if (i + kAhead < candidates_.size()) graph_.prefetch_key(candidates_[i + kAhead].node);
    if (!refused.contains(std::hash<TraceId>{}(graph_.key(candidates_[i].node)))) candidates_[count++] = candidates_[i];
  }
  candidates_.resize(count);
}

// More edges than max_links_followed: the first by rank among those present are followed, absent ones are free.
void Carrier::deliver_capped(const Work& work, unsigned hops, Side side, bool error_spans_only) {
  const RecordId from = work.id;
  candidates_.clear();
  const auto add = [&](NodeId node, EdgeCell cell, SpanId far_span) {
    const std::uint8_t rank = cell.on_error_span() ? 0 : (cell.sampled() ? 1 : 2);
    candidates_.push_back({node, rank, far_span.value});
  };
  for_each_passable(ledger_[from], side, hops, error_spans_only, add);
  drop_refused(from, side);
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
      deliver({candidate.node, from, work.layer, work.own, side}, hops);
    } else if (id != from && seen.insert(id).second) {
      present.push_back(id);
    }
  }
  frontier(from, side, work.layer, hops, present);
  for (const RecordId id : present)
    if (take_place(from, side, id) && offer(id, work.layer, hops, from, work.own, side == kOut ? 1 : 2))
      raise_reach(id);
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
  if (places.refused.insert(neighbour).second) ++refused_count_;
  return false;
}

// True if its hops fell: then the caller raises its reach word, at the latest before anything else is carried.
bool Carrier::offer(RecordId id, unsigned layer, unsigned hops, RecordId from, bool own, std::uint8_t direction_bit) {
  const Reach& source = ledger_.reach(from);
  Reach& reach = ledger_.reach(id);
  PathPool& paths = ledger_.paths();
  const bool certain_layer = layer >= kCertainLinked;
  const PathId back = certain_layer ? 0 : (own ? source.own_path : source.path[layer]);
  if (reach.hops[layer] != 0 && reach.hops[layer] <= hops) {
    // Only in component mode can both directions lead from one trace to another in the same layer.
    if (component_ && !certain_layer && reach.hops[layer] == hops && paths.back(reach.path[layer]) == back)
      paths.add_directions(reach.path[layer], direction_bit);
    return false;
  }
  reach.hops[layer] = static_cast<std::uint8_t>(hops);
  if (!certain_layer) {
    const PathId old = reach.path[layer];
    reach.path[layer] = paths.step(back, graph_.key(ledger_[id].node), direction_bit);
    paths.drop_reference(old);
  }
  ledger_[id].touched_ns = now_ns_;
  graph_.set_hint(ledger_[id].node, hint_of(word_of(reach)));
  if (!certain_layer) reached_.push_back(id);
  push(id, layer, hops, false);
  return true;
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
    if (offer(id, layer, hops, from, own, direction_bit)) raise_reach(id);
  }
}

}  // namespace entail::propagate
