// Pending traces by deadline, and what remains after a sweep.
#include "engine/due_queue.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace entail::engine {
namespace {

std::vector<DueQueue::RecordId> take(DueQueue& queue, std::int64_t now_ns) {
  std::vector<DueQueue::RecordId> taken;
  queue.take_until(now_ns, [&](std::int64_t, const auto& ids) { taken.insert(taken.end(), ids.begin(), ids.end()); });
  return taken;
}

TEST(DueQueue, YieldsDueTraces_InDeadlineOrder) {
  DueQueue queue;
  queue.add(20, 2);
  queue.add(10, 1);
  queue.add(30, 3);
  EXPECT_EQ(take(queue, 9), (std::vector<DueQueue::RecordId>{}));
  EXPECT_EQ(take(queue, 20), (std::vector<DueQueue::RecordId>{1, 2}));
  EXPECT_EQ(take(queue, 20), (std::vector<DueQueue::RecordId>{}));
  EXPECT_EQ(take(queue, 30), (std::vector<DueQueue::RecordId>{3}));
}

TEST(DueQueue, SweepRetainsLiveEntriesOnly) {
  constexpr DueQueue::RecordId kEntries = 20'000, kLiveStep = 10;
  DueQueue queue;
  for (DueQueue::RecordId id = 1; id <= kEntries; ++id) queue.add(id % 7, id);
  const std::uint64_t full = queue.bytes();
  const auto is_live = [](std::int64_t, DueQueue::RecordId id) { return id % kLiveStep == 0; };
  queue.sweep(kEntries, is_live);  // the caller says that most are live: nothing to gain
  EXPECT_EQ(queue.bytes(), full);
  queue.sweep(kEntries / kLiveStep, is_live);
  EXPECT_LT(queue.bytes(), full / 5);
  const std::vector<DueQueue::RecordId> left = take(queue, 7);
  EXPECT_EQ(left.size(), kEntries / kLiveStep);
  for (const DueQueue::RecordId id : left) ASSERT_EQ(id % kLiveStep, 0u);
}

}  // namespace
}  // namespace entail::engine
