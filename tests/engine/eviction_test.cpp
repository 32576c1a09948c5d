// What is evicted when memory or retain.max_bytes is short, what is reported, and what is unaffected
// (docs/design.md 3.7, 3.8).
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/engine_run.hpp"
#include "tests/workload/story.hpp"

namespace entail::engine_test {
namespace {

using workload::kError;
using workload::make_request;
using workload::make_span;
using workload::trace_bytes;

constexpr std::uint64_t kLimit = 16 << 20;
constexpr std::size_t kPad = 100 << 10;

// A trace is decided a second after it arrives, and retained for 1,000 seconds.
Options small_options() {
  Options options = workload::error_options();
  options.tail_sampling.decision_wait_ns = kNanosPerSecond;
  options.retain.window_ns = 1000 * kNanosPerSecond;
  options.retain.records_ns = 4000 * kNanosPerSecond;
  options.memory_limit_bytes = kLimit;
  return options;
}

workload::Request padded(std::uint64_t trace, std::size_t bytes, std::uint32_t status = 0, std::uint64_t number = 1) {
  workload::Span span = make_span(trace, status, number);
  span.name.assign(bytes, 'x');
  return make_request({std::move(span)});
}

class Traces {
 public:
  explicit Traces(const Options& options) : run(options) { run.tick(now); }
  void send(std::uint64_t trace, std::size_t bytes, std::uint32_t status = 0, std::uint64_t number = 1) {
    run.ingest(padded(trace, bytes, status, number));
  }
  void tick(std::int64_t seconds = 1) { run.tick(now += seconds); }
  // Sends large traces from `first` on until something is evicted. Returns the first that was not sent.
  std::uint64_t send_until_evicted(std::uint64_t first) {
    std::uint64_t next = first;
    while (run.loss("evicted") == 0 && next < first + 400) send(next++, kPad);
    EXPECT_GT(run.loss("evicted"), 0u);
    return next;
  }
  // Sends small kept traces until the records of some are forgotten because memory is short. Returns as above.
  std::uint64_t send_until_forgotten(std::uint64_t first) {
    constexpr std::uint64_t kTogether = 5000;
    std::uint64_t next = first;
    while (run.loss("records_forgotten") == 0 && next < first + 40 * kTogether) {
      std::vector<workload::Span> spans;
      for (const std::uint64_t end = next + kTogether; next < end; ++next) spans.push_back(make_span(next, kError));
      run.ingest(make_request(std::move(spans)));
      tick();
    }
    EXPECT_GT(run.loss("records_forgotten"), 0u);
    return next;
  }
  bool was_evicted(std::uint64_t trace) { return run.records[trace_bytes(trace)].loss == "evicted"; }

