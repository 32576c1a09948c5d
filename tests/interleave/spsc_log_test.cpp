// PROTOCOL spsc_log (core/sync/spsc_log.hpp): entries are drained once each, in order, and chunks are freed in time.
#include "sync/spsc_log.hpp"

#include <vector>

#include "tests/interleave/protocol.hpp"

namespace {

using entail::sync::SpscLogOrders;
using namespace interleave;

struct PublishRelaxed : SpscLogOrders {
  static constexpr auto publish = std::memory_order_relaxed;
};
struct ObserveRelaxed : SpscLogOrders {
  static constexpr auto observe = std::memory_order_relaxed;
};

template <class Orders>
struct PushAndDrain {
  static constexpr unsigned kThreads = 2;
  static constexpr int kEntries = 3;
  entail::sync::SpscLog<int, ModelSync, Orders, 1> log;
  std::vector<int> drained;

  void thread(unsigned i) {
    if (i == 0) {
      for (int entry = 1; entry <= kEntries; ++entry) {
        expect(log.reserve(1), "there is memory");
        log.push(entry);
      }
    } else {
      for (int turn = 0; turn < 2; ++turn) log.drain([this](int entry) { drained.push_back(entry); });
    }
  }
  void finish() {
    log.drain([this](int entry) { drained.push_back(entry); });
    expect(drained == (std::vector<int>{1, 2, 3}), "every entry is drained once, in order");
  }
};

TEST(SpscLog, DeliversEachEntryOnceInOrder) {
  expect_proved<PushAndDrain<SpscLogOrders>>("three entries, chunks of one");
  expect_refuted<PushAndDrain<PublishRelaxed>>("publish relaxed", "");
  expect_refuted<PushAndDrain<ObserveRelaxed>>("observe relaxed", "");
}

}  // namespace
