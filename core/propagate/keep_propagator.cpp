#include "propagate/keep_propagator.hpp"

#include <algorithm>
#include <utility>

#include "base/free_array.hpp"
#include "base/random_seed.hpp"
#include "sync/sync_point.hpp"

namespace entail::propagate {

using graph::EdgeCell;
using graph::Graph;
using graph::NodeId;

KeepPropagator::KeepPropagator(graph::Graph& graph, Ledger& ledger, const PropagateOptions& options,
                               std::uint64_t rank_seed)
    : graph_(graph),
      ledger_(ledger),
      options_(options),
      component_(options.mode == PropagateMode::component),
      rank_seed_(rank_seed),
      name_seed_(base::random_seed()),
      queue_(kHopsMax + 1),
      fewest_queued_(kHopsMax + 1) {
  hops_most_[kOut] = options_.max_hops_linked;
  hops_most_[kIn] = options_.max_hops_linking;
  for (const auto& [type, rule] : options_.types) {
    hops_most_[kOut] = std::max(hops_most_[kOut], rule.linked.value_or(0));
    hops_most_[kIn] = std::max(hops_most_[kIn], rule.linking.value_or(0));
  }
  if (component_) hops_most_[kOut] = std::max(hops_most_[kOut], hops_most_[kIn]);  // its layers count for both
}

inline void KeepPropagator::push(NodeId node, unsigned layer, unsigned hops) {
  if (is_spent(layer, hops)) return;
  queue_[hops][layer].push_back(node);
  fewest_queued_ = std::min(fewest_queued_, hops);
  most_queued_ = std::max(most_queued_, hops);
}

void KeepPropagator::make_origin(RecordId id, bool deterministic) {
  if (options_.mode == PropagateMode::none) return;
  if (!deterministic && layer_step_ == kLayers) use_deterministic_layers();
  const NodeId node = ledger_[id].node;
  const Graph::Place place = graph_.place(node);
  const std::uint32_t before = place.reach();
  const std::uint32_t word = before | kIsOrigin | (deterministic ? kIsDeterministicOrigin : 0);
  place.note_reach(word);
  for_each_layer([&](unsigned layer) {
    if (is_origin(word, layer) && !is_origin(before, layer)) push(node, layer, 0);
  });
}

// Called for the first origin that only probabilistic policies keep. All keeps so far are deterministic, so each layer
// is copied to its deterministic one. Happens once in an engine's life.
void KeepPropagator::use_deterministic_layers() {
  layer_step_ = kDeterministicLinked;
  ledger_.for_each([&](RecordId id) {
    const Graph::Place place = graph_.place(ledger_[id].node);
    std::uint32_t word = place.reach();
    for (unsigned layer = 0; layer < directions(); ++layer)
      word = with_hops(word, layer + kDeterministicLinked, hops_in(word, layer));
    place.note_reach(word);
  });
  for (Queued& queued : queue_)
    for (unsigned layer = 0; layer < directions(); ++layer) queued[layer + kDeterministicLinked] = queued[layer];
}

void KeepPropagator::run(std::int64_t now_ns) {
  now_ns_ = now_ns;
  far_window_ = {};
  steps_left_ = kStepsATick;
  // Work at h hops only queues work at more hops, except when a node turns out to be another incarnation of a trace:
  // its edges then get that trace's keeps. Every pass lowers hops or ends.
  for (take_late(); fewest_queued_ <= most_queued_; take_late()) {
    const unsigned hops = fewest_queued_++;
    for (unsigned layer = 0; layer < kLayers; ++layer)
      if (!queue_[hops][layer].empty()) carry_queued(layer, hops);
  }
  fewest_queued_ = static_cast<unsigned>(queue_.size());
  most_queued_ = 0;
  constexpr std::size_t kKeptCount = 1 << 16;
  free_scratch(kKeptCount);
}

void KeepPropagator::free_scratch(std::size_t kept_count) noexcept {
  const auto free = [kept_count](auto& array) {
    if (array.empty()) base::free_array_above(array, kept_count);
  };
  const auto free_all = [&](auto&... arrays) { (free(arrays), ...); };
  free_all(late_, fresh_, fresh_by_owner_, pulling_over_, pulling_, candidates_, reached_, visits_, unlinked_, others_);
  for (DeliveryBuffer* buffer : {&collected_, &coming_, &arrived_})
    if (buffer->bytes() > kept_count * sizeof(Delivery)) *buffer = DeliveryBuffer();
}

void KeepPropagator::carry_queued(unsigned layer, unsigned hops) {
  working_.swap(queue_[hops][layer]);
  if (component_) {
    carry_all(traversal(layer, kOut, hops + 1));
    carry_all(traversal(layer, kIn, hops + 1));
  } else {
    carry_all(traversal(layer, (layer & 1) == 0 ? kOut : kIn, hops + 1));
  }
  constexpr std::size_t kKeptCount = 4096;  // nodes; a larger array is freed
  working_.clear();
  base::free_array_above(working_, kKeptCount);
}

// Prefetches ahead of each node: its row, then its first edges, then the following ones.
void KeepPropagator::carry_all(const Traversal& traversal) {
  constexpr std::size_t kEdgesAfter = 12, kMoreEdgesAfter = 24, kAhead = 36;  // nodes
  for (std::size_t step = 0; step < working_.size() + kAhead; ++step) {
    if (step < working_.size()) graph_.prefetch(working_[step]);
    if (const std::size_t i = step - kEdgesAfter; i < working_.size()) {
      if (traversal.side == kOut)
        graph_.prefetch_out(working_[i]);
      else
        graph_.prefetch_in(working_[i]);
    }
    if (const std::size_t i = step - kMoreEdgesAfter; i < working_.size()) {
      if (traversal.side == kOut)
        graph_.prefetch_out_next(working_[i]);
      else
        graph_.prefetch_in_next(working_[i]);
    }
    if (const std::size_t i = step - kAhead; i < working_.size()) carry(working_[i], traversal);
  }
  deliver_all(traversal);
}

// Sets kCarries at all nodes of the chain (R1) and the word at the newest: D1 for every node that ingest may still
// find. REQUIRES kCarries in word.
void KeepPropagator::raise_all(NodeId newest, std::uint32_t word) {
  graph_.raise_reach(newest, word);
  for (NodeId older = graph_.older(newest); older != 0; older = graph_.older(older)) {
    const Graph::Place place = graph_.place(older);
    if ((place.reach() & kCarries) == 0) place.raise_reach(place.reach() | kCarries);
  }
}

void KeepPropagator::carry(NodeId node, const Traversal& traversal) {
  const NodeId newest = graph_.newest(node);
  const std::uint32_t word = graph_.reach(newest);
  // Its hops have fallen since; they are queued themselves.
  if (traversal.hops > 1 && hops_in(word, traversal.layer) != traversal.hops - 1) return;
  raise_all(newest, word | kCarries);  // D1 before D2
  ENTAIL_SYNC_POINT("carry:after_raise");
  if (has_frontiers() && has_frontier(graph_.record(newest), traversal.side)) {
    deliver_capped(newest, traversal);
    return;
  }
  const std::size_t before = collected_.size();
  collect(newest, traversal);
  if (collected_.size() - before > options_.max_links_followed) {
    collected_.cut(before);
    deliver_all(traversal);  // neighbours followed already keep their places
    deliver_capped(newest, traversal);
    return;
  }
  if (has_counts_) forget_count(graph_.record(newest), traversal.side);
  if (collected_.size() >= kDeliveryBatch) deliver_some(traversal);
}

// Appends the far ends of the trace's edges that the keep may pass to collected_; stops early where a cap binds.
void KeepPropagator::collect(NodeId newest, const Traversal& traversal) {
  const RecordId from = graph_.record(newest);
  const std::size_t most = collected_.size() + options_.max_links_followed;
  for (NodeId node = newest; node != 0; node = graph_.older(node)) {
    if (traversal.side == kOut) {
      graph_.for_each_out_block(
          node, [&](const graph::OutBlock& block) { collect_cells(block.cells, from, traversal, most); });
      continue;
    }
    std::size_t count = 0;
    graph_.for_each_in(node, [&](EdgeCell cell) {
      gathered_[count++] = cell;
      if (count == gathered_.size()) collect_cells({gathered_.data(), std::exchange(count, 0)}, from, traversal, most);
    });
    collect_cells({gathered_.data(), count}, from, traversal, most);
  }
}

// Most cells name the same window as the cell before and set no limit: one comparison checks both.
void KeepPropagator::collect_cells(std::span<const EdgeCell> cells, RecordId from, const Traversal& traversal,
                                   std::size_t most) {
  if (collected_.size() > most) return;
  Delivery* next = collected_.room_for(cells.size());
  const bool is_out = traversal.side == kOut;
  const std::uint64_t limit_bits = is_out ? EdgeCell::kLimitLinkedBits : EdgeCell::kLimitLinkingBits;
  const std::uint64_t wanted_bits = limit_bits | (traversal.error_spans_only ? EdgeCell::kOnErrorSpan : 0);
  const bool passes_unlimited = traversal.hops <= max_hops(traversal.side);
  Graph::FarWindow window = far_window_;
  const auto add = [&](EdgeCell cell) {
    window.prefetch_hint(cell);
    *next++ = {window.node(cell), from};
  };
  for (const EdgeCell cell : cells) {
    if ((cell.word & (EdgeCell::kSequenceBits | wanted_bits)) == (window.sequence_bits() | wanted_bits)) [[likely]] {
      if (passes_unlimited) add(cell);
    } else if (cell.word != 0 && passes(cell, traversal)) {
      if (const NodeId far = window.node_of(graph_, cell); far != 0) *next++ = {far, from};
    }
  }
  far_window_ = window;
  collected_.fill(next);
}

// Filters the collected ends by their hints and prefetches the rows of the rest while the batch before is delivered.
// Order does not matter: all have the same hops, and no delivery reads what another changes. The loop is branch-free
// because hints are unpredictable.
void KeepPropagator::deliver_some(const Traversal& traversal) {
  coming_.cut(0);
  Delivery* next = coming_.room_for(collected_.size());
  const HintFilter filter(component_ ? unsigned{kLayers} : traversal.layer, traversal.hops);  // one layer, both sides
  for (const Delivery& delivery : collected_) {
    *next = delivery;
    next += filter.is_no_farther(graph_.hint(delivery.node)) ? 0 : 1;
  }
  coming_.fill(next);
  collected_.cut(0);
  for (const Delivery& delivery : coming_) graph_.prefetch(delivery.node);
  for (const Delivery& delivery : arrived_) deliver(delivery, traversal);
  std::swap(arrived_, coming_);
}

void KeepPropagator::deliver_all(const Traversal& traversal) {
  while (collected_.size() + arrived_.size() != 0) deliver_some(traversal);
}

// Only in component mode can both directions lead from one trace to another in the same layer.
void KeepPropagator::add_direction(RecordId id, const Graph::Place& place, const Traversal& traversal, RecordId from) {
  if (traversal.layer != kLinked || place.predecessor(kLinked) != from) return;
  place.set_predecessor(1, place.predecessor(1) | traversal.direction_bit());
  if (const PathId known = materialized_path(id, kLinked); known != 0)
    ledger_.paths().add_directions(known, traversal.direction_bit());
}

// A keep arrived at the trace: if it has fewer hops than any before, stores it and queues the trace.
inline void KeepPropagator::offer(RecordId id, NodeId newest, const Graph::Place& place, const Traversal& traversal,
                                  RecordId from) {
  const std::uint32_t word = place.reach();
  const unsigned known = hops_in(word, traversal.layer);
  if (id == from) return;
  if (known != 0 && known <= traversal.hops) {
    if (component_ && known == traversal.hops) add_direction(id, place, traversal, from);
    return;
  }
  if (component_ && is_returning(id, traversal, from)) return;
  const std::uint32_t fallen = with_hops(word, traversal.layer, traversal.hops);
  place.note_reach(fallen);
  place.set_hint(hint_of(fallen));
  if (traversal.layer < kDeterministicLinked) {
    place.set_predecessor(traversal.layer, from);
    if (component_) place.set_predecessor(1, traversal.direction_bit());
    reached_.push_back(id);
  } else {
    ledger_[id].touched_ns = now_ns_;
  }
  push(newest, traversal.layer, traversal.hops);
}

void KeepPropagator::deliver(const Delivery& delivery, const Traversal& traversal) {
  const Graph::Place place = graph_.place(delivery.node);
  const RecordId id = place.record();
  if (id != 0 && !place.is_linked()) [[likely]]
    offer(id, delivery.node, place, traversal, delivery.from);
  else
    deliver_found(delivery, traversal);
}

// Delivers to a node that may not be its trace's newest one, or has no record yet.
void KeepPropagator::deliver_found(const Delivery& delivery, const Traversal& traversal) {
  RecordId id = find_record(delivery.node);
  if (id == 0) {
    if (!component_) {
      const NodeId newest = graph_.newest(delivery.node);
      // It pulls when its first span arrives (on_first_span()).
      if ((graph_.reach(newest) & kCarries) == 0) raise_all(newest, graph_.reach(newest) | kCarries);
      return;
    }
    id = record_of(delivery.node);
  }
  offer(id, traversal, delivery.from);
}

void KeepPropagator::offer(RecordId id, const Traversal& traversal, RecordId from) {
  const NodeId newest = ledger_[id].node;
  offer(id, newest, graph_.place(newest), traversal, from);
}

std::vector<RecordId> KeepPropagator::take_reached() noexcept {
  constexpr std::size_t kAhead = 16;
  for (std::size_t i = 0; i < reached_.size(); ++i) {
    if (i + kAhead < reached_.size()) ledger_.prefetch(reached_[i + kAhead]);
    Record& record = ledger_[reached_[i]];
    record.reached = true;
    record.touched_ns = now_ns_;
  }
  return std::exchange(reached_, {});
}

}  // namespace entail::propagate
