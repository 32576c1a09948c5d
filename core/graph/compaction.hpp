// Compaction closes windows: what their traces still need moves to the current window, the rest is forgotten, and the
// window's memory goes back as a whole.
//
// A window is closed node by node, in slices, so that no tick pays for a whole window. Each node is examined once:
//   forget  the trace is known from here alone and nobody needs it: no key and no cell leads to the node any more
//   merge   the trace lives on in a newer window, which takes over the node's payload; its edges here go
//   move    the trace needs all of it: payload and edges are copied to its node in the current window, which is made if
//           it is missing. Cells elsewhere that name the node lead to its new place (forwarding.hpp), so the cost of a
//           move is linear in the node's own edges, and nothing outside of the window is written.
// While a window is closing, nodes that were not examined yet are found and followed as before.
//
// An absent trace has no record that could say that it is needed: it moves if the owner needs one of its neighbours, so
// that no edge of a trace that lives on loses its far end; not when memory is short (needs_absent()). Then all nodes
// that go are forgotten before the first one moves. Otherwise a node copied its edges to nodes examined after it, for
// nothing: where most edges lead to absent traces that was nearly the whole window once more, on top of a spent budget.
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

  // What the graph does not know of its nodes. Calls that may throw std::bad_alloc leave the node to be examined again.
  class Owner {
   public:
    // What becomes of the node, which has a record. With forget, all that the owner knows of the trace is gone on
    // return.
    virtual Fate fate(NodeId node) = 0;
    // Of a trace with a record: would its nodes move?
    virtual bool needs_edges(NodeId newest) const noexcept = 0;
    // Are absent traces worth a move? If not, on_forgotten_absent() counts each.
    virtual bool needs_absent() const noexcept = 0;
    virtual void on_forgotten_absent() noexcept = 0;
    // The trace of `newest` goes on with `node`, which was made for it in the current window.
    virtual void continue_at(NodeId node, NodeId newest) = 0;
    // Takes the payload of `from` over into that of `to`, both nodes of one trace.
    virtual void move_payload(NodeId from, NodeId to) = 0;
    // Hint: fate(node) comes soon.
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
    no_room,  // the current window has no room for what has to move: rotate, then go on
    closed,   // the window is dropped; Graph::reclaim() gives its memory back
  };
  // Examines nodes for about steps_max steps of some 60 ns: one each, kMoveSteps for one that moves, and one for every
  // kEdgesPerStep edges that move with it. While absent traces are not needed, all that goes is forgotten before the
  // first node moves.
  Step advance(Owner& owner, std::uint64_t steps_max);

 private:
  static constexpr unsigned kNone = kWindowSlots;
  // Few: the room that a batch reserves at worst is many times what it takes, and the rest of a room that is too small
  // for it stays empty, on huge pages that are paid for.
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
  std::uint32_t next_ = 0;         // offset of the node to be examined next
  std::uint32_t forgotten_end_ = 0;  // below it the nodes that go without a move have gone
  std::uint64_t spent_ = 0;          // steps of this advance()
  std::vector<EdgeCell> cells_;    // of the moving node, as many as are copied together
  std::vector<SpanId> span_ids_;
};

}  // namespace entail::graph
