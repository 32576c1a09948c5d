// A window: everything first seen in one period of time, in memory that is freed as a whole.
//
//   Window | slots 2 x 8 B a node | keys 16 B | rows 32 B | incarnations 8 B | hints 1 B | filter 1 B | marks | payload
//   edge arena
//
// One mapping holds all but the arena. It is address space: pages never written cost nothing, so runs of absent nodes
// cost no payload, and a window is cheap to create and to drop (two munmap).
//
// Nodes are numbered from 1 in the order of their insertion, in runs of 256 per lane, so that nodes that arrive
// together lie together. Apart from the key, ingest accesses one row of half a cache line per node; a traversal checks
// the hints first, which are small enough to stay in the cache.
//
// Thread rule: Protocol: index slot_publish, offsets id_run, rows in_append, out_append and late_edge; tick-only fields
// plain.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/prefetch.hpp"
#include "entail/types.hpp"
#include "graph/arena.hpp"
#include "graph/edge_cell.hpp"
#include "graph/in_list.hpp"
#include "graph/key_filter.hpp"
#include "graph/late_edge.hpp"
#include "graph/mapping.hpp"
#include "graph/out_list.hpp"
#include "graph/page_marks.hpp"
#include "graph/runs.hpp"
#include "graph/slot_index.hpp"
#include "sync/atomic.hpp"

namespace entail::graph {

constexpr unsigned slot_of(NodeId node) noexcept { return node >> kOffsetBits; }
constexpr std::uint32_t offset_of(NodeId node) noexcept { return node & kOffsetMask; }

constexpr unsigned kInFirstCells = 3;    // with the 8 bytes before them: half a cache line
constexpr unsigned kInChunkCells = 7;    // a whole one
constexpr unsigned kNodeRunCount = 256;  // offsets that a lane takes at once
constexpr unsigned kNodeBytes = 49;      // key, row and hint

using WindowInList = InList<kInFirstCells, kInChunkCells>;
using WindowOutList = OutList<>;

// One node. 32 bytes: ingest appends and propagation reads touch one cache line a node.
struct alignas(32) NodeRow {
  WindowInList::Cell in_first;
  WindowInList::Head in_head;
  WindowOutList::Head out_head;
  LateEdge<>::Reach reach;        // with kCarries: a keep propagates from here
  std::uint32_t record;           // tick only, opaque to the graph except for kIsLinked
  std::uint32_t predecessors[2];  // tick only, opaque to the graph
};
static_assert(sizeof(NodeRow) == 32 && sizeof(NodeRow) + sizeof(TraceId) + 1 == kNodeBytes);

// In NodeRow::record: the key has nodes in other windows, which Incarnations name.
constexpr std::uint32_t kIsLinked = 1u << 31;

// This key's nodes in the next older and the next newer window that have one. Tick only.
struct Incarnations {
  NodeId older;
  NodeId newer;
};

// The header before a block of out-edges: then `count` cells, then `count` span IDs. Immutable once reachable.
struct OutBlockHead {
  WindowOutList::Next next;
  std::uint32_t count;
};
static_assert(sizeof(OutBlockHead) == kUnitBytes && sizeof(InChunk<>) == kUnitBytes && sizeof(EdgeCell) == kUnitBytes &&
              sizeof(SpanId) == kUnitBytes && sizeof(WindowInList::Cell) == kUnitBytes);

// The links of one span as they were appended: position = arrival order. A cell with word 0 is a link that is no edge.
struct OutBlock {
  std::span<const EdgeCell> cells;
  std::span<const SpanId> span_ids;
};

class Window {
 public:
  struct Shape {
    std::uint64_t capacity = 0;  // nodes
    unsigned payload_bytes = 0;  // a node; a multiple of 8
    unsigned writers = 0;
    std::uint64_t hash_seed = 0;
  };
  // Null when out of memory. The object lies at the start of its own mapping. REQUIRES 1 <= capacity <=
  // capacity_max(writers).
  static Window* make(std::uint64_t sequence, const Shape& shape) noexcept;
  // Reuses the memory for a new window of the same shape. REQUIRES that `window` is no longer in use and that all
  // memory reported by add_touched() is zero.
  static Window* make_again(Window* window, std::uint64_t sequence) noexcept;
  static void destroy(Window* window) noexcept;
  // The resident memory of a window of this shape with so many nodes, of which `with_payload` have one, and so many
  // bytes of edges: what bytes() will be, for planning.
  static std::uint64_t bytes_for(const Shape& shape, std::uint64_t nodes, std::uint64_t with_payload,
                                 std::uint64_t edge_bytes) noexcept;
  static constexpr std::uint64_t capacity_max(unsigned writers) noexcept {
    return kOffsetMask - std::uint64_t{kNodeRunCount} * (writers + 1);
  }

  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  std::uint64_t sequence() const noexcept { return sequence_; }
  unsigned slot() const noexcept { return static_cast<unsigned>(sequence_ % kWindowSlots); }
  std::uint64_t capacity() const noexcept { return shape_.capacity; }
  NodeId node_id(std::uint32_t offset) const noexcept { return (slot() << kOffsetBits) | offset; }

  std::uint64_t hash_seed() const noexcept { return shape_.hash_seed; }
  SlotIndex<>& index() noexcept { return index_; }
  const SlotIndex<>& index() const noexcept { return index_; }
  TraceId key(std::uint32_t offset) const noexcept { return keys_[offset].get(); }
  void prefetch_key(std::uint32_t offset) const noexcept { base::prefetch(&keys_[offset]); }
  NodeRow& row(std::uint32_t offset) const noexcept { return rows_[offset]; }
  std::uint8_t& hint(std::uint32_t offset) const noexcept { return hints_[offset]; }                 // tick only
  Incarnations& incarnations(std::uint32_t offset) const noexcept { return incarnations_[offset]; }  // tick only
  void* payload(std::uint32_t offset) const noexcept { return payload_ + std::uint64_t{offset} * shape_.payload_bytes; }
  Arena& arena() noexcept { return arena_; }

