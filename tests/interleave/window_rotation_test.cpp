// PROTOCOL epoch (core/sync/epoch.hpp) as the graph uses it: a frozen window is read whole, and unmapped once
// no lane can be in it, however long one stalls. The steps are those of Writer::try_begin, Writer::end, Graph::rotate,
// Graph::frozen, Graph::for_each_node and Graph::reclaim, on the shipped classes.
#include "graph/lane_rooms.hpp"
#include "graph/runs.hpp"
#include "graph/slot_index.hpp"
#include "sync/epoch.hpp"
#include "tests/interleave/epoch_mutants.hpp"
#include "tests/interleave/protocol.hpp"

namespace {

using entail::TraceId;
using entail::graph::NodeRunOf;
using entail::graph::NodeRuns;
using entail::graph::SlotIndex;
using namespace interleave;

struct ModelWindow {
  static constexpr std::uint32_t kRunCount = 1;
  static constexpr std::uint64_t kCapacity = 2;
  using Index = SlotIndex<ModelSync>;
  std::array<Index::Slot, 4> slots;
  std::array<Index::Key, 8> keys;
  Index index{slots.data(), slots.size(), keys.data()};
  NodeRuns<ModelSync> runs;
  ModelPlain<int> mapped{1};
  std::uint32_t take_run() { return runs.take_run(kRunCount); }
  void clear_key(std::uint32_t offset) { keys[offset].set(TraceId{}); }
};

// Lanes make one node each; tick rotates, and if the old window is frozen, reads its nodes and unmaps it.
template <unsigned kLanes, class Orders>
struct RotateWithLanes {
  static constexpr unsigned kThreads = kLanes + 1;
  entail::sync::Epochs<ModelSync, Orders> epochs{kLanes};
  ModelWindow windows[2];
  ModelAtomic<std::uint32_t> current{0};
  bool made_in_old[kLanes] = {};
  unsigned nodes_read = 0;
  bool was_frozen = false;

  void make_node(unsigned lane) {
    epochs.pin(lane);
    const std::uint32_t at = current.load(Orders::read);
    ModelWindow& window = windows[at];
    expect(window.mapped.get() == 1, "a batch's window is there until its end");
    NodeRunOf<ModelWindow> run;
    run.enter(window);
    if (window.runs.try_reserve(1, ModelWindow::kCapacity)) {
      run.allow(1);
      static_cast<void>(window.index.find_or_insert(5, TraceId{1, 1 + lane}, run));
      if (const std::uint64_t unused = run.settle(); unused != 0) window.runs.give_back(unused);
      made_in_old[lane] = at == 0;
    }
    epochs.unpin(lane);
  }
  void thread(unsigned i) {
    if (i < kLanes) return make_node(i);
    current.store(1, Orders::replace);
    const std::uint64_t closed = epochs.advance();
    if (!epochs.safe(closed)) return;  // a lane stalls: checked again in the next tick
    was_frozen = true;
    for (std::uint32_t offset = 1; offset < windows[0].runs.offset_end(); ++offset)
      if (!windows[0].keys[offset].get().is_zero()) ++nodes_read;
    windows[0].mapped.set(0);
  }
  void finish() {
    unsigned made = 0;
    for (const bool in_old : made_in_old) made += in_old ? 1 : 0;
    expect(!was_frozen || nodes_read == made, "a frozen window is read whole");
  }
  std::string outcome() const { return was_frozen ? "frozen " + std::to_string(nodes_read) : "stalled"; }
};

TEST(Epoch, ReadsAWindowWhole_AndUnmapsIt_OnceNoLaneIsInIt) {
  expect_proved<RotateWithLanes<1, EpochOrders>>("rotation with one lane");
  EXPECT_EQ((explore<RotateWithLanes<1, EpochOrders>>().outcomes),
            (std::set<std::string>{"frozen 0", "frozen 1", "stalled"}));
  expect_refuted<RotateWithLanes<1, PinRelease>>("rotation, pin release", "");
  expect_refuted<RotateWithLanes<1, AskAcquire>>("rotation, ask acquire", "");
  expect_refuted<RotateWithLanes<1, ReadAcquire>>("rotation, read acquire", "");
  expect_refuted<RotateWithLanes<1, ReplaceRelease>>("rotation, replace release", "");
  expect_refuted<RotateWithLanes<1, UnpinRelaxed>>("rotation, unpin relaxed", "data race");
}
TEST(Epoch, KeepsAWindow_WhileOneOfTwoLanesStalls) {
  expect_proved<RotateWithLanes<2, EpochOrders>>("rotation with two lanes");
}

}  // namespace
