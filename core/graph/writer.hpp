// Writer: one ingest lane's changes to the graph during one batch.
//
//   if (!writer.try_begin(traces_max, links_max)) return no_room;   // nothing was taken in
//   writer.find_or_insert(ids, nodes);
//   writer.append_out(from, cells, spans);  writer.append_in(to, cell);
//   writer.end();
//
// Guarantees: after try_begin() nothing in the batch can fail. Everything appended is visible to the tick thread when
// end() returns, most of it at once; so are the entries of the created and late logs. The batch works on the window
// that was current at try_begin(), even when the tick thread rotates meanwhile.
//
// Thread rule: Confined to the holder of its lane. Any number of Writers run side by side, and beside the tick thread;
// none waits for another. Cost: find_or_insert 15-25 ns a key in batches; a link 2-10 ns a direction. Memory bound:
// what was reserved; end() returns the rest or leaves it with the lane for its next batch.
#pragma once

#include <cstdint>
#include <span>

#include "base/prefetch.hpp"
#include "entail/types.hpp"
#include "graph/edge_cell.hpp"
#include "graph/hot_cells.hpp"
#include "graph/lane_rooms.hpp"
#include "graph/window.hpp"
#include "sync/atomic.hpp"
#include "sync/spsc_log.hpp"

namespace entail::graph {

class Graph;

class alignas(sync::kCacheLineBytes) Writer {
 public:
  Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Begins a batch of at most `nodes` new nodes and `links` links (cells passed to append_out, 0 cells included, and as
  // many calls of append_in). False: no room in this window, or no memory; nothing was reserved or pinned, and
  // Graph::wanted() reports it.
  bool try_begin(std::uint64_t nodes, std::uint64_t links) noexcept;
  // Publishes what is still buffered, returns what was not used, unpins.
  void end() noexcept;
  bool begun() const noexcept { return begun_; }

  // out[i] = the node of ids[i] in this window, made if it was not there. IDs may repeat; none may be all zero.
  void find_or_insert(std::span<const TraceId> ids, NodeId* out) noexcept;

  // A hint: edges will be appended at the node.
  void prefetch(NodeId node) const noexcept { base::prefetch(&window_->row(offset_of(node))); }
  // The links of one span, in arrival order; cells with word 0 are no edges but keep their place. Returns a reference
  // for Graph::out_block(), 0 when there are no links.
  std::uint32_t append_out(NodeId from, std::span<const EdgeCell> cells, std::span<const SpanId> span_ids) noexcept;
  // The other end of an edge, at the node it points to. A node that is hit repeatedly in this batch is hot: its cells
  // are buffered and handed over in blocks, at the latest by end().
  void append_in(NodeId to, EdgeCell cell) noexcept {
    if (HotCells::Buffer* const buffer = hot_.buffer_of(offset_of(to)); buffer != nullptr) {
      buffer_in(*buffer, cell.word);
    } else {
      append_unbuffered(offset_of(to), cell.word);
    }
  }
  // The same for many, with prefetch; to[i] = 0 is skipped.
  void append_in(std::span<const NodeId> to, std::span<const EdgeCell> cells) noexcept;

  // The cell that names a node of this window.
  EdgeCell cell(NodeId node, unsigned limit_linked, unsigned limit_linking, bool on_error_span,
                bool sampled) const noexcept {
    return EdgeCell::make(offset_of(node), static_cast<std::uint32_t>(window_->sequence()), limit_linked, limit_linking,
                          on_error_span, sampled);
  }
  // The cell of the same link as another, that names a node of this window.
  EdgeCell cell(NodeId node, EdgeCell link) const noexcept {
    return link.with_node(offset_of(node), static_cast<std::uint32_t>(window_->sequence()));
  }
  // The engine's bytes of a node, zero at birth. Who may write them when is the engine's protocol, not the graph's.
  void* payload(NodeId node) const noexcept { return window_->payload(offset_of(node)); }
  // Call once before payload() of a node is first written; repeating is harmless. bytes() counts marked payload.
  void mark_payload(NodeId node) noexcept { payload_bytes_ += window_->mark_payload(offset_of(node)); }
  TraceId key(NodeId node) const noexcept { return window_->key(offset_of(node)); }
  // Whether edges appended to nodes that a keep propagates from enter the late log. Only the tick thread sets false,
  // while it copies edges that keeps have passed already.
  void set_logs_late(bool logs_late) noexcept { logs_late_ = logs_late; }

 private:
  friend class Graph;

  // Nodes with consecutive offsets: usually most of a batch.
  struct Created {
    std::uint32_t sequence;  // of their window, as in LateEdges
    NodeId first;
    std::uint32_t count;
  };
  // Takes the node, made just now, into the run of those before it, or into a new one.
  void log_created(Created& run, NodeId node) noexcept {
    if (run.count != 0 && node != run.first + run.count) created_.push(std::exchange(run, {run.sequence, 0, 0}));
    if (run.count++ == 0) run.first = node;
  }
  void open(Graph& graph, unsigned lane) noexcept;
  bool try_reserve(Window& window, std::uint64_t nodes, std::uint64_t links) noexcept;
  void buffer_in(HotCells::Buffer& buffer, std::uint64_t word) noexcept {
    buffer.words[buffer.count++] = word;
    if (buffer.count == HotCells::kBlockCells) hand_over(buffer);
  }
  void append_unbuffered(std::uint32_t to, std::uint64_t word) noexcept;
  void append_now(std::uint32_t to, std::uint64_t word) noexcept;
  void hand_over(HotCells::Buffer& buffer) noexcept;
  // PROTOCOL late_edge I2. edges: as in LateEdges.
  void check_late(std::uint32_t offset, std::uint64_t edges) noexcept {
    if (logs_late_ && LateEdge<>::carries(window_->row(offset).reach))
      late_.push({window_->node_id(offset), static_cast<std::uint32_t>(window_->sequence()), edges});
  }

  Graph* graph_ = nullptr;
  unsigned lane_ = 0;
  bool begun_ = false;
  bool logs_late_ = true;
  Window* window_ = nullptr;           // of the batch; between batches it may be gone
  std::uint64_t window_sequence_ = 0;  // the window that the rooms belong to; sequence numbers start at 1
  std::uint64_t payload_bytes_ = 0;    // faulted in by this batch
  NodeRun node_run_;
  EdgeRoom edge_room_;
  HotCells hot_;
  sync::SpscLog<Created> created_;
  sync::SpscLog<LateEdges> late_;
};

}  // namespace entail::graph
