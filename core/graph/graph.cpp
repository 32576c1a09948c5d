#include "graph/graph.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "base/prefetch.hpp"
#include "sync/fetch_max.hpp"
#include "sync/sync_point.hpp"

namespace entail::graph {
namespace {

constexpr std::size_t kGroupCount = 64;  // keys whose cache misses overlap

}  // namespace

Graph::Graph(const GraphOptions& options)
    : lanes_(options.lanes),
      payload_bytes_(options.payload_bytes),
      edge_room_bytes_(options.edge_room_bytes),
      seed_(options.seed),
      writers_(std::make_unique<Writer[]>(options.lanes + 1)),
      epochs_(options.lanes + 1),
      spares_(options.spare_bytes_max),
      forwarding_(options.seed) {
  ENTAIL_CHECK(options.lanes >= 1 && options.lanes <= 256 && options.payload_bytes % 8 == 0 &&
               options.edge_room_bytes >= kEdgeRoomBytesMin && options.edge_room_bytes <= kEdgeRoomBytesMax);
  for (unsigned lane = 0; lane <= lanes_; ++lane) writers_[lane].open(*this, lane);
  static_cast<void>(rotate(options.first_capacity));
}

Graph::~Graph() {
  for (Window* window : windows_)
    if (window != nullptr) Window::destroy(window);
  for (Window* window : dropped_)
    if (window != nullptr) Window::destroy(window);
}

NodeId Graph::find(TraceId key) const noexcept {
  const std::uint64_t hash = base::table_hash(key, seed_);
  for (const Window* window : by_age())
    if (const NodeId node = found(*window, window->index().find(hash, key)); node != 0) return node;
  return 0;
}

void Graph::older_of(std::span<const NodeId> nodes, NodeId* out) const noexcept {
  std::fill_n(out, nodes.size(), NodeId{0});
  if (window_count_ < 2) return;
  for (std::size_t first = 0; first < nodes.size(); first += kGroupCount)
    older_of_group(nodes.subspan(first, std::min(kGroupCount, nodes.size() - first)), out + first);
}

// A window that may have a key, most of them because their filter is not sure.
struct Graph::Candidate {
  const Window* window;
  std::uint32_t place;  // of the node in the group
  std::uint32_t slot;
};

void Graph::older_of_group(std::span<const NodeId> nodes, NodeId* out) const noexcept {
  std::array<std::uint64_t, kGroupCount> hashes;
  std::array<std::uint64_t, kGroupCount> sequences;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    hashes[i] = base::table_hash(key(nodes[i]), seed_);
    sequences[i] = window_of(nodes[i]).sequence();
  }
  for (const Window* window : windows_) {
    if (window == nullptr || window->filter() == nullptr) continue;
    for (std::size_t i = 0; i < nodes.size(); ++i) window->filter()->prefetch(hashes[i]);
  }
  std::array<Candidate, 2 * kGroupCount> candidates;
  std::size_t count = 0;
  for (const Window* const window : by_age().subspan(1)) {
    const KeyFilter* const filter = window->filter();
    for (std::uint32_t i = 0; i < nodes.size(); ++i) {
      candidates[count] = {window, i, 0};
      count += window->sequence() < sequences[i] && (filter == nullptr || filter->may_have(hashes[i])) ? 1 : 0;
    }
    if (count <= kGroupCount) continue;
    look_up({candidates.data(), count}, nodes, hashes.data(), out);
    count = 0;
  }
  look_up({candidates.data(), count}, nodes, hashes.data(), out);
}

// Sets out[place] where it is 0 and the window has the key: candidates come from the newest window to the oldest.
void Graph::look_up(std::span<Candidate> candidates, std::span<const NodeId> nodes, const std::uint64_t* hashes,
                    NodeId* out) const noexcept {
  for (const Candidate& asked : candidates) asked.window->index().prefetch_slot(hashes[asked.place]);
  for (Candidate& asked : candidates) asked.slot = asked.window->index().approach(hashes[asked.place]);
  for (const Candidate& asked : candidates) {
    if (out[asked.place] != 0) continue;
    const TraceId id = key(nodes[asked.place]);
    const std::uint32_t offset = asked.window->index().find(hashes[asked.place], id, asked.slot);
    out[asked.place] = found(*asked.window, offset);
  }
}

