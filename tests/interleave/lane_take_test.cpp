// PROTOCOL lane_take (core/sync/lanes.hpp): one holder per lane, which sees everything its predecessor wrote.
#include "sync/lanes.hpp"

#include "tests/interleave/protocol.hpp"

namespace {

using entail::sync::LaneOrders;
using namespace interleave;

struct TakeRelaxed : LaneOrders {
  static constexpr auto take = std::memory_order_relaxed;
};
struct GiveRelaxed : LaneOrders {
  static constexpr auto give = std::memory_order_relaxed;
};

template <unsigned kLanes, class Orders>
struct Takers {
  static constexpr unsigned kThreads = 2;
  struct Lane {
    ModelPlain<int> uses{0};
  };
  entail::sync::LanePool<Lane, ModelSync, Orders> pool{kLanes};
  int taken[2] = {};

  void thread(unsigned i) {
    for (unsigned turn = 0; turn < 2; ++turn) {
      Lane* lane = pool.try_acquire(i);
      if (lane == nullptr) continue;
      lane->uses.set(lane->uses.get() + 1);
      ++taken[i];
      pool.release(lane);
    }
  }
  void finish() {
    int uses = 0;
    for (unsigned i = 0; i < kLanes; ++i) uses += pool.lane(i).uses.get();
    expect(uses == taken[0] + taken[1], "every use of a lane is counted");
    if (kLanes == 2) expect(uses == 4, "with a lane for each, no thread is refused");
  }
};

TEST(LaneTake, EachLaneHasOneHolder) {
  expect_proved<Takers<1, LaneOrders>>("two takers, one lane");
  expect_proved<Takers<2, LaneOrders>>("two takers, two lanes");
  expect_refuted<Takers<1, TakeRelaxed>>("take relaxed", "data race");
  expect_refuted<Takers<1, GiveRelaxed>>("give relaxed", "data race");
}

}  // namespace
