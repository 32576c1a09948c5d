// G5: resident memory above that of an idle engine stays within 9/8 of memory_limit, one request per lane and one
// output batch, also between ticks. tools/pressure measures the same loads at larger limits, and for longer.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "tests/pressure/loads.hpp"

namespace entail::pressure {
namespace {

// A hub takes long to fill its room. A sink that never accepts must cost no more after hours.
bool is_refused(const Load& load) { return load.answer != OutputAnswer::accepted; }
std::uint64_t limit_of(const Load& load) { return (load.name == "hub" || is_refused(load) ? 16 : 64) << 20; }
std::int64_t seconds_of(const Load& load) { return load.name == "hub" ? 1200 : is_refused(load) ? 3 * 3600 : 40; }

std::string name_of(const Load& load) {
  std::string name = load.name;
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
}

void expect_bounded(const Load& load, std::int64_t seconds) {
  const Figures figures = run_apart(ENTAIL_BINARY_DIR "/bin/pressure_run", load, limit_of(load), seconds);
  const std::uint64_t bound = memory_bound(load_options(load, limit_of(load)), figures);
  std::printf("%s: RSS %.1f MiB over idle, bound %.1f, account %.1f\n", load.name.c_str(),
              static_cast<double>(figures.resident_over_idle()) / (1 << 20), static_cast<double>(bound) / (1 << 20),
              static_cast<double>(figures.account_peak) / (1 << 20));
  EXPECT_EQ(figures.faults, 0u) << figures.fault;
  EXPECT_EQ(figures.given_up, 0u);  // an engine that refuses everything needs no memory
  EXPECT_LE(figures.refusals_in_row_max, 2u);
  EXPECT_GT(figures.resident_over_idle(), 0u);
  EXPECT_LE(figures.resident_over_idle(), bound);
}

class ResidentMemory : public testing::TestWithParam<Load> {};
INSTANTIATE_TEST_SUITE_P(Loads, ResidentMemory, testing::ValuesIn(memory_loads(1)),
                         [](const auto& load) { return name_of(load.param); });
TEST_P(ResidentMemory, StaysWithinItsBound) { expect_bounded(GetParam(), seconds_of(GetParam())); }

TEST(ResidentMemory, StaysFlat_UnderASteadyLoad) {
  for (const Load& load : steady_loads()) expect_bounded(load, 6000);
}

}  // namespace
}  // namespace entail::pressure
