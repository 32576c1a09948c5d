// The checks of statistics.hpp can fail: each detects a known sampler fault and passes a correct sampler.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "tests/reservoir/statistics.hpp"

namespace entail::reservoir::statistics {
namespace {

constexpr unsigned kItems = 200;
constexpr unsigned kTaken = 20;

// Algorithm R over positions. off_by: 1 is the classic off-by-one error (the new item's own position is excluded
// from the draw).
Inclusion reservoir_of(int rounds, unsigned off_by) {
  Inclusion inclusion{std::vector<double>(kItems, 0), kTaken, static_cast<double>(rounds)};
  std::mt19937_64 random(61);
  std::vector<unsigned> held(kTaken);
  for (int round = 0; round < rounds; ++round) {
    std::iota(held.begin(), held.end(), 0u);
    for (unsigned i = kTaken; i < kItems; ++i) {
      const auto place = static_cast<unsigned>(random() % (i + 1 - off_by));
      if (place < kTaken) held[place] = i;
    }
    for (const unsigned i : held) ++inclusion.count[i];
  }
  return inclusion;
}

TEST(PlantedBias, PositionalContrastDetectsAnOffByOne_ThatChiSquareMisses) {
  const Inclusion right = reservoir_of(40'000, 0);
  EXPECT_GT(right.chi_square(), kFalseAlarm);
  EXPECT_GT(right.contrast(0, kTaken), kFalseAlarm);
  const Inclusion few = reservoir_of(8'000, 1);
  EXPECT_GT(few.chi_square(), kFalseAlarm);  // the weakness that makes the contrast necessary
  EXPECT_LT(few.contrast(0, kTaken), kFalseAlarm);
  const Inclusion many = reservoir_of(100'000, 1);
  EXPECT_LT(many.chi_square(), kFalseAlarm);
  EXPECT_LT(many.contrast(0, kTaken), kFalseAlarm);
}

// One position in ten is never taken, spread so that no contrast detects it.
TEST(PlantedBias, ChiSquareDetectsPositionsNeverTaken) {
  Inclusion inclusion{std::vector<double>(kItems, 0), kTaken, 4000};
  std::mt19937_64 random(62);
  for (int round = 0; round < 4000; ++round) {
    std::vector<unsigned> items;
    for (unsigned i = 0; i < kItems; ++i)
      if (i % 10 != 3) items.push_back(i);
    std::shuffle(items.begin(), items.end(), random);
    for (unsigned i = 0; i < kTaken; ++i) ++inclusion.count[items[i]];
  }
  EXPECT_LT(inclusion.chi_square(), kFalseAlarm);
  EXPECT_GT(inclusion.contrast(0, kTaken), kFalseAlarm);
}

// The key with this many smaller ones, of kItems keys that are uniform numbers raised to the power `warp`.
std::vector<double> thresholds_of(unsigned which, double warp) {
  std::vector<double> thresholds;
  std::mt19937_64 random(63);
  std::vector<double> keys(kItems);
  for (int round = 0; round < 3000; ++round) {
    for (double& key : keys) key = std::pow(std::ldexp(static_cast<double>(random() >> 11), -53), warp);
    std::nth_element(keys.begin(), keys.begin() + which, keys.end());
    thresholds.push_back(keys[which]);
  }
  return thresholds;
}
double law_tail(const std::vector<double>& thresholds) {
  std::vector<double> cdf;
  for (const double threshold : thresholds) cdf.push_back(first_excluded_cdf(threshold, kTaken, kItems));
  return kolmogorov_tail(cdf);
}

TEST(PlantedBias, ThresholdTestDetectsALastKeptThreshold_OrNonUniformKeys) {
  EXPECT_GT(law_tail(thresholds_of(kTaken, 1)), kFalseAlarm);
  EXPECT_LT(law_tail(thresholds_of(kTaken - 1, 1)), kFalseAlarm);
  EXPECT_LT(law_tail(thresholds_of(kTaken + 1, 1)), kFalseAlarm);
  EXPECT_LT(law_tail(thresholds_of(kTaken, 1.05)), kFalseAlarm);
}

TEST(PlantedBias, MeanTestDetectsAnEstimateFromTheLastKept) {
  const auto estimates = [](const std::vector<double>& thresholds) {
    std::vector<double> out;
    for (const double threshold : thresholds) out.push_back(kTaken / threshold);
    return out;
  };
  EXPECT_GT(mean_tail(estimates(thresholds_of(kTaken, 1)), kItems), kFalseAlarm);
  EXPECT_LT(mean_tail(estimates(thresholds_of(kTaken - 1, 1)), kItems), kFalseAlarm);  // too large by k / (k - 1)
}

// The laws themselves, compared with published tables.
TEST(PlantedBias, TailsMatchPublishedTables) {
  EXPECT_NEAR(normal_tail(1.959964), 0.05, 1e-6);
  EXPECT_NEAR(chi_square_tail(3.841459, 1), 0.05, 1e-6);
  EXPECT_NEAR(chi_square_tail(232.9118, 199), 0.05, 1e-4);
  EXPECT_NEAR(chi_square_tail(100, 199), 1, 1e-6);
  EXPECT_NEAR(first_excluded_cdf(0.5, 0, 1), 0.5, 1e-12);     // the smallest of one
  EXPECT_NEAR(first_excluded_cdf(0.5, 1, 2), 0.25, 1e-12);    // the larger of two
  EXPECT_NEAR(first_excluded_cdf(0.3, 2, 5), 0.16308, 1e-9);  // P(Bin(5, 0.3) >= 3)
  std::vector<double> even;
  for (int i = 0; i < 100; ++i) even.push_back((i + 0.5) / 100);
  EXPECT_GT(kolmogorov_tail(even), 0.999);
}

}  // namespace
}  // namespace entail::reservoir::statistics
