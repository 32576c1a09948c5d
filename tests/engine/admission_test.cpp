// The account and its reservations (docs/design.md 5, G5).
#include "engine/admission.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_run.hpp"
#include "tests/workload/story.hpp"

namespace entail::engine_test {
namespace {

constexpr store::TruncatedSpanOps kNoTruncatedSpans = {[](const store::TruncatedSpan*) -> std::uint64_t { return 0; },
                                                       [](store::TruncatedSpan*) {}};

class Gauges {
 public:
  Gauges() : store(kNoTruncatedSpans), graph({.lanes = 1, .first_capacity = 16}) {}
  std::uint64_t bytes() const noexcept { return store.bytes() + store.pooled_bytes() + graph.bytes(); }
  store::SpanStore store;
  graph::Graph graph;
};

TEST(Admission, CountsReservations_UntilTheyAreReleased) {
  const Gauges gauges;
  engine::Admission admission(gauges.store, gauges.graph, gauges.bytes() + 1000);
  ASSERT_TRUE(admission.try_reserve(600, 7));
  EXPECT_FALSE(admission.try_reserve(600, 7));
  EXPECT_EQ(admission.take_wanted_bytes(), 600u);
  EXPECT_EQ(admission.take_wanted_nodes(), 7u);
  EXPECT_EQ(admission.take_wanted_bytes(), 0u);
  EXPECT_TRUE(admission.try_reserve(400, 7));
  admission.settle(600, 0);
  EXPECT_TRUE(admission.try_reserve(600, 7));
  admission.settle(600, 0);
  admission.settle(400, 0);
  EXPECT_TRUE(admission.try_reserve(1000, 7));
}

TEST(Admission, CountsLoggedBytes_UntilATickAdoptsThem) {
  const Gauges gauges;
  engine::Admission admission(gauges.store, gauges.graph, gauges.bytes() + 1000);
  ASSERT_TRUE(admission.try_reserve(500, 7));
  admission.settle(500, 300);
  EXPECT_EQ(admission.held_bytes(), gauges.bytes() + 300);
  const std::uint64_t adopted = admission.logged_bytes();
  admission.settle(0, 50);  // logged after the tick has read the log
  admission.set_ticked(200, adopted);
  EXPECT_EQ(admission.held_bytes(), gauges.bytes() + 250);
}

TEST(Admission, AccountEqualsTheSumOfItsParts_AfterEachTick) {
  Options options = workload::error_options();
  options.memory_limit_bytes = 64 << 20;
  EngineRun run(options);
  for (std::uint64_t step = 0; step < 5; ++step) {
    std::vector<workload::Span> spans;
    for (std::uint64_t i = 0; i < 2000; ++i) spans.push_back(workload::make_span(1 + step * 2000 + i));
    const std::uint64_t before = run.engine().statistics().memory.total_bytes;
    run.ingest(workload::make_request(std::move(spans)));
    EXPECT_GT(run.engine().statistics().memory.total_bytes, before + 2000 * engine::kAdoptedBytes);
    run.tick(static_cast<std::int64_t>(step) + 1);
    const auto memory = run.engine().statistics().memory;
    const std::uint64_t parts = memory.spans_bytes + memory.graph_bytes + memory.records_bytes + memory.scratch_bytes;
    EXPECT_NEAR(static_cast<double>(memory.total_bytes), static_cast<double>(parts), 100'000.0);
  }
}

}  // namespace
}  // namespace entail::engine_test
