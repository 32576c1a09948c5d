// PROTOCOL out_append (core/graph/out_list.hpp): every block is stored once, complete when it becomes reachable.
#include "graph/out_list.hpp"

#include <array>

#include "tests/interleave/protocol.hpp"

namespace {

using namespace entail::graph;
using namespace interleave;

struct PublishRelaxed : OutListOrders {
  static constexpr auto publish = std::memory_order_relaxed;
};
struct ObserveRelaxed : OutListOrders {
  static constexpr auto observe = std::memory_order_relaxed;
};

template <class Orders>
struct Blocks {
  static constexpr unsigned kThreads = 3;
  using List = OutList<ModelSync, Orders>;
  struct Block {
    typename List::Next next;
    ModelPlain<std::uint32_t> cell;
  };
  std::array<Block, 5> blocks;
  typename List::Head head{};

  void append(std::uint32_t block) {
    blocks[block].cell.set(10 * block);
    List::append(head, block, blocks[block].next);
  }
  unsigned read() {
    unsigned seen = 0;
    for (std::uint32_t at = List::newest(head); at != 0; at = blocks[at].next.get()) {
      expect(blocks[at].cell.get() == 10 * at, "a reachable block is complete");
      expect((seen >> at & 1) == 0, "a block is met once");
      seen |= 1u << at;
    }
    return seen;
  }
  void thread(unsigned i) {
    if (i < 2) {
      append(1 + i);
      append(3 + i);
    } else {
      static_cast<void>(read());
    }
  }
  void finish() { expect(read() == 0b11110, "every block is there"); }
};

TEST(OutAppend, AppendsEachBlockOnce_WithTwoWriters) {
  expect_proved<Blocks<OutListOrders>>("two blocks each, reader");
  expect_refuted<Blocks<PublishRelaxed>>("publish relaxed", "data race");
  expect_refuted<Blocks<ObserveRelaxed>>("observe relaxed", "data race");
}

}  // namespace
