// The orders of PROTOCOL epoch (core/sync/epoch.hpp), each weakened alone: for its own test and for the tests of
// protocols built on it.
#pragma once

#include "sync/epoch.hpp"

namespace interleave {

using entail::sync::EpochOrders;

struct PinRelease : EpochOrders {
  static constexpr auto pin = std::memory_order_release;
};
struct AskAcquire : EpochOrders {
  static constexpr auto ask = std::memory_order_acquire;
};
struct ReadAcquire : EpochOrders {
  static constexpr auto read = std::memory_order_acquire;
};
struct ReplaceRelease : EpochOrders {
  static constexpr auto replace = std::memory_order_release;
};
struct UnpinRelaxed : EpochOrders {
  static constexpr auto unpin = std::memory_order_relaxed;
};

}  // namespace interleave
