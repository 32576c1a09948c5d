// What moves with a trace when its window closes, beyond what tests/pressure compares.
#include <gtest/gtest.h>

#include "tests/engine/engine_run.hpp"
#include "tests/workload/story.hpp"

namespace entail::engine_test {
namespace {

using workload::make_request;
using workload::make_span;

// A window begins every 10 seconds, and closes 40 seconds later.
TEST(MovedTrace, KeepsTheCountOfLinksDroppedUpstream) {
  Options options = workload::error_options();
  options.tail_sampling.decision_wait_ns = 300 * kNanosPerSecond;
  options.retain.records_ns = 40 * kNanosPerSecond;
  EngineRun run(options);
  run.tick(1);
  workload::Span span = make_span(1, 2);
  span.dropped_links_count = 7;
  run.ingest(make_request({span}));
  for (std::int64_t second = 10; second <= 310; second += 10) {
    run.ingest(make_request({make_span(static_cast<std::uint64_t>(second))}));
    run.tick(second);
  }
  ASSERT_EQ(run.emitted[workload::trace_bytes(1)].size(), 1u);
  EXPECT_EQ(run.records[workload::trace_bytes(1)].links_dropped_upstream, 7u);
}

}  // namespace
}  // namespace entail::engine_test
