#include "graph/compaction.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/free_array.hpp"
#include "sync/sync_point.hpp"

namespace entail::graph {
namespace {

constexpr std::uint32_t kAhead = 16;  // nodes

}  // namespace

void Compaction::begin(unsigned slot) {
  ENTAIL_CHECK(!is_closing());
  graph_.begin_close(slot);
  slot_ = slot;
  next_ = 1;
  forgotten_end_ = 1;
}

Compaction::Step Compaction::advance(Owner& owner, std::uint64_t steps_max) {
  spent_ = 0;
  if (!owner.needs_absent() && !forget_unneeded(owner, steps_max)) return Step::more;
  const std::uint32_t end = graph_.offset_end(slot_);
  const NodeId first = static_cast<NodeId>(slot_) << kOffsetBits;
  for (; next_ < end; ++spent_) {
    if (spent_ >= steps_max) return Step::more;
    if (next_ + kAhead < end) owner.prefetch(first | (next_ + kAhead));
    if (!is_done(first | next_) && !close_node(owner, first | next_)) return Step::no_room;
    ++next_;
    graph_.forget_below(std::max(next_, forgotten_end_));
  }
  ENTAIL_SYNC_POINT("compact:before_drop");
  graph_.drop(slot_);
  slot_ = kNone;
  base::free_array(cells_);
  base::free_array(span_ids_);
  return Step::closed;
}

// Nodes that merge are left for later: edges to them lead to the newer node and are worth a copy. False: steps_max were
// spent before all unneeded nodes were forgotten.
bool Compaction::forget_unneeded(Owner& owner, std::uint64_t steps_max) {
  const std::uint32_t end = graph_.offset_end(slot_);
  const NodeId first = static_cast<NodeId>(slot_) << kOffsetBits;
  for (forgotten_end_ = std::max(forgotten_end_, next_); forgotten_end_ < end; graph_.forget_below(++forgotten_end_)) {
    if (spent_++ >= steps_max) return false;
    if (forgotten_end_ + kAhead < end) owner.prefetch(first | (forgotten_end_ + kAhead));
    const NodeId node = first | forgotten_end_;
    if (graph_.key(node).is_zero()) continue;
    const NodeId newest = graph_.newest(node);
    if (graph_.record(newest) == 0 || (newest == node && !owner.needs_edges(node))) close_node(owner, node);
  }
  return true;
}

// Without a node, or forgotten already.
bool Compaction::is_done(NodeId node) const noexcept {
  if (graph_.key(node).is_zero()) return true;
  return offset_of(node) < forgotten_end_ && graph_.record(graph_.newest(node)) == 0;
}

bool Compaction::close_node(Owner& owner, NodeId node) {
  if (graph_.record(graph_.newest(node)) == 0) return close_absent(owner, node);
  switch (owner.fate(node)) {
    case Fate::forget:
      graph_.unlink(node);
      return true;
    case Fate::merge:
      owner.move_payload(node, graph_.newest(node));
      graph_.unlink(node);
      return true;
    case Fate::move:
      if (graph_.newest(node) == node || graph_.has_edges(node)) return move(owner, node);
      // Only edges have to lie in the current window: the payload moves to the newest node, wherever that is.
      owner.move_payload(node, graph_.newest(node));
      graph_.forward(node, graph_.newest(node));
      return true;
  }
  return true;
}

bool Compaction::close_absent(Owner& owner, NodeId node) {
  if (!owner.needs_absent()) {
    owner.on_forgotten_absent();
  } else if (has_needed_neighbour(owner, node)) {
    return move(owner, node);
  }
  graph_.unlink(node);
  return true;
}

bool Compaction::has_needed_neighbour(const Owner& owner, NodeId node) const {
  bool needed = false;
  const auto look = [&](EdgeCell cell) {
    if (needed) return;
    const NodeId far = graph_.node_of(cell);
    const NodeId newest = far == 0 ? 0 : graph_.newest(far);
    needed = newest != 0 && graph_.record(newest) != 0 && owner.needs_edges(newest);
  };
  graph_.for_each_out(node, [&](EdgeCell cell, SpanId) { look(cell); });
  graph_.for_each_in(node, look);
  return needed;
}

// The trace's node in the current window; 0 when there is no room for it.
NodeId Compaction::current_window_node(Owner& owner, NodeId node) {
  const NodeId newest = graph_.newest(node);
  if (graph_.is_current(newest)) return newest;
  const NodeId current = graph_.insert(graph_.key(node));
  if (current != 0) owner.continue_at(current, newest);
  return current;
}

// Edges first: a move that ends early for lack of room starts again later, and edges written twice change nothing.
bool Compaction::move(Owner& owner, NodeId node) {
  spent_ += kMoveSteps - 1;
  const NodeId current = current_window_node(owner, node);
  if (current == 0 || !copy_out(node, current) || !copy_in(node, current)) return false;
  owner.move_payload(node, current);
  ENTAIL_SYNC_POINT("compact:before_forward");
  graph_.forward(node, current);
  return true;
}

// The cell as it names the far node now; word 0: forgotten. A far node of this window whose turn is still to come keeps
// its name, which leads on if it moves.
EdgeCell Compaction::current_name(EdgeCell cell) const noexcept {
  const NodeId far = graph_.node_of(cell);
  return far == 0 ? EdgeCell{} : graph_.cell_of(slot_of(far) == slot_ ? graph_.newest(far) : far, cell);
}

bool Compaction::copy_out(NodeId from, NodeId to) {
  const auto write = [&](Writer& writer) { writer.append_out(to, cells_, span_ids_); };
  bool room = true;
  graph_.for_each_out(from, [&](EdgeCell cell, SpanId span) {
    const EdgeCell copy = room ? current_name(cell) : EdgeCell{};
    if (copy.word == 0) return;
    cells_.push_back(copy);
    span_ids_.push_back(span);
    if (cells_.size() == kCellsTogether) room = append(write);
  });
  return append(write) && room;
}

bool Compaction::copy_in(NodeId from, NodeId to) {
  const auto write = [&](Writer& writer) {
    for (const EdgeCell cell : cells_) writer.append_in(to, cell);
  };
  bool room = true;
  graph_.for_each_in(from, [&](EdgeCell cell) {
    const EdgeCell copy = room ? current_name(cell) : EdgeCell{};
    if (copy.word == 0) return;
    cells_.push_back(copy);
    if (cells_.size() == kCellsTogether) room = append(write);
  });
  return append(write) && room;
}

template <class Append>
bool Compaction::append(Append&& write) {
  spent_ += cells_.size() / kEdgesPerStep;
  Writer& writer = graph_.tick_writer();
  const bool room = cells_.empty() || writer.try_begin(0, cells_.size());
  if (room && !cells_.empty()) {
    writer.set_logs_late(false);  // keeps were carried over them already
    write(writer);
    writer.end();
    writer.set_logs_late(true);
  }
  cells_.clear();
  span_ids_.clear();
  return room;
}

}  // namespace entail::graph
