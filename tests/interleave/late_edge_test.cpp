// PROTOCOL late_edge (core/graph/late_edge.hpp), for each way in which an edge becomes visible.
#include "graph/late_edge.hpp"

#include "graph/in_list.hpp"
#include "graph/out_list.hpp"
#include "tests/interleave/chunk_store.hpp"
#include "tests/interleave/protocol.hpp"

namespace {

using namespace entail::graph;
using namespace interleave;

struct InRight : InListOrders {};
struct InAcqRel : InListOrders {
  static constexpr auto publish = std::memory_order_acq_rel;
  static constexpr auto check = std::memory_order_acquire;
  static constexpr auto raise = std::memory_order_release;
  static constexpr auto observe = std::memory_order_acquire;
};
// One side correct, the other weak: still not enough.
struct InWeakTick : InListOrders {
  static constexpr auto raise = std::memory_order_release;
  static constexpr auto observe = std::memory_order_acquire;
};
struct InWeakIngest : InListOrders {
  static constexpr auto publish = std::memory_order_acq_rel;
  static constexpr auto check = std::memory_order_acquire;
};

// Each of the four accesses alone.
struct InPublish : InListOrders {
  static constexpr auto publish = std::memory_order_acq_rel;
};
struct InCheck : InListOrders {
  static constexpr auto check = std::memory_order_acquire;
};
struct InRaise : InListOrders {
  static constexpr auto raise = std::memory_order_release;
};
struct InObserve : InListOrders {
  static constexpr auto observe = std::memory_order_acquire;
};

enum class Way { first_cell, new_chunk, open_chunk, block };

// Thread 0 appends an edge at a node and checks its reach; thread 1 is the tick thread: raises it and reads the edges.
template <Way kWay, class Orders>
struct LateInEdge {
  static constexpr unsigned kThreads = 2;
  static constexpr std::uint64_t kEdge = 77;
  using List = InList<2, 2, ModelSync, Orders>;
  using Race = LateEdge<ModelSync, Orders>;
  using Arena = ChunkArena<4, 2>;

  Arena arena;
  ChunkRoom<Arena> room{arena, 1, 5};
  typename List::Cell first{};
  typename List::Head head{};
  typename Race::Reach reach{};
  bool reported = false;
  bool carried = false;

  LateInEdge() {
    if (kWay != Way::first_cell) List::append(first, head, 11, room);
    if (kWay == Way::open_chunk) List::append(first, head, 12, room);
  }
  void thread(unsigned i) {
    if (i == 0) {
      if (kWay == Way::block) {
        const std::uint64_t words[2] = {13, kEdge};
        List::append_block(head, words, room);
      } else {
        List::append(first, head, kEdge, room);
      }
      reported = Race::carries(reach);
    } else {
      Race::raise(reach, 1);
      List::for_each(first, head, arena, [this](std::uint64_t word) { carried = carried || word == kEdge; });
    }
  }
  void finish() { expect(reported || carried, "the keep reaches the edge"); }
};

struct OutRight : OutListOrders {};
struct OutAcqRel : OutListOrders {
  static constexpr auto publish = std::memory_order_acq_rel;
  static constexpr auto check = std::memory_order_acquire;
  static constexpr auto raise = std::memory_order_release;
  static constexpr auto observe = std::memory_order_acquire;
};

struct OutPublish : OutListOrders {
  static constexpr auto publish = std::memory_order_acq_rel;
};
struct OutCheck : OutListOrders {
  static constexpr auto check = std::memory_order_acquire;
};
struct OutRaise : OutListOrders {
  static constexpr auto raise = std::memory_order_release;
};
struct OutObserve : OutListOrders {
  static constexpr auto observe = std::memory_order_acquire;
};

template <class Orders>
struct LateOutEdge {
  static constexpr unsigned kThreads = 2;
  using List = OutList<ModelSync, Orders>;
  using Race = LateEdge<ModelSync, Orders>;
  struct Block {
    typename List::Next next;
    ModelPlain<int> cell;
  };
  std::array<Block, 3> blocks;
  typename List::Head head{};
  typename Race::Reach reach{};
  bool reported = false;
  bool carried = false;

