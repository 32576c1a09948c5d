// Generations tell which span bytes may be freed while lanes are still writing others.
//
// Thread rule: Protocol generation. Cost: two stores and two loads a request on the lane's side.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sync/atomic.hpp"

namespace entail::store {

struct GenerationOrders {
  static constexpr auto guess = std::memory_order_relaxed;     // L1: any value that was current is a lower bound
  static constexpr auto announce = std::memory_order_seq_cst;  // L2
  static constexpr auto advance = std::memory_order_relaxed;   // guards no data: L3 and T1 order its readers, see P1
  static constexpr auto read = std::memory_order_seq_cst;      // L3, T1
  static constexpr auto look = std::memory_order_seq_cst;      // T2; also the acquire that pairs with L5
  static constexpr auto leave = std::memory_order_release;     // L5
  static constexpr auto check = std::memory_order_relaxed;     // by PROTOCOL touch, which says what it must not miss
};

// PROTOCOL generation: nothing is freed that a lane still writes, or that tick has not yet read from the lane's log.
//   words    current_ (only grows), active[lane] (kIdle, or a lower bound of what the lane writes)
//   lane     L1 g0 = current_.load(guess)  L2 active.store(g0, announce)  L3 g = current_.load(read)
//            L4 write spans of generation g, log their traces   L5 active.store(kIdle, leave)
//   tick     T1 c = current_.load(read), perhaps after advance()   T2 bound = min(c, every active.load(look))
//            T3 read the lanes' logs   T4 free what lies before the bound and before every trace that holds spans
//   P1  a span whose trace T3 does not find has a generation >= bound: if T2 read the lane as idle before its L2, then
//       T1 precedes L3 in the total order, so g >= c; if it found the lane's g0, then g >= g0 >= bound; and if it found
//       the idle of L5 (release, acquired by T2), then L4 came before T3, which finds the trace.
//       A span that is not logged itself, since its trace is to be found anyway: PROTOCOL touch P2.
//   why seq_cst  L2 then L3 against T1 then T2: each side orders its access to one word before a load of the other. T1
//       is a load, and it stands for the write of advance() that it read: two seq_cst loads of one word agree on their
//       order, so an L3 after T1 reads that write or a later one, whatever its own order. Hence advance is relaxed.
//   progress  wait-free
//   proved by tests/interleave/generation_test.cpp; mutants that weaken announce, read, look or leave must fail.
template <class Sync = sync::HardwareSync, class Orders = GenerationOrders>
class GenerationClock {
 public:
  using Active = typename Sync::template Atomic<std::uint64_t>;
  static constexpr std::uint64_t kIdle = std::uint64_t{1} << 32;  // beyond every generation

  // L1 to L3: the generation that the lane writes from now on.
  std::uint32_t begin(Active& active) const noexcept {
    active.store(current_.load(Orders::guess), Orders::announce);
    return static_cast<std::uint32_t>(current_.load(Orders::read));
  }
  // False: it has ended. May be true for one that has ended meanwhile, unknown to the caller.
  bool is_current(std::uint32_t generation) const noexcept { return current_.load(Orders::check) == generation; }
  // L5.
  static void end(Active& active) noexcept { active.store(kIdle, Orders::leave); }

  // Ends the current generation. Any thread.
  void advance() noexcept { current_.fetch_add(1, Orders::advance); }
  // T1.
  std::uint64_t current() const noexcept { return current_.load(Orders::read); }
  // T2, for one lane.
  static std::uint64_t bound(std::uint64_t so_far, const Active& active) noexcept {
    return std::min(so_far, active.load(Orders::look));
  }

 private:
  typename Sync::template Atomic<std::uint64_t> current_{1};
};

}  // namespace entail::store
