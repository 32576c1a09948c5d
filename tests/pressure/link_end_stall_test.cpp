// G2 at each of its call sites: trace 2 links to trace 1, which fails. Its batch is held at each sync point, for
// 1 to 14 windows, while 3 links to 2 and 1 fails; or the tick that propagates the keep is held at each of its points,
// while the whole batch runs. At the end 1, 2 and 3 are kept.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/engine/engine_run.hpp"
#include "tests/pressure/stage.hpp"
#include "tests/workload/story.hpp"

namespace entail::pressure {
namespace {

using workload::linking;
using workload::make_request;
using workload::make_span;

constexpr std::int64_t kRecordsSeconds = 1000;
constexpr std::int64_t kWindowSeconds = 251;  // more than a quarter: one window each

constexpr std::string_view kPointsOfABatch[] = {
    "writer:after_pin",      "ingest:after_admission",  "ingest:after_nodes",      "writer:after_in_append",
    "ingest:after_in_edges", "ingest:before_out_edges", "writer:after_out_append", "ingest:after_out_edges",
    "ingest:before_publish", "ingest:after_fold",       "ingest:after_push",       "ingest:before_log",
    "ingest:after_publish",  "writer:before_unpin",     "writer:after_unpin"};
constexpr std::string_view kPointsOfATick[] = {"tick:after_freeze",  "tick:after_adopt", "carry:after_raise",
                                               "tick:before_settle", "tick:before_seal", "tick:before_windows",
                                               "tick:after_windows"};

Options pending_options() {
  Options options = workload::error_options();
  options.tail_sampling.decision_wait_ns = 100'000 * kNanosPerSecond;  // nothing is decided or forgotten before
  options.retain.records_ns = kRecordsSeconds * kNanosPerSecond;
  return options;
}

class Story {
 public:
  Story() : run_(pending_options()) {
    tick(0);
    send(make_span(1));
    tick(1);
  }
  void send(workload::Span span) { run_.ingest(make_request({std::move(span)})); }
  void tick(std::int64_t seconds) { run_.tick(now_ += seconds); }
  // A pending trace gets a span in each window, so that the window ends.
  void turn_windows(int count) {
    for (int i = 0; i < count; ++i) {
      send(make_span(1000 + windows_++));
      tick(kWindowSeconds);
    }
  }
  void expect_all_kept(const std::string& where) {
    for (int i = 0; i < 3; ++i) tick(1);
    run_.drain(now_ + 1);
    for (const std::uint64_t trace : {1, 2, 3})
      EXPECT_TRUE(run_.kept(workload::trace_bytes(trace))) << "trace " << trace << ": " << where;
    EXPECT_EQ(run_.emitted[workload::trace_bytes(2)].size(), 2u) << where;
  }

 private:
  engine_test::EngineRun run_;
  std::int64_t now_ = 1'700'000'000;
  std::uint64_t windows_ = 0;
};

TEST(LinkEndStall, LosesNoKeep_WhereverTheBatchStalls) {
  for (const int windows : {1, 2, 5, 14})
    for (const bool fails_first : {false, true})
      for (const std::string_view name : kPointsOfABatch) {
        const std::string where =
            std::string(name) + ", " + std::to_string(windows) + " windows" + (fails_first ? ", 1 fails first" : "");
        Story story;
        Stage stage;
        const unsigned point = point_named(name);
        Actor& batch = stage.start(
            "batch", [&] { story.send(linking(make_span(2), {1})); },
            [&](unsigned reached) { return reached == point; });
        ASSERT_FALSE(batch.done()) << name << " is not reached";
        story.turn_windows(windows);
        if (fails_first) story.send(make_span(1, 2, 2));
        if (fails_first) story.tick(1);
        story.send(linking(make_span(3), {2}));
        story.tick(1);
        if (!fails_first) story.send(make_span(1, 2, 2));
        story.tick(1);
        story.send(make_span(2, 0, 2));  // 2 has a node in the newest window now
        story.tick(1);
        stage.finish(batch);
        story.expect_all_kept(where);
      }
}

TEST(LinkEndStall, LosesNoKeep_WhereverTheTickStalls) {
  for (const int windows : {0, 1, 2, 5})
    for (const std::string_view name : kPointsOfATick) {
      Story story;
      story.send(make_span(2, 0, 2));
      story.send(linking(make_span(3), {2}));
      story.tick(1);
      story.turn_windows(windows);
      story.send(make_span(1, 2, 2));
      Stage stage;
      const unsigned point = point_named(name);
      Actor& tick =
          stage.start("tick", [&] { story.tick(kWindowSeconds); }, [&](unsigned reached) { return reached == point; });
      ASSERT_FALSE(tick.done()) << name << " is not reached";
      story.send(linking(make_span(2), {1}));
      stage.finish(tick);
      story.expect_all_kept(std::string(name) + ", " + std::to_string(windows) + " windows");
    }
}

}  // namespace
}  // namespace entail::pressure
