// Graph: the trace table, its nodes and the edges between them. Lock-free.
//
// Ingest threads, each with the Writer of its lane, touch only the current window. Everything that spans windows is
// done by the one tick thread: for a key there is one node a window, and its incarnations in several windows are
// chained by the tick-only columns older and newer. No thread waits for a stalled one: a lane that stalls inside a
// batch only delays freezing and unmapping the windows it might use.
//
// Guarantees
//   one node a key and window (PROTOCOL slot_publish); every edge appended is there exactly once at both ends
//   no keep is lost between raise_reach() and an edge that arrives (PROTOCOL late_edge, G2)
//   drain_created() yields every new node once, unless its window was dropped before
// It does not: know verdicts, remove single nodes or edges, or find duplicates of edges.
//
// Thread rule: Protocol. Writers: each Confined to its lane's holder. All else: the tick thread, one at a time, beside
// any number of Writers. The const functions on nodes and edges, raise_reach() on different nodes, and payload() may
// be called from several threads of one tick (an Executor) as long as no rotate(), drop() or reclaim() runs.
//
// Errors: an exception of a caller's f passes through; the log's next drain repeats the entry whose f threw and, for a
// new node, those added just before it.
//
// Memory: 66 bytes a node, and 8 in windows that have a trace with another's; a link 16 bytes at its source and 0 (a
// node's first in-edge) to 32, about 10, at its target; payload only where it is written. bytes() is the account. The
// address space is much larger: up to 32 GiB a window.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/prefetch.hpp"
#include "entail/types.hpp"
#include "graph/edge_cell.hpp"
#include "graph/forwarding.hpp"
#include "graph/spare_windows.hpp"
#include "graph/window.hpp"
#include "graph/writer.hpp"
#include "sync/atomic.hpp"
#include "sync/epoch.hpp"

namespace entail::graph {

constexpr std::uint64_t kEdgeRoomBytesMin = 64u << 10;
constexpr std::uint64_t kEdgeRoomBytesMax = 1u << 20;

struct GraphOptions {
  unsigned lanes = 64;                      // 1..256
  unsigned payload_bytes = 0;               // a node; a multiple of 8
  std::uint64_t first_capacity = 1u << 16;  // nodes of the first window; below the maximum, see rotate()
  std::uint64_t seed = 0;                   // of the table's hash; no result depends on it
  std::uint64_t spare_bytes_max = 0;        // dropped windows of this size together may be kept for later ones
  // What a lane takes of the edge arena at once, within these bounds: each lane begins pages of its own.
  std::uint64_t edge_room_bytes = kEdgeRoomBytesMax;
};

// The room that try_begin() requested.
struct Need {
  std::uint64_t nodes = 0;
  std::uint64_t links = 0;
};

struct WindowInfo {
  unsigned slot = 0;
  std::uint64_t sequence = 0;
  std::uint64_t capacity = 0;    // nodes
  std::uint64_t node_count = 0;  // made, and reserved by batches under way
  std::uint32_t offset_end = 0;  // its nodes have offsets in [1, offset_end)
  std::uint64_t bytes = 0;
  bool frozen = false;  // nothing will be written into it by Writers any more
  bool is_current = false;
};

// The live windows, oldest first.
struct WindowList {
  std::array<WindowInfo, kWindowSlots> items;
  unsigned count = 0;
  const WindowInfo* begin() const noexcept { return items.data(); }
  const WindowInfo* end() const noexcept { return items.data() + count; }
};

class Graph {
 public:
  using Writer = graph::Writer;

  // Maps the first window. ok() is false, and nothing else may be called, when there is no memory for it.
  explicit Graph(const GraphOptions& options);
  ~Graph();  // no Writer may be inside a batch
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  bool ok() const noexcept { return current() != nullptr; }

  unsigned lanes() const noexcept { return lanes_; }
  Writer& writer(unsigned lane) noexcept { return writers_[lane]; }
  // The tick thread's own.
  Writer& tick_writer() noexcept { return writers_[lanes_]; }

