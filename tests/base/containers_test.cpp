// Slab and PageQueue: contents, stability of objects, and memory returned to the system.
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

#include "base/page_queue.hpp"
#include "base/slab.hpp"
#include "tests/base/resident.hpp"

namespace entail::base {
namespace {

TEST(Slab, ReusesNumbers_AndNeverMovesObjects) {
  Slab<int> slab;
  std::vector<Slab<int>::Id> ids;
  for (int i = 0; i < 10000; ++i) {
    ids.push_back(slab.add());
    slab[ids.back()] = i;
  }
  int& first = slab[ids[0]];
  EXPECT_EQ(ids[0], 1u);
  EXPECT_EQ(slab.live_count(), 10000u);
  slab.remove(ids[5]);
  const auto again = slab.add();
  EXPECT_EQ(again, ids[5]);
  EXPECT_EQ(slab[again], 0);
  EXPECT_EQ(&first, &slab[ids[0]]);
  EXPECT_EQ(slab[ids[9999]], 9999);
}

struct Marked {
  std::uint64_t number = 0;
  std::uint64_t more[7] = {};
};

TEST(Slab, MatchesAModel_AcrossManySizes) {
  Slab<Marked> slab;
  std::vector<std::pair<Slab<Marked>::Id, Marked*>> live;
  std::vector<bool> is_live(1 << 20);
  std::mt19937_64 random(4);
  for (std::uint64_t phase = 0; phase < 12; ++phase) {
    const bool grows = phase % 2 == 0;
    for (int step = 0; step < 20000; ++step) {
      if (live.empty() || random() % 16 < (grows ? 12u : 4u)) {
        const auto id = slab.add();
        ASSERT_FALSE(is_live[id]);
        is_live[id] = true;
        ASSERT_EQ(slab[id].number, 0u);
        slab[id].number = id + phase;
        live.emplace_back(id, &slab[id]);
        live.back().second->more[0] = slab[id].number;
      } else {
        std::swap(live[random() % live.size()], live.back());
        slab.remove(live.back().first);
        is_live[live.back().first] = false;
        live.pop_back();
      }
    }
    ASSERT_EQ(slab.live_count(), live.size());
    for (const auto& [id, place] : live) {
      ASSERT_EQ(&slab[id], place);
      ASSERT_EQ(place->number, place->more[0]);
      ASSERT_TRUE(slab.has_objects(Slab<Marked>::block_of(id)));
    }
  }
}

TEST(Slab, ShrinksToTheBlocksInUse_AndFillsTheLowestFirst) {
  Slab<Marked> slab;
  constexpr std::size_t kBlocks = 100;
  constexpr std::uint64_t kBlockBytes = Slab<Marked>::kBlockCount * sizeof(Marked);
  std::vector<Slab<Marked>::Id> ids;
  for (std::size_t i = 0; i < kBlocks * Slab<Marked>::kBlockCount; ++i) ids.push_back(slab.add());
  EXPECT_GE(slab.bytes(), kBlocks * kBlockBytes);
  // One object in 100 stays: each keeps its block alive, but later insertions need no new block.
  const std::uint64_t full = slab.bytes();
  std::vector<Slab<Marked>::Id> left;
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (i % 100 != 0) {
      slab.remove(ids[i]);
    } else {
      left.push_back(ids[i]);
    }
  EXPECT_LE(slab.bytes(), full);
  for (int i = 0; i < 2000; ++i) left.push_back(slab.add());
  EXPECT_LE(slab.bytes(), full);
  EXPECT_LT(left.back(), Slab<Marked>::kBlockCount);  // of the lowest block
  for (const auto id : left) slab.remove(id);
  EXPECT_EQ(slab.live_count(), 0u);
  EXPECT_LT(slab.bytes(), 3 * kBlockBytes);
}

TEST(Slab, KeepsAnEmptyBlock_WhenObjectsComeAndGo) {
  Slab<Marked> slab;
  for (std::size_t i = 1; i < Slab<Marked>::kBlockCount; ++i) static_cast<void>(slab.add());
  const auto id = slab.add();
  EXPECT_EQ(Slab<Marked>::block_of(id), 1u);
  const std::uint64_t bytes = slab.bytes();
  slab.remove(id);
  EXPECT_EQ(slab.bytes(), bytes);
  EXPECT_FALSE(slab.has_objects(1));
  EXPECT_EQ(slab.add(), id);
  EXPECT_EQ(slab.bytes(), bytes);
}

TEST(Slab, BytesMatchResidentMemory) {
  tests::expect_apart([] {
    const std::int64_t before = tests::resident_bytes();
    Slab<Marked> slab;
    std::vector<Slab<Marked>::Id> ids;
    ids.reserve(1 << 20);
    const std::int64_t empty = tests::resident_bytes();
    for (int i = 0; i < 1 << 20; ++i) ids.push_back(slab.add());
    const std::int64_t full = tests::resident_bytes() - before - static_cast<std::int64_t>(ids.size() * sizeof ids[0]);
    const bool full_ok = tests::is_near("full", slab.bytes(), full, 0.97, 1.02, 1 << 19);
    for (std::size_t i = 1 << 16; i < ids.size(); ++i) slab.remove(ids[i]);
    const std::int64_t part = tests::resident_bytes() - empty - static_cast<std::int64_t>(ids.size() * sizeof ids[0]);
    return full_ok && tests::is_near("a sixteenth", slab.bytes(), part, 0.97, 1.1, 1 << 19);
  });
}

struct Entry {
  std::uint32_t number;
  std::uint64_t twice;
};

TEST(PageQueue, MatchesADeque) {
  PageQueue<Entry> queue;
  std::deque<std::uint32_t> model;
  std::mt19937_64 random(8);
  std::uint32_t number = 0;
  for (int phase = 0; phase < 40; ++phase) {
    const std::uint64_t grows = random() % 5;
    for (int step = 0; step < 9000; ++step) {
      if (model.empty() || random() % 4 < grows) {
        queue.push_back({number, 2ull * number});
        model.push_back(number++);
      } else {
        ASSERT_EQ(queue.front().number, model.front());
        queue.pop_front();
        model.pop_front();
      }
    }
    if (phase % 3 == 0) {
      const auto goes = [&](std::uint32_t value) { return value % 7 < static_cast<std::uint32_t>(phase) % 7; };
      const std::size_t before = model.size();
      std::erase_if(model, goes);
      ASSERT_EQ(queue.erase_if([&](const Entry& entry) { return goes(entry.number); }), before - model.size());
    }
    ASSERT_EQ(queue.size(), model.size());
    ASSERT_EQ(queue.empty(), model.empty());
    for (std::size_t i = 0; i < model.size(); ++i) ASSERT_EQ(queue[i].number, model[i]);
    std::size_t at = 0;
    queue.for_each([&](Entry& entry) {
      ASSERT_EQ(entry.number, model[at++]);
      ASSERT_EQ(entry.twice, 2ull * entry.number);
    });
  }
}

TEST(PageQueue, FreesEachChunk_FromBothEnds) {
  using Queue = PageQueue<Entry>;
  Queue queue;
  EXPECT_EQ(queue.bytes(), 0u);
  for (std::uint32_t i = 0; i < 10; ++i) {
    queue.push_back({i, i});
    queue.pop_front();
  }
  EXPECT_LE(queue.bytes(), 1024u);  // a trickle
  constexpr std::size_t kChunks = 64;
  constexpr std::uint64_t kDirectoryBytes = 4096;
  for (std::uint32_t i = 0; i < kChunks * Queue::kChunkCount; ++i) queue.push_back({i, 0});
  EXPECT_GE(queue.bytes(), kChunks * Queue::kChunkBytes);
  EXPECT_LE(queue.bytes(), kChunks * Queue::kChunkBytes + kDirectoryBytes);
  for (std::size_t i = 0; i < kChunks / 2 * Queue::kChunkCount; ++i) queue.pop_front();
  EXPECT_LE(queue.bytes(), kChunks / 2 * Queue::kChunkBytes + kDirectoryBytes);
  static_cast<void>(queue.erase_if([](const Entry& entry) { return entry.number % 16 != 0; }));
  EXPECT_EQ(queue.size(), kChunks / 32 * Queue::kChunkCount);
  EXPECT_LE(queue.bytes(), kChunks / 32 * Queue::kChunkBytes + kDirectoryBytes);
  while (!queue.empty()) queue.pop_front();
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST(PageQueue, UsesMemoryForItsContentsOnly_UnderASteadyStream) {
  using Queue = PageQueue<Entry>;
  Queue queue;
  for (std::uint32_t i = 0; i < Queue::kChunkCount; ++i) queue.push_back({i, 0});
  for (std::uint32_t i = 0; i < 100 * Queue::kChunkCount; ++i) {
    queue.push_back({i, 0});
    queue.pop_front();
    ASSERT_LE(queue.bytes(), 2 * Queue::kChunkBytes + 256);
  }
}

TEST(PageQueue, BytesMatchResidentMemory) {
  tests::expect_apart([] {
    const std::int64_t before = tests::resident_bytes();
    PageQueue<Entry> queue;
    for (std::uint32_t i = 0; i < 1 << 22; ++i) queue.push_back({i, i});
    const bool full = tests::is_near("full", queue.bytes(), tests::resident_bytes() - before, 0.97, 1.02, 1 << 18);
    while (queue.size() > 1 << 16) queue.pop_front();
    return full && tests::is_near("after", queue.bytes(), tests::resident_bytes() - before, 0.75, 1.1, 1 << 18);
  });
}

TEST(LargePages, FreedArraysReturnToTheSystem) {
  tests::expect_apart([] {
    const std::int64_t before = tests::resident_bytes();
    std::uint64_t account = 0;
    std::vector<LargeVector<std::uint8_t>> arrays;
    for (std::size_t bytes = 65536; bytes < 40'000'000; bytes = bytes * 5 / 4 + 777) {
      arrays.emplace_back(bytes, std::uint8_t{1});
      account += array_bytes(arrays.back());
    }
    const bool full = tests::is_near("full", account, tests::resident_bytes() - before, 0.97, 1.02, 1 << 18);
    arrays.clear();
    return full && tests::resident_bytes() - before < 1 << 18;
  });
}

}  // namespace
}  // namespace entail::base
