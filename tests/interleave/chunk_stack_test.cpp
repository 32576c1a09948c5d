// PROTOCOL chunk_hand_over (core/store/span_store.hpp): chunks pass between lanes and tick whole, and each to one.
#include "store/span_store.hpp"

#include "tests/interleave/protocol.hpp"

namespace {

using namespace entail::store;
using namespace interleave;

struct Right : ChunkOrders {};
struct PublishRelaxed : ChunkOrders {
  static constexpr auto publish = std::memory_order_relaxed;
};
struct TakeRelaxed : ChunkOrders {
  static constexpr auto take = std::memory_order_relaxed;
};

struct Item {
  Item* next = nullptr;
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

TEST(ChunkStack, EachChunkIsTakenOnceAndWhole) {
  expect_proved<PushBesideTake<Right>>("two pushes beside a take");
  expect_refuted<PushBesideTake<PublishRelaxed>>("publish=relaxed", "");
  expect_refuted<PushBesideTake<TakeRelaxed>>("take=relaxed", "");
}

}  // namespace
