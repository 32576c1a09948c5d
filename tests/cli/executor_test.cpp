#include "executor.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace entail::cli {
namespace {

TEST(Executor, RunsEachIndexOnce_InEveryRound) {
  Executor executor(3);
  for (std::size_t count : {0u, 1u, 2u, 7u, 1000u}) {
    for (int round = 0; round < 50; ++round) {
      std::vector<std::atomic<int>> calls(count);
      for (auto& call : calls) call.store(0, std::memory_order_relaxed);
      executor.parallel_for(count, [&](std::size_t i) { calls[i].fetch_add(1, std::memory_order_relaxed); });
      for (const auto& call : calls) ASSERT_EQ(call.load(std::memory_order_relaxed), 1);
    }
  }
}

TEST(Executor, OneThreadStartsNoOther_AndRunsInOrder) {
  EXPECT_EQ(make_executor(1), nullptr);
  std::vector<std::size_t> order;
  for_each_index(nullptr, 5, [&](std::size_t i) { order.push_back(i); });
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
}

}  // namespace
}  // namespace entail::cli
