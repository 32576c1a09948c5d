// G1 at length: all 10,000 small workloads, and 20 large ones, with 1, 2 and 4 threads.
#include <gtest/gtest.h>

#include "tests/engine/comparison.hpp"
#include "tests/engine/seed_range.hpp"

namespace entail::engine_test {
namespace {

void run(std::uint64_t seed, const workload::Workload& workload, const std::string& filter) {
  for (const unsigned threads : {1U, 2U, 4U}) {
    const Outcome outcome = compare(workload, threads);
    for (const std::string& difference : outcome.differences) ADD_FAILURE() << difference;
    ASSERT_TRUE(outcome.differences.empty())
        << threads << " threads; " << rerun_command(seed, "engine_long_test", filter);
  }
}

TEST(DifferentialLong, MatchesTheOracle_OnSmallWorkloads) {
  const auto [first, end] = seed_range(1000, 10'000);
  for (std::uint64_t seed = first; seed < end && !HasFatalFailure(); ++seed)
    run(seed, workload::small_workload(seed), "DifferentialLong.*Small*");
}

TEST(DifferentialLong, MatchesTheOracle_OnLargeWorkloads) {
  const auto [first, end] = seed_range(0, 20);
  for (std::uint64_t seed = first; seed < end && !HasFatalFailure(); ++seed)
    run(seed, workload::large_workload(seed), "DifferentialLong.*Large*");
}

}  // namespace
}  // namespace entail::engine_test
