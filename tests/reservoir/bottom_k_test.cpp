// The sketches alone (G4): exact, compared with sorting everything, for any order, repetition and merge sequence.
#include "reservoir/bottom_k.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "tests/reservoir/naive_sample.hpp"

namespace entail::reservoir {
namespace {

using naive::IdFamily;
using naive::Link;

std::vector<Candidate> candidates_of(const std::vector<Link>& links, std::uint64_t seed) {
  std::vector<Candidate> candidates;
  for (std::uint32_t i = 0; i < links.size(); ++i)
    candidates.push_back({consistent_key(links[i].randomness, naive::hash_of(links[i], seed)), links[i].trace_id,
                          links[i].span_id, i, i * 10, 10});
  return candidates;
}

template <class Order>
BottomK<Order> sketch_of(const std::vector<Candidate>& candidates, std::uint32_t k) {
  BottomK<Order> sketch;
  sketch.begin(k);
  for (const Candidate& link : candidates) sketch.add(link);
  return sketch;
}

// The result of a sketch as comparable data.
template <class Order>
struct Answer {
  std::vector<std::uint32_t> indices;
  std::optional<typename Order::Key> excluded;
  bool operator==(const Answer&) const = default;
};

template <class Order>
Answer<Order> answer_of(BottomK<Order> sketch) {
  sketch.settle();
  Answer<Order> answer;
  for (const Candidate& link : sketch.members()) {
    EXPECT_EQ(link.offset, link.index * 10);  // the payload travels with its key
    answer.indices.push_back(link.index);
  }
  answer.excluded = sketch.first_excluded();
  return answer;
}

template <class Order>
Answer<Order> answer_of(const std::vector<Candidate>& candidates, std::uint32_t k) {
  return answer_of(sketch_of<Order>(candidates, k));
}

Answer<UniformOrder> expected_uniform(const naive::Sample& sample) {
  return {sample.uniform, sample.threshold_uniform};
}

Answer<ConsistentOrder> expected_consistent(const naive::Sample& sample) {
  Answer<ConsistentOrder> answer{sample.consistent, std::nullopt};
  if (const auto& threshold = sample.threshold_consistent) answer.excluded = {threshold->first, threshold->second};
  return answer;
}

// Every n and k up to 40, for every family of IDs.
TEST(BottomK, MatchesSortAndTake_ForAllSmallSizes) {
  std::mt19937_64 random(1);
  for (const IdFamily family : naive::kIdFamilies) {
    for (std::size_t n = 0; n <= 40; ++n) {
      const std::vector<Link> links = naive::make_links(family, n, random);
      const std::vector<Candidate> candidates = candidates_of(links, n);
      for (std::uint32_t k = 1; k <= 40; ++k) {
        const naive::Sample sample(links, k, n);
        ASSERT_EQ(answer_of<UniformOrder>(candidates, k), expected_uniform(sample)) << n << " " << k;
        ASSERT_EQ(answer_of<ConsistentOrder>(candidates, k), expected_consistent(sample)) << n << " " << k;
      }
    }
  }
}

// All orders of seven links, for each k: the result never changes.
TEST(BottomK, IsIndependentOfArrivalOrder) {
  std::mt19937_64 random(2);
  std::vector<Link> links = naive::make_links(IdFamily::few_traces, 7, random);
  const std::vector<Candidate> candidates = candidates_of(links, 9);
  for (std::uint32_t k = 1; k <= 7; ++k) {
    const naive::Sample sample(links, k, 9);
    std::vector<std::size_t> order(candidates.size());
    std::iota(order.begin(), order.end(), 0u);
    do {
      std::vector<Candidate> permuted;
      for (const std::size_t i : order) permuted.push_back(candidates[i]);
      ASSERT_EQ(answer_of<UniformOrder>(permuted, k), expected_uniform(sample));
      ASSERT_EQ(answer_of<ConsistentOrder>(permuted, k), expected_consistent(sample));
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

// Random orders, some elements delivered again, random shards and random merge trees, some shards settled
// before a merge or an addition.
template <class Order>
void expect_same_however_delivered(const std::vector<Candidate>& candidates, std::uint32_t k,
                                   const Answer<Order>& expected, std::mt19937_64& random) {
  std::vector<Candidate> delivered = candidates;
  for (std::size_t i = 0; i < candidates.size() / 3; ++i) delivered.push_back(candidates[random() % candidates.size()]);
  std::shuffle(delivered.begin(), delivered.end(), random);

  std::vector<BottomK<Order>> shards(1 + random() % 6);
  for (auto& shard : shards) shard.begin(k);
  for (const Candidate& link : delivered) {
    BottomK<Order>& shard = shards[random() % shards.size()];
    if (random() % 50 == 0) shard.settle();
    shard.add(link);
  }
  while (shards.size() > 1) {
    const std::size_t from = random() % shards.size();
    std::size_t to = random() % (shards.size() - 1);
    if (to >= from) ++to;
    if (random() % 2 == 0) shards[from].settle();
    shards[to].merge(shards[from]);
    if (random() % 3 == 0) shards[to].merge(shards[from]);  // a merge delivered twice
    shards.erase(shards.begin() + static_cast<std::ptrdiff_t>(from));
  }
  ASSERT_EQ(answer_of(shards[0]), expected);
}

TEST(BottomK, IsIndependentOfSharding_Repetition_AndMergeOrder) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 60; ++round) {
    const IdFamily family = naive::kIdFamilies[static_cast<std::size_t>(round) % naive::kIdFamilies.size()];
    const std::vector<Link> links = naive::make_links(family, 1 + random() % 3000, random);
    const std::vector<Candidate> candidates = candidates_of(links, 4);
    const auto k = static_cast<std::uint32_t>(1 + random() % 200);
    const naive::Sample sample(links, k, 4);
    expect_same_however_delivered(candidates, k, expected_uniform(sample), random);
    expect_same_however_delivered(candidates, k, expected_consistent(sample), random);
  }
}

TEST(BottomK, MergeIsAssociativeCommutativeAndIdempotent) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 200; ++round) {
    const auto k = static_cast<std::uint32_t>(1 + random() % 20);
    const std::vector<Candidate> all = candidates_of(naive::make_links(IdFamily::random, 150, random), 5);
    const auto part = [&](std::size_t size) {
      std::vector<Candidate> links;
      for (std::size_t i = 0; i < size; ++i) links.push_back(all[random() % all.size()]);
      return sketch_of<ConsistentOrder>(links, k);
    };
    const auto merged = [](BottomK<ConsistentOrder> into, const BottomK<ConsistentOrder>& from) {
      into.merge(from);
      return into;
    };
    const auto a = part(random() % 120);
    const auto b = part(random() % 120);
    const auto c = part(random() % 120);
    ASSERT_EQ(answer_of(merged(merged(a, b), c)), answer_of(merged(a, merged(b, c))));
    ASSERT_EQ(answer_of(merged(a, b)), answer_of(merged(b, a)));
    ASSERT_EQ(answer_of(merged(a, a)), answer_of(a));
    ASSERT_EQ(answer_of(merged(merged(a, b), b)), answer_of(merged(a, b)));
    BottomK<ConsistentOrder> self = a;
    self.merge(self);
    ASSERT_EQ(answer_of(self), answer_of(a));
    BottomK<ConsistentOrder> empty;
    empty.begin(k);
    ASSERT_EQ(answer_of(merged(empty, a)), answer_of(a));
  }
}

// Equal links that arrive at different positions count as one, represented by the earliest.
TEST(BottomK, EarliestArrivalRepresentsEqualLinks) {
  std::mt19937_64 random(5);
  std::vector<Candidate> candidates = candidates_of(naive::make_links(IdFamily::random, 1, random), 6);
  for (std::uint32_t i : {5u, 2u, 9u}) {
    candidates.push_back(candidates[0]);
    candidates.back().index = i;
    candidates.back().offset = i * 10;
  }
  candidates.erase(candidates.begin());
  EXPECT_EQ(answer_of<UniformOrder>(candidates, 1), (Answer<UniformOrder>{{2}, std::nullopt}));
  EXPECT_EQ(answer_of<ConsistentOrder>(candidates, 1), (Answer<ConsistentOrder>{{2}, std::nullopt}));
}

// Links to one trace with different R: the smallest key represents the trace, even after it had been evicted.
TEST(BottomK, SmallestLinkRepresentsATraceThatReappears) {
  std::mt19937_64 random(6);
  std::vector<Link> links;
  for (int i = 0; i < 400; ++i) {
    Link link = naive::make_link(IdFamily::random, 0, random);
    link.randomness = 0x80000000000000 + (random() & 0xffffffff);
    links.push_back(link);
  }
  links[0].randomness = 0;  // the last of all keys: evicted by the following ones
  Link back = links[0];
  back.span_id = {77};
  back.randomness = 0xffffffffffffff;  // the first of all keys
  links.push_back(back);
  const std::vector<Candidate> candidates = candidates_of(links, 7);
  EXPECT_EQ(answer_of<ConsistentOrder>(candidates, 3).indices.front(), 400u);
  EXPECT_EQ(answer_of<ConsistentOrder>(candidates, 3), expected_consistent(naive::Sample(links, 3, 7)));
}

// Distinct links whose keys collide (by construction) are distinguished by their IDs, in any order.
TEST(BottomK, CollidingKeysAreOrderedByIds) {
  std::vector<Candidate> candidates;
  for (std::uint32_t i = 0; i < 100; ++i) candidates.push_back({{5, 42}, {1, 100 - i}, {i + 1}, i, i * 10, 10});
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    std::shuffle(candidates.begin(), candidates.end(), random);
    EXPECT_EQ(answer_of<UniformOrder>(candidates, 3), (Answer<UniformOrder>{{99, 98, 97}, 42}));
    EXPECT_EQ(answer_of<ConsistentOrder>(candidates, 3), (Answer<ConsistentOrder>{{99, 98, 97}, ConsistentKey{5, 42}}));
  }
}

