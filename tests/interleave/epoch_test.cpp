// PROTOCOL epoch (core/sync/epoch.hpp): nothing is used after free. With windows: window_rotation_test.cpp.
#include "sync/epoch.hpp"

#include <array>

#include "tests/interleave/epoch_mutants.hpp"
#include "tests/interleave/protocol.hpp"

namespace {

using namespace interleave;

// A lane runs kBatches batches on the object that P points to; the retirer replaces it and frees the old one once safe.
template <unsigned kBatches, class Orders>
struct Retire {
  static constexpr unsigned kThreads = 2;
  entail::sync::Epochs<ModelSync, Orders> epochs{1};
  std::array<ModelPlain<int>, 2> things;  // 1 = in use, 0 = freed
  ModelAtomic<std::uint32_t> current{0};
  bool was_freed = false;

  Retire() { things[0].set(1); }
  void thread(unsigned i) {
    if (i == 0) {
      for (unsigned batch = 0; batch < kBatches; ++batch) {
        epochs.pin(0);
        expect(things[current.load(Orders::read)].get() == 1, "what a batch uses is not freed");
        epochs.unpin(0);
      }
    } else {
      things[1].set(1);
      current.store(1, Orders::replace);
      const std::uint64_t epoch = epochs.advance();
      if (epochs.safe(epoch)) {
        things[0].set(0);
        was_freed = true;
      }
    }
  }
  void finish() {}
  std::string outcome() const { return was_freed ? "freed" : "kept"; }
};

TEST(Epoch, NothingIsUsedAfterFree) {
  expect_proved<Retire<1, EpochOrders>>("one batch");
  expect_proved<Retire<2, EpochOrders>>("two batches");
  EXPECT_EQ((explore<Retire<1, EpochOrders>>().outcomes), (std::set<std::string>{"freed", "kept"}));
  expect_refuted<Retire<1, PinRelease>>("pin release", "");
  expect_refuted<Retire<1, AskAcquire>>("ask acquire", "");
  expect_refuted<Retire<1, ReadAcquire>>("read acquire", "");
  expect_refuted<Retire<1, ReplaceRelease>>("replace release", "");
  expect_refuted<Retire<1, UnpinRelaxed>>("unpin relaxed", "data race");
}

}  // namespace
