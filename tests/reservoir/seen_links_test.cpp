// The lookup of earlier links compared with an ordered set, for hashes from good to degenerate.
#include "reservoir/seen_links.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace entail::reservoir {
namespace {

using Ids = std::pair<TraceId, SpanId>;

std::uint64_t good_hash(const Ids& ids) {
  const std::uint64_t trace = (ids.first.hi * 0x9e3779b97f4a7c15 ^ ids.first.lo) * 0xff51afd7ed558ccd;
  return trace + ids.second.value * 0xc4ceb9fe1a85ec53;
}

using IdsByIndex = std::map<std::uint32_t, Ids>;

std::vector<std::uint32_t> duplicates_of(SeenLinks& seen, const IdsByIndex& added) {
  std::vector<std::uint32_t> indices = {7};  // left over from an earlier span
  const auto ids = [&](std::uint32_t index) { return LinkIds{added.at(index).first, added.at(index).second}; };
  seen.find_duplicates(ids, indices);
  return indices;
}

// Links from a universe that shrinks each round, so that the share of repetitions grows. Some indices are skipped,
// like those of links with bad contexts.
template <class Hash>
void expect_equal_to_a_set(std::size_t count, std::uint64_t universe, std::size_t expected_links, Hash hash) {
  std::mt19937_64 random(universe);
  SeenLinks seen;
  for (int span = 0; span < 2; ++span) {  // the second span reuses the first one's memory
    seen.begin(expected_links);
    std::set<Ids> set;
    IdsByIndex added;
    std::vector<std::uint32_t> expected;
    std::uint32_t index = span == 0 ? 0 : 5;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t number = random() % universe + 1;
      const Ids ids = {{number % 3, number / 3}, {number % 11}};
      if (random() % 50 == 0) index += static_cast<std::uint32_t>(random() % 3);
      seen.add(hash(ids), index);
      added[index] = ids;
      if (!set.insert(ids).second) expected.push_back(index);
      ++index;
    }
    ASSERT_EQ(duplicates_of(seen, added), expected);
    ASSERT_EQ(seen.size(), count);
  }
}

TEST(SeenLinks, HandlesNoLinks) {
  SeenLinks seen;
  seen.begin(0);
  EXPECT_TRUE(duplicates_of(seen, {}).empty());
}

TEST(SeenLinks, MatchesASet_WithAndWithoutAKnownCount) {
  for (const std::uint64_t universe : {1u, 2u, 50u, 5000u, 1000000u})
    for (const std::size_t expected : {0u, 100u, 20000u}) expect_equal_to_a_set(20000, universe, expected, good_hash);
}

// All links in one slot, in a few slots, and equal in the upper half of the hash only: the ordered map takes over.
TEST(SeenLinks, MatchesASet_WhenHashesCollide) {
  expect_equal_to_a_set(3000, 1500, 0, [](const Ids&) { return std::uint64_t{0}; });
  expect_equal_to_a_set(3000, 1500, 3000, [](const Ids&) { return ~std::uint64_t{0}; });
  expect_equal_to_a_set(3000, 1500, 0, [](const Ids& ids) { return good_hash(ids) & 0xc000000000000000; });
  expect_equal_to_a_set(3000, 1500, 0, [](const Ids& ids) { return good_hash(ids) >> 32; });
  expect_equal_to_a_set(3000, 1500, 0, [](const Ids& ids) { return good_hash(ids) | 0x0003ffff00000000; });
}

// Deliberate collisions must not cost quadratic time (G7): 200,000 links in one slot would be 10^10 steps.
TEST(SeenLinks, CollisionsCostLogarithmicTime) {
  SeenLinks seen;
  seen.begin(0);
  const auto start = std::chrono::steady_clock::now();
  for (std::uint32_t round = 0; round < 2; ++round)
    for (std::uint32_t i = 0; i < 200000; ++i) seen.add(0, round * 200000 + i);
  std::vector<std::uint32_t> indices;
  seen.find_duplicates([](std::uint32_t index) { return LinkIds{{1, index % 200000}, {index % 200000}}; }, indices);
  ASSERT_EQ(indices.size(), 200000u);
  EXPECT_EQ(indices.front(), 200000u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(SeenLinks, ComparesEveryByteOfBothIds) {
  SeenLinks seen;
  seen.begin(8);
  const IdsByIndex ids = {
      {0, {{1, 2}, {3}}}, {1, {{0, 2}, {3}}}, {2, {{1, 0}, {3}}}, {3, {{1, 2}, {0}}}, {4, {{1, 2}, {3}}}};
  for (std::uint32_t i = 0; i < 4; ++i) seen.add(5, i);
  EXPECT_TRUE(duplicates_of(seen, ids).empty());
  seen.add(5, 4);
  EXPECT_EQ(duplicates_of(seen, ids), std::vector<std::uint32_t>{4});
}

TEST(SeenLinks, ReleaseFreesMemory) {
  SeenLinks seen;
  seen.begin(100000);
  EXPECT_GT(seen.held_bytes(), 90000u * 8);
  seen.release();
  EXPECT_EQ(seen.held_bytes(), 0u);
  seen.begin(1);
  seen.add(5, 0);
  seen.add(5, 1);
  EXPECT_EQ(duplicates_of(seen, {{0, {{1, 2}, {3}}}, {1, {{1, 2}, {3}}}}), std::vector<std::uint32_t>{1});
}

}  // namespace
}  // namespace entail::reservoir
