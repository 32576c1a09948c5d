// The index of a window: from a trace ID to the offset of its node, lock-free, insert-only.
#pragma once

#include <cstdint>

#include "base/check.hpp"
#include "base/prefetch.hpp"
#include "entail/types.hpp"
#include "sync/atomic.hpp"

namespace entail::graph {

struct SlotOrders {
  static constexpr auto observe = std::memory_order_acquire;  // pairs with publish: the key behind the slot
  static constexpr auto publish = std::memory_order_release;
  static constexpr auto lost = std::memory_order_acquire;  // a lost CAS has found another's slot: as observe
};

// WORD slot (64 bits): bits 0-31 offset of the node, bits 32-63 fingerprint (low half of the hash). 0 = empty: no
// node has offset 0. Written once, from 0, and never again.
//
// PROTOCOL slot_publish: for each key exactly one node.
//   words    slots[i] (atomic)     plain  keys[offset]
//   insert   S1  i = start(hash); word = slots[i].load(observe)
//            S2  word == 0: keys[mine] = key (mine is an offset that nobody else has seen)
//            S3    slots[i].compare_exchange(0 -> {fingerprint, mine}, publish, lost); won: done, mine is the node
//            S4  fingerprint equal and keys[word.offset] == key: done, that is the node; mine stays for the next insert
//            S5  next i, from S1
//   find     as S1, S4, S5; an empty slot: the key is not there
//   approach (for a batch, before either) S1 and S5 past the slots whose fingerprint differs: they hold other keys for
//            ever, so that S1 may begin where it ended
//   K1  a slot that is not 0 implies that keys[its offset] is complete.
//   K2  two inserters of one key probe the same slots in the same order, and the first one that is empty is decided by
//       one CAS: the loser finds the winner's word there and goes on with S4. So one node a key.
//   progress  lock-free, and in all at most `count` steps: a step either ends or leaves a slot that stays full.
//       The index is at most half full (the window's reservation), so a chain is short and an empty slot exists.
//   A thread that stalls anywhere blocks no other: nothing is half-published.
//   proved by tests/interleave/slot_publish_test.cpp (2 and 3 inserters, finder, colliding keys, exhaustive); mutants
//   publish=relaxed, observe=relaxed, lost=relaxed must fail. stress: tests/graph/graph_stress_test.cpp
template <class Sync = sync::HardwareSync, class Orders = SlotOrders>
class SlotIndex {
 public:
  using Slot = typename Sync::template Atomic<std::uint64_t>;
  using Key = typename Sync::template Plain<TraceId>;

  SlotIndex() = default;
  // slots: count zeroed words, 2 <= count <= 2^32. keys: by offset. Both outlive the index.
  SlotIndex(Slot* slots, std::uint64_t count, Key* keys) noexcept : slots_(slots), keys_(keys), count_(count) {}

  void prefetch_slot(std::uint64_t hash) const noexcept { base::prefetch(&slots_[start(hash)]); }
  // The first slot that is empty or may be the key's, whose key is prefetched then. Reads no key.
  std::uint32_t approach(std::uint64_t hash) const noexcept {
    std::uint64_t i = start(hash);
    for (std::uint64_t step = 0; step < count_; ++step) {
      const std::uint64_t word = slots_[i].load(Orders::observe);
      if (word == 0) break;
      if (fingerprint(word) == static_cast<std::uint32_t>(hash)) {
        base::prefetch(&keys_[offset(word)]);
        break;
      }
      i = next(i);
    }
    return static_cast<std::uint32_t>(i);
  }

  // The node's offset, or 0.
  std::uint32_t find(std::uint64_t hash, const TraceId& key) const noexcept { return find(hash, key, start(hash)); }
  // The same, from the slot that approach(hash) gave.
  std::uint32_t find(std::uint64_t hash, const TraceId& key, std::uint64_t slot) const noexcept {
    std::uint64_t i = slot;
    for (std::uint64_t step = 0; step < count_; ++step) {
      const std::uint64_t word = slots_[i].load(Orders::observe);
      if (word == 0) return 0;
      if (is(word, hash, key)) return offset(word);
      i = next(i);
    }
    return 0;
  }

  // The node's offset. Offsets offers next(), an offset that is this thread's alone, and taken(), called when a new
  // node was made of it. REQUIRES that the table cannot become full.
  template <class Offsets>
  std::uint32_t find_or_insert(std::uint64_t hash, const TraceId& key, Offsets& offsets) noexcept {
    return find_or_insert(hash, key, start(hash), offsets);
  }
  // The same, from the slot that approach(hash) gave.
  template <class Offsets>
  std::uint32_t find_or_insert(std::uint64_t hash, const TraceId& key, std::uint64_t slot, Offsets& offsets) noexcept {
    std::uint64_t i = slot;
    for (std::uint64_t step = 0;; ++step) {
      ENTAIL_CHECK(step < count_);
      std::uint64_t word = slots_[i].load(Orders::observe);
      if (word == 0) {
        const std::uint32_t mine = offsets.next();
        keys_[mine].set(key);
        const std::uint64_t desired = (hash << 32) | mine;
        if (slots_[i].compare_exchange(word, desired, Orders::publish, Orders::lost)) {
          offsets.taken();
          return mine;
        }
      }
      if (is(word, hash, key)) return offset(word);
      i = next(i);
    }
  }
  // Empties the slots from where the search for a key begins to the next empty one: the key's is among them, or empty
  // already. So after a call for each key all are empty. REQUIRES that the index is no longer in use.
  void clear(std::uint64_t hash) noexcept {
    // relaxed: no concurrent readers
    for (std::uint64_t i = start(hash); slots_[i].load(std::memory_order_relaxed) != 0; i = next(i))
      slots_[i].store(0, std::memory_order_relaxed);
  }

 private:
  static std::uint32_t fingerprint(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word >> 32); }
  static std::uint32_t offset(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word); }
  bool is(std::uint64_t word, std::uint64_t hash, const TraceId& key) const noexcept {
    return fingerprint(word) == static_cast<std::uint32_t>(hash) && keys_[offset(word)].get() == key;
  }
  std::uint64_t next(std::uint64_t i) const noexcept { return i + 1 == count_ ? 0 : i + 1; }
  // Multiply-shift: any count, not only powers of two, so that the index is sized to what is needed.
  std::uint64_t start(std::uint64_t hash) const noexcept { return ((hash >> 32) * count_) >> 32; }

  Slot* slots_ = nullptr;
  Key* keys_ = nullptr;
  std::uint64_t count_ = 0;
};

}  // namespace entail::graph
