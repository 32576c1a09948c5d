// Every choice for small n and k (G4), by equality rather than statistics. A sample depends on the order of the keys,
// the order of arrival, the repetitions, and how the links are split into shards; all of them are enumerated.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include "reservoir/bottom_k.hpp"

namespace entail::reservoir {
namespace {

// The link with this number; its keys for U and C are `rank`, and all traces are distinct.
Candidate candidate(std::uint32_t number, std::uint64_t rank) {
  return {{rank, rank}, {1, number + 1}, {number + 1}, number, 0, 0};
}

template <class Order>
std::uint32_t sample_mask(BottomK<Order>& sketch) {
  sketch.settle();
  std::uint32_t mask = 0;
  for (const Candidate& link : sketch.members()) mask |= 1u << link.index;
  return mask;
}

// Calls f(ranks) for every order of n keys.
template <class F>
void for_each_order(unsigned n, F&& f) {
  std::vector<std::uint64_t> ranks(n);
  std::iota(ranks.begin(), ranks.end(), 10u);
  do {
    f(ranks);
  } while (std::next_permutation(ranks.begin(), ranks.end()));
}

// Over all n! orders of the keys, each of the (n over k) sets is the sample exactly equally often.
template <class Order>
void expect_each_set_equally_often(unsigned n, unsigned k) {
  std::map<std::uint32_t, unsigned> times;
  unsigned orders = 0;
  BottomK<Order> sketch;
  for_each_order(n, [&](const std::vector<std::uint64_t>& ranks) {
    sketch.begin(k);
    for (std::uint32_t i = 0; i < n; ++i) sketch.add(candidate(i, ranks[i]));
    ++times[sample_mask(sketch)];
    ++orders;
    if (k < n) {
      ASSERT_TRUE(sketch.first_excluded().has_value());  // the k+1-st smallest
      ASSERT_EQ(sketch.first_excluded(), Order::key(candidate(0, 10 + k)));
    }
  });
  unsigned sets = 1;
  for (unsigned i = 0; i < std::min(k, n); ++i) sets = sets * (n - i) / (i + 1);
  ASSERT_EQ(times.size(), sets) << n << " " << k;
  for (const auto& [mask, count] : times) ASSERT_EQ(count, orders / sets) << n << " " << k << " " << mask;
}

TEST(EveryChoice, DrawsEachSetEquallyOften) {
  for (unsigned n = 1; n <= 7; ++n) {
    for (unsigned k = 1; k <= n; ++k) {
      expect_each_set_equally_often<UniformOrder>(n, k);
      expect_each_set_equally_often<ConsistentOrder>(n, k);
    }
  }
}

// Every sequence of `length` deliveries of n links, including repetitions and omissions: the sample is that of the
// delivered set.
template <class Order>
void expect_sample_of_the_set(unsigned n, unsigned length, unsigned k) {
  std::uint64_t sequences = 1;
  for (unsigned i = 0; i < length; ++i) sequences *= n;
  BottomK<Order> sketch;
  for (std::uint64_t sequence = 0; sequence < sequences; ++sequence) {
    sketch.begin(k);
    std::uint32_t delivered = 0;
    std::uint64_t rest = sequence;
    for (unsigned i = 0; i < length; ++i, rest /= n) {
      const auto number = static_cast<std::uint32_t>(rest % n);
      delivered |= 1u << number;
      sketch.add(candidate(number, 100 - number));  // a higher number means a smaller key
    }
    std::uint32_t expected = 0;
    unsigned taken = 0;
    for (unsigned i = n; i-- > 0 && taken < k;) {
      if ((delivered >> i & 1) == 0) continue;
      expected |= 1u << i;
      ++taken;
    }
    ASSERT_EQ(sample_mask(sketch), expected) << n << " " << k << " sequence " << sequence;
  }
}

TEST(EveryChoice, DependsOnTheDeliveredSetOnly) {
  for (unsigned k = 1; k <= 4; ++k) {
    expect_sample_of_the_set<UniformOrder>(4, 7, k);
    expect_sample_of_the_set<ConsistentOrder>(4, 7, k);
  }
}

// Every way to distribute n links over three shards, in every merge order.
template <class Order>
void expect_same_from_every_cut(unsigned n, unsigned k) {
  unsigned truncated_spans = 1;
  for (unsigned i = 0; i < n; ++i) truncated_spans *= 3;
  const std::uint32_t expected = (1u << std::min(k, n)) - 1;  // link 0 has the smallest key
  for (unsigned truncated = 0; truncated < truncated_spans; ++truncated) {
    std::array<unsigned, 3> order = {0, 1, 2};
    do {
      std::array<BottomK<Order>, 3> shards;
      for (auto& shard : shards) shard.begin(k);
      unsigned rest = truncated;
      for (std::uint32_t i = 0; i < n; ++i, rest /= 3) shards[rest % 3].add(candidate(i, i));
      shards[order[1]].merge(shards[order[2]]);
      shards[order[0]].merge(shards[order[1]]);
      ASSERT_EQ(sample_mask(shards[order[0]]), expected) << n << " " << k << " truncated " << truncated;
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST(EveryChoice, IsIndependentOfSharding) {
  for (unsigned n = 1; n <= 6; ++n) {
    for (unsigned k = 1; k <= n; ++k) {
      expect_same_from_every_cut<UniformOrder>(n, k);
      expect_same_from_every_cut<ConsistentOrder>(n, k);
    }
  }
}

// C holds one link per trace: every way to assign n links to traces, where the smallest key of each represents it.
TEST(EveryChoice, HoldsOneLinkPerTrace_ForEveryAssignmentOfTraces) {
  constexpr unsigned n = 6;
  unsigned assignments = 1;
  for (unsigned i = 0; i < n; ++i) assignments *= 3;
  for (unsigned assignment = 0; assignment < assignments; ++assignment) {
    for (unsigned k = 1; k <= 3; ++k) {
      BottomK<ConsistentOrder> sketch;
      sketch.begin(k);
      std::uint32_t expected = 0;
      unsigned traces = 0;
      unsigned rest = assignment;
      for (std::uint32_t i = 0; i < n; ++i, rest /= 3) {
        Candidate link = candidate(i, i);
        link.trace_id = {1, 1 + rest % 3};
        if ((traces >> (rest % 3) & 1) == 0 && std::popcount(traces) < static_cast<int>(k)) expected |= 1u << i;
        traces |= 1u << rest % 3;
        sketch.add(link);
      }
      ASSERT_EQ(sample_mask(sketch), expected) << assignment << " " << k;
    }
  }
}

}  // namespace
}  // namespace entail::reservoir
