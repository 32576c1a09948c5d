// Inclusion probabilities (G4), by statistics with fixed seeds: each link of U and each trace of C is included with
// probability k/n at any position. Two tests, because the chi-square over all positions is weak against a bias of the
// first or last ones, which the positional contrast detects. Bounds and false-alarm probability: statistics.hpp.
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

constexpr std::size_t kLinksOffered = 200;
constexpr std::uint32_t kLinksKept = 20;
constexpr int kSamples = 4000;

struct Tally {
  statistics::Inclusion inclusion{std::vector<double>(kLinksOffered, 0), kLinksKept, kSamples};
  std::vector<double> threshold_cdf;  // uniform on 0..1, if the threshold is the first excluded of kLinksOffered keys
};

void expect_unbiased(const Tally& tally) {
  EXPECT_GT(tally.inclusion.chi_square(), statistics::kFalseAlarm);
  for (const std::size_t begin : {std::size_t{0}, kLinksOffered / 2, kLinksOffered - kLinksKept})
    EXPECT_GT(tally.inclusion.contrast(begin, kLinksKept), statistics::kFalseAlarm) << "positions from " << begin;
}

double law_of_threshold(double threshold) {
  return statistics::first_excluded_cdf(threshold, kLinksKept, kLinksOffered);
}

// One span with a changing seed: U is a new sample of the same links each time.
Tally tally_uniform(const std::vector<Link>& links) {
  Tally tally;
  LinkSampler sampler;
  for (int round = 0; round < kSamples; ++round) {
    sampler.begin(kLinksKept, static_cast<std::uint64_t>(round) * 0x9e3779b97f4a7c15, links.size());
    for (std::uint32_t i = 0; i < links.size(); ++i)
      sampler.add_good(links[i].trace_id, links[i].span_id, links[i].randomness, i, 0, 0);
    const TruncatedLinks& truncated = sampler.finish(naive::ids_of(links));
    for (const SavedLink& link : truncated.saved) tally.inclusion.count[link.index] += link.in_uniform;
    tally.threshold_cdf.push_back(law_of_threshold(std::ldexp(static_cast<double>(*truncated.threshold_uniform), -64)));
  }
  return tally;
}

// The first excluded key of n is the k+1-st smallest of n uniform numbers: Beta(k+1, n-k).
void expect_threshold_is_first_excluded(const Tally& tally) {
  EXPECT_GT(statistics::kolmogorov_tail(tally.threshold_cdf), statistics::kFalseAlarm);
}

TEST(InclusionStatistics, UIsUniformOverLinks_ForEveryFamilyOfIds) {
  for (const IdFamily family : naive::kIdFamilies) {
    SCOPED_TRACE(static_cast<int>(family));
    std::mt19937_64 random(41);
    const Tally tally = tally_uniform(naive::make_links(family, kLinksOffered, random));
    expect_unbiased(tally);
    expect_threshold_is_first_excluded(tally);
  }
}

// Links in ascending order of R, as a sender could sort them: U is unaffected.
TEST(InclusionStatistics, UIsUniform_WhenLinksArriveSortedByRandomness) {
  std::mt19937_64 random(42);
  std::vector<Link> links = naive::make_links(IdFamily::random, kLinksOffered, random);
  std::sort(links.begin(), links.end(), [](const Link& a, const Link& b) { return a.randomness < b.randomness; });
  expect_unbiased(tally_uniform(links));
}

// C depends on R: new random traces each round, and traces with one common R, where H decides.
TEST(InclusionStatistics, CIsUniformOverTraces_WhenRandomnessIsRandomOrTied) {
  for (const bool tied : {false, true}) {
    SCOPED_TRACE(tied);
    std::mt19937_64 random(43);
    Tally tally;
    LinkSampler sampler;
    for (int round = 0; round < kSamples; ++round) {
      sampler.begin(kLinksKept, 5, 0);
      std::vector<Link> links;
      for (std::uint32_t i = 0; i < kLinksOffered; ++i) {
        const Link link = naive::make_link(IdFamily::random, i, random);
        links.push_back(link);
        sampler.add_good(link.trace_id, link.span_id, tied ? 0 : link.randomness, i, 0, 0);
      }
      const TruncatedLinks& truncated = sampler.finish(naive::ids_of(links));
      for (const SavedLink& link : truncated.saved) tally.inclusion.count[link.index] += link.in_consistent;
      tally.threshold_cdf.push_back(law_of_threshold(
          tied ? std::ldexp(static_cast<double>(truncated.threshold_consistent->hash), -64)
               : std::ldexp(static_cast<double>(truncated.threshold_consistent->inverse_randomness), -56)));
    }
    expect_unbiased(tally);
    expect_threshold_is_first_excluded(tally);
  }
}

}  // namespace
}  // namespace entail::reservoir
