// The sampler of a span: exact counts, thresholds, saved links, reuse, and a million links.
#include "reservoir/link_sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "tests/reservoir/naive_sample.hpp"

namespace entail::reservoir {
namespace {

using context::Identity;
using naive::IdFamily;
using naive::Link;

const TruncatedLinks& sample(LinkSampler& sampler, const std::vector<Link>& links, std::uint32_t k, std::uint64_t seed,
                             std::size_t link_count) {
  sampler.begin(k, seed, link_count);
  for (std::uint32_t i = 0; i < links.size(); ++i) {
    const Link& link = links[i];
    if (link.identity == Identity::good)
      sampler.add_good(link.trace_id, link.span_id, link.randomness, i, i * 40, i % 50 + 1);
    else
      sampler.add_other(link.identity, i, i * 40, i % 50 + 1);
  }
  return sampler.finish(naive::ids_of(links));
}

// Everything in TruncatedLinks follows from the naive sample.
void expect_equal(const TruncatedLinks& truncated, const std::vector<Link>& links, std::uint32_t k,
                  std::uint64_t seed) {
  const naive::Sample expected(links, k, seed);
  ASSERT_EQ(truncated.received, links.size());
  ASSERT_EQ(truncated.malformed, expected.malformed);
  ASSERT_EQ(truncated.null_target, expected.null_target);
  ASSERT_EQ(truncated.duplicates, expected.duplicates);
  ASSERT_EQ(truncated.threshold_uniform, expected.threshold_uniform);
  ASSERT_EQ(truncated.threshold_consistent.has_value(), expected.threshold_consistent.has_value());
  if (truncated.threshold_consistent) {
    ASSERT_EQ(truncated.threshold_consistent->inverse_randomness, expected.threshold_consistent->first);
    ASSERT_EQ(truncated.threshold_consistent->hash, expected.threshold_consistent->second);
  }

  std::map<std::uint32_t, std::pair<bool, bool>> saved;  // index -> in U, in C
  for (const std::uint32_t i : expected.uniform) saved[i].first = true;
  for (const std::uint32_t i : expected.consistent) saved[i].second = true;
  std::size_t nulls = 0;
  std::size_t bad = 0;
  for (std::uint32_t i = 0; i < links.size(); ++i) {
    if (links[i].identity == Identity::good) continue;
    std::size_t& count = links[i].identity == Identity::null_target ? nulls : bad;
    if (count++ < k) saved[i];
  }
  ASSERT_EQ(truncated.saved.size(), saved.size());
  auto entry = saved.begin();
  for (const SavedLink& link : truncated.saved) {
    ASSERT_EQ(link.index, entry->first);
    ASSERT_EQ(link.in_uniform, entry->second.first) << link.index;
    ASSERT_EQ(link.in_consistent, entry->second.second) << link.index;
    ASSERT_EQ(link.identity, links[link.index].identity);
    ASSERT_EQ(link.offset, link.index * 40);
    ASSERT_EQ(link.size, link.index % 50 + 1);
    if (link.identity == Identity::good) {
      ASSERT_EQ(link.trace_id, links[link.index].trace_id);
      ASSERT_EQ(link.span_id, links[link.index].span_id);
      ASSERT_EQ(link.key.hash, naive::hash_of(links[link.index], seed));
      ASSERT_EQ(link.key.inverse_randomness, 0xffffffffffffff - links[link.index].randomness);
    }
    ++entry;
  }
}

// Good links with repetitions, mixed with null targets and bad contexts; some links carry their own rv.
std::vector<Link> mixed_links(IdFamily family, std::size_t count, std::mt19937_64& random) {
  std::vector<Link> links;
  for (std::size_t i = 0; i < count; ++i) {
    Link link = naive::make_link(family, i, random);
    const std::uint64_t die = random() % 20;
    if (die < 4 && !links.empty()) link = links[random() % links.size()];
    if (die == 3 || die == 5) link.randomness = random() & 0xffffffffffffff;
    if (die == 6) link.identity = Identity::null_target;
    if (die > 16) link.identity = static_cast<Identity>(die - 15);
    links.push_back(link);
  }
  return links;
}

TEST(LinkSampler, MatchesTheNaiveSample) {
  std::mt19937_64 random(21);
  LinkSampler sampler;
  for (int round = 0; round < 400; ++round) {
    const IdFamily family = naive::kIdFamilies[static_cast<std::size_t>(round) % naive::kIdFamilies.size()];
    const std::vector<Link> links = mixed_links(family, random() % (round % 10 == 0 ? 5000 : 300), random);
    const auto k = static_cast<std::uint32_t>(1 + random() % (round % 3 == 0 ? 8 : 150));
    const std::uint64_t seed = round % 2 == 0 ? 0 : random();
    const TruncatedLinks& truncated = sample(sampler, links, k, seed, random() % 3 == 0 ? 0 : links.size());
    expect_equal(truncated, links, k, seed);
    if (HasFatalFailure()) FAIL() << "round " << round;
    const auto duplicates = sampler.duplicate_indices();
    ASSERT_EQ(std::vector<std::uint32_t>(duplicates.begin(), duplicates.end()),
              naive::Sample(links, k, seed).duplicate_indices);
  }
}

TEST(LinkSampler, ExcludesNothing_UpToKDistinctLinks) {
  std::mt19937_64 random(22);
  LinkSampler sampler;
  for (std::size_t n = 0; n <= 9; ++n) {
    const std::vector<Link> links = naive::make_links(IdFamily::random, n, random);
    const TruncatedLinks& truncated = sample(sampler, links, 8, 1, n);
    if (n <= 8) {
      EXPECT_EQ(truncated.saved.size(), n);
    }
    EXPECT_EQ(truncated.threshold_uniform.has_value(), n > 8);
    EXPECT_EQ(truncated.threshold_consistent.has_value(), n > 8);
  }
}

// Of links with equal IDs only the first is a candidate, even when a later one carries an rv that C would prefer.
TEST(LinkSampler, OnlyTheFirstOfEqualLinksIsACandidate) {
  std::mt19937_64 random(23);
  std::vector<Link> links = naive::make_links(IdFamily::random, 300, random);
  for (Link& link : links) link.randomness = 0x70000000000000 + (link.randomness & 0xffff);
  links[0].randomness = 1;
  links.push_back(links[0]);
  links.back().randomness = 0xffffffffffffff;
  LinkSampler sampler;
  const TruncatedLinks& truncated = sample(sampler, links, 5, 3, links.size());
  EXPECT_EQ(truncated.duplicates, 1u);
  for (const SavedLink& link : truncated.saved)
    EXPECT_FALSE(link.index == 300 || (link.index == 0 && link.in_consistent));
  expect_equal(truncated, links, 5, 3);
}

TEST(LinkSampler, SeedChangesU_ButNotTheOrderByRandomness) {
  std::mt19937_64 random(24);
  const std::vector<Link> links = naive::make_links(IdFamily::random, 2000, random);
  LinkSampler sampler;
  const auto indices = [&](std::uint64_t seed, bool uniform) {
    std::vector<std::uint32_t> result;
    for (const SavedLink& link : sample(sampler, links, 20, seed, links.size()).saved)
      if (uniform ? link.in_uniform : link.in_consistent) result.push_back(link.index);
    return result;
  };
  EXPECT_NE(indices(1, true), indices(2, true));
  EXPECT_EQ(indices(1, false), indices(2, false));
  EXPECT_EQ(indices(1, true), indices(1, true));
}

// The published hash: one fixed link, one fixed value for each of two seeds. It must never change.
TEST(LinkSampler, HashIsStable) {
  const TraceId trace{0x0102030405060708, 0x090a0b0c0d0e0f10};
  const SpanId span{0x1112131415161718};
  EXPECT_EQ(base::sampling_hash(trace, span, 0), naive::hash_of({Identity::good, trace, span, 0}, 0));
  EXPECT_EQ(base::sampling_hash(trace, span, 0), 0x0aa8f71b52d3b78eu);
  EXPECT_EQ(base::sampling_hash(trace, span, 42), 0x45a42c87e21e94b2u);
}

TEST(LinkSampler, ReleaseFreesMemoryThatGrewWithTheLinks) {
  std::mt19937_64 random(25);
  const std::vector<Link> links = naive::make_links(IdFamily::random, 50000, random);
  LinkSampler sampler;
  sample(sampler, links, 10, 0, links.size());
  EXPECT_GT(sampler.held_bytes(), 50000u * 8);
  sampler.release();
  EXPECT_LT(sampler.held_bytes(), 100000u);
  expect_equal(sample(sampler, links, 10, 0, 0), links, 10, 0);
}

// A million links with malformed ones, duplicates and null targets: exact, and the same forwards, backwards and
// shuffled (by content: the indices change with the order).
TEST(LinkSampler, IsExact_ForAMillionLinks) {
  constexpr std::size_t kCount = 1'000'000;
  constexpr std::uint32_t kBudget = 128;
  std::mt19937_64 random(26);
  std::vector<Link> links = naive::make_links(IdFamily::random, kCount, random);
  for (std::size_t i = 0; i < 5000; ++i) links[random() % kCount].identity = Identity::all_zero;
  for (std::size_t i = 0; i < 300; ++i) links[random() % kCount].identity = Identity::null_target;
  for (std::size_t i = 0; i < 10000; ++i) links[random() % kCount] = links[random() % kCount];
  LinkSampler sampler;
  expect_equal(sample(sampler, links, kBudget, 7, kCount), links, kBudget, 7);
  if (HasFatalFailure()) return;

  const auto contents = [&](const std::vector<Link>& order) {
    std::vector<std::tuple<TraceId, SpanId, bool, bool>> result;
    for (const SavedLink& link : sample(sampler, order, kBudget, 7, 0).saved) {
      if (link.identity != Identity::good) continue;
      result.emplace_back(link.trace_id, link.span_id, link.in_uniform, link.in_consistent);
    }
    std::sort(result.begin(), result.end());
    return result;
  };
  const auto forwards = contents(links);
  EXPECT_EQ(forwards.size(), 2 * kBudget);  // a million traces: U and C share a link once in 60 seeds
  std::reverse(links.begin(), links.end());
  EXPECT_EQ(contents(links), forwards);
  std::shuffle(links.begin(), links.end(), random);
  EXPECT_EQ(contents(links), forwards);
}

}  // namespace
}  // namespace entail::reservoir
