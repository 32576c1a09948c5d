#include "sync/epoch.hpp"

#include <gtest/gtest.h>

namespace entail::sync {
namespace {

TEST(Epochs, IsSafe_WhenNoLaneIsPinned) {
  Epochs<> epochs(3);
  EXPECT_TRUE(epochs.safe(epochs.advance()));
}

TEST(Epochs, IsNotSafe_WhileALaneIsPinnedEarlier) {
  Epochs<> epochs(3);
  epochs.pin(1);
  const std::uint64_t epoch = epochs.advance();
  EXPECT_FALSE(epochs.safe(epoch));
  EXPECT_FALSE(epochs.safe(epochs.advance()));
  epochs.pin(2);  // in the new epoch: blocks only later ones
  epochs.unpin(1);
  EXPECT_TRUE(epochs.safe(epoch));
  const std::uint64_t later = epochs.advance();
  EXPECT_FALSE(epochs.safe(later));
  epochs.unpin(2);
  EXPECT_TRUE(epochs.safe(later));
}

TEST(Epochs, AdvanceCountsUp) {
  Epochs<> epochs(1);
  const std::uint64_t first = epochs.advance();
  EXPECT_EQ(epochs.advance(), first + 1);
}

}  // namespace
}  // namespace entail::sync
