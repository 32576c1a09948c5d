// A lane that is slow while ticks run: nothing that it writes, or has published and no tick has read yet, is freed or
// forgotten. PROTOCOL generation, touch P2 and window_close at their call sites, one schedule each.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/engine/engine_run.hpp"
#include "tests/pressure/stage.hpp"
#include "tests/workload/story.hpp"

namespace entail::pressure {
namespace {

using workload::kError;
using workload::make_request;
using workload::make_span;
using workload::trace_bytes;

constexpr std::uint64_t kTrace = 1;
const std::string kName(2000, 'n');  // long enough that freed memory does not still contain it

Options slow_options() {
  Options options = workload::error_options();
  options.tail_sampling.decision_wait_ns = 20 * kNanosPerSecond;
  options.memory_limit_bytes = 16 << 20;
  return options;
}

class Story {
 public:
  Story() : run_(slow_options()) {
    run_.tick(now_);
    send(400, 0, 1);                       // the first window with a trace is old from the start
    for (int i = 0; i < 3; ++i) tick(20);  // it no longer holds spans
  }
  engine_test::EngineRun& run() noexcept { return run_; }
  void send(std::uint64_t trace, std::uint32_t status, std::uint64_t number) {
    run_.ingest(request(trace, status, number));
  }
  void tick(std::int64_t seconds = 1) { run_.tick(now_ += seconds); }
  // A request that is held at its first visit to the point.
  Actor& slow(Stage& stage, std::string_view point, std::uint32_t status, std::uint64_t number) {
    return held(stage, "batch", [this, status, number] { send(kTrace, status, number); }, point);
  }
  Actor& slow_tick(Stage& stage, std::string_view point) {
    return held(stage, "tick", [this] { tick(); }, point);
  }
  // Overwrites the freed chunks.
  void overwrite() {
    for (std::uint64_t i = 0; i < 50; ++i) send(100'000 + next_++, 0, 1);
  }
  void expect_emitted(std::size_t spans) {
    for (int i = 0; i < 25; ++i) tick();
    const std::vector<workload::Span>& emitted = run_.emitted[trace_bytes(kTrace)];
    EXPECT_EQ(emitted.size(), spans);
    for (const workload::Span& span : emitted) EXPECT_TRUE(span.name == kName);
  }

 private:
  static workload::Request request(std::uint64_t trace, std::uint32_t status, std::uint64_t number) {
    workload::Span span = make_span(trace, status, number);
    span.name = trace == kTrace ? kName : std::string(4000, 'x');
    return make_request({std::move(span)});
  }
  static Actor& held(Stage& stage, std::string name, std::function<void()> work, std::string_view point) {
    const unsigned wanted = point_named(point);
    bool was_there = false;
    Actor& actor = stage.start(std::move(name), std::move(work), [wanted, was_there](unsigned reached) mutable {
      return reached == wanted && !std::exchange(was_there, true);
    });
    EXPECT_FALSE(actor.done()) << point << " is not reached";
    return actor;
  }

  engine_test::EngineRun run_;
  std::int64_t now_ = 1'700'000'000;
  std::uint64_t next_ = 0;
};

TEST(SlowLane, PinsWhatItWrites_OverManyTicks) {
  for (const std::string_view point : {"ingest:before_publish", "ingest:after_push", "ingest:before_log"}) {
    SCOPED_TRACE(point);
    Story story;
    Stage stage;
    Actor& batch = story.slow(stage, point, kError, 1);
    for (int i = 0; i < 4; ++i) story.tick();
    story.overwrite();
    stage.finish(batch);
    story.overwrite();
    story.expect_emitted(1);
  }
}

// It ends during a tick that has not seen it in the logs: for that tick, it is still writing.
TEST(SlowLane, PinsWhatItPublished_UntilATickReadsIt) {
  for (const std::string_view point : {"ingest:before_publish", "ingest:before_log", "ingest:after_publish"}) {
    SCOPED_TRACE(point);
    Story story;
    Stage stage;
    Actor& batch = story.slow(stage, point, kError, 1);
    Actor& tick = story.slow_tick(stage, "tick:after_adopt");
    stage.finish(batch);
    stage.finish(tick);
    story.overwrite();
    story.expect_emitted(1);
  }
}

// Later spans made the trace known; the slow lane's span is in an earlier generation.
TEST(SlowLane, PinsAnEarlierGenerationThanItsTrace) {
  for (const bool is_touched : {false, true}) {
    SCOPED_TRACE(is_touched);
    Story story;
    Stage stage;
    Actor& batch = story.slow(stage, "ingest:after_admission", kError, 1);
    story.tick();
    story.send(kTrace, 0, 2);
    story.tick();
    if (is_touched) story.send(kTrace, 0, 3);  // in the log already: the slow lane finds the touched bit set
    stage.finish(batch);
    for (int i = 0; i < 4; ++i) story.tick();
    story.overwrite();
    story.expect_emitted(is_touched ? 3 : 2);
  }
}

// Memory is short, so the tick closes every window it may; the slow lane stops writing to its window after the tick
// has begun.
TEST(SlowLane, KeepsItsWindowOpen_UntilItsLogIsRead) {
  for (const std::string_view point : {"tick:after_freeze", "tick:after_adopt"}) {
    SCOPED_TRACE(point);
    Story story;
    story.send(500, 0, 1);
    Stage stage;
    Actor& batch = story.slow(stage, "ingest:before_log", kError, 1);
    story.tick(1000);  // a window begins
    const std::string bytes = [] {
      workload::Span span = make_span(777);
      span.name.assign(200 << 10, 'x');
      return workload::encode(make_request({std::move(span)}));
    }();
    int sent = 0;
    while (sent < 200 && story.run().engine().ingest(engine_test::as_bytes(bytes)).ok()) ++sent;
    ASSERT_LT(sent, 200);
    Actor& tick = story.slow_tick(stage, point);
    stage.finish(batch);
    stage.finish(tick);
    story.expect_emitted(1);
  }
}

// A request that began before drain() is decided: drain() says busy until it has ended.
TEST(SlowLane, MakesDrainWait_AndIsDecided) {
  for (const std::string_view point : {"ingest:after_admission", "ingest:before_publish", "ingest:after_publish"}) {
    SCOPED_TRACE(point);
    Story story;
    Engine& engine = story.run().engine();
    Stage stage;
    Actor& batch = story.slow(stage, point, kError, 1);
    const std::int64_t end_ns = 1'800'000'000 * kNanosPerSecond;
    EXPECT_EQ(engine.drain(end_ns).error().code(), ErrorCode::busy);
    EXPECT_EQ(engine.ingest(Bytes()).error().code(), ErrorCode::closed);
    EXPECT_EQ(engine.tick(end_ns).error().code(), ErrorCode::closed);
    EXPECT_EQ(engine.drain(end_ns).error().code(), ErrorCode::busy);
    stage.finish(batch);
    EXPECT_TRUE(engine.drain(end_ns).ok());
    EXPECT_EQ(engine.statistics().traces.kept, 1u);
    EXPECT_EQ(engine.statistics().spans.held, 0u);
    EXPECT_EQ(engine.drain(end_ns).error().code(), ErrorCode::closed);
  }
}

}  // namespace
}  // namespace entail::pressure
