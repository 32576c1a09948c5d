// PROTOCOL touch (core/store/span_list.hpp): ingest threads push spans of one trace, tick takes them from a log.
#include "store/span_list.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "store/generation.hpp"
#include "sync/spsc_log.hpp"
#include "tests/interleave/protocol.hpp"

namespace {

using namespace entail::store;
using namespace interleave;

struct PushRelaxed : TouchOrders {
  static constexpr auto push = std::memory_order_relaxed;
};
struct PushAcquire : TouchOrders {
  static constexpr auto push = std::memory_order_acquire;
};
struct PushRelease : TouchOrders {
  static constexpr auto push = std::memory_order_release;
};
struct ClearRelaxed : TouchOrders {
  static constexpr auto clear = std::memory_order_relaxed;
};
struct ReadRelaxed : TouchOrders {
  static constexpr auto read = std::memory_order_relaxed;
};

struct Span {
  // A plain pointer in the shipped code: the explorer detects its races, too.
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

// The trace is already in the log; one more span arrives while tick takes it.
template <class Orders, bool kTornClear = false>
struct SpanDuringTick {
  static constexpr unsigned kThreads = 2;
  using List = SpanList<Span, ModelSync, Orders>;

  List list{};
  ModelSync::Atomic<int> fold{0};
  Span first;
  Span second;
  bool logged_again = false;
  bool seen = false;
  bool fold_seen = false;

  SpanDuringTick() { (void)list.push(&first, false); }
  void thread(unsigned i) {
    if (i == 0) {
      fold.store(1, std::memory_order_relaxed);
      logged_again = list.push(&second, true);
    } else {
      if (kTornClear) {
        const std::uint64_t word = list.head.load(std::memory_order_seq_cst);
        list.head.store(word & ~List::kTouched, std::memory_order_seq_cst);
      } else {
        list.clear_touched();
      }
      fold_seen = fold.load(std::memory_order_relaxed) == 1;
      for (const Span* span = list.first(); span != nullptr; span = span->next) seen = seen || span == &second;
    }
  }
  void finish() {
    expect(logged_again || seen, "the span is seen now or its trace is logged again");
    expect(logged_again || fold_seen, "the fold is seen now or the trace is logged again");
  }
};

// Two concurrent spans of a trace that is in no log: exactly one of them logs it.
template <class Orders>
struct TwoSpans {
  static constexpr unsigned kThreads = 2;
  SpanList<Span, ModelSync, Orders> list{};
  Span spans[2];
  bool logged[2] = {};

  void thread(unsigned i) { logged[i] = list.push(&spans[i], false); }
  void finish() { expect(logged[0] != logged[1], "logged once"); }
};

TEST(Touch, MissesNoSpan_ThatArrivesDuringATick) {
  expect_proved<SpanDuringTick<TouchOrders>>("span during tick");
  expect_refuted<SpanDuringTick<ClearRelaxed>>("span during tick, clear relaxed", "the fold is seen now");
  expect_refuted<SpanDuringTick<PushAcquire>>("span during tick, push acquire", "data race");
  expect_refuted<SpanDuringTick<TouchOrders, true>>("span during tick, clear torn", "the span is seen now");
}
TEST(Touch, LogsATraceOnce_ForTwoConcurrentSpans) { expect_proved<TwoSpans<TouchOrders>>("two spans"); }

// P2. Two lanes write spans of one trace that holds none yet, the first in a generation that ends before the second
// begins. Tick may free everything before its bound, and before every trace that it knows to hold spans.
template <class Orders, bool kAsksClock = true>
struct OldSpanWithNew {
  static constexpr unsigned kThreads = 3;
  using Clock = GenerationClock<ModelSync>;

  SpanList<Span, ModelSync, Orders> list{};
  Clock clock;
  Clock::Active active[2] = {Clock::Active{Clock::kIdle}, Clock::Active{Clock::kIdle}};
  ModelSync::Atomic<std::uint32_t> logs[2] = {};  // the generation; relaxed on purpose, as in generation_test.cpp
  Span spans[2];
  std::uint32_t written[2] = {};
  std::uint64_t freed_before = 0;

