// The classification of docs/design.md 4.5: each reason, and the order in which they apply.
#include "context/identity.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace entail::context {
namespace {

std::vector<std::uint8_t> bytes(std::size_t size, std::uint8_t last) {
  std::vector<std::uint8_t> result(size, 0);
  if (size > 0) result.back() = last;
  return result;
}

Identity of(std::vector<std::uint8_t> trace, std::vector<std::uint8_t> span, bool bad_hex = false,
            bool payload = false) {
  return classify(trace, span, bad_hex, payload);
}

TEST(Identity, IsGood_WithBothIds) {
  EXPECT_EQ(of(bytes(16, 1), bytes(8, 1)), Identity::good);
  std::vector<std::uint8_t> first(16, 0);
  first[0] = 1;
  EXPECT_EQ(of(first, bytes(8, 1)), Identity::good);
}

TEST(Identity, TreatsEmptyAndZeroAlike) {
  for (const std::size_t trace : {0u, 16u})
    for (const std::size_t span : {0u, 8u}) {
      EXPECT_EQ(of(bytes(trace, 0), bytes(span, 0)), Identity::all_zero) << trace << " " << span;
      EXPECT_EQ(of(bytes(trace, 0), bytes(span, 0), false, true), Identity::null_target) << trace << " " << span;
    }
  EXPECT_EQ(of(bytes(16, 0), bytes(8, 1)), Identity::all_zero);
  EXPECT_EQ(of(bytes(16, 1), bytes(8, 0)), Identity::all_zero);
  EXPECT_EQ(of(bytes(16, 1), bytes(0, 0), false, true), Identity::null_target);
}

TEST(Identity, ReportsWrongLengthBeforeZero) {
  for (std::size_t size = 1; size < 33; ++size) {
    if (size != 16) {
      EXPECT_EQ(of(bytes(size, 0), bytes(8, 1), false, true), Identity::wrong_length) << size;
    }
    if (size != 8) {
      EXPECT_EQ(of(bytes(16, 0), bytes(size, 1), false, true), Identity::wrong_length) << size;
    }
  }
}

TEST(Identity, ReportsBadHexFirst) {
  EXPECT_EQ(of(bytes(3, 1), bytes(0, 0), true, true), Identity::bad_hex);
  EXPECT_EQ(of(bytes(16, 1), bytes(8, 1), true, false), Identity::bad_hex);
}

}  // namespace
}  // namespace entail::context