  // Where in-chunks live, for WindowInList::for_each.
  InChunk<>& chunk(std::uint32_t at) const noexcept { return *arena_.at<InChunk<>>(at); }
  WindowInList::Cell* cells(std::uint32_t at) const noexcept { return arena_.at<WindowInList::Cell>(at + 1); }

  OutBlockHead& out_head(std::uint32_t at) const noexcept { return *arena_.at<OutBlockHead>(at); }
  OutBlock out_block(std::uint32_t at) const noexcept {
    const std::uint32_t count = out_head(at).count;
    const auto* cells = arena_.at<const EdgeCell>(at + 1);
    return {{cells, count}, {arena_.at<const SpanId>(at + 1 + count), count}};
  }

  // Room for new nodes, so that the index stays at most half full. False: no room, nothing reserved.
  bool try_reserve(std::uint64_t nodes) noexcept { return runs_.try_reserve(nodes, shape_.capacity); }
  void give_back(std::uint64_t nodes) noexcept { runs_.give_back(nodes); }
  // The first of kRunCount offsets that are the caller's alone. REQUIRES a reservation that is not used up.
  static constexpr std::uint32_t kRunCount = kNodeRunCount;
  std::uint32_t take_run() noexcept { return runs_.take_run(kRunCount); }
  // Adds the keys of up to `offsets` offsets to the filter, where the last call ended. Returns the bytes of memory
  // faulted in for that. REQUIRES that no Writer uses the window any more. Cost: 3 ns an offset.
  std::uint64_t filter_keys(std::uint32_t offsets) noexcept;
  // Null until all keys are in it.
  const KeyFilter* filter() const noexcept { return filtered_end_ == offset_end() ? &filter_ : nullptr; }

  // An offset of a run that its owner will not use: it has no key.
  void clear_key(std::uint32_t offset) noexcept { keys_[offset].set(TraceId{}); }
  // Call before the payload of this node is written. Returns the bytes of newly marked pages (huge ones in a large
  // window).
  std::uint64_t mark_payload(std::uint32_t offset) noexcept;
  // Call before the incarnations of this node are written. Returns the bytes of pages of the column up to there that
  // were not counted before. Tick only.
  std::uint64_t mark_incarnations(std::uint32_t offset) noexcept;
  // Call after offsets were taken. Returns the bytes of pages of keys, rows and hints up to the last one that were not
  // counted before.
  std::uint64_t mark_nodes() noexcept;

  // Nodes made, and room reserved by batches that are under way.
  std::uint64_t node_count() const noexcept { return runs_.node_count(); }
  // All nodes have smaller offsets.
  std::uint32_t offset_end() const noexcept { return runs_.offset_end(); }
  // Resident memory as far as counted, in pages: the index from the start, the rest as it is faulted in, and what
  // earlier windows in the same memory had faulted in.
  std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  void count_bytes(std::uint64_t bytes) noexcept { bytes_.fetch_add(bytes, std::memory_order_relaxed); }
  // Adds all memory that may not be zero, except for the window's own first page and the marks. For an index with few
  // keys that is none: their slots are emptied here, as most of its pages were never written. REQUIRES that the window
  // is no longer in use, and that it is zeroed and reused, or destroyed. May throw std::bad_alloc, before it changes
  // anything. Cost: of few keys 10 ns each.
  void add_touched(std::vector<std::span<std::byte>>& ranges);

  // The parts of the memory that are resident when the window is created; payload and arena have marks for that.
  struct Resident {
    std::uint64_t bytes = 0;  // all together
    std::uint64_t node_bytes = 0;
    std::uint64_t incarnations_bytes = 0;
    std::uint64_t filter_bytes = 0;
  };
  // For make() and make_again().
  Window(std::uint64_t sequence, const Shape& shape, Mapping mapping, Mapping arena, const Resident& resident) noexcept;

 private:
  bool index_is_sparse() const noexcept;
  void clear_index() noexcept;
  // Raises the counted size of a part; returns by how much.
  static std::uint64_t grow(std::uint64_t& counted, std::uint64_t bytes) noexcept;

  std::uint64_t sequence_;
  Shape shape_;
  Resident resident_;  // incarnations and filter: as counted up to now; tick only
  SlotIndex<> index_;
  SlotIndex<>::Key* keys_ = nullptr;
  NodeRow* rows_ = nullptr;
  std::uint8_t* hints_ = nullptr;
  Incarnations* incarnations_ = nullptr;
  std::uint32_t incarnations_end_ = 0;  // of the places in use; tick only
  PageMarks payload_marks_;
  unsigned payload_unit_bits_ = 0;  // of a page, of either size
  std::byte* payload_ = nullptr;
  KeyFilter filter_;                // tick only
  std::uint32_t filtered_end_ = 0;  // the keys of all offsets before it are in the filter; 0: it is not begun
  Mapping mapping_;
  Arena arena_;
  NodeRuns<> runs_;
  // Relaxed: they guard no data.
  sync::HardwareAtomic<std::uint64_t> node_bytes_;  // of keys, rows and hints, as counted
  sync::HardwareAtomic<std::uint64_t> bytes_;
};

}  // namespace entail::graph
