// PROTOCOL chunk_hand_over (core/store/chunk_stack.hpp): complete chunks pass between lanes and tick, each to one.
#include "store/chunk_stack.hpp"

#include "tests/interleave/protocol.hpp"

namespace {

using namespace entail::store;
using namespace interleave;

struct PublishRelaxed : ChunkOrders {
  static constexpr auto publish = std::memory_order_relaxed;
};
struct TakeRelaxed : ChunkOrders {
  static constexpr auto take = std::memory_order_relaxed;
};

struct Item {
  // A plain pointer in the shipped code: the explorer detects its races, too.
  class Next {
   public:
    Next& operator=(Item* item) {
      plain_.set(item);
      return *this;
    }
    operator Item*() const { return plain_.get(); }

   private:
    ModelPlain<Item*> plain_;
  };
  Next next;
  ModelPlain<int> content;
};

// Two threads push an item that they have written; a third takes what is there.
template <class Orders>
struct PushDuringTake {
  static constexpr unsigned kThreads = 3;
  ChunkStack<Item, ModelSync, Orders> stack;
  Item items[2];
  unsigned taken = 0;

  void thread(unsigned i) {
    if (i < 2) {
      items[i].content.set(static_cast<int>(i) + 1);
      stack.push(&items[i]);
    } else {
      for (Item* item = stack.take_all(); item != nullptr; item = item->next) {
        expect(item->content.get() != 0, "a chunk is complete when it is taken");
        ++taken;
      }
    }
  }
  void finish() {
    for (Item* item = stack.take_all(); item != nullptr; item = item->next) ++taken;
    expect(taken == 2, "each chunk is taken once");
  }
};

TEST(ChunkHandOver, TakesEachChunkOnceAndComplete) {
  expect_proved<PushDuringTake<ChunkOrders>>("two pushes during a take");
  expect_refuted<PushDuringTake<PublishRelaxed>>("publish relaxed", "data race");
  expect_refuted<PushDuringTake<TakeRelaxed>>("take relaxed", "data race");
}

// The full cycle: two lanes pop empty chunks, write them and push them as used; the tick thread takes the used
// ones, reads and empties them, and pushes them to be popped again.
template <unsigned kFree, class Orders, class Free = ChunkStack<Item, ModelSync, Orders>>
struct Circulation {
  static constexpr unsigned kThreads = 3;
  Free free;
  ChunkStack<Item, ModelSync, Orders> in_use;
  Item items[kFree];
  unsigned written = 0;
  unsigned read = 0;

  Circulation() {
    for (Item& item : items) free.push(&item);
  }
  void collect() {
    for (Item* item = in_use.take_all(); item != nullptr;) {
      Item* next = item->next;
      expect(item->content.get() == 1, "a used chunk was written once");
      ++read;
      item->content.set(0);
      free.push(item);
      item = next;
    }
  }
  void thread(unsigned i) {
    if (i == 2) return collect();
    Item* mine = free.pop();
    if (mine == nullptr) return;  // then a lane allocates one
    expect(mine->content.get() == 0, "an empty chunk has no owner");
    mine->content.set(1);
    ++written;
    in_use.push(mine);
  }
  void finish() {
    collect();
    unsigned left = 0;
    while (free.pop() != nullptr) ++left;
    expect(left == kFree && read == written, "no chunk is lost or doubled");
  }
};

TEST(ChunkHandOver, LosesNoChunkInCirculation) {
  expect_proved<Circulation<1, ChunkOrders>>("one chunk circulates");
  expect_proved<Circulation<2, ChunkOrders>>("two chunks circulate");
  expect_refuted<Circulation<1, PublishRelaxed>>("one chunk, publish relaxed", "data race");
  expect_refuted<Circulation<1, TakeRelaxed>>("one chunk, take relaxed", "data race");
}

// A pool with the interface of a single stack: each thread begins with a different stack.
template <class Orders>
struct Pool {
  ChunkPool<Item, 2, ModelSync, Orders> pool;
  unsigned turn = 0;
  void push(Item* item) { pool.push(item, turn++); }
  Item* take_all() { return pool.take_all(); }
  Item* pop() {
    return pool.pop(0, [] { return false; });
  }
};

// Two lanes pop while the tick thread trims: it takes all, unmaps one and pushes the others. Lanes begin with different
// stacks, as the writers do.
template <class Free>
struct TrimDuringPop {
  static constexpr unsigned kThreads = 3;
  Free free;
  Item items[2];
  unsigned popped = 0;
  unsigned unmapped = 0;

  TrimDuringPop() {
    for (Item& item : items) free.push(&item);
  }
  void thread(unsigned i) {
    if (i < 2) {
      Item* mine = free.pop();
      if (mine == nullptr) return;
      expect(mine->content.get() == 0, "no thread gets an unmapped chunk");
      mine->content.set(1);
      ++popped;
      return;
    }
    Item* going = free.take_all();
    if (going == nullptr) return;
    Item* rest = going->next;
    going->next = nullptr;  // its memory is freed: any access from now on is a race
    going->content.set(-1);
    ++unmapped;
    while (rest != nullptr) {
      Item* next = rest->next;
      free.push(rest);
      rest = next;
    }
  }
  void finish() {
    unsigned left = 0;
    while (free.pop() != nullptr) ++left;
    expect(popped + unmapped + left == 2, "no chunk is lost or doubled");
  }
};

// The textbook pop: it reads the `next` of a chunk that another thread may have taken meanwhile.
struct PopsWithALook {
  ModelAtomic<Item*> head{nullptr};
  void push(Item* item) {
    Item* seen = head.load(std::memory_order_relaxed);
    do {
      item->next = seen;
    } while (!head.compare_exchange(seen, item, std::memory_order_release, std::memory_order_relaxed));
  }
  Item* take_all() { return head.exchange(nullptr, std::memory_order_acquire); }
  Item* pop() {
    Item* item = head.load(std::memory_order_acquire);
    while (item != nullptr &&
           !head.compare_exchange(item, item->next, std::memory_order_acq_rel, std::memory_order_acquire)) {
    }
    return item;
  }
};

// W3 without the CAS: chunks pushed meanwhile are lost.
struct StoresTheRest : PopsWithALook {
  Item* pop() {
    Item* item = take_all();
    if (item != nullptr && item->next != nullptr) head.store(item->next, std::memory_order_release);
    return item;
  }
};

TEST(ChunkHandOver, UnmapsOnlyUnreferencedChunks) {
  expect_proved<TrimDuringPop<ChunkStack<Item, ModelSync, ChunkOrders>>>("two pops during a trim");
  expect_proved<TrimDuringPop<Pool<ChunkOrders>>>("two pops during a trim, a pool of two stacks");
  expect_refuted<TrimDuringPop<PopsWithALook>>("a pop that reads the next of a chunk it has not taken", "data race");
}

TEST(ChunkHandOver, APoolLosesNoChunkInCirculation) {
  expect_proved<Circulation<2, ChunkOrders, Pool<ChunkOrders>>>("two chunks circulate, a pool of two stacks");
  expect_proved<Circulation<3, ChunkOrders>>("three chunks circulate");
  expect_refuted<Circulation<3, ChunkOrders, StoresTheRest>>("the rest is stored without a CAS", "no chunk is lost");
}

}  // namespace