NodeId Graph::newer_of(NodeId node) const noexcept {
  const std::uint64_t hash = base::table_hash(key(node), seed_);
  const std::span<Window* const> windows = by_age();
  for (auto window = windows.rbegin(); window != windows.rend(); ++window) {
    if ((*window)->sequence() <= window_of(node).sequence()) continue;
    if (const NodeId other = found(**window, (*window)->index().find(hash, key(node))); other != 0) return other;
  }
  return 0;
}

NodeId Graph::forwarded(EdgeCell cell) const noexcept {
  while (!forwarding_.empty()) {
    cell = forwarding_.find(cell);
    if (cell.word == 0) return 0;
    const Window* const window = windows_[cell.sequence() % kWindowSlots];
    if (window != nullptr && (window->sequence() & 0xffff) == cell.sequence()) return node_of(cell);
  }
  return 0;
}

bool Graph::is_forgotten(std::uint32_t offset) const noexcept {
  if (offset >= closed_end_) return false;
  const NodeId node = windows_[closing_slot_]->node_id(offset);
  return record(node) == 0 && newer(node) == 0;
}

NodeId Graph::insert(TraceId key) noexcept {
  Writer& writer = tick_writer();
  const bool own_batch = !writer.begun();
  if (own_batch && !writer.try_begin(1, 0)) return 0;
  NodeId node = 0;
  writer.find_or_insert({&key, 1}, &node);
  if (own_batch) writer.end();
  return node;
}

void Graph::FarWindow::look_up(const Graph& graph, EdgeCell cell) noexcept {
  sequence_ = cell.sequence();
  const unsigned slot = sequence_ % kWindowSlots;
  const Window* const window = graph.windows_[slot];
  const bool is_plain = window != nullptr && (window->sequence() & 0xffff) == sequence_ && slot != graph.closing_slot_;
  slot_ = NodeId{slot} << kOffsetBits;
  hints_ = is_plain ? &window->hint(0) : nullptr;
}

// Relaxed: only places to prefetch.
void Graph::prefetch_out(NodeId node) const noexcept {
  const Window& window = window_of(node);
  const std::uint32_t head = window.row(offset_of(node)).out_head.load(std::memory_order_relaxed);
  if (head != 0) base::prefetch(&window.out_head(head));
}

void Graph::prefetch_in(NodeId node) const noexcept {
  const Window& window = window_of(node);
  const std::uint32_t head = window.row(offset_of(node)).in_head.load(std::memory_order_relaxed);
  if (head != 0) base::prefetch(&window.chunk(head));
}

void Graph::prefetch_out_next(NodeId node) const noexcept {
  const Window& window = window_of(node);
  const std::uint32_t head = WindowOutList::newest(window.row(offset_of(node)).out_head);
  if (head == 0) return;
  constexpr std::size_t kCellsMax = 32;  // the processor itself reads ahead in longer blocks
  constexpr std::size_t kLineCells = sync::kCacheLineBytes / sizeof(EdgeCell);
  const std::span<const EdgeCell> cells = window.out_block(head).cells;
  const std::size_t last = std::min(cells.size(), kCellsMax) - 1;
  for (std::size_t i = kLineCells - 1; i < last; i += kLineCells) base::prefetch(&cells[i]);
  base::prefetch(&cells[last]);
}

void Graph::prefetch_in_next(NodeId node) const noexcept {
  const Window& window = window_of(node);
  WindowInList::prefetch_next(window.row(offset_of(node)).in_head, window);
}

Window::Shape Graph::shape(std::uint64_t capacity) const noexcept {
  const unsigned writers = lanes_ + 1;
  return {std::clamp<std::uint64_t>(capacity, 1, Window::capacity_max(writers)), payload_bytes_, writers, seed_};
}

bool Graph::rotate(std::uint64_t capacity) noexcept {
  // A window that a stalled lane holds keeps its slot: the numbers that belong there are left out.
  std::uint64_t sequence = newest_sequence_ + 1;
  const auto is_taken = [&] { return windows_[sequence % kWindowSlots] || dropped_[sequence % kWindowSlots]; };
  for (unsigned tries = 1; is_taken(); ++tries, ++sequence)
    if (tries == kWindowSlots) return false;
  const unsigned slot = static_cast<unsigned>(sequence % kWindowSlots);
  const Window::Shape wanted = shape(capacity);
  Window* window = spares_.make(sequence, wanted.capacity);
  bytes_.fetch_sub(spares_.release_unwanted(), std::memory_order_relaxed);
  if (window == nullptr) {
    window = Window::make(sequence, wanted);
    if (window == nullptr) return false;
    bytes_.fetch_add(window->bytes(), std::memory_order_relaxed);
  }
  windows_[slot] = window;
  closed_epoch_[slot] = 0;
  frozen_[slot] = false;
  std::move_backward(by_age_.begin(), by_age_.begin() + window_count_, by_age_.begin() + window_count_ + 1);
  by_age_[0] = window;
  ++window_count_;
  newest_sequence_ = sequence;
  const Window* before = current();
  current_window_.store(window, sync::EpochOrders::replace);  // PROTOCOL epoch R1
  ENTAIL_SYNC_POINT("graph:after_window_store");
  if (before != nullptr) closed_epoch_[before->slot()] = epochs_.advance();
  return true;
}

