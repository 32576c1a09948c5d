// G1 and G2 with stalled lanes and ticks: no keep is lost, wherever a stall occurs and however many windows it lasts.
//
// ENTAIL_RUNS=1000 runs that many seeds instead of the suite's few; ENTAIL_SEED=n runs one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/engine/seed_range.hpp"
#include "tests/pressure/moving_workload.hpp"
#include "tests/pressure/staged_run.hpp"

namespace entail::pressure {
namespace {

std::uint64_t runs_wanted(std::uint64_t in_suite) {
  const char* runs = std::getenv("ENTAIL_RUNS");
  return runs == nullptr ? in_suite : std::strtoull(runs, nullptr, 10);
}

Stalls random_stalls(workload::Random& random) {
  Stalls stalls;
  stalls.lanes = 1 + static_cast<unsigned>(random.below(8));
  stalls.ingest_per_mille = static_cast<unsigned>(random.between(2, 60));
  stalls.tick_per_mille = random.chance(50) ? 0 : static_cast<unsigned>(random.between(1, 40));
  stalls.resume_percent = static_cast<unsigned>(random.between(3, 60));
  return stalls;
}

struct Totals {
  std::uint64_t runs = 0, kept = 0, held_over_windows = 0, windows_max = 0;
  std::map<std::string, std::uint64_t> losses;
};

// The seed's options, modified by the test.
struct Changes {
  bool exact = true;
  bool stalls = true;
  std::size_t pad_bytes = 0;
  std::uint64_t memory_limit_bytes = 64 << 20;
};

Totals run_seeds(std::uint64_t count, const Changes& changes, const std::string& filter) {
  const auto [first, end] = engine_test::seed_range(0, count);
  Totals totals;
  for (std::uint64_t seed = first; seed < end; ++seed) {
    workload::Random random(seed);
    MovingShape shape = random_shape(random);
    shape.pad_bytes = changes.pad_bytes;
    workload::Workload workload = moving_workload(random, shape);
    workload.options.memory_limit_bytes = changes.memory_limit_bytes;
    const Stalls stalls = random_stalls(random);
    StagedRun run(workload, changes.stalls ? stalls : Stalls{}, changes.exact, random.bits());
    const std::vector<std::string> faults = run.run();
    for (const std::string& fault : faults) ADD_FAILURE() << fault;
    if (!faults.empty()) {
      std::string schedule;
      for (const std::string& line : run.schedule()) schedule += "  " + line + "\n";
      ADD_FAILURE() << engine_test::rerun_command(seed, "pressure_test", filter) << "\n" << schedule;
      return totals;
    }
    ++totals.runs;
    totals.kept += run.kept();
    totals.held_over_windows += run.held_over_windows();
    totals.windows_max = std::max(totals.windows_max, run.windows_while_held_max());
    for (const auto& [loss, amount] : run.losses()) totals.losses[loss] += amount;
  }
  return totals;
}

// The harness itself: if nothing is held, nothing changes.
TEST(Stalls, HarnessChangesNothing_WhenNothingIsHeld) {
  const Totals totals = run_seeds(40, {.stalls = false}, "Stalls.HarnessChangesNothing_WhenNothingIsHeld");
  if (totals.runs < 40) return;  // a subset of the seeds, or after a failure
  EXPECT_EQ(totals.held_over_windows, 0u);
}

TEST(Stalls, LoseNoKeep) {
  const Totals totals = run_seeds(runs_wanted(150), {}, "Stalls.LoseNoKeep");
  if (totals.runs < 100) return;
  EXPECT_GT(totals.kept, totals.runs);
  EXPECT_GT(totals.held_over_windows, totals.runs);
  EXPECT_GE(totals.windows_max, 10u);
}

// Memory binds, too. Losses are counted, and no request is refused permanently once nothing is stalled.
TEST(Stalls, LoseNothingUncounted_WhenMemoryIsShort) {
  const Totals totals =
      run_seeds(runs_wanted(25), {.exact = false, .pad_bytes = 250'000, .memory_limit_bytes = 16 << 20},
                "Stalls.LoseNothingUncounted_WhenMemoryIsShort");
  if (totals.runs < 25) return;
  EXPECT_GT(totals.losses.at("evicted"), totals.runs);
}

}  // namespace
}  // namespace entail::pressure