// Steadily falling keys admit every link: the result is still exact, and memory stays at 4(k+1) entries.
TEST(BottomK, IsExactInBoundedMemory_ForTheWorstOrder) {
  std::mt19937_64 random(8);
  const std::vector<Link> links = naive::make_links(IdFamily::random, 20000, random);
  std::vector<Candidate> candidates = candidates_of(links, 8);
  std::sort(candidates.begin(), candidates.end(),
            [](const auto& a, const auto& b) { return UniformOrder::before(b, a); });
  const std::uint32_t k = 31;
  BottomK<UniformOrder> sketch = sketch_of<UniformOrder>(candidates, k);
  EXPECT_EQ(answer_of(sketch), expected_uniform(naive::Sample(links, k, 8)));
  EXPECT_LE(sketch.held_bytes(), 4 * (k + 1) * sizeof(Candidate) + 16 * (k + 1) * sizeof(std::uint32_t));
}

TEST(BottomK, BeginResets) {
  std::mt19937_64 random(9);
  const std::vector<Candidate> candidates = candidates_of(naive::make_links(IdFamily::random, 1000, random), 9);
  BottomK<UniformOrder> sketch = sketch_of<UniformOrder>(candidates, 100);
  sketch.begin(2);
  EXPECT_EQ(answer_of(sketch), (Answer<UniformOrder>{}));
  for (const Candidate& link : candidates) sketch.add(link);
  EXPECT_EQ(answer_of(sketch), answer_of<UniformOrder>(candidates, 2));
}

}  // namespace
}  // namespace entail::reservoir
