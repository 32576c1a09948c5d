// The race between an edge that arrives and a keep that leaves: the orders on both sides, written once.
#pragma once

#include <cstdint>

#include "graph/edge_cell.hpp"
#include "sync/atomic.hpp"

namespace entail::graph {

// One order for each of the four accesses. They are only right together; tests weaken them together.
struct LateEdgeOrders {
  static constexpr auto publish = std::memory_order_seq_cst;  // I1: the edge becomes reachable (in_list, out_list)
  static constexpr auto check = std::memory_order_seq_cst;    // I2
  static constexpr auto raise = std::memory_order_seq_cst;    // D1
  static constexpr auto observe = std::memory_order_seq_cst;  // D2: list heads and cells
  static constexpr auto own = std::memory_order_relaxed;      // the tick thread's own stores, and its loads of them
};

// The bit of a reach word that says that a keep propagates from its node. The other bits belong to the tick thread.
constexpr std::uint32_t kCarries = 1;

// PROTOCOL late_edge: no keep is lost when an edge arrives while a keep leaves its node.
//   words    the edge's word at node u (a list head or a cell), and reach(u), with kCarries or not
//   ingest   I1 publish the edge at u (RMW, publish)    I2 load reach(u) (check); kCarries -> the edge goes to the late
//            log, itself or the block that holds it, with u
//   tick     D0 at any time: reach(u) = another value (store, own), with kCarries if and only if it is set already
//            D1 reach(u) = value with kCarries (store, raise), unless it has that value already
//            D2 load u's heads and cells (observe); carry to every edge seen
//   P1  at least one side sees the other: D2 sees the edge, or the tick thread finds it in the late log. Both may:
//       carrying a keep twice changes nothing. So a node's other edges need not be read again for a late one.
//   P2  D0 clears nothing: only a D1 sets kCarries and it is never cleared, so that I2 behind a D1 in the total order
//       finds it, be it in that store's value or in a later note's.
//   why seq_cst  a store and then a load of the OTHER word, on both sides. With acquire and release both loads may be
//       stale and the keep is lost; one total order over the four accesses forbids it. ThreadSanitizer and stress
//       tests cannot see the difference: x86 executes the RMW of I1 with a full barrier in either case.
//   also     writers load a list head with `observe` before they claim a cell behind it, so that the publication of
//       that chunk precedes I1 in the total order, and D2 finds the way to the cell.
//   proved by tests/interleave/late_edge_test.cpp (out list, first cell, chunk and handed-over block, exhaustive);
//   mutants acq_rel, and each of the four accesses weakened alone, must lose a keep.
template <class Sync = sync::HardwareSync, class Orders = LateEdgeOrders>
struct LateEdge {
  using Reach = typename Sync::template Atomic<std::uint32_t>;

  // I2. True: report the edge to the tick thread.
  static bool carries(const Reach& reach) noexcept { return (reach.load(Orders::check) & kCarries) != 0; }
  // D1. The tick thread only. REQUIRES kCarries in value.
  static void raise(Reach& reach, std::uint32_t value) noexcept {
    if (reach.load(Orders::own) != value) reach.store(value, Orders::raise);
  }
  // D0. The tick thread only. REQUIRES that kCarries is in value exactly if it is set already.
  static void note(Reach& reach, std::uint32_t value) noexcept { reach.store(value, Orders::own); }
};

// Edges appended to a node that a keep propagates from: an entry of a lane's late log. Graph::for_each_late_edge()
// reads the edges.
struct LateEdges {
  // WORD edges (64 bits)
  //   bit 63 set   the EdgeCell of one edge in
  //   else         bits 0-31 the reference of a block; bit 32: of edges in, not of edges out
  static constexpr std::uint64_t kCell = 1ull << 63;
  static constexpr std::uint64_t kInBlock = 1ull << 32;

  NodeId node;
  std::uint32_t sequence;  // of the node's window: the slot may belong to another one when the entry is read
  std::uint64_t edges;

  bool is_out() const noexcept { return (edges & (kCell | kInBlock)) == 0; }
};
static_assert(sizeof(LateEdges) == 16);

}  // namespace entail::graph