  OldSpanWithNew() { written[0] = clock.begin(active[0]); }
  void thread(unsigned i) {
    if (i == 2) {
      clock.advance();
      freed_before = clock.current();
      for (const Clock::Active& lane : active) freed_before = Clock::bound(freed_before, lane);
      for (const auto& log : logs)
        if (const std::uint32_t held = log.load(std::memory_order_relaxed); held != 0)
          freed_before = std::min<std::uint64_t>(freed_before, held);
      return;
    }
    if (i == 1) written[1] = clock.begin(active[1]);
    if (list.push(&spans[i], false) || (kAsksClock && !clock.is_current(written[i])))
      logs[i].store(written[i], std::memory_order_relaxed);
    Clock::end(active[i]);
  }
  void finish() {
    for (const std::uint32_t generation : written) expect(generation >= freed_before, "no span is freed that is held");
  }
};

TEST(Touch, FreesNoSpan_WhenAnOlderOneArrivesSecond) {
  constexpr const char* kFreed = "no span is freed that is held";
  expect_proved<OldSpanWithNew<TouchOrders>>("old span with new");
  expect_refuted<OldSpanWithNew<TouchOrders, false>>("old span with new, no T3", kFreed);
  expect_refuted<OldSpanWithNew<PushRelease>>("old span with new, push release", kFreed);
}

// Revive or seal, while late spans arrive: tick adopts the trace and takes all of its spans, to emit or to drop
// them. Spans that arrive concurrently are taken in the next tick, through the log; each span is settled once.
template <unsigned kLate, class Orders>
struct LateSpansDuringSettling {
  static constexpr unsigned kThreads = kLate + 1;
  SpanList<Span, ModelSync, Orders> list{};
  Span held;
  Span late[kLate];
  entail::sync::SpscLog<int, ModelSync, entail::sync::SpscLogOrders, 1> logs[kLate];
  unsigned settled[kLate + 1] = {};

  LateSpansDuringSettling() {
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
    expect(taken.count == count && taken.has_links == has_links, "the head matches the list");
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
TEST(Touch, SettlesEachSpanOnce_DuringSealOrRevival) {
  expect_proved<LateSpansDuringSettling<1, TouchOrders>>("late span during seal");
  expect_proved<LateSpansDuringSettling<2, TouchOrders>>("two late spans during seal");
  // take() is an RMW on the head, and so is push: the second of the two acquires the first. Nothing more is needed.
  expect_refuted<LateSpansDuringSettling<1, PushRelaxed>>("late span during seal, push relaxed", "data race");
  expect_refuted<LateSpansDuringSettling<1, ReadRelaxed>>("late span during seal, read relaxed", "data race");
}

// P3. Tick adopts what the log names, and later takes the spans to settle them: those that it has not adopted
// must be reported, since they may change the verdict.
enum class Take { whole, torn, without_clearing_first };

template <unsigned kLate, Take kTake = Take::whole>
struct TakeDuringAdoption {
  static constexpr unsigned kThreads = kLate + 1;
  SpanList<Span, ModelSync, TouchOrders> list{};
  Span held;  // adopted by an earlier tick
  Span late[kLate];
  entail::sync::SpscLog<int, ModelSync, entail::sync::SpscLogOrders, 1> logs[kLate];
  bool adopted[kLate] = {};
  unsigned unknown = 0;  // of the spans taken
  bool announced = false;

  TakeDuringAdoption() {
    (void)list.push(&held, false);
    list.clear_touched();
    for (auto& log : logs) (void)log.reserve(1);
  }
  void adopt() {
    if (kTake != Take::without_clearing_first) list.clear_touched();
    for (const Span* span = list.first(); span != nullptr; span = span->next)
      if (span != &held) adopted[span - late] = true;
    if (kTake == Take::without_clearing_first) list.clear_touched();
  }
  void thread(unsigned i) {
    if (i != kLate) {
      if (list.push(&late[i], false)) logs[i].push(1);
      return;
    }
    bool logged = false;
    for (auto& log : logs) log.drain([&](int) { logged = true; });
    if (logged) adopt();
    const std::uint64_t before = kTake == Take::torn ? list.head.load(std::memory_order_seq_cst) : 0;
    auto taken = list.take();
    if (kTake == Take::torn) taken.was_touched = (before & decltype(list)::kTouched) != 0;
    for (const Span* span = taken.first; span != nullptr; span = span->next)
      if (span != &held && !adopted[span - late]) ++unknown;
    announced = taken.was_touched;
  }
  void finish() { expect(unknown == 0 || announced, "a span that no tick has adopted is announced"); }
  std::string outcome() const { return std::to_string(unknown) + " unknown"; }
};
TEST(Touch, ReportsUnadoptedSpans_OnTake) {
  constexpr const char* kAnnounced = "a span that no tick has adopted is announced";
  expect_proved<TakeDuringAdoption<1>>("take during adoption");
  expect_proved<TakeDuringAdoption<2>>("take during adoption, two spans");
  EXPECT_EQ(explore<TakeDuringAdoption<2>>().outcomes, (std::set<std::string>{"0 unknown", "1 unknown", "2 unknown"}));
  expect_refuted<TakeDuringAdoption<1, Take::torn>>("take during adoption, take torn", kAnnounced);
  expect_refuted<TakeDuringAdoption<2, Take::without_clearing_first>>("take during adoption, U3 before U2", kAnnounced);
}

}  // namespace
