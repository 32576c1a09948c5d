#include "sync/spsc_log.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace entail::sync {
namespace {

std::vector<std::uint32_t> drained(SpscLog<std::uint32_t>& log) {
  std::vector<std::uint32_t> entries;
  log.drain([&](std::uint32_t entry) { entries.push_back(entry); });
  return entries;
}

TEST(SpscLog, DrainsNothing_WhenEmpty) {
  SpscLog<std::uint32_t> log;
  EXPECT_TRUE(drained(log).empty());
  ASSERT_TRUE(log.reserve(0));
  EXPECT_TRUE(drained(log).empty());
}

TEST(SpscLog, PreservesOrder_AcrossChunksAndDrains) {
  SpscLog<std::uint32_t> log;
  std::uint32_t pushed = 0;
  std::uint32_t taken = 0;
  for (const std::uint32_t batch : {1u, 1000u, 3u, 5000u, 1024u, 20'000u, 7u}) {
    ASSERT_TRUE(log.reserve(batch));
    for (std::uint32_t i = 0; i < batch; ++i) log.push(pushed++);
    if (batch == 1000u) continue;  // two batches at once
    for (const std::uint32_t entry : drained(log)) EXPECT_EQ(entry, taken++);
    EXPECT_EQ(taken, pushed);
  }
}

TEST(SpscLog, ReservationSurvivesSmallerOnes) {
  SpscLog<std::uint32_t> log;
  ASSERT_TRUE(log.reserve(3000));
  for (std::uint32_t i = 0; i < 10; ++i) log.push(i);
  ASSERT_TRUE(log.reserve(5000));
  ASSERT_TRUE(log.reserve(4000));
  for (std::uint32_t i = 10; i < 5010; ++i) log.push(i);
  const auto entries = drained(log);
  ASSERT_EQ(entries.size(), 5010u);
  for (std::uint32_t i = 0; i < entries.size(); ++i) ASSERT_EQ(entries[i], i);
}

TEST(SpscLog, DrainsEachEntryOnce_WhilePushing) {
  SpscLog<std::uint32_t> log;
  constexpr std::uint32_t kEntries = 300'000;
  std::thread producer([&] {
    for (std::uint32_t i = 0; i < kEntries; ++i) {
      ASSERT_TRUE(log.reserve(1));
      log.push(i);
    }
  });
  std::uint32_t expected = 0;
  while (expected < kEntries) log.drain([&](std::uint32_t entry) { ASSERT_EQ(entry, expected++); });
  producer.join();
  EXPECT_TRUE(drained(log).empty());
}

}  // namespace
}  // namespace entail::sync
