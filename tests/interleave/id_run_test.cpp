// PROTOCOL id_run (core/graph/runs.hpp): each number belongs to one lane, and no more are handed out than fit.
#include "graph/runs.hpp"

#include "graph/lane_rooms.hpp"
#include "tests/interleave/protocol.hpp"
#include "tests/interleave/torn_sync.hpp"

namespace {

using namespace entail::graph;
using namespace interleave;

// The source of a lane's run.
template <class Sync>
struct Source {
  static constexpr std::uint32_t kRunCount = 2;
  NodeRuns<Sync> runs;
  std::array<ModelPlain<int>, 16> keys;
  std::uint32_t take_run() { return runs.take_run(kRunCount); }
  void clear_key(std::uint32_t offset) { keys[offset].set(0); }
};

// Lanes create kEach nodes each, in one batch each, in a window of kCapacity.
template <class Sync, unsigned kLanes, unsigned kEach, unsigned kCapacity>
struct Lanes {
  static constexpr unsigned kThreads = kLanes;
  Source<Sync> window;
  bool granted[kLanes] = {};
  unsigned made[16] = {};

  void thread(unsigned i) {
    granted[i] = window.runs.try_reserve(kEach, kCapacity);
    if (!granted[i]) return;
    NodeRunOf<Source<Sync>> run;
    run.enter(window);
    run.allow(kEach);
    for (unsigned n = 0; n < kEach; ++n) {
      const std::uint32_t offset = run.next();
      window.keys[offset].set(1 + static_cast<int>(i));  // a race if another lane has it too
      ++made[offset];
      run.taken();
    }
    static_cast<void>(run.settle());
  }
  void finish() {
    unsigned granted_count = 0;
    for (unsigned i = 0; i < kLanes; ++i) granted_count += granted[i] ? 1 : 0;
    expect(granted_count * kEach <= kCapacity, "no more nodes than there is room for");
    expect(window.runs.node_count() == granted_count * kEach, "what was refused was given back");
    expect(window.runs.offset_end() <= 1 + kCapacity + Source<Sync>::kRunCount * kLanes,
           "offsets stay in their columns");
    for (std::uint32_t offset = 0; offset < 16; ++offset) {
      expect(made[offset] <= 1, "an offset is one lane's");
      expect(made[offset] == 0 || (offset >= 1 && offset < window.runs.offset_end()), "all nodes lie below the end");
    }
  }
};

TEST(IdRun, GivesEachOffsetToOneLane) {
  expect_proved<Lanes<ModelSync, 2, 3, 6>>("2 lanes, room for both");
  expect_proved<Lanes<ModelSync, 3, 2, 6>>("3 lanes, room for all");
  expect_refuted<Lanes<TornSync, 2, 3, 6>>("RMW torn, room for both", "");
}
TEST(IdRun, CreatesNoMoreNodesThanFit) {
  expect_proved<Lanes<ModelSync, 3, 2, 4>>("3 lanes, room for two");
  expect_refuted<Lanes<TornSync, 3, 2, 4>>("RMW torn, room for two", "");
}

template <class Sync>
struct Units {
  static constexpr unsigned kThreads = 3;
  UnitRuns<Sync> units;
  std::uint64_t first[3] = {};
  void thread(unsigned i) { first[i] = units.take(8, 24); }  // room for two
  void finish() {
    unsigned refused = 0;
    for (unsigned i = 0; i < 3; ++i) {
      if (first[i] == 0) ++refused;
      for (unsigned k = 0; k < i; ++k) expect(first[i] == 0 || first[i] != first[k], "stretches are disjoint");
      expect(first[i] == 0 || (first[i] >= 8 && first[i] + 8 <= 24), "stretches lie in the arena");
    }
    expect(refused == 1, "one finds no room");
  }
};

TEST(IdRun, ArenaRangesAreDisjoint) {
  expect_proved<Units<ModelSync>>("3 lanes, an arena for two");
  expect_refuted<Units<TornSync>>("RMW torn, an arena for two", "");
}

}  // namespace