  // --- logs ---------------------------------------------------------------------------------------------------------
  // f(NodeId) for every node made since the last call, in no order across lanes. Nodes of dropped windows are left out.
  template <class F>
  void drain_created(F&& f) {
    for (unsigned lane = 0; lane <= lanes_; ++lane)
      writers_[lane].created_.drain([&](const Writer::Created& created) {
        if (!is_live(created.first, created.sequence)) return;
        for (std::uint32_t i = 0; i < created.count; ++i) f(created.first + i);
      });
  }
  // f(LateEdges) for every append that met a reach with kCarries, unless its window was dropped. Edges may repeat.
  template <class F>
  void drain_late(F&& f) {
    for (unsigned lane = 0; lane <= lanes_; ++lane)
      writers_[lane].late_.drain([&](const LateEdges& late) {
        if (is_live(late.node, late.sequence)) f(late);
      });
  }
  // Is the window there still, in which the node had this sequence number?
  bool is_live(NodeId node, std::uint32_t sequence) const noexcept {
    return windows_[slot_of(node)] != nullptr && sequence_of(node) == sequence;
  }
  std::uint32_t sequence_of(NodeId node) const noexcept {
    return static_cast<std::uint32_t>(window_of(node).sequence());
  }
  // f(EdgeCell) for each of these edges. REQUIRES that the node's window is live.
  template <class F>
  void for_each_late_edge(const LateEdges& late, F&& f) const {
    if ((late.edges & LateEdges::kCell) != 0) {
      f(EdgeCell{late.edges});
      return;
    }
    const Window& window = window_of(late.node);
    const auto reference = static_cast<std::uint32_t>(late.edges);
    if (late.is_out()) {
      for (const EdgeCell cell : window.out_block(reference).cells)
        if (cell.word != 0) f(cell);
    } else {
      WindowInList::for_each_in_block(reference, window, [&](std::uint64_t word) { f(EdgeCell{word}); });
    }
  }

  // f(LateEdges) for all edges of the node, as if they were late; stops when f returns false. PROTOCOL late_edge D2.
  template <class F>
  void for_each_part(NodeId node, F&& f) const {
    const Window& window = window_of(node);
    const NodeRow& row = window.row(offset_of(node));
    const std::uint32_t sequence = sequence_of(node);
    for (std::uint32_t at = WindowOutList::newest(row.out_head); at != 0; at = window.out_head(at).next.get())
      if (!f(LateEdges{node, sequence, at})) return;
    if (const std::uint64_t word = row.in_first.load(LateEdgeOrders::observe); word != 0)
      if (!f(LateEdges{node, sequence, word})) return;
    WindowInList::for_each_chunk(
        row.in_head, window, [&](std::uint32_t at) { return f(LateEdges{node, sequence, LateEdges::kInBlock | at}); });
  }

  // --- keys and incarnations ----------------------------------------------------------------------------------------
  TraceId key(NodeId node) const noexcept { return window_of(node).key(offset_of(node)); }
  // The newest node of the key, 0 if there is none.
  NodeId find(TraceId key) const noexcept;
  // out[i] = the newest node of the same key in windows older than the window of nodes[i], or 0. Batched.
  void older_of(std::span<const NodeId> nodes, NodeId* out) const noexcept;
  // The oldest node of the same key in newer windows, or 0. Only a node that was made late, in a window that is not
  // current any more, can have one before it is linked.
  NodeId newer_of(NodeId node) const noexcept;
  void link_incarnations(NodeId older_node, NodeId newer_node) noexcept {
    incarnations(newer_node).older = older_node;
    incarnations(older_node).newer = newer_node;
  }
  // As linked; 0 if none, or if that window was dropped.
  NodeId older(NodeId node) const noexcept {
    return place(node).is_linked() ? linked(node, window_of(node).incarnations(offset_of(node)).older, false) : 0;
  }
  NodeId newer(NodeId node) const noexcept {
    return place(node).is_linked() ? linked(node, window_of(node).incarnations(offset_of(node)).newer, true) : 0;
  }
  NodeId newest(NodeId node) const noexcept {
    while (const NodeId next = newer(node)) node = next;
    return node;
  }
  // The key's node in the current window, added if missing by the tick thread's Writer: inside its batch if it has
  // begun one, which must have room; else in a batch of its own. 0 when there is no room. drain_created() yields new
  // nodes like all others.
  NodeId insert(TraceId key) noexcept;

  bool is_current(NodeId node) const noexcept { return &window_of(node) == current(); }
  // True if there is a window besides the current one, where older incarnations could be.
  bool has_older_windows() const noexcept { return window_count_ > 1; }

