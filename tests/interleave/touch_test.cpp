// PROTOCOL touch (core/engine/trace_payload.hpp): two ingest threads push spans of one trace, tick takes it from a log.
#include "engine/trace_payload.hpp"

#include "tests/interleave/protocol.hpp"

namespace {

using namespace entail::engine;
using namespace interleave;

struct Right : TouchOrders {};
struct AcqRel : TouchOrders {
  static constexpr auto push = std::memory_order_acq_rel;
  static constexpr auto check = std::memory_order_acq_rel;
  static constexpr auto clear = std::memory_order_release;
  static constexpr auto read = std::memory_order_acquire;
};

struct Span {
  Span* next = nullptr;
};

// The trace was touched and logged before; one more span comes while tick takes it.
template <class Orders>
struct SpanBesideTick {
  static constexpr unsigned kThreads = 2;
  using List = SpanList<Span, ModelSync, Orders>;

  List list{};
  Span first;
  Span second;
  bool logged_again = false;
  bool seen = false;

  SpanBesideTick() { (void)list.push(&first); }
  void thread(unsigned i) {
    if (i == 0) {
      logged_again = list.push(&second);
    } else {
      list.clear_touched();
      for (const Span* span = list.first(); span != nullptr; span = span->next) seen = seen || span == &second;
    }
  }
  void finish() { expect(logged_again || seen, "the span is seen now or its trace is logged again"); }
};

// Two spans at once, of a trace that is in no log: exactly one of them logs it.
template <class Orders>
struct TwoSpans {
  static constexpr unsigned kThreads = 2;
  SpanList<Span, ModelSync, Orders> list{};
  Span spans[2];
  bool logged[2] = {};

  void thread(unsigned i) { logged[i] = list.push(&spans[i]); }
  void finish() { expect(logged[0] != logged[1], "logged once"); }
};

TEST(Touch, NoSpanIsOverlooked_WhenItComesWhileTickReads) {
  expect_proved<SpanBesideTick<Right>>("span beside tick");
  expect_refuted<SpanBesideTick<AcqRel>>("span beside tick, acq_rel", "seen now or its trace is logged again");
}
TEST(Touch, ATraceIsLoggedOnce_WhenTwoSpansComeAtOnce) { expect_proved<TwoSpans<Right>>("two spans"); }

}  // namespace
