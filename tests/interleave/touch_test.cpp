// PROTOCOL touch (core/engine/trace_payload.hpp): two ingest threads push spans of one trace, tick takes it from a log.
#include "engine/trace_payload.hpp"

#include "sync/spsc_log.hpp"
#include "tests/interleave/protocol.hpp"

namespace {

using namespace entail::engine;
using namespace interleave;

struct PushAcqRel : TouchOrders {
  static constexpr auto push = std::memory_order_acq_rel;
};
struct CheckAcqRel : TouchOrders {
  static constexpr auto check = std::memory_order_acquire;
};
struct ClearRelease : TouchOrders {
  static constexpr auto clear = std::memory_order_release;
};
struct ReadAcquire : TouchOrders {
  static constexpr auto read = std::memory_order_acquire;
};
struct PushRelaxed : TouchOrders {
  static constexpr auto push = std::memory_order_relaxed;
};
struct AcqRel : TouchOrders {
  static constexpr auto push = std::memory_order_acq_rel;
  static constexpr auto check = std::memory_order_acquire;
  static constexpr auto clear = std::memory_order_release;
  static constexpr auto read = std::memory_order_acquire;
};

struct Span {
  // A plain pointer in the shipped code: its races are found too.
  class Next {
   public:
    Next& operator=(Span* span) {
      plain_.set(span);
      return *this;
    }
    operator Span*() const { return plain_.get(); }

   private:
    ModelPlain<Span*> plain_;
  };
  Next next;
  ModelPlain<int> bytes;
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

  SpanBesideTick() { (void)list.push(&first, false); }
  void thread(unsigned i) {
    if (i == 0) {
      logged_again = list.push(&second, true);
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

  void thread(unsigned i) { logged[i] = list.push(&spans[i], false); }
  void finish() { expect(logged[0] != logged[1], "logged once"); }
};

TEST(Touch, NoSpanIsOverlooked_WhenItComesWhileTickReads) {
  expect_proved<SpanBesideTick<TouchOrders>>("span beside tick");
  constexpr const char* kSeen = "seen now or its trace is logged again";
  expect_refuted<SpanBesideTick<AcqRel>>("span beside tick, acq_rel", kSeen);
  expect_refuted<SpanBesideTick<PushAcqRel>>("span beside tick, push acq_rel", kSeen);
  expect_refuted<SpanBesideTick<CheckAcqRel>>("span beside tick, check acquire", kSeen);
  expect_refuted<SpanBesideTick<ClearRelease>>("span beside tick, clear release", kSeen);
  expect_refuted<SpanBesideTick<ReadAcquire>>("span beside tick, read acquire", kSeen);
}
TEST(Touch, ATraceIsLoggedOnce_WhenTwoSpansComeAtOnce) { expect_proved<TwoSpans<TouchOrders>>("two spans"); }

// Revive or seal, while late spans come: tick adopts the trace and takes all of its spans, to emit them or to drop
// them. Whatever comes beside it is taken at the next tick, by the log; each span is settled once.
template <unsigned kLate, class Orders>
struct LateSpansBesideSettling {
  static constexpr unsigned kThreads = kLate + 1;
  SpanList<Span, ModelSync, Orders> list{};
  Span held;
  Span late[kLate];
  entail::sync::SpscLog<int, ModelSync, entail::sync::SpscLogOrders, 1> logs[kLate];
  unsigned settled[kLate + 1] = {};

  LateSpansBesideSettling() {
    held.bytes.set(1);
    (void)list.push(&held, false);
    for (auto& log : logs) (void)log.reserve(1);
  }
  void settle() {
    list.clear_touched();
    const auto taken = list.take();
    unsigned count = 0;
    bool has_links = false;
    for (const Span* span = taken.first; span != nullptr; span = span->next) {
      expect(span->bytes.get() == 1, "a span is whole when it is settled");
      ++settled[span == &held ? kLate : static_cast<unsigned>(span - late)];
      ++count;
      has_links = has_links || span != &held;
    }
    expect(taken.count == count && taken.has_links == has_links, "the head tells what the list holds");
  }
  void thread(unsigned i) {
    if (i == kLate) return settle();
    late[i].bytes.set(1);
    if (list.push(&late[i], true)) logs[i].push(1);
  }
  void finish() {
    bool logged = false;
    for (auto& log : logs) log.drain([&](int) { logged = true; });
    if (logged) settle();
    for (const unsigned times : settled) expect(times == 1, "each span is settled once");
  }
};
TEST(Touch, EachSpanIsSettledOnce_WhenSpansComeBesideSealOrRevival) {
  expect_proved<LateSpansBesideSettling<1, TouchOrders>>("late span beside seal");
  expect_proved<LateSpansBesideSettling<2, TouchOrders>>("two late spans beside seal");
  // take() is an RMW on the head, and so is push: whichever comes second has acquired the other. That is all it needs.
  expect_refuted<LateSpansBesideSettling<1, PushRelaxed>>("late span beside seal, push relaxed", "data race");
}

}  // namespace
