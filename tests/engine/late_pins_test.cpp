// The loss late_pin: dropped links that would have been emitted if their targets had been known as origins (4.3).
#include <gtest/gtest.h>

#include <vector>

#include "tests/engine/engine_run.hpp"
#include "tests/workload/story.hpp"

namespace entail::engine_test {
namespace {

using workload::kError;
using workload::linking;
using workload::make_request;
using workload::make_span;

constexpr std::uint64_t kBatch = 1, kFirstJob = 1000, kJobs = 400;

std::vector<std::uint64_t> jobs(std::uint64_t first) {
  std::vector<std::uint64_t> traces;
  for (std::uint64_t i = 0; i < kJobs; ++i) traces.push_back(first + i);
  return traces;
}

// The batch fails and is emitted with some of its first jobs.
void emit_batch(EngineRun& run) {
  run.tick(1);
  run.ingest(make_request({linking(make_span(kBatch, kError), jobs(kFirstJob))}));
  run.tick(20);
  ASSERT_EQ(run.emitted[workload::trace_bytes(kBatch)].size(), 1u);
}

TEST(LatePins, CountLinksThatWereTruncated) {
  EngineRun run(workload::error_options());
  emit_batch(run);
  std::vector<workload::Span> spans;
  for (std::uint64_t i = 0; i < kJobs; ++i) spans.push_back(make_span(kFirstJob + i, kError));
  run.ingest(make_request(std::move(spans)));
  run.tick(21);
  EXPECT_EQ(run.loss("late_pin"), kJobs - run.emitted[workload::trace_bytes(kBatch)][0].links.size());
}

// A second span of the batch is held when the jobs it links to fail: its links have not been chosen yet.
TEST(LatePins, ExcludeLinksOfASpanStillHeld) {
  EngineRun run(workload::error_options());
  emit_batch(run);
  constexpr std::uint64_t kSecondJob = kFirstJob + kJobs, kFailed = 5;
  std::vector<workload::Span> spans = {linking(make_span(kBatch, 0, 2), jobs(kSecondJob))};
  for (std::uint64_t i = 0; i < kFailed; ++i) spans.push_back(make_span(kSecondJob + i, kError));
  run.ingest(make_request(std::move(spans)));
  run.tick(21);
  ASSERT_EQ(run.emitted[workload::trace_bytes(kBatch)].size(), 2u);
  EXPECT_EQ(run.loss("late_pin"), 0u);
}

}  // namespace
}  // namespace entail::engine_test
