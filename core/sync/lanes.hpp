// A pool of lanes: state that one caller at a time owns, so that a batch of work needs no locks inside it.
//
// A caller takes a lane at the start of a batch and releases it at the end. try_acquire() never waits: null means that
// every lane is in use. What a holder wrote is visible to the next holder of the same lane.
//
// Thread rule: Protocol lane_take. Cost: one RMW each way, on the word of 64 lanes; callers with different hints start
// at different lanes. Memory: the lanes, allocated once.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>

#include "base/check.hpp"
#include "sync/atomic.hpp"

namespace entail::sync {

struct LaneOrders {
  static constexpr auto peek = std::memory_order_relaxed;  // a guess at which bit is free; the RMW decides
  static constexpr auto take = std::memory_order_acquire;  // pairs with give: the last holder's writes
  static constexpr auto give = std::memory_order_release;
  static constexpr auto look = std::memory_order_acq_rel;  // pairs with give, and with the takes that follow
};

constexpr unsigned kLanesMax = 256;

// PROTOCOL lane_take: one holder a lane.
//   words    taken_bits_[w] (bit i: lane 64w+i is held)      data  the lane itself (plain, its holder's)
//   takers   any thread      releaser  the holder
//   T1  bits = taken_bits_[w].load(peek); choose a clear bit
//   T2  old = taken_bits_[w].fetch_or(bit, take); bit clear in old: the lane is ours
//   T3  else forget that bit, look at old for another; none left: next word; none at all: null
//   R1  taken_bits_[w].fetch_and(~bit, give)
//   L1  the RMWs on one word are totally ordered, and the bit was clear for exactly one taker between two gives.
//   L2  T2 reads from R1 or from a later RMW of its release sequence: what the last holder wrote happens before.
//   look    K1  taken_bits_[w].fetch_or(0, look), for each w: is any bit set?
//   L3  a take after K1 in the order of its word reads from K1 or a later RMW of its release sequence, so it sees what
//       the looker wrote before K1; a holder that took its lane before K1 is seen by K1, or what it wrote is. So
//       a thread that closes a gate that every taker checks after T2, and then sees no lane taken, knows that all later
//       takers find the gate closed.
//   progress  wait-free: at most 64 RMWs a word, since each failed one removes a candidate.
//   proved by tests/interleave/lane_take_test.cpp (2 threads, 1 and 2 lanes; taker and closer; exhaustive); mutants
//   take=relaxed, give=relaxed, look=relaxed, look=acquire, look=release must fail.
template <class Lane, class Sync = HardwareSync, class Orders = LaneOrders>
class LanePool {
 public:
  // REQUIRES 1 <= count <= kLanesMax.
  explicit LanePool(unsigned count) : lanes_(std::make_unique<Lane[]>(count)), count_(count) {
    ENTAIL_CHECK(count >= 1 && count <= kLanesMax);
  }
  LanePool(const LanePool&) = delete;
  LanePool& operator=(const LanePool&) = delete;

  // A free lane, or null. The hint (any number, such as the last lane's index) is where the search starts.
  Lane* try_acquire(unsigned hint = 0) noexcept {
    const unsigned words = (count_ + 63) / 64;
    const unsigned first = hint % count_;
    for (unsigned turn = 0; turn < words; ++turn) {
      const unsigned word = (first / 64 + turn) % words;
      std::uint64_t candidates = bits_of(word);
      std::uint64_t taken = taken_bits_[word].load(Orders::peek);
      while ((candidates &= ~taken) != 0) {
        const std::uint64_t bit = std::uint64_t{1} << choose(candidates, first % 64);
        taken = taken_bits_[word].fetch_or(bit, Orders::take);
        if ((taken & bit) == 0) return &lanes_[word * 64 + static_cast<unsigned>(std::countr_zero(bit))];
      }
    }
    return nullptr;
  }

  // REQUIRES that the caller holds the lane.
  void release(Lane* lane) noexcept {
    const unsigned index = index_of(lane);
    taken_bits_[index / 64].fetch_and(~(std::uint64_t{1} << (index % 64)), Orders::give);
  }

  // K1: is any lane held? What the caller wrote before is visible to all who take a lane later.
  bool is_any_taken() noexcept {
    bool taken = false;
    for (unsigned word = 0; word < (count_ + 63) / 64; ++word)
      taken |= taken_bits_[word].fetch_or(0, Orders::look) != 0;
    return taken;
  }

  unsigned count() const noexcept { return count_; }
  unsigned index_of(const Lane* lane) const noexcept { return static_cast<unsigned>(lane - lanes_.get()); }
  // Without holding it: for parts of a lane that have a protocol of their own, such as its logs.
  Lane& lane(unsigned index) noexcept { return lanes_[index]; }
  const Lane& lane(unsigned index) const noexcept { return lanes_[index]; }

 private:
  std::uint64_t bits_of(unsigned word) const noexcept {
    const unsigned in_word = count_ - word * 64;
    return in_word >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << in_word) - 1;
  }
  // The first candidate at or after start, wrapping.
  static unsigned choose(std::uint64_t candidates, unsigned start) noexcept {
    return (static_cast<unsigned>(std::countr_zero(std::rotr(candidates, static_cast<int>(start)))) + start) % 64;
  }

  std::unique_ptr<Lane[]> lanes_;
  unsigned count_;
  alignas(kCacheLineBytes) typename Sync::template Atomic<std::uint64_t> taken_bits_[kLanesMax / 64]{};
};

}  // namespace entail::sync
