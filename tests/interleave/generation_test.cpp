// PROTOCOL generation (core/store/generation.hpp): lanes that write a span and log it, one tick that frees.
#include "store/generation.hpp"

#include "tests/interleave/protocol.hpp"

namespace {

using namespace entail::store;
using namespace interleave;

struct AcqRel : GenerationOrders {
  static constexpr auto announce = std::memory_order_release;
  static constexpr auto read = std::memory_order_acquire;
  static constexpr auto look = std::memory_order_acquire;
};
struct AnnounceRelease : GenerationOrders {
  static constexpr auto announce = std::memory_order_release;
};
struct ReadAcquire : GenerationOrders {
  static constexpr auto read = std::memory_order_acquire;
};
struct LookAcquire : GenerationOrders {
  static constexpr auto look = std::memory_order_acquire;
};
struct LeaveRelaxed : GenerationOrders {
  static constexpr auto leave = std::memory_order_relaxed;
};

// kByLane: another lane ends the generation (by volume), concurrently with the tick thread.
template <class Orders, bool kByLane = false>
struct FreeBesideAWriter {
  static constexpr unsigned kThreads = kByLane ? 3 : 2;
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
    } else if (i == 1) {
      if (!kByLane) clock.advance();
      bound = Clock::bound(clock.current(), active);
      found = log.load(std::memory_order_relaxed) == 1;
    } else {
      clock.advance();
    }
  }
  void finish() { expect(found || written >= bound, "what was not found is not freed"); }
};

TEST(Generation, FreesNoGenerationStillBeingWritten) {
  constexpr const char* kFreed = "what was not found is not freed";
  expect_proved<FreeBesideAWriter<GenerationOrders>>("one lane, one tick");
  expect_proved<FreeBesideAWriter<GenerationOrders, true>>("another lane ends the generation");
  expect_refuted<FreeBesideAWriter<AcqRel>>("acq_rel", kFreed);
  expect_refuted<FreeBesideAWriter<AnnounceRelease>>("announce release", kFreed);
  expect_refuted<FreeBesideAWriter<ReadAcquire>>("read acquire", kFreed);
  expect_refuted<FreeBesideAWriter<LookAcquire>>("look acquire", kFreed);
  expect_refuted<FreeBesideAWriter<LeaveRelaxed>>("leave relaxed", kFreed);
}

}  // namespace