  LateOutEdge() { List::append(head, 1, blocks[1].next); }
  void thread(unsigned i) {
    if (i == 0) {
      blocks[2].cell.set(77);
      List::append(head, 2, blocks[2].next);
      reported = Race::carries(reach);
    } else {
      Race::raise(reach, 1);
      for (std::uint32_t at = List::newest(head); at != 0; at = blocks[at].next.get())
        carried = carried || blocks[at].cell.get() == 77;
    }
  }
  void finish() { expect(reported || carried, "the keep reaches the edge"); }
};

TEST(LateEdge, LosesNoKeep_WhenTheFirstCellIsTaken) {
  expect_proved<LateInEdge<Way::first_cell, InRight>>("first cell");
  expect_refuted<LateInEdge<Way::first_cell, InAcqRel>>("first cell, acq_rel", "the keep reaches the edge");
  expect_refuted<LateInEdge<Way::first_cell, InWeakTick>>("first cell, weak tick", "the keep reaches the edge");
  expect_refuted<LateInEdge<Way::first_cell, InWeakIngest>>("first cell, weak ingest", "the keep reaches the edge");
}
// If any of the four accesses is not sequentially consistent, a keep is lost.
template <Way kWay>
void expect_all_four_needed(const std::string& name) {
  constexpr const char* kLost = "the keep reaches the edge";
  expect_refuted<LateInEdge<kWay, InPublish>>((name + ", publish acq_rel").c_str(), kLost);
  expect_refuted<LateInEdge<kWay, InCheck>>((name + ", check acquire").c_str(), kLost);
  expect_refuted<LateInEdge<kWay, InRaise>>((name + ", raise release").c_str(), kLost);
  expect_refuted<LateInEdge<kWay, InObserve>>((name + ", observe acquire").c_str(), kLost);
}
TEST(LateEdge, NeedsEachOfTheFourAccesses_ForAnInEdge) {
  expect_all_four_needed<Way::first_cell>("first cell");
  expect_all_four_needed<Way::new_chunk>("new chunk");
  expect_all_four_needed<Way::open_chunk>("open chunk");
  expect_all_four_needed<Way::block>("block");
}
TEST(LateEdge, LosesNoKeep_WhenAChunkIsAdded) {
  expect_proved<LateInEdge<Way::new_chunk, InRight>>("new chunk");
  expect_refuted<LateInEdge<Way::new_chunk, InAcqRel>>("new chunk, acq_rel", "the keep reaches the edge");
}
TEST(LateEdge, LosesNoKeep_WhenACellIsClaimed) {
  expect_proved<LateInEdge<Way::open_chunk, InRight>>("open chunk");
  expect_refuted<LateInEdge<Way::open_chunk, InAcqRel>>("open chunk, acq_rel", "the keep reaches the edge");
}
TEST(LateEdge, LosesNoKeep_WhenABlockIsHandedOver) {
  expect_proved<LateInEdge<Way::block, InRight>>("block");
  expect_refuted<LateInEdge<Way::block, InAcqRel>>("block, acq_rel", "the keep reaches the edge");
}
TEST(LateEdge, LosesNoKeep_WhenASpanAddsItsLinks) {
  expect_proved<LateOutEdge<OutRight>>("out block");
  expect_refuted<LateOutEdge<OutAcqRel>>("out block, acq_rel", "the keep reaches the edge");
}
TEST(LateEdge, NeedsEachOfTheFourAccesses_ForAnOutBlock) {
  constexpr const char* kLost = "the keep reaches the edge";
  expect_refuted<LateOutEdge<OutPublish>>("out block, publish acq_rel", kLost);
  expect_refuted<LateOutEdge<OutCheck>>("out block, check acquire", kLost);
  expect_refuted<LateOutEdge<OutRaise>>("out block, raise release", kLost);
  expect_refuted<LateOutEdge<OutObserve>>("out block, observe acquire", kLost);
}

// Two writers, one of which finds the chunk that the other has just added; the tick thread must reach it.
template <class Orders>
struct LateEdgeBehindAnothersChunk {
  static constexpr unsigned kThreads = 3;
  using List = InList<2, 2, ModelSync, Orders>;
  using Race = LateEdge<ModelSync, Orders>;
  using Arena = ChunkArena<4, 2>;

  Arena arena;
  typename List::Cell first{};
  typename List::Head head{};
  typename Race::Reach reach{};
  bool reported[2] = {};
  bool carried[2] = {};

  LateEdgeBehindAnothersChunk() {
    ChunkRoom<Arena> room{arena, 1, 1};
    List::append(first, head, 11, room);
  }
  void thread(unsigned i) {
    if (i < 2) {
      ChunkRoom<Arena> room{arena, 1 + i, 2 + i};
      List::append(first, head, 70 + i, room);
      reported[i] = Race::carries(reach);
    } else {
      Race::raise(reach, 1);
      List::for_each(first, head, arena, [this](std::uint64_t word) {
        if (word >= 70) carried[word - 70] = true;
      });
    }
  }
  void finish() {
    expect(reported[0] || carried[0], "the keep reaches edge 0");
    expect(reported[1] || carried[1], "the keep reaches edge 1");
  }
};

TEST(LateEdge, LosesNoKeep_WhenTheCellIsInAnotherWritersChunk) {
  expect_proved<LateEdgeBehindAnothersChunk<InRight>>("another's chunk");
  expect_refuted<LateEdgeBehindAnothersChunk<InAcqRel>>("another's chunk, acq_rel", "the keep reaches edge");
}

}  // namespace
