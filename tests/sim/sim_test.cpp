// Simulated runs of the whole engine: from a seed to a verdict.
#include "tests/engine/seed_range.hpp"
#include "tests/sim/sim_check.hpp"

namespace entail::sim {
namespace {

TEST(Simulation, InvariantsHold_ForEverySeed) {
  const auto [first, end] = engine_test::seed_range(0, 1000);
  Happened happened;
  for (std::uint64_t seed = first; seed < end; ++seed)
    if (!check_seed(seed, "sim_test", &happened)) return;
  if (end - first < 100) return;
  // Every cap and budget was reached, and eviction occurred.
  for (const char* loss : {"evicted", "no_room", "keep_after_seal", "late_origin", "max_links_followed",
                           "max_traces_per_origin", "max_propagated_bytes_per_second"})
    EXPECT_GT(happened[loss], 0u) << loss;
}

// The checks must be able to fail, and the shrinking to shrink: an engine that is compared with an incomplete record of
// its input fails at once.
TEST(Simulation, DetectsAFault_AndShrinksItsWorkload) {
  DisturbedWorkload disturbed;
  for (std::uint64_t seed = 0; disturbed.workload.steps.empty(); ++seed) {
    DisturbedWorkload candidate = disturbed_workload(seed);
    if (candidate.disturbance.tight && candidate.workload.steps.size() > 3) disturbed = std::move(candidate);
  }
  disturbed.workload.options.tail_sampling.policies.clear();  // an engine needs at least one policy to open
  const Shrunk shrunk = shrink(disturbed);
  ASSERT_FALSE(shrunk.faults.empty());
  EXPECT_EQ(shrunk.ticks, 0u);
}

}  // namespace
}  // namespace entail::sim
