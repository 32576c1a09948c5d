// PROTOCOL in_append (core/graph/in_list.hpp): every edge is stored exactly once, and readers see complete chunks.
#include "graph/in_list.hpp"

#include <algorithm>
#include <vector>

#include "tests/interleave/chunk_store.hpp"
#include "tests/interleave/protocol.hpp"

namespace {

using namespace entail::graph;
using namespace interleave;

struct PublishRelaxed : InListOrders {
  static constexpr auto publish = std::memory_order_relaxed;
};
struct ObserveRelaxed : InListOrders {
  static constexpr auto observe = std::memory_order_relaxed;
};

// Two writers append kEach edges each at a node that already has kBefore, beside a reader.
template <unsigned kFirstCells, unsigned kCells, unsigned kBefore, unsigned kEach, bool kReader, class Orders>
struct Appends {
  static constexpr unsigned kThreads = kReader ? 3 : 2;
  using List = InList<kFirstCells, kCells, ModelSync, Orders>;
  using Arena = ChunkArena<6, kCells>;

  Arena arena;
  ChunkRoom<Arena> rooms[3] = {{arena, 1, 3}, {arena, 3, 5}, {arena, 5, 7}};
  typename List::Cell first{};
  typename List::Head head{};
  std::vector<std::uint64_t> seen;

  Appends() {
    for (unsigned i = 0; i < kBefore; ++i) List::append(first, head, 100 + i, rooms[2]);
  }
  std::vector<std::uint64_t> read() {
    std::vector<std::uint64_t> words;
    List::for_each(first, head, arena, [&](std::uint64_t word) { words.push_back(word); });
    std::sort(words.begin(), words.end());
    return words;
  }
  void thread(unsigned i) {
    if (i < 2) {
      for (unsigned n = 0; n < kEach; ++n) List::append(first, head, 1 + i * 10 + n, rooms[i]);
    } else {
      seen = read();
    }
  }
  void finish() {
    std::vector<std::uint64_t> all;
    for (unsigned i = 0; i < 2; ++i)
      for (unsigned n = 0; n < kEach; ++n) all.push_back(1 + i * 10 + n);
    for (unsigned i = 0; i < kBefore; ++i) all.push_back(100 + i);
    expect(read() == all, "every edge is there exactly once");
    expect(std::includes(all.begin(), all.end(), seen.begin(), seen.end()), "the reader sees edges, each at most once");
    for (unsigned i = 0; kReader && i < kBefore; ++i)
      expect(std::binary_search(seen.begin(), seen.end(), 100 + i), "the reader sees what was there before");
  }
};

TEST(InAppend, StoresEachEdgeOnce_WhenTwoFillTheFirstCell) {
  expect_proved<Appends<1, 1, 0, 1, true, InListOrders>>("first cell and chunk, reader");
  expect_refuted<Appends<1, 1, 0, 1, true, PublishRelaxed>>("publish relaxed", "data race");
  expect_refuted<Appends<1, 1, 0, 1, true, ObserveRelaxed>>("observe relaxed", "data race");
}
TEST(InAppend, StoresEachEdgeOnce_WhenTwoClaimTheLastCell) {
  expect_proved<Appends<2, 2, 2, 1, true, InListOrders>>("last cell of a chunk, reader");
}
TEST(InAppend, StoresEachEdgeOnce_WhenTwoAddAChunk) {
  expect_proved<Appends<1, 1, 1, 1, true, InListOrders>>("two new chunks, reader");
  expect_refuted<Appends<1, 1, 1, 1, true, PublishRelaxed>>("two new chunks, publish relaxed", "data race");
}
TEST(InAppend, StoresEachEdgeOnce_WhenTheSecondChunkIsLarger) {
  expect_proved<Appends<1, 2, 0, 2, false, InListOrders>>("a chunk of one, then of two");
}
TEST(InAppend, StoresEachEdgeOnce_WhenTwoAppendTwice) {
  expect_proved<Appends<2, 2, 1, 2, false, InListOrders>>("two each, chunks of two");
}

// One appends single edges, the other hands over a block.
template <class Orders>
struct BlockAndCell {
  static constexpr unsigned kThreads = 2;
  using List = InList<2, 2, ModelSync, Orders>;
  using Arena = ChunkArena<5, 2>;
  Arena arena;
  ChunkRoom<Arena> rooms[2] = {{arena, 1, 4}, {arena, 4, 6}};
  typename List::Cell first{};
  typename List::Head head{};

  BlockAndCell() {
    List::append(first, head, 1, rooms[0]);
    List::append(first, head, 2, rooms[0]);
  }
  void thread(unsigned i) {
    if (i == 0) {
      List::append(first, head, 3, rooms[0]);
      List::append(first, head, 4, rooms[0]);
    } else {
      const std::uint64_t words[2] = {5, 6};
      List::append_block(head, words, rooms[1]);
    }
  }
  void finish() {
    unsigned seen[7] = {};
    List::for_each(first, head, arena, [&](std::uint64_t word) { ++seen[word]; });
    for (unsigned word = 1; word <= 6; ++word) expect(seen[word] == 1, "every edge is there exactly once");
  }
};
TEST(InAppend, StoresEachEdgeOnce_WhenABlockIsHandedOver) {
  expect_proved<BlockAndCell<InListOrders>>("block and cells");
  expect_refuted<BlockAndCell<PublishRelaxed>>("block and cells, publish relaxed", "data race");
}

}  // namespace
