// Estimates from a truncated span's record: the thresholds follow their law, and the numbers that readers
// compute from them are unbiased. The record's own counts are exact (link_sample_test.cpp); the estimates are
//   distinct links    k / threshold (as a part of 2^64)          distinct traces   the same of C
//   links of a kind   1 / threshold for each one in U; or, since received is known, n x / k of x in U
// planted_bias_test.cpp shows that these checks can fail.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "reservoir/link_sample.hpp"
#include "tests/reservoir/naive_sample.hpp"
#include "tests/reservoir/statistics.hpp"

namespace entail::reservoir {
namespace {

using naive::IdFamily;
using naive::Link;
using namespace statistics;

constexpr std::size_t kLinks = 300;
constexpr std::uint32_t kLinkBudget = 16;
constexpr int kRounds = 3000;

struct Estimates {
  std::vector<double> threshold_cdf;  // uniform on 0..1, if the threshold is the first excluded of kLinks keys
  std::vector<double> distinct;
  std::vector<double> kind_by_threshold;  // of the links with an odd index below 100
  std::vector<double> kind_by_share;
};
constexpr double kKind = 50;
bool is_of_kind(std::uint32_t index) { return index < 100 && index % 2 == 1; }

// One span with a changing seed.
Estimates estimate_uniform(const std::vector<Link>& links) {
  Estimates estimates;
  LinkSampler sampler;
  for (int round = 0; round < kRounds; ++round) {
    sampler.begin(kLinkBudget, static_cast<std::uint64_t>(round) * 0x9e3779b97f4a7c15 + 1, links.size());
    for (std::uint32_t i = 0; i < links.size(); ++i)
      sampler.add_good(links[i].trace_id, links[i].span_id, links[i].randomness, i, 0, 0);
    const TruncatedLinks& truncated = sampler.finish(naive::ids_of(links));
    const double threshold = std::ldexp(static_cast<double>(*truncated.threshold_uniform), -64);
    double in_sample = 0;
    for (const SavedLink& link : truncated.saved) in_sample += link.in_uniform && is_of_kind(link.index) ? 1 : 0;
    estimates.threshold_cdf.push_back(first_excluded_cdf(threshold, kLinkBudget, kLinks));
    estimates.distinct.push_back(kLinkBudget / threshold);
    estimates.kind_by_threshold.push_back(in_sample / threshold);
    estimates.kind_by_share.push_back(kLinks * in_sample / kLinkBudget);
  }
  return estimates;
}

TEST(EstimateStatistics, ThresholdsFollowTheirLaw_AndEstimatesAreUnbiased_ForEveryIdFamily) {
  for (const IdFamily family : naive::kIdFamilies) {
    SCOPED_TRACE(static_cast<int>(family));
    std::mt19937_64 random(51);
    const Estimates estimates = estimate_uniform(naive::make_links(family, kLinks, random));
    EXPECT_GT(kolmogorov_tail(estimates.threshold_cdf), kFalseAlarm);
    EXPECT_GT(mean_tail(estimates.distinct, kLinks), kFalseAlarm);
    EXPECT_GT(mean_tail(estimates.kind_by_threshold, kKind), kFalseAlarm);
    EXPECT_GT(mean_tail(estimates.kind_by_share, kKind), kFalseAlarm);
  }
}

// A duplicate counts once, however often it occurs: the estimate is of distinct links.
TEST(EstimateStatistics, IgnoreDuplicates) {
  std::mt19937_64 random(52);
  std::vector<Link> links = naive::make_links(IdFamily::random, kLinks, random);
  for (std::size_t i = 0; i < 200; ++i) links.push_back(links[i % 20]);
  const Estimates estimates = estimate_uniform(links);
  EXPECT_GT(kolmogorov_tail(estimates.threshold_cdf), kFalseAlarm);
  EXPECT_GT(mean_tail(estimates.distinct, kLinks), kFalseAlarm);
}

// C over traces: two links each, with new traces in every round, since C depends on R and not on the seed.
TEST(EstimateStatistics, SketchCEstimatesDistinctTraces) {
  std::mt19937_64 random(53);
  std::vector<double> distinct;
  std::vector<double> threshold_cdf;
  LinkSampler sampler;
  for (int round = 0; round < kRounds; ++round) {
    sampler.begin(kLinkBudget, 1, 2 * kLinks);
    std::vector<Link> links(2 * kLinks);
    for (std::uint32_t i = 0; i < kLinks; ++i) {
      Link link = naive::make_link(IdFamily::random, i, random);
      for (const std::uint32_t index : {2 * i, 2 * i + 1}) {
        links[index] = link;
        sampler.add_good(link.trace_id, link.span_id, link.randomness, index, 0, 0);
        link.span_id.value ^= 2;
      }
    }
    const TruncatedLinks& truncated = sampler.finish(naive::ids_of(links));
    const double threshold = std::ldexp(static_cast<double>(truncated.threshold_consistent->inverse_randomness), -56);
    threshold_cdf.push_back(first_excluded_cdf(threshold, kLinkBudget, kLinks));
    distinct.push_back(kLinkBudget / threshold);
  }
  EXPECT_GT(kolmogorov_tail(threshold_cdf), kFalseAlarm);
  EXPECT_GT(mean_tail(distinct, kLinks), kFalseAlarm);
}

}  // namespace
}  // namespace entail::reservoir
