// PROTOCOL trace_fold (core/policy/trace_fold.hpp): folds commute, and tick sees the whole fold of every logged span.
#include "policy/trace_fold.hpp"

#include "sync/spsc_log.hpp"
#include "tests/interleave/protocol.hpp"
#include "tests/interleave/torn_sync.hpp"

namespace {

using namespace entail::policy;
using namespace interleave;
using entail::sync::SpscLogOrders;

struct LogRelaxed : SpscLogOrders {
  static constexpr auto publish = std::memory_order_relaxed;
};

// The bit words follow the fold, as in a node's payload.
template <class Sync>
struct Folded {
  TraceFoldOf<Sync> fold{};
  typename Sync::template Atomic<std::uint64_t> words[1];
};

Facts span_facts(unsigned i) {
  Facts facts;
  facts.start_min_ns = 100 - i;
  facts.end_max_ns = 200 + i;
  facts.spans = 1;
  facts.bytes = 10 + i;
  facts.bits[0] = std::uint64_t{1} << i;
  return facts;
}

// A lane folds a second span and logs the trace; the tick thread reads every logged trace.
template <class Sync, class LogOrders>
struct FoldDuringTick {
  static constexpr unsigned kThreads = 2;
  Folded<Sync> trace;
  entail::sync::SpscLog<int, ModelSync, LogOrders, 1> log;

  FoldDuringTick() {
    trace.fold.fold(span_facts(0), {1});
    (void)log.reserve(1);
  }
  void thread(unsigned i) {
    if (i == 0) {
      trace.fold.fold(span_facts({1}), {1});
      log.push(1);
      return;
    }
    bool logged = false;
    log.drain([&](int) { logged = true; });
    const Facts seen = trace.fold.facts({1});
    expect(seen.spans >= 1 && (seen.bits[0] & 1) != 0 && seen.end_max_ns >= 200, "the first span is seen");
    expect(!logged || is_all(seen), "a logged span is seen whole");
  }
  void finish() { expect(is_all(trace.fold.facts({1})), "all spans are seen in the end"); }
  static bool is_all(const Facts& facts) {
    return facts.start_min_ns == 99 && facts.end_max_ns == 201 && facts.spans == 2 && facts.bytes == 21 &&
           facts.bits[0] == 3;
  }
};

// The folds alone, where torn words show up quickly.
template <class Sync>
struct TwoFolds {
  static constexpr unsigned kThreads = 2;
  Folded<Sync> trace;
  void thread(unsigned i) { trace.fold.fold(span_facts(i), {1}); }
  void finish() {
    const Facts all = trace.fold.facts({1});
    expect(all.start_min_ns == 99 && all.end_max_ns == 201, "extremes of all spans");
    expect(all.spans == 2 && all.bytes == 21 && all.bits[0] == 3, "sums and unions of all spans");
  }
};

TEST(TraceFold, FoldsCommute) {
  expect_proved<TwoFolds<ModelSync>>("two folds");
  expect_refuted<TwoFolds<TornSync>>("RMW torn", "of all spans");
}
TEST(TraceFold, TickSeesTheWholeFoldOfALoggedSpan) {
  expect_proved<FoldDuringTick<ModelSync, SpscLogOrders>>("a fold during tick");
  expect_refuted<FoldDuringTick<ModelSync, LogRelaxed>>("log publishes relaxed", "");
}

}  // namespace
