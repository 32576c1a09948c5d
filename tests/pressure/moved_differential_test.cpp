// G1 and G3 when traces move between windows: the full comparison of tests/engine, step by step, on workloads
// whose traces outlive up to twenty windows.
#include <gtest/gtest.h>

#include "tests/engine/comparison.hpp"
#include "tests/engine/seed_range.hpp"
#include "tests/pressure/moving_workload.hpp"

namespace entail::pressure {
namespace {

struct Totals {
  std::uint64_t workloads = 0, kept = 0, revived = 0, restored = 0;
};

Totals compare_seeds(bool truncates_links, const std::string& filter) {
  const auto [first, end] = engine_test::seed_range(0, 300);
  Totals totals;
  for (std::uint64_t seed = first; seed < end && !testing::Test::HasFatalFailure(); ++seed) {
    workload::Random random(seed);
    MovingShape shape = random_shape(random);
    shape.truncates_links = truncates_links;
    const workload::Workload workload = moving_workload(random, shape);
    const engine_test::Outcome outcome = engine_test::compare(workload, static_cast<unsigned>(1 + seed % 3));
    for (const std::string& difference : outcome.differences) ADD_FAILURE() << difference;
    if (!outcome.differences.empty()) {
      ADD_FAILURE() << engine_test::rerun_command(seed, "pressure_test", filter);
      return {};
    }
    ++totals.workloads;
    totals.kept += outcome.counts.kept;
    totals.revived += outcome.counts.revived;
    totals.restored += outcome.counts.links_restored;
  }
  return totals;
}

TEST(MovedDifferential, MatchesTheOracle) {
  const Totals totals = compare_seeds(false, "MovedDifferential.MatchesTheOracle");
  if (totals.workloads < 100) return;  // a subset of the seeds, or after a failure
  EXPECT_GT(totals.kept, totals.workloads);
  EXPECT_GT(totals.revived, totals.workloads);
}

// A truncated span remembers its link targets; that must survive window changes, too.
TEST(MovedDifferential, MatchesTheOracle_WithTruncatedSpans) {
  const Totals totals = compare_seeds(true, "MovedDifferential.MatchesTheOracle_WithTruncatedSpans");
  if (totals.workloads < 100) return;
  EXPECT_GT(totals.restored, 0u);
}

}  // namespace
}  // namespace entail::pressure