  // --- columns ------------------------------------------------------------------------------------------------------
  void* payload(NodeId node) const noexcept { return window_of(node).payload(offset_of(node)); }
  // As Writer::mark_payload, for writes by the tick thread.
  void mark_payload(NodeId node) noexcept {
    Window& window = window_of(node);
    count_bytes(window, window.mark_payload(offset_of(node)));
  }
  // The tick thread's fields of a node, behind one look-up.
  class Place {
   public:
    // A number of the caller's, below 2^31; 0 at first.
    std::uint32_t record() const noexcept { return row_->record & ~kIsLinked; }
    void set_record(std::uint32_t record) const noexcept { row_->record = (row_->record & kIsLinked) | record; }
    // True if the trace has had nodes in other windows. Mostly false, and then the node is the newest.
    bool is_linked() const noexcept { return (row_->record & kIsLinked) != 0; }
    // Two numbers that the graph does not interpret, initially 0.
    std::uint32_t predecessor(unsigned i) const noexcept { return row_->predecessors[i]; }
    void set_predecessor(unsigned i, std::uint32_t predecessor) const noexcept { row_->predecessors[i] = predecessor; }
    // A byte that the graph does not interpret, initially 0. The column is small enough to stay in the cache.
    std::uint8_t hint() const noexcept { return *hint_; }
    void set_hint(std::uint8_t hint) const noexcept { *hint_ = hint; }
    // The value last set by raise_reach() or note_reach().
    std::uint32_t reach() const noexcept { return row_->reach.load(std::memory_order_relaxed); }
    // PROTOCOL late_edge D1: from here on, an edge appended to the node is reported by drain_late(). The for_each
    // functions, called afterwards, are D2. REQUIRES kCarries in value.
    void raise_reach(std::uint32_t value) const noexcept { LateEdge<>::raise(row_->reach, value); }
    // D0: sets only the other bits, which is cheaper. REQUIRES that kCarries is in value exactly if it is in reach().
    void note_reach(std::uint32_t value) const noexcept { LateEdge<>::note(row_->reach, value); }

   private:
    friend class Graph;
    Place(NodeRow* row, std::uint8_t* hint) noexcept : row_(row), hint_(hint) {}
    NodeRow* row_;
    std::uint8_t* hint_;
  };
  Place place(NodeId node) const noexcept {
    const Window& window = window_of(node);
    return {&window.row(offset_of(node)), &window.hint(offset_of(node))};
  }
  std::uint32_t record(NodeId node) const noexcept { return place(node).record(); }
  void set_record(NodeId node, std::uint32_t record) noexcept { place(node).set_record(record); }
  std::uint8_t hint(NodeId node) const noexcept { return place(node).hint(); }
  void set_hint(NodeId node, std::uint8_t hint) noexcept { place(node).set_hint(hint); }
  std::uint32_t reach(NodeId node) const noexcept { return place(node).reach(); }
  void raise_reach(NodeId node, std::uint32_t value) noexcept { place(node).raise_reach(value); }

  // --- edges, of one incarnation ------------------------------------------------------------------------------------
  // f(const OutBlock&), newest block first.
  template <class F>
  void for_each_out_block(NodeId node, F&& f) const {
    const Window& window = window_of(node);
    for (std::uint32_t at = WindowOutList::newest(window.row(offset_of(node)).out_head); at != 0;) {
      const std::uint32_t next = window.out_head(at).next.get();
      if (next != 0) base::prefetch(&window.out_head(next));
      f(window.out_block(at));
      at = next;
    }
  }
  // f(EdgeCell, SpanId) for the cells that are edges.
  template <class F>
  void for_each_out(NodeId node, F&& f) const {
    for_each_out_block(node, [&](const OutBlock& block) {
      for (std::size_t i = 0; i < block.cells.size(); ++i)
        if (block.cells[i].word != 0) f(block.cells[i], block.span_ids[i]);
    });
  }
  // f(EdgeCell).
  template <class F>
  void for_each_in(NodeId node, F&& f) const {
    const Window& window = window_of(node);
    const NodeRow& row = window.row(offset_of(node));
    WindowInList::for_each(row.in_first, row.in_head, window, [&](std::uint64_t word) { f(EdgeCell{word}); });
  }
  // What append_out() returned this reference for, from the same node.
  OutBlock out_block(NodeId from, std::uint32_t reference) const noexcept {
    return window_of(from).out_block(reference);
  }

  bool has_edges(NodeId node) const noexcept {
    const NodeRow& node_row = row(node);
    return WindowOutList::newest(node_row.out_head) != 0 ||
           !WindowInList::is_empty(node_row.in_first, node_row.in_head);
  }

