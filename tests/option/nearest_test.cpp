#include "option/nearest.hpp"

#include <gtest/gtest.h>

#include <array>

namespace entail::option {
namespace {

using namespace std::string_view_literals;

constexpr std::array kKeys = {"decision_wait"sv, "policies"sv, "max_hops"sv, "mode"sv};

TEST(Nearest, CountsEdits) {
  EXPECT_EQ(edit_distance("max_hops", "max_hops"), 0u);
  EXPECT_EQ(edit_distance("Max-Hops", "max_hops"), 0u);
  EXPECT_EQ(edit_distance("max_hop", "max_hops"), 1u);
  EXPECT_EQ(edit_distance("polciies", "policies"), 1u);
  EXPECT_EQ(edit_distance("", "mode"), 4u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Nearest, SuggestsANearMatch_OrNothing) {
  EXPECT_EQ(nearest("max_hop", kKeys), "max_hops");
  EXPECT_EQ(nearest("decisionwait", kKeys), "decision_wait");
  EXPECT_EQ(nearest("mod", kKeys), "mode");
  EXPECT_EQ(nearest("hops", kKeys), "max_hops");
  EXPECT_EQ(nearest("ode", kKeys), "mode");
  EXPECT_EQ(nearest("receivers", kKeys), "");
  EXPECT_EQ(nearest(std::string(10'000, 'x'), kKeys), "");
}

TEST(Nearest, ListsValidWords_WhenNothingIsNear) {
  EXPECT_EQ(suggestion("max_hop", kKeys), "; did you mean 'max_hops'?");
  EXPECT_EQ(suggestion("zzz", kKeys), "; expected one of: decision_wait, policies, max_hops, mode");
}

}  // namespace
}  // namespace entail::option
