// Epochs tell when memory that was retired is no longer in use.
//
// A lane pins the epoch for the length of a batch. To retire something, a thread first makes it unreachable for new
// batches, then advances the epoch, and may free it once safe() returns true: every lane has passed. No thread waits; a
// lane that stalls inside a batch only delays the freeing.
//
// Thread rule: pin and unpin by the lane's holder; advance by one thread at a time; safe by any.
// Cost: pin is one store that drains the store buffer (5 ns), once a batch; safe reads one line a lane.
#pragma once

#include <cstdint>
#include <memory>

#include "sync/atomic.hpp"

namespace entail::sync {

struct EpochOrders {
  // E1, R2: a lane that reads E has R1 before its E3. No mutant: in the model the total order is that of execution,
  // where R1 precedes R2 anyway; in C++ only this pair says so.
  static constexpr auto look = std::memory_order_acquire;
  static constexpr auto advance = std::memory_order_acq_rel;
  static constexpr auto pin = std::memory_order_seq_cst;      // E2: against R3, see why seq_cst
  static constexpr auto read = std::memory_order_seq_cst;     // E3, in the code that owns the pointer P
  static constexpr auto unpin = std::memory_order_release;    // E4: the batch's writes come before
  static constexpr auto replace = std::memory_order_seq_cst;  // R1, in the code that owns the pointer P
  static constexpr auto ask = std::memory_order_seq_cst;      // R3
};

// PROTOCOL epoch: no batch uses what was freed.
//   words    epoch_ (counter from 1), pinned_[lane] (0 = idle, else the epoch seen), and the caller's pointer P
//   lane     E1 e = epoch_.load(look)   E2 pinned_[lane].store(e, pin)   E3 p = P.load(read), use *p
//            E4 pinned_[lane].store(0, unpin)
//   retirer  R1 P.store(other, replace) R2 E = epoch_.fetch_add(1, advance) + 1
//            R3 safe(E): every pinned_[lane].load(ask) is 0 or >= E     R4 free what P named before
//   P1  R3 true => no lane will use what P named before R1, and all its uses happen before R4.
//       reads 0 from before E2: E2 follows R3 in the total order, so E3 follows R1 and loads the new P.
//       reads 0 from E4: E4 is a release, so the uses happen before R4.
//       reads e >= E: E1 read R2 or later (acquire), so R1 happens before E3.
//   why seq_cst  E2 then E3 against R1 then R3: a store and a load of the other word on both sides.
//   progress  all wait-free. A lane that stalls keeps safe() false but blocks no thread.
//   proved by tests/interleave/epoch_test.cpp (1 lane + retirer) and window_rotation_test.cpp (1 and 2 lanes, a
//   window that is read whole and freed), exhaustive; mutants that weaken pin, ask, read, replace or unpin must fail.
template <class Sync = HardwareSync, class Orders = EpochOrders>
class Epochs {
 public:
  explicit Epochs(unsigned lanes) : pinned_(std::make_unique<Slot[]>(lanes)), lanes_(lanes) {}

  // REQUIRES that the lane is not pinned.
  void pin(unsigned lane) noexcept { pinned_[lane].epoch.store(epoch_.load(Orders::look), Orders::pin); }
  void unpin(unsigned lane) noexcept { pinned_[lane].epoch.store(0, Orders::unpin); }

  // Starts the next epoch and returns its number.
  std::uint64_t advance() noexcept { return epoch_.fetch_add(1, Orders::advance) + 1; }

  // True when no lane is pinned in an epoch before the given one. Once true, the caller may rely on it from then on: a
  // lane that was between E1 and E2 may make a later call return false, but it will load the new P.
  bool safe(std::uint64_t epoch) const noexcept {
    for (unsigned lane = 0; lane < lanes_; ++lane) {
      const std::uint64_t pinned = pinned_[lane].epoch.load(Orders::ask);
      if (pinned != 0 && pinned < epoch) return false;
    }
    return true;
  }

 private:
  struct alignas(kCacheLineBytes) Slot {
    typename Sync::template Atomic<std::uint64_t> epoch{};
  };
  typename Sync::template Atomic<std::uint64_t> epoch_{1};
  std::unique_ptr<Slot[]> pinned_;
  unsigned lanes_;
};

}  // namespace entail::sync
