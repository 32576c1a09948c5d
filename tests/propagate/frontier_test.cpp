// NameSet and NameCount: memory for a hub's neighbours is bounded.
#include "propagate/frontier.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace entail::propagate {
namespace {

TEST(NameSet, HoldsEachNameOnce_IncludingZero) {
  NameSet names;
  std::mt19937_64 random(3);
  std::set<std::uint64_t> known;
  for (unsigned i = 0; i < 5000; ++i) {
    const std::uint64_t name = random() % 4000;  // small numbers, adjacent to each other
    EXPECT_EQ(names.insert(name), known.insert(name).second);
  }
  EXPECT_EQ(names.size(), known.size());
  for (std::uint64_t name = 0; name < 5000; ++name) EXPECT_EQ(names.contains(name), known.contains(name)) << name;
  EXPECT_LE(names.bytes(), 32 * known.size() + 256);
}

TEST(NameCount, IsExactUpToItsBound_AndIgnoresRepeatedNames) {
  NameCount count;
  std::mt19937_64 random(5);
  std::vector<std::uint64_t> names(NameCount::kExactMax);
  for (std::uint64_t& name : names) name = random();
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(count.add(names[i]), 1u);
    EXPECT_EQ(count.add(names[i / 2]), 0u);
    ASSERT_EQ(count.count(), i + 1);
  }
}

TEST(NameCount, EstimatesMore_NeverFalls_AndStaysSmall) {
  NameCount count;
  std::mt19937_64 random(7);
  std::vector<std::uint64_t> names;
  std::uint64_t total = 0;
  for (std::uint64_t n = 1; n <= 1'000'000; ++n) {
    names.push_back(random());
    total += count.add(names.back());
    ASSERT_EQ(total, count.count());
    if (n % 50'000 != 0) continue;
    EXPECT_NEAR(static_cast<double>(total), static_cast<double>(n), 0.08 * static_cast<double>(n));
  }
  for (const std::uint64_t name : names) EXPECT_EQ(count.add(name), 0u);
  EXPECT_LE(count.bytes(), 8 * NameCount::kExactMax);
}

}  // namespace
}  // namespace entail::propagate