bool Graph::frozen(unsigned slot) noexcept {
  if (!frozen_[slot]) frozen_[slot] = closed_epoch_[slot] != 0 && epochs_.safe(closed_epoch_[slot]);
  return frozen_[slot];
}

void Graph::begin_close(unsigned slot) {
  ENTAIL_CHECK(closing_slot_ == kNoSlot && windows_[slot] != nullptr && frozen(slot));
  forwarding_.open(windows_[slot]->sequence());
  closing_slot_ = slot;
  closed_end_ = 1;
}

void Graph::forward(NodeId node, NodeId target) {
  ENTAIL_DCHECK(slot_of(node) == closing_slot_ && slot_of(target) != closing_slot_);
  forwarding_.add(offset_of(node), cell_of(target));
  unlink(node);
  incarnations(node).newer = target;  // for holders of the NodeId: newest() leads on
}

void Graph::unlink(NodeId node) noexcept {
  const NodeId below = older(node);
  const NodeId above = newer(node);
  if (below != 0) incarnations(below).newer = above;
  if (above != 0) incarnations(above).older = below;
}

void Graph::drop(unsigned slot) noexcept {
  ENTAIL_CHECK(windows_[slot] != nullptr && windows_[slot] != current());
  if (slot == closing_slot_) {
    closing_slot_ = kNoSlot;
    forwarding_.close(newest_sequence_);
  }
  const auto end = by_age_.begin() + window_count_;
  std::move(std::find(by_age_.begin(), end, windows_[slot]) + 1, end, std::find(by_age_.begin(), end, windows_[slot]));
  dropped_[slot] = std::exchange(windows_[slot], nullptr);
  --window_count_;
  forwarding_.prune(by_age_[window_count_ - 1]->sequence());
}

void Graph::reclaim(bool may_recycle) noexcept {
  if (!may_recycle) bytes_.fetch_sub(spares_.release(), std::memory_order_relaxed);
  for (unsigned slot = 0; slot < kWindowSlots; ++slot) {
    if (dropped_[slot] == nullptr || !frozen(slot)) continue;
    Window* const window = std::exchange(dropped_[slot], nullptr);
    if (may_recycle && spares_.try_recycle(window)) continue;
    bytes_.fetch_sub(window->bytes(), std::memory_order_relaxed);
    Window::destroy(window);
  }
  spares_.scrub();
}

void Graph::filter_frozen() noexcept {
  for (Window* window : windows_) {
    if (window == nullptr || window->filter() != nullptr || !frozen(window->slot())) continue;
    if (const std::uint64_t bytes = window->filter_keys(kFilteredATick); bytes != 0) count_bytes(*window, bytes);
    return;
  }
}

WindowInfo Graph::info(const Window& window) noexcept {
  // First: what the last batch gave back is counted out only once the window is frozen, so that a count read before
  // might still hold its reservations beside frozen = true.
  const bool is_frozen = frozen(window.slot());
  return {window.slot(),       window.sequence(), window.capacity(), window.node_count(),
          window.offset_end(), window.bytes(),    is_frozen,         &window == current()};
}

WindowList Graph::windows() noexcept {
  WindowList list;
  const std::span<Window* const> windows = by_age();
  for (auto window = windows.rbegin(); window != windows.rend(); ++window) list.items[list.count++] = info(**window);
  return list;
}

Need Graph::wanted() noexcept {
  return {wanted_nodes_max_.exchange(0, std::memory_order_relaxed),
          wanted_links_max_.exchange(0, std::memory_order_relaxed)};
}

void Graph::note_wanted(std::uint64_t nodes, std::uint64_t links) noexcept {
  sync::fetch_max(wanted_nodes_max_, nodes);
  sync::fetch_max(wanted_links_max_, links);
}

}  // namespace entail::graph
