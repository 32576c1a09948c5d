// PROTOCOL chunk_hand_over (core/store/span_store.hpp): chunks pass between lanes and tick whole, and each to one.
#include "store/span_store.hpp"

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
  // A plain pointer in the shipped code: its races are found too.
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
struct PushBesideTake {
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

TEST(ChunkHandOver, EachChunkIsTakenOnceAndWhole) {
  expect_proved<PushBesideTake<ChunkOrders>>("two pushes beside a take");
  expect_refuted<PushBesideTake<PublishRelaxed>>("publish relaxed", "data race");
  expect_refuted<PushBesideTake<TakeRelaxed>>("take relaxed", "data race");
}

// The whole way round: two lanes pop empty chunks, write them and push them as used; the tick thread takes the used
// ones, reads and empties them, and pushes them to be popped again.
template <unsigned kFree, class Orders>
struct Circulation {
  static constexpr unsigned kThreads = 3;
  ChunkStack<Item, ModelSync, Orders> free;
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
    if (mine == nullptr) return;  // then a lane allocates
    expect(mine->content.get() == 0, "an empty chunk is nobody's");
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

TEST(ChunkHandOver, NoChunkIsLostOnItsWayRound) {
  expect_proved<Circulation<1, ChunkOrders>>("one chunk goes round");
  expect_proved<Circulation<2, ChunkOrders>>("two chunks go round");
  expect_refuted<Circulation<1, PublishRelaxed>>("one chunk, publish relaxed", "data race");
  expect_refuted<Circulation<1, TakeRelaxed>>("one chunk, take relaxed", "data race");
}

}  // namespace
