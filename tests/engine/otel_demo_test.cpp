// The OpenTelemetry Demo capture: an error of one service keeps the traces that it links to, or that link to it.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/engine/engine_run.hpp"

namespace entail::engine_test {
namespace {

const std::string kDemoCapture =
    std::string(ENTAIL_SOURCE_DIR) + "/tests/golden/otel_demo_capture/otel_demo_2024-10-30.mixed.jsonl";

std::string config(const std::string& service, const std::string& mode) {
  return "tail_sampling:\n  policies:\n"
         "    - {name: failed, type: and, and: {and_sub_policy: [\n"
         "        {name: errors, type: status_code, status_code: {status_codes: [ERROR]}},\n"
         "        {name: service, type: string_attribute, string_attribute: {key: service.name, values: [" +
         service +
         "]}}]}}\n"
         "links: {propagate: {mode: " +
         mode + "}}\n";
}

// A request arrives at the largest end time seen so far; the tick precedes it (docs/design.md 3.0).
void play(EngineRun& run) {
  std::size_t traces = 0, others = 0;
  std::int64_t now_s = 0;
  Request request;
  for (const std::string& line : workload::split_lines(workload::read_file(kDemoCapture))) {
    ASSERT_TRUE(request.parse_json(line).ok());
    ++(request.signal() == Request::Signal::traces ? traces : others);
    if (request.signal() != Request::Signal::traces) continue;
    const std::int64_t end_s = request.end_time_max_ns() / kNanosPerSecond;
    if (end_s > now_s) run.tick(now_s = end_s);
    run.ingest(request);
  }
  run.drain(now_s);
  EXPECT_EQ(traces, 41U);
  EXPECT_EQ(others, 56U);
  const Statistics statistics = run.engine().statistics();
  EXPECT_EQ(statistics.spans.received, 547U);
  EXPECT_EQ(statistics.traces.received, 141U);
  EXPECT_EQ(statistics.links.edges, 53U);
}

struct Kept {
  std::size_t by_policy = 0;
  std::size_t by_link = 0;
};

Kept count(EngineRun& run, Direction direction) {
  Kept kept;
  std::set<TraceId> origins;
  for (const auto& [trace, record] : run.records)
    if (record.origin) origins.insert(record.trace_id);
  for (const auto& [trace, record] : run.records) {
    if (record.verdict != Verdict::keep) continue;
    ++(record.reason == "policy" ? kept.by_policy : kept.by_link);
    EXPECT_TRUE(run.kept(trace));
    if (record.reason == "policy") {
      EXPECT_EQ(record.policy, "failed");
      continue;
    }
    EXPECT_EQ(record.direction, direction);
    EXPECT_EQ(record.hops, 1U);
    EXPECT_EQ(record.path.size(), 2U);
    EXPECT_TRUE(origins.contains(record.path.front()));
    EXPECT_EQ(record.path.back(), record.trace_id);
    // The edge of the path, seen from the linking side.
    const TraceId linking = direction == Direction::linked ? record.path.front() : record.trace_id;
    const TraceId linked = direction == Direction::linked ? record.trace_id : record.path.front();
    const auto& list = run.records.at(oracle::bytes_of(linking)).linked;
    EXPECT_EQ(std::count(list.begin(), list.end(), linked), 1);
  }
  return kept;
}

Kept keep(const std::string& service, const std::string& mode, Direction direction) {
  EngineRun run(options_of(config(service, mode)));
  play(run);
  return count(run, direction);
}

TEST(OtelDemo, CheckoutErrorsKeepTheirCauses) {
  const Kept kept = keep("checkoutservice", "cone", Direction::linked);
  EXPECT_EQ(kept.by_policy, 4U);
  EXPECT_EQ(kept.by_link, 4U);
}

TEST(OtelDemo, LoadGeneratorErrorsKeepTheirConsequences) {
  const Kept kept = keep("loadgenerator", "cone", Direction::linking);
  EXPECT_EQ(kept.by_policy, 39U);
  EXPECT_EQ(kept.by_link, 20U);
}

TEST(OtelDemo, NothingPropagates_WithModeNone) {
  const Kept checkout = keep("checkoutservice", "none", Direction::linked);
  EXPECT_EQ(checkout.by_policy, 4U);
  EXPECT_EQ(checkout.by_link, 0U);
  const Kept generator = keep("loadgenerator", "none", Direction::linking);
  EXPECT_EQ(generator.by_policy, 39U);
  EXPECT_EQ(generator.by_link, 0U);
}

}  // namespace
}  // namespace entail::engine_test
