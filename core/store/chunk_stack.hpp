// Stacks of chunks that lanes and the tick thread hand to each other, lock-free, and the pool of empty ones.
#pragma once

#include <array>
#include <cstddef>

#include "sync/atomic.hpp"

namespace entail::store {

struct ChunkOrders {
  static constexpr auto guess = std::memory_order_relaxed;    // a head that is only compared, never followed
  static constexpr auto publish = std::memory_order_release;  // W2, W3
  static constexpr auto take = std::memory_order_acquire;     // W1, R1: pairs with publish; null publishes nothing
};

// PROTOCOL chunk_hand_over: how chunks pass between the ingest lanes and the tick thread.
//   words    head_ of each stack: those of the pool (SpanStore::free_), and SpanStore::in_use_   plain  all of a chunk
//   lane     SpanStore::take_chunk: pops from the pool; nothing there: make_block maps a block, keeps one chunk and
//            pushes the others to the pool. SpanWriter::ensure pushes the chunk to in_use_ and continues writing it.
//   tick     collect takes all of in_use_ (R1); release pushes an emptied chunk to the pool (W2); trim takes all of the
//            pool (R1), unmaps some of it and pushes the others (W2)
//   W1  pop: head_ is null: nothing. all = head_.exchange(null, take); keep the first
//   W2  push: chunk.next = head_ (plain, the chunk is ours); head_ CAS head -> chunk (publish)
//   W3  rest of W1: it goes back whole, CAS null -> rest (publish); something was pushed meanwhile: one by one (W2)
//   R1  all = head_.exchange(null, take)
//   H1  a chunk is on exactly one stack, or with one lane, or in the tick thread's list, and only its holder reads its
//       next. So there is no ABA, and trim may unmap what it took: no other thread reads it.
//   H2  from W1 to W3 others find the stack empty. Hence several stacks a pool, each lane begins with another, and a
//       pop looks through all of them kRounds times as long as the caller knows of a chunk (pooled_bytes). A lane that
//       still finds none maps a block too many, which pooled_bytes counts and trim frees.
//   progress  W1 and R1 wait-free; W2 and W3 lock-free: a CAS fails only where another thread's has succeeded. No
//       thread waits for another.
//   proved by tests/interleave/chunk_hand_over_test.cpp (2 lanes and the tick thread, exhaustive); mutants
//   publish=relaxed, take=relaxed, a pop that reads the next of a chunk it has not taken, and a W3 that stores instead
//   of the CAS must fail
template <class Item, class Sync = sync::HardwareSync, class Orders = ChunkOrders>
class ChunkStack {
 public:
  // W2.
  void push(Item* item) noexcept {
    Item* head = head_.load(Orders::guess);
    do {
      item->next = head;
    } while (!head_.compare_exchange(head, item, Orders::publish, Orders::guess));
  }
  // R1.
  Item* take_all() noexcept { return head_.exchange(nullptr, Orders::take); }
  // W1, W3. Null when there is none, or while another thread holds the rest.
  Item* pop() noexcept {
    if (head_.load(Orders::guess) == nullptr) return nullptr;
    Item* item = take_all();
    if (item == nullptr) return nullptr;
    Item* rest = item->next;
    Item* none = nullptr;
    if (rest == nullptr || head_.compare_exchange(none, rest, Orders::publish, Orders::guess)) return item;
    while (rest != nullptr) {
      Item* next = rest->next;
      push(rest);
      rest = next;
    }
    return item;
  }

 private:
  typename Sync::template Atomic<Item*> head_{nullptr};
};

template <class Item, unsigned kStacks, class Sync = sync::HardwareSync, class Orders = ChunkOrders>
class ChunkPool {
 public:
  static constexpr unsigned kRounds = 3;

  // turn: any number; consecutive numbers spread the items.
  void push(Item* item, unsigned turn) noexcept { stacks_[turn % kStacks].stack.push(item); }
  // first: where to begin, a number of the caller's own. has_some(): whether to look once more.
  template <class HasSome>
  Item* pop(unsigned first, HasSome&& has_some) noexcept {
    for (unsigned round = 0; round < kRounds; ++round) {
      for (unsigned i = 0; i < kStacks; ++i)
        if (Item* item = stacks_[(first + i) % kStacks].stack.pop(); item != nullptr) return item;
      if (!has_some()) break;
    }
    return nullptr;
  }
  // All items, in one list.
  Item* take_all() noexcept {
    Item* all = nullptr;
    for (Place& place : stacks_) {
      for (Item* item = place.stack.take_all(); item != nullptr;) {
        Item* next = item->next;
        item->next = all;
        all = item;
        item = next;
      }
    }
    return all;
  }

 private:
  struct alignas(sync::kCacheLineBytes) Place {
    ChunkStack<Item, Sync, Orders> stack;
  };
  std::array<Place, kStacks> stacks_;
};

}  // namespace entail::store
