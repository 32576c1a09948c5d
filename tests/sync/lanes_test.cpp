#include "sync/lanes.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace entail::sync {
namespace {

struct Lane {
  std::uint64_t uses = 0;
};

TEST(LanePool, HandsOutEachLaneOnce_ThenNull) {
  LanePool<Lane> pool(70);
  std::set<Lane*> taken;
  for (int i = 0; i < 70; ++i) {
    Lane* lane = pool.try_acquire(65);
    ASSERT_NE(lane, nullptr);
    EXPECT_TRUE(taken.insert(lane).second);
    EXPECT_LT(pool.index_of(lane), 70u);
  }
  EXPECT_EQ(pool.try_acquire(), nullptr);
  pool.release(&pool.lane(67));
  EXPECT_EQ(pool.try_acquire(3), &pool.lane(67));
  EXPECT_EQ(pool.try_acquire(67), nullptr);
}

TEST(LanePool, StartsSearchingAtTheHint) {
  LanePool<Lane> pool(256);
  EXPECT_EQ(pool.index_of(pool.try_acquire(200)), 200u);
  EXPECT_EQ(pool.index_of(pool.try_acquire(200)), 201u);
  EXPECT_EQ(pool.index_of(pool.try_acquire(63)), 63u);
  EXPECT_EQ(pool.index_of(pool.try_acquire(63)), 0u);  // the rest of the word first
  EXPECT_EQ(pool.index_of(pool.try_acquire(1000)), 1000u % 256);
}

TEST(LanePool, HasOneHolderAtATime_UnderThreads) {
  LanePool<Lane> pool(2);
  constexpr std::uint64_t kTurns = 20'000;
  std::uint64_t taken[4] = {};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t turn = 0; turn < kTurns; ++turn) {
        Lane* lane = pool.try_acquire(t);
        if (lane == nullptr) continue;
        ++lane->uses;  // a plain word: a lost update or ThreadSanitizer would reveal a second holder
        ++taken[t];
        pool.release(lane);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(pool.lane(0).uses + pool.lane(1).uses, taken[0] + taken[1] + taken[2] + taken[3]);
  EXPECT_GE(pool.lane(0).uses + pool.lane(1).uses, kTurns);
}

}  // namespace
}  // namespace entail::sync
