// The rules of room as pure functions: how much to release, and which evictions actually release memory.
#include "engine/retention_rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "engine/due_queue.hpp"

namespace entail::engine {
namespace {

constexpr std::uint64_t kLimit = 1600;

TEST(RetentionRules, SaturatesDeadlines) {
  EXPECT_EQ(after(10, 5), 15);
  EXPECT_EQ(after(kNever - 2, 100), kNever - 1);
}

TEST(RetentionRules, ReleasesNothing_WhileASixteenthIsFree) {
  EXPECT_EQ(bytes_to_release(1499, kLimit, 0), 0u);
  EXPECT_EQ(bytes_to_release(1500, kLimit, 0), 100u);  // until two sixteenths are free
  EXPECT_EQ(bytes_to_release(1600, kLimit, 0), 200u);
}

TEST(RetentionRules, FreesWhatARequestNeeds) {
  EXPECT_EQ(bytes_to_release(1000, kLimit, 400), 0u);  // with a sixteenth left over
  EXPECT_EQ(bytes_to_release(1200, kLimit, 400), 100u);
  EXPECT_EQ(bytes_to_release(1600, kLimit, 5000), 1600u);
}

TEST(RetentionRules, ReleasesAheadOfNeed_BelowThreeSixteenths) {
  EXPECT_EQ(bytes_ahead(1300, kLimit), 0u);
  EXPECT_EQ(bytes_ahead(1301, kLimit), 1u);
  EXPECT_EQ(bytes_ahead(1499, kLimit), 199u);
}

TEST(RetentionRules, ClosesAWindowEarly_IfHalfIsReleased_WhenARequestWaits) {
  const auto is_worth = [](std::uint64_t nodes, std::uint64_t holding) {
    return is_worth_closing({.node_count = nodes, .holding_count = holding, .record_count = nodes, .bytes = 1}, true);
  };
  EXPECT_TRUE(is_worth(100, 50));
  EXPECT_FALSE(is_worth(100, 51));
  EXPECT_FALSE(is_worth(1, 1));
}

TEST(RetentionRules, ClosesAWindowAheadOfNeed_IfFewTracesRemain_OrMostAreAbsent) {
  const auto is_worth = [](std::uint64_t holding, std::uint64_t records) {
    return is_worth_closing({.node_count = 80, .holding_count = holding, .record_count = records, .bytes = 1}, false);
  };
  EXPECT_TRUE(is_worth(10, 80));
  EXPECT_FALSE(is_worth(11, 80));
  EXPECT_FALSE(is_worth(11, 21));
  EXPECT_TRUE(is_worth(20, 20));
}

TEST(RetentionRules, GrowsWindowsWithTheirNumber_SoSlotsDoNotRunOutFirst) {
  const std::uint64_t few = window_nodes_max(512ull << 20, 9);
  EXPECT_EQ(window_nodes_max(512ull << 20, 10), 2 * few);
  EXPECT_EQ(window_nodes_max(512ull << 20, 13), 4 * few);
  EXPECT_LE(window_nodes_first(std::uint64_t{1} << 43), 1u << 20);
}

TEST(ReleasePlan, CountsWindowsThatExpireOnTheirOwn) {
  ReleasePlan plan(1000, true);
  plan.add_window(3, {.node_count = 100, .holding_count = 80, .record_count = 100, .bytes = 10'000});
  EXPECT_FALSE(plan.closes(3));
  EXPECT_EQ(plan.released(), 0u);
  plan.add_window(4, {.node_count = 100, .holding_count = 50, .record_count = 60, .bytes = 10'000});
  EXPECT_TRUE(plan.closes(4));
  EXPECT_EQ(plan.released(), 50u * 100 + 10u * 64);
  EXPECT_TRUE(plan.is_enough());
}

TEST(ReleasePlan, CountsEvictions_OnceTheirWindowIsWorthClosing) {
  ReleasePlan plan(1'000'000, true);
  plan.add_window(0, {.node_count = 100, .holding_count = 52, .record_count = 100, .bytes = 10'000});
  plan.evict(0, 1);
  EXPECT_EQ(plan.released(), 0u);
  plan.evict(0, 1);
  EXPECT_EQ(plan.released(), 50u * 100 + 50u * 64);
  plan.evict(0, 1);
  EXPECT_EQ(plan.released(), 51u * 100 + 51u * 64);
}

TEST(ReleasePlan, FreesAGeneration_WithItsLastHolder_AndThoseOfOlderOnes) {
  ReleasePlan plan(1'000'000, true);
  plan.set_generations({{1, 10}, {2, 20}, {3, 40}, {4, 80}}, {{2, 1}, {3, 2}});
  EXPECT_EQ(plan.released(), 10u);  // no trace holds the first
  plan.evict(9, 3);
  plan.evict(9, 3);
  EXPECT_EQ(plan.released(), 10u);  // the second is held
  plan.evict(9, 2);
  EXPECT_EQ(plan.released(), 150u);
}

TEST(DueQueue, YieldsByDeadline_AndSweepsStaleEntries) {
  DueQueue queue;
  for (propagate::RecordId id = 1; id <= 10'000; ++id) queue.add(id % 10, id);
  queue.sweep(100, [](std::int64_t, propagate::RecordId id) { return id <= 100; });
  std::vector<propagate::RecordId> taken;
  std::int64_t last = -1;
  queue.take_until(4, [&](std::int64_t deadline, const auto& ids) {
    EXPECT_GT(deadline, last);
    last = deadline;
    taken.insert(taken.end(), ids.begin(), ids.end());
  });
  EXPECT_EQ(taken.size(), 50u);
  EXPECT_LE(*std::max_element(taken.begin(), taken.end()), 100u);
  queue.take_until(9, [&](std::int64_t, const auto& ids) { taken.insert(taken.end(), ids.begin(), ids.end()); });
  EXPECT_EQ(taken.size(), 100u);
  EXPECT_EQ(queue.bytes(), 0u);
}

}  // namespace
}  // namespace entail::engine
