// The out-edges of a node: one block a span, in arrival order inside the block, newest block first.
#pragma once

#include <cstdint>

#include "graph/late_edge.hpp"
#include "sync/atomic.hpp"

namespace entail::graph {

struct OutListOrders : LateEdgeOrders {
  static constexpr auto peek = std::memory_order_relaxed;  // only a number to compare with; nothing behind it is read
};

// PROTOCOL out_append: how a span's links become visible at the node that they come from.
//   words    head (offset of the newest block)      plain  block.next and all that the block holds
//   append   O1  fill the block     O2  next = head.load(peek)
//            O3  head.compare_exchange(next -> block, publish, peek); lost: next = what was found, again O3
//   read     R1  head.load(observe), then by next
//   B1  a reachable block is complete and never changes. Every O3 is a release, and an RMW of the release sequences of
//       all earlier ones: a thread that has loaded head may read the whole chain.
//   progress  lock-free: O3 is lost only when another block went in.
//   proved by tests/interleave/late_edge_test.cpp (with the late_edge race) and out_append_test.cpp (2 writers +
//   reader, exhaustive); mutant publish=relaxed must fail.
template <class Sync = sync::HardwareSync, class Orders = OutListOrders>
struct OutList {
  using Head = typename Sync::template Atomic<std::uint32_t>;
  using Next = typename Sync::template Plain<std::uint32_t>;

  // REQUIRES that the block is complete except for next, and not reachable by other threads.
  static void append(Head& head, std::uint32_t block, Next& next) noexcept {
    std::uint32_t seen = head.load(Orders::peek);
    do {
      next.set(seen);
    } while (!head.compare_exchange(seen, block, Orders::publish, Orders::peek));
  }

  // The newest block, 0 = none.
  static std::uint32_t newest(const Head& head) noexcept { return head.load(Orders::observe); }
};

}  // namespace entail::graph
