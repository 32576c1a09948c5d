#include "graph/writer.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "base/prefetch.hpp"
#include "graph/graph.hpp"
#include "sync/sync_point.hpp"

namespace entail::graph {
namespace {

// How far ahead each line of a key is prefetched, in keys: first its slot, then, when that has arrived, the key that
// the slot names.
constexpr std::size_t kSlotsAhead = 32;
constexpr std::size_t kKeysAhead = 16;
// The same of an edge at the node it points to: first the row, then the newest chunk.
constexpr std::size_t kRowsAhead = 64;
constexpr std::size_t kChunksAhead = 24;
constexpr std::uint64_t kLinksMax = (std::uint64_t{1} << 32) / EdgeRoom::kLinkUnitsMax;  // an arena has no more room

}  // namespace

void Writer::open(Graph& graph, unsigned lane) noexcept {
  graph_ = &graph;
  lane_ = lane;
}

bool Writer::try_begin(std::uint64_t nodes, std::uint64_t links) noexcept {
  ENTAIL_CHECK(!begun_);
  if (links > kLinksMax || nodes > kOffsetMask || !created_.reserve(nodes) || !late_.reserve(2 * links)) {
    graph_->note_wanted(nodes, links);
    return false;
  }
  graph_->epochs_.pin(lane_);
  ENTAIL_SYNC_POINT("writer:after_pin");
  Window* window = graph_->current();
  if (!try_reserve(*window, nodes, links)) {
    graph_->epochs_.unpin(lane_);
    graph_->note_wanted(nodes, links);
    return false;
  }
  begun_ = true;
  return true;
}

bool Writer::try_reserve(Window& window, std::uint64_t nodes, std::uint64_t links) noexcept {
  // Compared by number: a new window may lie where an old one lay.
  if (window_sequence_ != window.sequence()) {
    node_run_.enter(window);
    edge_room_.enter(window, graph_->edge_room_bytes_);
    window_sequence_ = window.sequence();
  }
  window_ = &window;
  if (!window.try_reserve(nodes)) return false;
  if (!edge_room_.ensure(links * EdgeRoom::kLinkUnitsMax)) {
    window.give_back(nodes);
    return false;
  }
  node_run_.allow(nodes);
  return true;
}

void Writer::end() noexcept {
  ENTAIL_CHECK(begun_);
  begun_ = false;
  hot_.flush([this](HotCells::Buffer& buffer) { hand_over(buffer); });
  if (const std::uint64_t unused = node_run_.settle(); unused != 0) window_->give_back(unused);
  const std::uint64_t node_bytes = node_run_.took_run() ? window_->mark_nodes() : 0;
  const std::uint64_t bytes = node_bytes + edge_room_.touched_bytes() + std::exchange(payload_bytes_, 0);
  if (bytes != 0) graph_->count_bytes(*window_, bytes);
  ENTAIL_SYNC_POINT("writer:before_unpin");
  graph_->epochs_.unpin(lane_);
  ENTAIL_SYNC_POINT("writer:after_unpin");
}

void Writer::find_or_insert(std::span<const TraceId> ids, NodeId* out) noexcept {
  SlotIndex<>& index = window_->index();
  const std::uint64_t seed = window_->hash_seed();
  // Of ids[i] at i % kSlotsAhead, from its slot's turn to its own.
  std::array<std::uint64_t, kSlotsAhead> hashes;
  std::array<std::uint32_t, kSlotsAhead> slots;
  Created created{static_cast<std::uint32_t>(window_->sequence()), 0, 0};
  const std::size_t end = ids.size() + kSlotsAhead;
  for (std::size_t step = 0; step < end; ++step) {
    // Its own turn: the places in `hashes` and `slots` are free afterwards.
    if (step >= kSlotsAhead) {
      const std::size_t i = step - kSlotsAhead;
      ENTAIL_DCHECK(!ids[i].is_zero());
      const std::size_t place = i % kSlotsAhead;
      const std::uint32_t offset = index.find_or_insert(hashes[place], ids[i], slots[place], node_run_);
      const NodeId node = window_->node_id(offset);
      if (node_run_.took()) log_created(created, node);
      out[i] = node;
    }
    if (step < ids.size()) {
      const std::uint64_t hash = base::table_hash(ids[step], seed);
      hashes[step % kSlotsAhead] = hash;
      index.prefetch_slot(hash);
    }
    constexpr std::size_t kKeysAfter = kSlotsAhead - kKeysAhead;
    if (step >= kKeysAfter && step - kKeysAfter < ids.size()) {
      const std::size_t place = (step - kKeysAfter) % kSlotsAhead;
      slots[place] = index.approach(hashes[place]);
    }
  }
  if (created.count != 0) created_.push(created);
}

std::uint32_t Writer::append_out(NodeId from, std::span<const EdgeCell> cells,
                                 std::span<const SpanId> span_ids) noexcept {
  ENTAIL_CHECK(cells.size() == span_ids.size());
  if (cells.empty()) return 0;
  const std::uint32_t block = edge_room_.take_units(1 + 2 * cells.size());
  OutBlockHead& head = window_->out_head(block);
  head.count = static_cast<std::uint32_t>(cells.size());
  std::copy(cells.begin(), cells.end(), window_->arena().at<EdgeCell>(block + 1));
  std::copy(span_ids.begin(), span_ids.end(), window_->arena().at<SpanId>(block + 1 + head.count));
  WindowOutList::append(window_->row(offset_of(from)).out_head, block, head.next);
  ENTAIL_SYNC_POINT("writer:after_out_append");
  check_late(offset_of(from), block);
  return block;
}

void Writer::append_unbuffered(std::uint32_t to, std::uint64_t word) noexcept {
  HotCells::Buffer* const buffer = hot_.hit(to);
  if (buffer == nullptr) {
    append_now(to, word);
    return;
  }
  hand_over(*buffer);
  HotCells::claim(*buffer, to);
  buffer_in(*buffer, word);
}

void Writer::append_in(std::span<const NodeId> to, std::span<const EdgeCell> cells) noexcept {
  ENTAIL_CHECK(to.size() == cells.size());
  for (std::size_t i = 0, first = std::min(kRowsAhead, to.size()); i < first; ++i) prefetch(to[i]);
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (i + kRowsAhead < to.size()) prefetch(to[i + kRowsAhead]);
    if (i + kChunksAhead < to.size()) {
      // Relaxed: only a place to prefetch.
      const auto head = window_->row(offset_of(to[i + kChunksAhead])).in_head.load(std::memory_order_relaxed);
      if (head != 0) base::prefetch(&window_->chunk(head));
    }
    if (to[i] != 0) append_in(to[i], cells[i]);
  }
}

void Writer::append_now(std::uint32_t to, std::uint64_t word) noexcept {
  NodeRow& row = window_->row(to);
  WindowInList::append(row.in_first, row.in_head, word, edge_room_);
  ENTAIL_SYNC_POINT("writer:after_in_append");
  check_late(to, word);
}

// A few cells are better off in chunks, where others may join them.
void Writer::hand_over(HotCells::Buffer& buffer) noexcept {
  if (buffer.count == 0) return;
  if (buffer.count <= kInChunkCells) {
    for (const std::uint64_t word : buffer.filled()) append_now(buffer.node, word);
  } else {
    const std::uint32_t block =
        WindowInList::append_block(window_->row(buffer.node).in_head, buffer.filled(), edge_room_);
    ENTAIL_SYNC_POINT("writer:after_in_append");
    check_late(buffer.node, LateEdges::kInBlock | block);
  }
  buffer.count = 0;
}

}  // namespace entail::graph
