// Inclusion probabilities (G4), by statistics with fixed seeds: each link of U and each trace of C is in with k/n,
// wherever it stands. Two tests, because the chi-square over all positions is weak against a bias of the first or last
// ones, which the positional contrast finds; both bounds lie at five standard deviations.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "reservoir/link_sample.hpp"
#include "tests/reservoir/naive_sample.hpp"

namespace entail::reservoir {
namespace {

using naive::IdFamily;
using naive::Link;

constexpr std::size_t kLinks = 200;
constexpr std::uint32_t kBudget = 20;
constexpr int kRounds = 4000;

struct Tally {
  std::vector<double> included = std::vector<double>(kLinks, 0);
  double threshold_sum = 0;  // thresholds as parts of 2^64
};

void expect_unbiased(const Tally& tally) {
  constexpr double p = double{kBudget} / kLinks;
  double chi_square = 0;
  for (const double count : tally.included) chi_square += std::pow(count - kRounds * p, 2) / (kRounds * p * (1 - p));
  chi_square *= (kLinks - 1.0) / kLinks;  // sampling without replacement
  const double freedom = kLinks - 1;
  EXPECT_NEAR(chi_square, freedom, 5 * std::sqrt(2 * freedom));

  // How many of a given k positions are in follows the hypergeometric law.
  const double mean = kRounds * kBudget * p;
  const double deviation = std::sqrt(kRounds * kBudget * p * (1 - p) * (kLinks - kBudget) / (kLinks - 1.0));
  for (const std::size_t begin : {std::size_t{0}, kLinks / 2, kLinks - kBudget}) {
    double count = 0;
    for (std::size_t i = begin; i < begin + kBudget; ++i) count += tally.included[i];
    EXPECT_NEAR(count, mean, 5 * deviation) << "positions from " << begin;
  }
}

// One span whose seed changes: U is a fresh sample of the same links each time.
Tally tally_uniform(const std::vector<Link>& links) {
  Tally tally;
  LinkSampler sampler;
  for (int round = 0; round < kRounds; ++round) {
    sampler.begin(kBudget, static_cast<std::uint64_t>(round) * 0x9e3779b97f4a7c15, links.size());
    for (std::uint32_t i = 0; i < links.size(); ++i)
      sampler.add_good(links[i].trace_id, links[i].span_id, links[i].randomness, i, 0, 0);
    const CutLinks& cut = sampler.finish();
    for (const SavedLink& link : cut.saved) tally.included[link.index] += link.in_uniform;
    tally.threshold_sum += std::ldexp(static_cast<double>(*cut.threshold_uniform), -64);
  }
  return tally;
}

// The first excluded key of n is the k+1-st smallest of n uniform numbers: Beta(k+1, n-k). The last kept one, or an
// off-by-one in k, would lie ten deviations away.
void expect_threshold_is_first_excluded(const Tally& tally) {
  const double a = kBudget + 1;
  const double b = kLinks - kBudget;
  const double deviation = std::sqrt(a * b / ((a + b) * (a + b) * (a + b + 1)) / kRounds);
  EXPECT_NEAR(tally.threshold_sum / kRounds, a / (a + b), 5 * deviation);
}

TEST(InclusionStatistics, UIsUniformOverLinks_ForEveryFamilyOfIds) {
  for (const IdFamily family : naive::kIdFamilies) {
    SCOPED_TRACE(static_cast<int>(family));
    std::mt19937_64 random(41);
    const Tally tally = tally_uniform(naive::make_links(family, kLinks, random));
    expect_unbiased(tally);
    expect_threshold_is_first_excluded(tally);
  }
}

// Links in ascending order of R, as a sender could sort them: U does not care.
TEST(InclusionStatistics, UIsUniform_WhenLinksComeSortedByRandomness) {
  std::mt19937_64 random(42);
  std::vector<Link> links = naive::make_links(IdFamily::random, kLinks, random);
  std::sort(links.begin(), links.end(), [](const Link& a, const Link& b) { return a.randomness < b.randomness; });
  expect_unbiased(tally_uniform(links));
}

// C is decided by R: fresh random traces each round, and traces with one common R, where H decides.
TEST(InclusionStatistics, CIsUniformOverTraces_WhenRandomnessIsRandomOrTied) {
  for (const bool tied : {false, true}) {
    SCOPED_TRACE(tied);
    std::mt19937_64 random(43);
    Tally tally;
    LinkSampler sampler;
    for (int round = 0; round < kRounds; ++round) {
      sampler.begin(kBudget, 5, 0);
      for (std::uint32_t i = 0; i < kLinks; ++i) {
        const Link link = naive::make_link(IdFamily::random, i, random);
        sampler.add_good(link.trace_id, link.span_id, tied ? 0 : link.randomness, i, 0, 0);
      }
      const CutLinks& cut = sampler.finish();
      for (const SavedLink& link : cut.saved) tally.included[link.index] += link.in_consistent;
      tally.threshold_sum += tied ? std::ldexp(static_cast<double>(cut.threshold_consistent->hash), -64)
                                  : std::ldexp(static_cast<double>(cut.threshold_consistent->inverse_randomness), -56);
    }
    expect_unbiased(tally);
    expect_threshold_is_first_excluded(tally);
  }
}

}  // namespace
}  // namespace entail::reservoir
