// Compaction closes windows: what their traces still need moves to the current window, the rest is forgotten, and the
// window's memory is freed as a whole.
//
// A window is closed node by node, in slices, so that no tick bears the cost of a whole window. Each node is examined
// once:
//   forget  only this window has the trace and it is not needed: no key and no cell leads to the node any more
//   merge   the trace lives on in a newer window, which takes over the node's payload; its edges here are dropped
//   move    the trace needs all of it: payload and edges are copied to its node in the current window, which is made if
//           it is missing. Cells elsewhere that name the node lead to its new place (forwarding.hpp), so the cost of a
//           move is linear in the node's own edges, and nothing outside of the window is written.
// While a window is closing, nodes that were not examined yet are found and followed as before.
//
// An absent trace has no record to say whether it is needed: it moves if the owner needs one of its neighbours, so that
// no edge of a live trace loses its far end. When memory is short (needs_absent() is false) it is dropped, and all
// unneeded nodes are forgotten before the first node moves. Otherwise a node would copy edges to nodes that are dropped
// later: where most edges lead to absent traces, nearly the whole window again, beyond an exhausted budget.
//
// Thread rule: Confined (the tick thread's). REQUIRES that the window is frozen and that all logs were drained since.
// Cost: 10 to 60 ns a node that is forgotten, some 20 ns more for each edge of one that moves.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.hpp"

namespace entail::graph {

class Compaction {
 public:
  enum class Fate : std::uint8_t { forget, merge, move };

  // What the graph does not know about its nodes. Calls that may throw std::bad_alloc leave the node to be examined
  // again.
  class Owner {
   public:
    // What to do with the node, which has a record. With forget, the owner has dropped its state of the trace on
    // return.
    virtual Fate fate(NodeId node) = 0;
    // True if the nodes of the trace, which has a record, would move.
    virtual bool needs_edges(NodeId newest) const noexcept = 0;
    // True if absent traces are worth a move. If not, on_forgotten_absent() counts each.
    virtual bool needs_absent() const noexcept = 0;
    virtual void on_forgotten_absent() noexcept = 0;
    // `node`, added in the current window, becomes the newest node of the trace of `newest`.
    virtual void continue_at(NodeId node, NodeId newest) = 0;
    // Moves the payload of `from` into that of `to`, both nodes of one trace.
    virtual void move_payload(NodeId from, NodeId to) = 0;
    // A hint: fate(node) follows soon.
    virtual void prefetch(NodeId node) const noexcept = 0;

   protected:
    ~Owner() = default;
  };

  explicit Compaction(Graph& graph) noexcept : graph_(graph) {}

  bool is_closing() const noexcept { return slot_ != kNone; }
  unsigned slot() const noexcept { return slot_; }
  // Offsets below it were examined.
  std::uint32_t next() const noexcept { return next_; }
  // REQUIRES that no window is closing.
  void begin(unsigned slot);

  enum class Step : std::uint8_t {
    more,     // steps_max were spent
    no_room,  // the current window has no room for what has to move: rotate, then continue
    closed,   // the window is dropped; Graph::reclaim() frees its memory
  };
  // Examines nodes for about steps_max steps of some 60 ns: one each, kMoveSteps for one that moves, and one for every
  // kEdgesPerStep edges that move with it. While absent traces are not needed, all unneeded nodes are forgotten before
  // the first node moves.
  Step advance(Owner& owner, std::uint64_t steps_max);

 private:
  static constexpr unsigned kNone = kWindowSlots;
  // Small, because a batch reserves for the worst case many times what it uses, and the rest of a room that is too
  // small for it stays empty, on huge pages that are in memory.
  static constexpr std::size_t kCellsTogether = 512;
  static constexpr std::uint64_t kMoveSteps = 6;
  static constexpr std::uint64_t kEdgesPerStep = 4;

  bool forget_unneeded(Owner& owner, std::uint64_t steps_max);
  bool is_done(NodeId node) const noexcept;
  bool close_node(Owner& owner, NodeId node);
  bool close_absent(Owner& owner, NodeId node);
  bool has_needed_neighbour(const Owner& owner, NodeId node) const;
  bool move(Owner& owner, NodeId node);
  NodeId current_window_node(Owner& owner, NodeId node);
  EdgeCell current_name(EdgeCell cell) const noexcept;
  bool copy_out(NodeId from, NodeId to);
  bool copy_in(NodeId from, NodeId to);
  template <class Append>
  bool append(Append&& append);

  Graph& graph_;
  unsigned slot_ = kNone;
  std::uint32_t next_ = 0;           // offset of the node to be examined next
  std::uint32_t forgotten_end_ = 0;  // nodes below it that need no move are forgotten
  std::uint64_t spent_ = 0;          // steps of this advance()
  std::vector<EdgeCell> cells_;      // of the moving node, one batch
  std::vector<SpanId> span_ids_;
};

}  // namespace entail::graph