  // The node that a cell names, at its new place if it moved when its window closed; 0 when it was forgotten.
  NodeId node_of(EdgeCell cell) const noexcept {
    const unsigned slot = cell.sequence() % kWindowSlots;
    const Window* window = windows_[slot];
    if (window == nullptr || (window->sequence() & 0xffff) != cell.sequence()) return forwarded(cell);
    if (slot == closing_slot_ && is_forgotten(cell.offset())) return 0;
    return (slot << kOffsetBits) | cell.offset();
  }
  // node_of() for many cells: most name nodes of one window, which is looked up once. Valid until the next rotate() or
  // drop().
  class FarWindow {
   public:
    // As node_of(); for a node of a live window that is not closing, it is also looked up for node().
    NodeId node_of(const Graph& graph, EdgeCell cell) noexcept {
      if (cell.sequence() != sequence_) look_up(graph, cell);
      return hints_ != nullptr ? node(cell) : graph.node_of(cell);
    }
    NodeId node(EdgeCell cell) const noexcept { return slot_ | cell.offset(); }
    // The EdgeCell::kSequenceBits of cells that name this window; matches no cell while there is none.
    std::uint64_t sequence_bits() const noexcept { return hints_ == nullptr ? 1 : std::uint64_t{sequence_} << 28; }
    void prefetch_hint(EdgeCell cell) const noexcept { base::prefetch(&hints_[cell.offset()]); }

   private:
    void look_up(const Graph& graph, EdgeCell cell) noexcept;
    std::uint32_t sequence_ = ~0u;
    NodeId slot_ = 0;
    const std::uint8_t* hints_ = nullptr;
  };

  // A cell that names the node: for a link without limits and flags, or for the same link as another cell.
  EdgeCell cell_of(NodeId node) const noexcept {
    return EdgeCell::make(offset_of(node), sequence_of(node), kNoLimit, kNoLimit, false, false);
  }
  EdgeCell cell_of(NodeId node, EdgeCell link) const noexcept {
    return link.with_node(offset_of(node), sequence_of(node));
  }

  // Prefetches the node's row; then, once that has arrived, the first of its edges.
  void prefetch(NodeId node) const noexcept { base::prefetch(&row(node)); }
  void prefetch_key(NodeId node) const noexcept { window_of(node).prefetch_key(offset_of(node)); }
  void prefetch_out(NodeId node) const noexcept;
  void prefetch_in(NodeId node) const noexcept;
  // Once the first have arrived: more of them.
  void prefetch_out_next(NodeId node) const noexcept;
  void prefetch_in_next(NodeId node) const noexcept;

  // --- windows ------------------------------------------------------------------------------------------------------
  // Starts a new current window for `capacity` nodes (clamped to 1..268 million). False: every slot is occupied (live,
  // or dropped and not yet unmapped), or there is no memory; nothing changed. Writers that began before continue in the
  // window they loaded, which is frozen once all of them have ended; until then it also gets log entries.
  bool rotate(std::uint64_t capacity) noexcept;
  bool frozen(unsigned slot) noexcept;
  // Begins to close a frozen window (compaction.hpp). From now on its unmoved nodes below the `offset` of
  // forget_below() are forgotten: no key and no cell leads to them.
  void begin_close(unsigned slot);
  void forget_below(std::uint32_t offset) noexcept { closed_end_ = offset; }
  // Forwards a node of the closing window to `target`, a node of a newer window: cells that name it lead there, and it
  // leaves the chain of incarnations. May throw std::bad_alloc.
  void forward(NodeId node, NodeId target);
  // Takes a node out of the chain of its trace's incarnations: links its neighbours in the chain with each other.
  void unlink(NodeId node) noexcept;
  // Retires a window: at once cells that name its nodes lead nowhere unless forwarded, and its NodeIds are invalid.
  // reclaim() unmaps it when every lane has passed. REQUIRES that it is live and not the current one.
  void drop(unsigned slot) noexcept;
  // Frees what no lane uses any more. may_recycle: the memory of some windows is kept for a later rotate().
  void reclaim(bool may_recycle = false) noexcept;
  // Speeds up older_of(): up to kFilteredATick keys of frozen windows go into their filters.
  void filter_frozen() noexcept;

  // The live windows, oldest first.
  WindowList windows() noexcept;
  unsigned window_count() const noexcept { return window_count_; }
  WindowInfo current_window() noexcept { return info(*current()); }
  // Of a live window.
  std::uint64_t sequence(unsigned slot) const noexcept { return windows_[slot]->sequence(); }
  // The nodes of a live window have offsets in [1, offset_end).
  std::uint32_t offset_end(unsigned slot) const noexcept { return windows_[slot]->offset_end(); }
  // f(NodeId) for every node of a frozen window, in the order of their insertion by lane. REQUIRES frozen(slot).
  template <class F>
  void for_each_node(unsigned slot, F&& f) const {
    const Window& window = *windows_[slot];
    for (std::uint32_t offset = 1, end = window.offset_end(); offset < end; ++offset)
      if (!window.key(offset).is_zero()) f(window.node_id(offset));
  }

