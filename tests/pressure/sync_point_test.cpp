// Some call reaches every sync point; otherwise the tests that hold threads there would hold none.
#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "entail/entail.hpp"
#include "tests/engine/engine_run.hpp"
#include "tests/pressure/stage.hpp"
#include "tests/workload/story.hpp"

namespace entail::pressure {
namespace {

class Recorder final : public sync::PointListener {
 public:
  Recorder() { sync::listen_to_sync_points(this); }
  ~Recorder() { sync::listen_to_sync_points(nullptr); }
  void reach(unsigned point) noexcept override { reached.insert(sync::kSyncPoints[point]); }
  std::set<std::string_view> reached;
};

TEST(SyncPoints, AreAllReached) {
  Options options = workload::error_options();
  options.retain.records_ns = 4 * kNanosPerSecond;  // a window per second
  Recorder recorder;
  engine_test::EngineRun run(options);
  run.tick(1000);
  // A failed trace and its neighbours, a dropped trace, and enough time to seal it.
  run.ingest(workload::make_request({workload::make_span(1, 2), workload::linking(workload::make_span(2), {1}),
                                     workload::linking(workload::make_span(1), {2, 3}), workload::make_span(4)}));
  for (std::int64_t second = 1001; second < 1050; ++second) run.tick(second);
  for (const std::string_view point : sync::kSyncPoints) EXPECT_TRUE(recorder.reached.contains(point)) << point;
}

TEST(Stage, HoldsAnActorAtItsPoint_WhileOthersPass) {
  engine_test::EngineRun run(workload::error_options());
  run.tick(1000);
  Stage stage;
  const unsigned point = point_named("ingest:after_fold");
  Actor& held = stage.start(
      "held", [&] { run.ingest(workload::make_request({workload::make_span(1, 2)})); },
      [&](unsigned reached) { return reached == point; });
  ASSERT_FALSE(held.done());
  EXPECT_EQ(held.point(), "ingest:after_fold");
  run.ingest(workload::make_request({workload::make_span(2, 2)}));  // not an actor
  Actor& passing = stage.start(
      "passing", [&] { run.ingest(workload::make_request({workload::make_span(3, 2)})); },
      [](unsigned) { return false; });
  EXPECT_TRUE(passing.done());
  run.tick(1010);
  EXPECT_EQ(run.emitted.size(), 2u);
  stage.resume(held);
  EXPECT_TRUE(held.done());
  run.tick(1020);
  EXPECT_EQ(run.emitted.size(), 3u);
}

}  // namespace
}  // namespace entail::pressure
