// Ten thousand simulated runs, or as many as fit into ENTAIL_SIM_MINUTES; tools/soak runs it.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "tests/engine/seed_range.hpp"
#include "tests/sim/sim_check.hpp"

namespace entail::sim {
namespace {

TEST(SimulationLong, InvariantsHold_ForEverySeed) {
  const char* const minutes = std::getenv("ENTAIL_SIM_MINUTES");
  const char* const from = std::getenv("ENTAIL_SIM_FROM");
  const std::uint64_t begin = from == nullptr ? 0 : std::strtoull(from, nullptr, 10);
  auto [first, end] = engine_test::seed_range(begin, begin + 10'000);
  const auto until = std::chrono::steady_clock::now() +
                     std::chrono::minutes(minutes == nullptr ? 0 : std::strtoll(minutes, nullptr, 10));
  std::uint64_t seed = first;
  for (; minutes == nullptr ? seed < end : std::chrono::steady_clock::now() < until; ++seed) {
    if (!check_seed(seed, "sim_long_test")) return;
    if (minutes != nullptr && seed % 10'000 == 9'999)
      std::printf("seeds to %llu pass\n", static_cast<unsigned long long>(seed));
  }
  std::printf("seeds %llu to %llu pass\n", static_cast<unsigned long long>(first),
              static_cast<unsigned long long>(seed - 1));
}

}  // namespace
}  // namespace entail::sim