  std::int64_t now = 1'700'000'000;
  EngineRun run;
};

TEST(Eviction, EvictsRetainedTracesFirst_OldestFirst) {
  constexpr std::uint64_t kRetained = 60, kPending = 1000;
  Traces traces(small_options());
  for (std::uint64_t trace = 1; trace <= kRetained; ++trace) traces.send(trace, kPad);
  traces.tick();
  ASSERT_EQ(traces.run.engine().statistics().traces.dropped, kRetained);
  const std::uint64_t end = traces.send_until_evicted(kPending);
  EXPECT_TRUE(traces.was_evicted(1));
  EXPECT_FALSE(traces.was_evicted(kRetained));
  for (std::uint64_t trace = kPending; trace < end; ++trace) EXPECT_FALSE(traces.was_evicted(trace)) << trace;
  traces.tick();
  EXPECT_EQ(traces.run.engine().statistics().traces.pending, 0u);
}

TEST(Eviction, DecidesPendingTracesEarly) {
  Options options = small_options();
  options.tail_sampling.decision_wait_ns = 1000 * kNanosPerSecond;
  Traces traces(options);
  traces.send(1, 100, kError);
  traces.send_until_evicted(2);
  EXPECT_TRUE(traces.run.kept(trace_bytes(1)));
  EXPECT_TRUE(traces.was_evicted(2));
  for (std::uint64_t trace = 1000; trace < 1300; ++trace) traces.send(trace, kPad);  // and more of the same
}

TEST(Eviction, CountsForgottenRecords) {
  Traces traces(small_options());
  traces.send_until_forgotten(1);
  EXPECT_EQ(traces.run.loss("evicted"), 0u);
}

// Once memory is no longer short, recently seen records survive again.
TEST(Eviction, Stops_WhenMemoryIsNoLongerShort) {
  Options options = small_options();
  options.retain.window_ns = 5 * kNanosPerSecond;
  options.retain.records_ns = 40 * kNanosPerSecond;
  Traces traces(options);
  std::uint64_t trace = traces.send_until_forgotten(1'000'000);
  for (int i = 0; i < 60; ++i) traces.tick();  // every earlier trace is forgotten on time
  const std::uint64_t forgotten = traces.run.loss("records_forgotten");
  // A window begins every ten seconds; trace 5000 gets a span in each.
  for (int i = 0; i < 20; ++i) {
    traces.send(5000, 100, kError, static_cast<std::uint64_t>(i) + 1);
    traces.send(trace++, 100);
    traces.tick(9);
  }
  EXPECT_EQ(traces.run.loss("records_forgotten"), forgotten);
  EXPECT_EQ(traces.run.emitted[trace_bytes(5000)].size(), 20u);
}

TEST(Eviction, IsNotNeeded_AfterSpansAreEmitted) {
  for (const std::uint32_t status : {0u, kError}) {
    Options options = small_options();
    options.retain.window_ns = kNanosPerSecond;
    Traces traces(options);
    for (std::uint64_t trace = 1; trace <= 1000; ++trace) {  // 100 MB, of which 3 are held at a time
      traces.send(trace, kPad, status);
      if (trace % 10 == 0) traces.tick();
    }
    EXPECT_EQ(traces.run.loss("evicted"), 0u) << status;
    for (int i = 0; i < 4; ++i) traces.tick();
    EXPECT_LT(traces.run.engine().statistics().memory.spans_bytes, std::uint64_t{2} << 20) << status;
  }
}

TEST(Retention, MaxBytesEvictsTheOldestDroppedTraces) {
  Options options = small_options();
  options.retain.max_bytes = 10'000;
  Traces traces(options);
  for (std::uint64_t trace = 1; trace <= 20; ++trace) {
    traces.send(trace, 1000);
    traces.tick(2);
  }
  EXPECT_NEAR(static_cast<double>(traces.run.loss("evicted")), 11, 2);
  EXPECT_TRUE(traces.was_evicted(1));
  EXPECT_FALSE(traces.was_evicted(20));
}

TEST(Retention, MaxBytesExcludesRevivedTraces) {
  Options options = small_options();
  options.retain.max_bytes = 10'000;
  Traces traces(options);
  for (std::uint64_t trace = 1; trace <= 50; ++trace) {
    traces.send(trace, 1000);
    traces.tick(2);
    traces.send(trace, 100, kError, 2);
    traces.tick(1);
  }
  EXPECT_EQ(traces.run.loss("evicted"), 0u);
  EXPECT_EQ(traces.run.engine().statistics().traces.kept, 50u);
}

// Record numbers are reused, and the queue of retained traces still has an entry with the old trace's time.
TEST(Retention, IsUnaffectedByAPreviousRecordWithTheSameNumber) {
  Options options = small_options();
  options.retain.window_ns = 60 * kNanosPerSecond;
  options.retain.records_ns = 4 * kNanosPerSecond;  // shorter than the retention: for traces without spans
  Traces traces(options);
  traces.send(1, 100);
  traces.tick(2);
  traces.send(1, 100, kError, 2);  // revived, and then forgotten
  for (int i = 0; i < 12; ++i) traces.tick();
  for (std::uint64_t trace = 2; trace <= 9; ++trace) traces.send(trace, 100);
  traces.tick(2);
  for (int i = 0; i < 55; ++i) traces.tick();  // trace 1 expires, the others do not
  for (std::uint64_t trace = 2; trace <= 9; ++trace) traces.send(trace, 100, kError, 2);
  traces.tick();
  // With the first span, too: a trace that was forgotten would be kept anew, for the second one alone.
  for (std::uint64_t trace = 2; trace <= 9; ++trace)
    EXPECT_EQ(traces.run.emitted[trace_bytes(trace)].size(), 2u) << trace;
}

// Tokens accumulate; traces that were refused for lack of them are retried.
TEST(ByteRate, RetriesRefusedTraces_WhenTokensReturn) {
  Options options = small_options();
  options.links.propagate.max_propagated_bytes_per_second = 2000;
  Traces traces(options);
  std::vector<std::uint64_t> causes;
  for (std::uint64_t trace = 1; trace <= 10; ++trace) {
    traces.send(trace, 1000);
    causes.push_back(trace);
  }
  traces.run.ingest(make_request({workload::linking(make_span(100, kError), causes)}));
  traces.tick(1);
  EXPECT_GT(traces.run.loss("max_propagated_bytes_per_second"), 0u);
  for (int i = 0; i < 20; ++i) traces.tick(1);
  for (const std::uint64_t trace : causes) EXPECT_TRUE(traces.run.kept(trace_bytes(trace))) << trace;
}

// What can be released lies in the window that lanes write to. It is neither old nor full, but must go.
TEST(Eviction, TakesTheCurrentWindow_WhenItsNodesAreEnough) {
  constexpr std::uint64_t kFirstAbsent = 1'000'000;
  constexpr std::uint64_t kAbsent = 1000;
  Options options = small_options();
  options.tail_sampling.decision_wait_ns = 1000 * kNanosPerSecond;
  Traces traces(options);
  traces.send(11, 100);  // the first window is old when the clock starts, so another one begins
  traces.tick();
  std::uint64_t link = 0;
  for (std::uint64_t request = 0; request < 720; ++request) {
    workload::Span span = make_span(1 + request % 10, 0, request);
    for (const std::uint64_t end = link + 100; link < end; ++link)
      span.links.push_back(workload::make_link(kFirstAbsent + link % kAbsent));
    traces.run.ingest(make_request({std::move(span)}));
  }
  const auto held = [&] { return traces.run.engine().statistics().memory.total_bytes; };
  for (std::uint64_t trace = 100; held() < kLimit - kLimit / 16; ++trace) {
    const std::string bytes = workload::encode(padded(trace, kPad));
    ASSERT_TRUE(traces.run.engine().ingest(as_bytes(bytes)).ok());
  }
  traces.tick(0);
  traces.tick(0);
  EXPECT_LT(held(), kLimit - kLimit / 16);
  EXPECT_EQ(traces.run.loss("evicted"), 0u);
  EXPECT_GE(traces.run.loss("records_forgotten"), kAbsent);
}

// Under a steady load room is made ahead of need: no request waits, and no tick pays for a whole window (G10).
TEST(Eviction, RunsInSmallSteps_UnderASteadyLoad) {
  constexpr std::uint64_t kTogether = 2000;
  Options options = small_options();
  options.memory_limit_bytes = 128 << 20;  // a window of 65,536 nodes
  Traces traces(options);
  std::uint64_t next = 1, evicted = 0, forgotten = 0, evicted_most = 0, forgotten_most = 0;
  for (unsigned second = 0; second < 2000 && forgotten < 200'000; ++second) {
    std::vector<workload::Span> spans;
    for (const std::uint64_t end = next + kTogether; next < end; ++next) spans.push_back(make_span(next));
    const std::string bytes = workload::encode(make_request(std::move(spans)));
    ASSERT_TRUE(traces.run.engine().ingest(as_bytes(bytes)).ok()) << second;
    traces.tick();
    const auto growth = [&](const char* loss, std::uint64_t& count) {
      return traces.run.loss(loss) - std::exchange(count, traces.run.loss(loss));
    };
    evicted_most = std::max(evicted_most, growth("evicted", evicted));
    forgotten_most = std::max(forgotten_most, growth("records_forgotten", forgotten));
  }
  EXPECT_GE(forgotten, 200'000u);
  EXPECT_LE(evicted_most, 4096 + 5 * kTogether);
  EXPECT_LE(forgotten_most, 50'000u);
}

}  // namespace
}  // namespace entail::engine_test