  // Memory of all windows that are mapped, spare ones too, in pages as touched, not as reserved; what a batch touches
  // counts from its end(). Any thread.
  std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  // Memory of forwarded nodes, not part of bytes(). The tick thread's.
  std::uint64_t forwarding_bytes() const noexcept { return forwarding_.bytes(); }
  // The largest need, nodes and links each, that found no room since the last call.
  Need wanted() noexcept;

 private:
  friend class graph::Writer;

  Window* current() const noexcept { return current_window_.load(sync::EpochOrders::read); }
  Window& window_of(NodeId node) const noexcept { return *windows_[slot_of(node)]; }
  NodeRow& row(NodeId node) const noexcept { return window_of(node).row(offset_of(node)); }
  // To be written: marks the node.
  Incarnations& incarnations(NodeId node) noexcept {
    row(node).record |= kIsLinked;
    Window& window = window_of(node);
    if (const std::uint64_t bytes = window.mark_incarnations(offset_of(node)); bytes != 0) count_bytes(window, bytes);
    return window.incarnations(offset_of(node));
  }
  // A column's node, unless its window was dropped. Only the newest side of a link may point into a dropped window: a
  // window that is not the oldest unlinks its nodes before it is dropped (unlink()). A window that took the slot is
  // younger than both ends, so comparing sequence numbers is enough.
  NodeId linked(NodeId node, NodeId other, bool is_newer) const noexcept {
    if (other == 0) return 0;
    const Window* window = windows_[slot_of(other)];
    return window != nullptr && (window->sequence() > window_of(node).sequence()) == is_newer ? other : 0;
  }
  Window::Shape shape(std::uint64_t capacity) const noexcept;
  WindowInfo info(const Window& window) noexcept;
  void note_wanted(std::uint64_t nodes, std::uint64_t links) noexcept;
  void count_bytes(Window& window, std::uint64_t bytes) noexcept {
    window.count_bytes(bytes);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }
  static constexpr std::uint32_t kFilteredATick = 1 << 18;  // some 0.8 ms
  struct Candidate;
  void older_of_group(std::span<const NodeId> nodes, NodeId* out) const noexcept;
  void look_up(std::span<Candidate> candidates, std::span<const NodeId> nodes, const std::uint64_t* hashes,
               NodeId* out) const noexcept;
  // The live windows, newest first.
  std::span<Window* const> by_age() const noexcept { return {by_age_.data(), window_count_}; }
  NodeId forwarded(EdgeCell cell) const noexcept;
  // Of the closing window: did its trace not move, and is its turn over?
  bool is_forgotten(std::uint32_t offset) const noexcept;
  // A node found by its key, unless it was forgotten.
  NodeId found(const Window& window, std::uint32_t offset) const noexcept {
    return offset == 0 || (window.slot() == closing_slot_ && is_forgotten(offset)) ? 0 : window.node_id(offset);
  }

  unsigned lanes_;
  unsigned payload_bytes_;
  std::uint64_t edge_room_bytes_;
  std::uint64_t seed_;
  std::unique_ptr<Writer[]> writers_;  // one a lane, and the tick thread's
  sync::Epochs<> epochs_;

  SpareWindows spares_;

  // The tick thread's, by slot.
  std::array<Window*, kWindowSlots> windows_{};             // live
  std::array<Window*, kWindowSlots> dropped_{};             // not yet unmapped
  std::array<std::uint64_t, kWindowSlots> closed_epoch_{};  // 0: still current; else safe once its Writers have ended
  std::array<bool, kWindowSlots> frozen_{};
  std::array<Window*, kWindowSlots> by_age_{};  // live, newest first
  std::uint64_t newest_sequence_ = 0;
  unsigned window_count_ = 0;
  static constexpr unsigned kNoSlot = kWindowSlots;
  unsigned closing_slot_ = kNoSlot;
  std::uint32_t closed_end_ = 0;  // offsets of the closing window whose turn is over lie below
  Forwarding forwarding_;

  // PROTOCOL epoch's pointer P.
  alignas(sync::kCacheLineBytes) sync::HardwareAtomic<Window*> current_window_{};
  // Counters and maxima: relaxed, they guard no data.
  alignas(sync::kCacheLineBytes) sync::HardwareAtomic<std::uint64_t> bytes_{};
  sync::HardwareAtomic<std::uint64_t> wanted_nodes_max_{};
  sync::HardwareAtomic<std::uint64_t> wanted_links_max_{};
};

}  // namespace entail::graph
