// The Collector's probabilistic arithmetic compared with exact fractions, and the token bucket.
#include "policy/chance.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/policy/request.hpp"

namespace entail::policy {
namespace {

TEST(CollectorThreshold, MatchesExactArithmetic_RoundedTo64Bits) {
  const std::pair<double, std::uint64_t> cases[] = {
      {0, 0},
      {std::numeric_limits<double>::denorm_min(), 0},
      {1e-300, 0},
      {1e-18, 0},
      {1e-17, 1},
      {0.0001, 0x10c6f7a0b5ed},
      {0.1, 0x4189374bc6a7ef},
      {1, 0x28f5c28f5c28f5f},
      {3, 0x7ae147ae147adff},
      {10, 0x19999999999999ff},
      {12.5, 0x1fffffffffffffff},
      {25, 0x3fffffffffffffff},
      {33.333333, 0x55555547044b6bff},
      {50, 0x7fffffffffffffff},
      {66.6, 0xaa7ef9db22d0dfff},
      {99.999999999, 0xfffffffff5013fff},
      {99.99999999999999, 0xfffffffffffff7ff},
      {100, 0xffffffffffffffff},
  };
  for (const auto& [percentage, threshold] : cases) EXPECT_EQ(collector_threshold(percentage), threshold) << percentage;
}

TEST(CollectorHash, IsFnv1a64_OverSaltThenId) {
  EXPECT_EQ(salt_state(""), 0xcbf29ce484222325ULL);
  EXPECT_EQ(salt_state("a"), 0xaf63dc4c8601ec8cULL);  // from the FNV test suite
  EXPECT_EQ(salt_state("foobar"), 0x85944171f73967e8ULL);
  constexpr TraceId kOne{0, 1};
  constexpr TraceId kOnes{~std::uint64_t{0}, ~std::uint64_t{0}};
  EXPECT_EQ(collector_hash(salt_state("default-hash-seed"), kTrace), 0xdbcf64d5420f4cadULL);
  EXPECT_EQ(collector_hash(salt_state("default-hash-seed"), kOne), 0xe19535eed1bbaa8aULL);
  EXPECT_EQ(collector_hash(salt_state("default-hash-seed"), kOnes), 0x17bec3739634fe2dULL);
  EXPECT_EQ(collector_hash(salt_state("salt-2"), kTrace), 0x475b1751d3c23312ULL);
  EXPECT_EQ(collector_hash(salt_state(""), kOne), 0x88201eb960ff62b2ULL);
}

TEST(TokenBucket, StartsFullAndFillsWithTime) {
  TokenBucket bucket(10, 15);
  EXPECT_TRUE(bucket.try_take(15, 5 * kNanosPerSecond));
  EXPECT_FALSE(bucket.try_take(1, 5 * kNanosPerSecond));
  EXPECT_FALSE(bucket.try_take(1, 5 * kNanosPerSecond + 99'999'999));
  EXPECT_TRUE(bucket.try_take(1, 5 * kNanosPerSecond + 100'000'000));
  EXPECT_FALSE(bucket.try_take(1, 5 * kNanosPerSecond + 100'000'000));
  EXPECT_TRUE(bucket.try_take(15, 60 * kNanosPerSecond));  // never more than the burst
  EXPECT_FALSE(bucket.try_take(1, 60 * kNanosPerSecond));
}

TEST(TokenBucket, ARefusalTakesNothing_AndNothingExceedsTheBurst) {
  TokenBucket bucket(10, 15);
  for (int second = 0; second < 100; second += 10) EXPECT_FALSE(bucket.try_take(16, second * kNanosPerSecond));
  EXPECT_TRUE(bucket.try_take(15, 100 * kNanosPerSecond));
}

TEST(TokenBucket, BurstZeroIsTwiceTheRate) {
  TokenBucket bucket(10, 0);
  EXPECT_FALSE(bucket.try_take(21, 0));
  EXPECT_TRUE(bucket.try_take(20, 0));
  TokenBucket closed(0, 0);
  EXPECT_FALSE(closed.try_take(1, 1000 * kNanosPerSecond));
}

TEST(TokenBucket, CountsFractionsExactly) {
  TokenBucket bucket(3, 1);  // a third of a second each
  int taken = bucket.try_take(1, 0) ? 1 : 0;
  for (std::int64_t now_ns = 0; now_ns < 100 * kNanosPerSecond; now_ns += 1'000'003)
    if (bucket.try_take(1, now_ns)) ++taken;
  EXPECT_GE(taken, 298);  // each loses at most one step of a millisecond
  EXPECT_LE(taken, 301);
}

TEST(TokenBucket, IsExactAtTheEndsOfItsRange) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  TokenBucket bucket(kMost, 0);
  EXPECT_TRUE(bucket.try_take(2 * kMost, 0));
  EXPECT_FALSE(bucket.try_take(1, 0));
  EXPECT_TRUE(bucket.try_take(2 * kMost, std::numeric_limits<std::int64_t>::max()));
  EXPECT_FALSE(bucket.try_take(1, 0));  // time that goes backwards fills nothing
}

}  // namespace
}  // namespace entail::policy
