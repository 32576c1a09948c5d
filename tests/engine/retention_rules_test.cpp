// What goes when memory is short: the plan is made before anything is done, and may not promise what will not come.
#include "engine/retention_rules.hpp"

#include <gtest/gtest.h>

namespace entail::engine {
namespace {

TEST(BytesToRelease, IsNothingWhileEnoughIsLeft_ThenTwiceTheHeadroom) {
  constexpr std::uint64_t kLimit = 1600, kHeadroom = kLimit / kHeadroomShare;
  EXPECT_EQ(bytes_to_release(kLimit - kHeadroom - 1, kLimit, 0), 0u);
  EXPECT_EQ(bytes_to_release(kLimit - kHeadroom, kLimit, 0), kHeadroom);
  EXPECT_EQ(bytes_to_release(kLimit + 5, kLimit, 0), 2 * kHeadroom + 5);
  EXPECT_EQ(bytes_to_release(1300, kLimit, 500), 1300 - (kLimit - 500 - kHeadroom));
  EXPECT_EQ(bytes_to_release(100, kLimit, 10 * kLimit), 100u);  // all of it, at most
}

TEST(ReleasePlan, CountsWhatLeavesAWindow_IfEnoughDoes) {
  ReleasePlan plan(10'000);
  plan.add_window(1, {.node_count = 100, .holding_count = 100, .record_count = 100, .bytes = 10'000});
  EXPECT_EQ(plan.released(), 0u);
  EXPECT_FALSE(plan.closes(1));
  for (int i = 0; i < 24; ++i) plan.evict(1, 1);
  EXPECT_EQ(plan.released(), 0u);  // three quarters and one would have to be copied
  plan.evict(1, 1);
  EXPECT_TRUE(plan.closes(1));
  const std::uint64_t quarter = plan.released();
  EXPECT_GE(quarter, 25u * 100);
  plan.evict(1, 1);
  EXPECT_GT(plan.released(), quarter);
  EXPECT_FALSE(plan.is_enough());
}

TEST(ReleasePlan, CountsAWindowThatNothingHolds) {
  ReleasePlan plan(9'000);
  plan.add_window(2, {.node_count = 100, .holding_count = 0, .record_count = 0, .bytes = 10'000});
  EXPECT_TRUE(plan.is_enough());
  EXPECT_TRUE(plan.closes(2));
}

TEST(ReleasePlan, FreesGenerationsFromTheOldestOn) {
  ReleasePlan plan(100'000);
  plan.add_window(1, {.node_count = 1000, .holding_count = 1000, .record_count = 1000, .bytes = 0});
  plan.set_generations({{1, 10}, {2, 200}, {3, 3000}, {4, 40'000}}, {{2, 2}, {3, 1}, {4, 1}});
  EXPECT_EQ(plan.released(), 10u);  // nobody holds the first
  plan.evict(1, 3);
  EXPECT_EQ(plan.released(), 10u);  // the second holds it up
  plan.evict(1, 2);
  EXPECT_EQ(plan.released(), 10u);
  plan.evict(1, 2);
  EXPECT_EQ(plan.released(), 3210u);
  plan.evict(1, 4);
  EXPECT_EQ(plan.released(), 43'210u);
}

}  // namespace
}  // namespace entail::engine
