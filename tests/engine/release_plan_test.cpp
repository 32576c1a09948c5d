// Which windows and traces go when memory is short, as pure functions, and the queues that name them.
#include "engine/release_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "engine/due_queue.hpp"
#include "engine/retained_queue.hpp"
#include "engine/window_sizes.hpp"

namespace entail::engine {
namespace {

TEST(ReleasePlan, ClosesAWindowEarly_IfHalfIsReleased_WhenARequestWaits) {
  const auto is_worth = [](std::uint64_t nodes, std::uint64_t holding) {
    return is_worth_closing({.node_count = nodes, .holding_count = holding, .record_count = nodes, .bytes = 1}, true);
  };
  EXPECT_TRUE(is_worth(100, 50));
  EXPECT_FALSE(is_worth(100, 51));
  EXPECT_FALSE(is_worth(1, 1));
}

TEST(ReleasePlan, ClosesAWindowAheadOfNeed_IfFewTracesRemain_OrMostAreAbsent) {
  const auto is_worth = [](std::uint64_t holding, std::uint64_t records) {
    return is_worth_closing({.node_count = 80, .holding_count = holding, .record_count = records, .bytes = 1}, false);
  };
  EXPECT_TRUE(is_worth(10, 80));
  EXPECT_FALSE(is_worth(11, 80));
  EXPECT_FALSE(is_worth(11, 21));
  EXPECT_TRUE(is_worth(20, 20));
}

TEST(WindowSizes, GrowWithTheNumberOfWindows_SoSlotsDoNotRunOutFirst) {
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

class Retained {
 public:
  auto is_live() const {
    return [this](propagate::RecordId id, std::int64_t end_ns) { return ends.at(id) == end_ns; };
  }
  std::vector<propagate::RecordId> ended(std::int64_t now_ns) {
    std::vector<propagate::RecordId> ids;
    queue.take_ended(now_ns, ids, is_live());
    for (const propagate::RecordId id : ids) ends[id] = 0;
    return ids;
  }
  void add(propagate::RecordId id, std::int64_t end_ns) {
    ends[id] = end_ns;
    queue.add(id, end_ns);
  }

  RetainedQueue queue;
  std::map<propagate::RecordId, std::int64_t> ends;
};

TEST(RetainedQueue, EndsTracesInOrder_WhenAllAreRetainedEquallyLong) {
  Retained retained;
  for (propagate::RecordId id = 1; id <= 5; ++id) retained.add(id, 10 * id);
  EXPECT_EQ(retained.ended(9), (std::vector<propagate::RecordId>{}));
  EXPECT_EQ(retained.ended(30), (std::vector<propagate::RecordId>{1, 2, 3}));
  EXPECT_EQ(retained.queue.first(retained.is_live()), 4u);
  EXPECT_EQ(retained.ended(100), (std::vector<propagate::RecordId>{4, 5}));
  EXPECT_EQ(retained.queue.first(retained.is_live()), 0u);
}

TEST(RetainedQueue, EndsATraceBeforeOneDroppedEarlier_AndOnlyOnce) {
  Retained retained;
  retained.add(1, 100);
  retained.add(2, 20);
  retained.add(3, 120);
  retained.add(4, 110);
  EXPECT_EQ(retained.ended(20), (std::vector<propagate::RecordId>{2}));
  EXPECT_EQ(retained.queue.first(retained.is_live()), 1u);
  std::vector<propagate::RecordId> by_drop;
  EXPECT_TRUE(retained.queue.for_each_while(retained.is_live(), [&](propagate::RecordId id) {
    by_drop.push_back(id);
    return true;
  }));
  EXPECT_EQ(by_drop, (std::vector<propagate::RecordId>{1, 3, 4}));
  EXPECT_EQ(retained.ended(115), (std::vector<propagate::RecordId>{1, 4}));
  EXPECT_EQ(retained.ended(200), (std::vector<propagate::RecordId>{3}));
}

TEST(RetainedQueue, SkipsAStaleEntry_WhenItsTraceHasAnotherEnd) {
  Retained retained;
  retained.add(1, 10);
  retained.add(2, 20);
  retained.add(1, 30);  // another trace with the number of the first
  EXPECT_EQ(retained.ended(10), (std::vector<propagate::RecordId>{}));
  EXPECT_EQ(retained.ended(20), (std::vector<propagate::RecordId>{2}));
  EXPECT_EQ(retained.ended(30), (std::vector<propagate::RecordId>{1}));
}

TEST(RetainedQueue, SweepsStaleEntries_InBothOrders) {
  Retained retained;
  retained.add(1, 1'000'000);
  for (propagate::RecordId id = 2; id <= 20'000; ++id) retained.add(id, id);
  const std::uint64_t before = retained.queue.bytes();
  for (propagate::RecordId id = 2; id <= 19'990; ++id) retained.ends[id] = 0;
  retained.queue.sweep(11, retained.is_live());
  EXPECT_LT(retained.queue.bytes(), before / 2);
  EXPECT_EQ(retained.ended(30'000).size(), 10u);
  EXPECT_EQ(retained.ended(1'000'000), (std::vector<propagate::RecordId>{1}));
}

}  // namespace
}  // namespace entail::engine
