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

struct LookRelaxed : LaneOrders {
  static constexpr auto look = std::memory_order_relaxed;
};
struct LookAcquire : LaneOrders {
  static constexpr auto look = std::memory_order_acquire;
};
struct LookRelease : LaneOrders {
  static constexpr auto look = std::memory_order_release;
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

// A gate that takers check once they hold a lane, and one who closes it and then looks at the lanes.
template <class Orders>
struct Gate {
  static constexpr unsigned kThreads = 2;
  struct Lane {
    ModelPlain<int> uses{0};
  };
  entail::sync::LanePool<Lane, ModelSync, Orders> pool{1};
  ModelSync::Atomic<std::uint32_t> closed{0};
  int uses = 0;
  int uses_seen = -1;  // by the closer, if it saw no lane taken

  void thread(unsigned i) {
    if (i == 0) {
      for (unsigned turn = 0; turn < 2; ++turn) {
        Lane* lane = pool.try_acquire();
        if (lane == nullptr) continue;
        if (closed.load(std::memory_order_relaxed) == 0) {
          lane->uses.set(lane->uses.get() + 1);
          ++uses;
        }
        pool.release(lane);
      }
    } else {
      closed.store(1, std::memory_order_relaxed);
      if (!pool.is_any_taken()) uses_seen = pool.lane(0).uses.get();
    }
  }
  void finish() { expect(uses_seen == -1 || uses_seen == uses, "no lane is used behind a closed gate"); }
};

TEST(LaneTake, WhoClosesAGate_AndSeesNoLaneTaken_HasSeenAllUses) {
  expect_proved<Gate<LaneOrders>>("a taker and a closer");
  expect_refuted<Gate<LookRelaxed>>("look relaxed", "data race");
  expect_refuted<Gate<LookAcquire>>("look acquire", "data race");
  expect_refuted<Gate<LookRelease>>("look release", "data race");
}

TEST(LaneTake, EachLaneHasOneHolder) {
  expect_proved<Takers<1, LaneOrders>>("two takers, one lane");
  expect_proved<Takers<2, LaneOrders>>("two takers, two lanes");
  expect_refuted<Takers<1, TakeRelaxed>>("take relaxed", "data race");
  expect_refuted<Takers<1, GiveRelaxed>>("give relaxed", "data race");
}

}  // namespace
