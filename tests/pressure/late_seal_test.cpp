// docs/design.md 3.9: a span that arrives while its trace is being sealed is either held with it or late.
// So an ERROR span for a dropped trace either makes it kept or is the loss late_origin, however tick and ingest
// interleave.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "entail/entail.hpp"
#include "tests/engine/comparison_checks.hpp"
#include "tests/pressure/stage.hpp"
#include "tests/workload/story.hpp"

namespace entail::pressure {
namespace {

constexpr std::int64_t kStart = 1'700'000'000;
constexpr std::int64_t kWait = 1, kRetained = 5;  // seconds

Bytes as_bytes(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

Options sealing_options(bool in_one_window) {
  Options options = workload::error_options();
  options.tail_sampling.decision_wait_ns = kWait * kNanosPerSecond;
  options.retain.window_ns = kRetained * kNanosPerSecond;
  options.retain.records_ns = (in_one_window ? 3600 : 4) * kNanosPerSecond;
  options.memory_limit_bytes = 512 << 20;
  return options;
}

// An engine, its kept traces, and the time.
class Host {
 public:
  explicit Host(const Options& options) {
    auto opened = Engine::open(options, sink_);
    EXPECT_TRUE(opened.ok());
    engine_ = std::move(*opened);
    tick(kStart);
  }

  Result<void> ingest(const std::string& bytes) { return engine_->ingest(as_bytes(bytes)); }
  void tick(std::int64_t second) {
    now_ = second;
    EXPECT_TRUE(engine_->tick(second * kNanosPerSecond).ok());
    take();
  }
  void drain(std::int64_t second) {
    EXPECT_TRUE(engine_->drain(second * kNanosPerSecond).ok());
    take();
  }
  std::uint64_t loss(const std::string& name) const {
    for (const NamedCount& count : engine_->statistics().losses)
      if (count.name == name) return count.count;
    return 0;
  }
  void expect_conserved() const {
    engine_test::Differences differences;
    engine_test::check_conservation(engine_->statistics(), differences);
    for (const std::string& difference : differences) ADD_FAILURE() << difference;
    EXPECT_EQ(engine_->statistics().spans.held, 0u);
  }
  std::size_t kept() const noexcept { return kept_.size(); }
  std::int64_t now() const noexcept { return now_; }

 private:
  void take() {
    for (const DecisionRecord& record : sink_.take_decisions())
      if (record.verdict == Verdict::keep) kept_.insert(record.trace_id);
    static_cast<void>(sink_.take_batches());
  }

  PollSink sink_;
  std::unique_ptr<Engine> engine_;
  std::set<TraceId> kept_;
  std::int64_t now_ = 0;
};

std::string one_span(std::uint64_t trace, std::uint32_t status, std::uint64_t number) {
  return workload::encode(workload::make_request({workload::make_span(trace, status, number)}));
}

// Trace 1 is dropped and retained; the tick kRetained seconds later seals it. in_one_window: its late span is written
// to the graph window of its first span; otherwise a new window begins between the two.
void drop_trace(Host& host, bool in_one_window) {
  if (in_one_window) {
    ASSERT_TRUE(host.ingest(one_span(99, 0, 1)).ok());  // the first window with a trace is old from the start
    host.tick(host.now() + kWait);
  }
  ASSERT_TRUE(host.ingest(one_span(1, 0, 1)).ok());
  host.tick(host.now() + kWait);
  if (in_one_window) return;
  host.tick(host.now() + 1);  // records are short-lived, a window lasts a second
}

void expect_kept_or_late(Host& host, const std::string& where) {
  for (int i = 0; i < 3; ++i) host.tick(host.now() + 1);
  host.drain(host.now() + 1);
  EXPECT_EQ(host.kept() + host.loss("late_origin"), 1u) << where;
  host.expect_conserved();
}

// Parameter: in_one_window.
class LateSeal : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Windows, LateSeal, testing::Values(true, false),
                         [](const auto& window) { return std::string(window.param ? "One" : "Two"); });

// All of ingest() runs while the sealing tick is held at one of its points.
TEST_P(LateSeal, KeepsOrCounts_WhereverTheTickStalls) {
  for (const std::string_view name :
       {"tick:after_freeze", "tick:after_adopt", "tick:before_settle", "tick:before_seal", "seal:before_take",
        "seal:after_take", "seal:after_mark", "tick:before_windows", "tick:after_windows"}) {
    Host host(sealing_options(GetParam()));
    drop_trace(host, GetParam());
    Stage stage;
    const unsigned wanted = point_named(name);
    Actor& tick = stage.start(
        "tick", [&] { host.tick(host.now() + kRetained); }, [&](unsigned point) { return point == wanted; });
    ASSERT_FALSE(tick.done()) << name << " is not reached";
    ASSERT_TRUE(host.ingest(one_span(1, 2, 2)).ok());
    stage.finish(tick);
    expect_kept_or_late(host, std::string(name));
  }
}

// The reverse: the whole tick runs while the batch is held at one of its points.
TEST_P(LateSeal, KeepsOrCounts_WhereverTheBatchStalls) {
  for (const std::string_view name :
       {"writer:after_pin", "ingest:after_admission", "ingest:after_nodes", "ingest:after_in_edges",
        "ingest:before_publish", "ingest:after_fold", "ingest:after_push", "ingest:before_log", "ingest:after_publish",
        "writer:before_unpin", "writer:after_unpin"}) {
    Host host(sealing_options(GetParam()));
    drop_trace(host, GetParam());
    Stage stage;
    const unsigned wanted = point_named(name);
    Actor& batch = stage.start(
        "batch", [&] { EXPECT_TRUE(host.ingest(one_span(1, 2, 2)).ok()); },
        [&](unsigned point) { return point == wanted; });
    ASSERT_FALSE(batch.done()) << name << " is not reached";
    host.tick(host.now() + kRetained);
    stage.finish(batch);
    expect_kept_or_late(host, std::string(name));
  }
}

// Both are held, each at each of its points, and resume in either order.
TEST_P(LateSeal, KeepsOrCounts_WhereverBothStall) {
  for (const bool batch_first : {false, true}) {
    for (const std::string_view of_tick :
         {"tick:after_adopt", "tick:before_seal", "seal:before_take", "seal:after_take", "seal:after_mark"}) {
      for (const std::string_view of_batch :
           {"ingest:before_publish", "ingest:after_fold", "ingest:after_push", "ingest:before_log"}) {
        Host host(sealing_options(GetParam()));
        drop_trace(host, GetParam());
        Stage stage;
        const unsigned batch_point = point_named(of_batch), tick_point = point_named(of_tick);
        Actor& batch = stage.start(
            "batch", [&] { EXPECT_TRUE(host.ingest(one_span(1, 2, 2)).ok()); },
            [&](unsigned point) { return point == batch_point; });
        Actor& tick = stage.start(
            "tick", [&] { host.tick(host.now() + kRetained); }, [&](unsigned point) { return point == tick_point; });
        ASSERT_FALSE(batch.done());  // a tick that sees the span in time does not seal, and ends
        stage.finish(batch_first ? batch : tick);
        stage.finish(batch_first ? tick : batch);
        expect_kept_or_late(host, std::string(of_tick) + ", " + std::string(of_batch));
      }
    }
  }
}

// With a thread that keeps ingesting while the ticks seal thousands of traces.
TEST_P(LateSeal, KeepsOrCounts_EachOfManySpans) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::uint64_t kTraces = 4'000;
#else
  constexpr std::uint64_t kTraces = 30'000;
#endif
  constexpr std::uint64_t kTogether = 20;
  Host host(sealing_options(GetParam()));
  std::vector<std::string> late;
  for (std::uint64_t first = 1; first <= kTraces; first += kTogether) {
    std::vector<workload::Span> spans, errors;
    for (std::uint64_t trace = first; trace < first + kTogether; ++trace) {
      spans.push_back(workload::make_span(trace, 0, 1));
      errors.push_back(workload::make_span(trace, 2, 2));
    }
    ASSERT_TRUE(host.ingest(workload::encode(workload::make_request(spans))).ok());
    late.push_back(workload::encode(workload::make_request(errors)));
  }
  host.tick(host.now() + kWait);
  std::atomic<std::size_t> sent{0};
  std::thread feeder([&] {
    for (const std::string& request : late) {
      EXPECT_TRUE(host.ingest(request).ok());
      sent.fetch_add(1, std::memory_order_relaxed);
    }
  });
  // A few hundred arrive before the sealing tick, some during it, some after.
  while (sent.load(std::memory_order_relaxed) < late.size() / 10) std::this_thread::yield();
  host.tick(host.now() + kRetained);
  feeder.join();
  for (int i = 0; i < 3; ++i) host.tick(host.now() + 1);
  host.drain(host.now() + 1);
  EXPECT_EQ(host.kept() + host.loss("late_origin"), kTraces);
  host.expect_conserved();
}

}  // namespace
}  // namespace entail::pressure
