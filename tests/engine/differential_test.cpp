// G1: the engine against the oracle on generated workloads, with 1, 2 and 4 threads.
#include <gtest/gtest.h>

#include "tests/engine/comparison.hpp"
#include "tests/engine/seed_range.hpp"

namespace entail::engine_test {
namespace {

TEST(Differential, EqualsTheOracle_OnSmallWorkloads) {
  const auto [first, end] = seed_range(0, 2000);
  for (std::uint64_t seed = first; seed < end; ++seed) {
    const workload::Workload workload = workload::small_workload(seed);
    for (const unsigned threads : {1U, 2U, 4U}) {
      const auto differences = compare(workload, threads);
      for (const std::string& difference : differences) ADD_FAILURE() << difference;
      ASSERT_TRUE(differences.empty()) << threads << " threads; "
                                       << rerun_command(seed, "engine_test", "Differential.*");
    }
  }
}

}  // namespace
}  // namespace entail::engine_test
