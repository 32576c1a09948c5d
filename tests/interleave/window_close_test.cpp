// PROTOCOL window_close (core/engine/room.hpp): entries that a batch wrote into a window are adopted before it closes.
#include <array>

#include "sync/epoch.hpp"
#include "sync/spsc_log.hpp"
#include "tests/interleave/epoch_mutants.hpp"
#include "tests/interleave/protocol.hpp"

namespace {

using entail::sync::SpscLogOrders;
using namespace interleave;

enum class Asked { before_draining, after_draining };

// A lane runs one batch, which writes one span into the window that it loads and logs it. Tick rotates, then passes
// twice: check whether the old window is frozen, drain, close it if it is. A log entry is the number of its window.
template <Asked kAsked, class Orders>
struct CloseWindow {
  static constexpr unsigned kThreads = 2;
  entail::sync::Epochs<ModelSync, Orders> epochs{1};
  entail::sync::SpscLog<std::uint32_t, ModelSync, SpscLogOrders, 1> log;
  std::array<ModelPlain<int>, 2> spans;  // by window; -1 = unmapped
  ModelAtomic<std::uint32_t> current{0};
  bool closed = false;
  int adopted = 0;

  CloseWindow() {
    for (auto& window : spans) window.set(0);
  }
  void thread(unsigned i) {
    if (i == 0) {
      if (!log.reserve(1)) return;
      epochs.pin(0);  // I1
      const std::uint32_t window = current.load(std::memory_order_seq_cst);
      spans[window].set(1);  // I2
      log.push(window);
      epochs.unpin(0);  // I3
      return;
    }
    current.store(1, std::memory_order_seq_cst);
    const std::uint64_t ended = epochs.advance();
    for (unsigned tick = 0; tick < 2; ++tick) {
      const bool frozen_before = !closed && epochs.safe(ended);  // W1
      drain();                                                   // W2
      const bool frozen = kAsked == Asked::before_draining ? frozen_before : !closed && epochs.safe(ended);
      if (!frozen) continue;
      expect(spans[0].get() == adopted, "all spans of the window are adopted when it is closed");
      spans[0].set(-1);  // W3
      closed = true;
    }
  }
  void drain() {
    log.drain([&](std::uint32_t window) {
      expect(window == 1 || !closed, "no log entry names a closed window");
      if (window == 0) ++adopted;
    });
  }
  void finish() { drain(); }
  std::string outcome() const { return std::string(closed ? "closed" : "live") + (adopted != 0 ? ", adopted" : ""); }
};

TEST(WindowClose, AdoptsEverythingLogged_BeforeClosing) {
  using Shipped = CloseWindow<Asked::before_draining, EpochOrders>;
  expect_proved<Shipped>("one batch, two ticks");
  EXPECT_EQ(explore<Shipped>().outcomes, (std::set<std::string>{"closed", "closed, adopted", "live", "live, adopted"}));
  expect_refuted<CloseWindow<Asked::after_draining, EpochOrders>>("drained before asking", "");
  expect_refuted<CloseWindow<Asked::before_draining, UnpinRelaxed>>("unpin relaxed", "");
}

}  // namespace
