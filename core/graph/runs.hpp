// Numbers that lanes take in runs from a window: offsets of nodes, units of the edge arena. A number is one lane's.
// Thread rule: Protocol id_run. Cost: one RMW a run; a load and an RMW a reservation. Memory: the words.
#pragma once

#include <cstdint>

#include "sync/atomic.hpp"

namespace entail::graph {

struct RunOrders {
  // Relaxed: uniqueness comes from the RMW. A number guards no data; what is written at it is published by its users
  // (slot_publish, in_append, out_append), and a frozen window is read behind the epoch.
  static constexpr auto count = std::memory_order_relaxed;
};

// PROTOCOL id_run: no number is given out twice, and no more nodes are made than a window has room for.
//   words    node_count_ (made, and reserved by batches under way), next_offset_, next_unit_: counters
//   reserve  N1 seen = node_count_.load; no room: refused   N2 old = node_count_.fetch_add(n); room: done
//            N3 else fetch_sub(n), refused. N1 keeps a need that can never be met from making others fail.
//   run      N4 first = next_offset_.fetch_add(run): the offsets [first, first + run) are the caller's
//   units    N5 first = next_unit_.load; no room: refused   N6 compare_exchange(first -> first + n); lost: from N5
//   A1  runs are disjoint: next_offset_ and next_unit_ only grow, by RMWs.
//   A2  reservations that were granted never sum to more than the capacity; a taker may be refused although there is
//       room, between another's N2 and N3. It gets "no room" and tries again, with a new window.
//   A3  a lane that takes runs within its reservation stays below 1 + capacity + run * writers
//       (window.cpp, offset_count).
//   progress  N1 to N4 wait-free; N6 lock-free
//   proved by tests/interleave/id_run_test.cpp (2 and 3 lanes, runs of 2, exhaustive); mutants in which N2 and N4, or
//   N6, are a load and a store must fail. All orders are relaxed already.
template <class Sync = sync::HardwareSync, class Orders = RunOrders>
class NodeRuns {
 public:
  // N1 to N3. Room for new nodes. False: no room, nothing reserved.
  bool try_reserve(std::uint64_t nodes, std::uint64_t capacity) noexcept {
    const std::uint64_t seen = node_count_.load(Orders::count);
    if (nodes > capacity || seen > capacity - nodes) return false;
    if (node_count_.fetch_add(nodes, Orders::count) <= capacity - nodes) return true;
    give_back(nodes);
    return false;
  }
  void give_back(std::uint64_t nodes) noexcept { node_count_.fetch_sub(nodes, Orders::count); }
  // N4. The first of `run` offsets that are the caller's alone.
  std::uint32_t take_run(std::uint32_t run) noexcept { return next_offset_.fetch_add(run, Orders::count); }

  std::uint64_t node_count() const noexcept { return node_count_.load(Orders::count); }
  std::uint32_t offset_end() const noexcept { return next_offset_.load(Orders::count); }

 private:
  alignas(sync::kCacheLineBytes) typename Sync::template Atomic<std::uint64_t> node_count_{0};
  alignas(sync::kCacheLineBytes) typename Sync::template Atomic<std::uint32_t> next_offset_{1};
};

template <class Sync = sync::HardwareSync, class Orders = RunOrders>
class UnitRuns {
 public:
  // N5, N6. The first of `units`; 0 when fewer are left.
  std::uint64_t take(std::uint64_t units, std::uint64_t units_max) noexcept {
    std::uint64_t first = next_unit_.load(Orders::count);
    do {
      if (units > units_max - first) return 0;
    } while (!next_unit_.compare_exchange(first, first + units, Orders::count, Orders::count));
    return first;
  }
  // All runs that were given out lie before it.
  std::uint64_t unit_end() const noexcept { return next_unit_.load(Orders::count); }

 private:
  static constexpr std::uint64_t kFirstUnit = 8;  // 0 is none, and runs begin at a cache line
  alignas(sync::kCacheLineBytes) typename Sync::template Atomic<std::uint64_t> next_unit_{kFirstUnit};
};

}  // namespace entail::graph
