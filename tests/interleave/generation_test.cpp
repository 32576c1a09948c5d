// PROTOCOL generation (core/store/generation.hpp): one lane that writes a span and logs it, one tick that frees.
#include "store/generation.hpp"

#include "tests/interleave/protocol.hpp"

namespace {

using namespace entail::store;
using namespace interleave;

struct Right : GenerationOrders {};
struct AcqRel : GenerationOrders {
  static constexpr auto announce = std::memory_order_release;
  static constexpr auto advance = std::memory_order_acq_rel;
  static constexpr auto read = std::memory_order_acquire;
  static constexpr auto look = std::memory_order_acquire;
};
struct LeaveRelaxed : GenerationOrders {
  static constexpr auto leave = std::memory_order_relaxed;
};

template <class Orders>
struct FreeBesideAWriter {
  static constexpr unsigned kThreads = 2;
  using Clock = GenerationClock<ModelSync, Orders>;

  Clock clock;
  typename Clock::Active active{Clock::kIdle};
  ModelSync::Atomic<int> log{0};  // relaxed on purpose: only the protocol may order it
  std::uint64_t written = 0;
  std::uint64_t bound = 0;
  bool found = false;

  void thread(unsigned i) {
    if (i == 0) {
      written = clock.begin(active);
      log.store(1, std::memory_order_relaxed);
      Clock::end(active);
    } else {
      clock.advance();
      bound = Clock::bound(clock.current(), active);
      found = log.load(std::memory_order_relaxed) == 1;
    }
  }
  void finish() { expect(found || written >= bound, "what was not found is not freed"); }
};

TEST(Generation, NothingIsFreedThatIsStillWritten) {
  expect_proved<FreeBesideAWriter<Right>>("one lane, one tick");
  expect_refuted<FreeBesideAWriter<AcqRel>>("acq_rel", "what was not found is not freed");
  expect_refuted<FreeBesideAWriter<LeaveRelaxed>>("leave=relaxed", "what was not found is not freed");
}

}  // namespace
