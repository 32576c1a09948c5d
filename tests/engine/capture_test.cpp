// The capture of the OpenTelemetry Demo: a policy that keeps only the error traces of one service.
#include <gtest/gtest.h>

#include "tests/engine/driven_engine.hpp"

namespace entail::testing_engine {
namespace {

const std::string kCapture = std::string(ENTAIL_SOURCE_DIR) + "/tests/golden/otel_demo_capture/otel_demo_2024-10-30.mixed.jsonl";

Statistics run(const std::string& service, const std::string& mode, std::map<TraceId, DecisionRecord>& decisions) {
  DrivenEngine driven(
      "{tail_sampling: {decision_wait: 30s, policies: [{name: errors, type: and, and: {and_sub_policy: ["
      "{name: error, type: status_code, status_code: {status_codes: [ERROR]}},"
      "{name: service, type: string_attribute, string_attribute: {key: service.name, values: [" + service + "]}}]}}]},"
      "links: {propagate: {mode: " + mode + "}}}");
  std::int64_t now_ns = 0;
  for (const std::string& line : read_requests(kCapture)) {
    Request request;
    EXPECT_TRUE(request.parse_json(line).ok());
    const std::int64_t arrival_ns = request.end_time_max_ns() / kNanosPerSecond * kNanosPerSecond;
    if (arrival_ns > now_ns) driven.tick(now_ns = arrival_ns);
    EXPECT_TRUE(driven.engine->ingest(request).ok());
  }
  driven.drain(now_ns);
  decisions = driven.last;
  return driven.engine->statistics();
}

void expect_kept_by_link(const Statistics& told, Direction direction, std::uint64_t traces) {
  ASSERT_EQ(told.traces.kept_by_link.size(), 1u);
  EXPECT_EQ(told.traces.kept_by_link[0].direction, direction);
  EXPECT_EQ(told.traces.kept_by_link[0].hops, 1u);
  EXPECT_EQ(told.traces.kept_by_link[0].traces, traces);
}

TEST(Capture, KeepsSpreadFromOneServicesErrors) {
  std::map<TraceId, DecisionRecord> decisions;
  const Statistics checkout = run("checkoutservice", "cone", decisions);
  EXPECT_EQ(checkout.spans.received, 547u);
  EXPECT_EQ(checkout.traces.received, 141u);
  EXPECT_EQ(checkout.traces.kept_by_policy[0].count, 4u);
  expect_kept_by_link(checkout, Direction::linked, 4);
  for (const auto& [id, record] : decisions) {
    if (record.reason != "link") continue;
    ASSERT_EQ(record.path.size(), 2u);
    EXPECT_EQ(record.path[1], id);
    EXPECT_EQ(decisions.at(record.path[0]).reason, "policy");
  }
  const Statistics load = run("loadgenerator", "cone", decisions);
  EXPECT_EQ(load.traces.kept_by_policy[0].count, 39u);
  expect_kept_by_link(load, Direction::linking, 20);
}

TEST(Capture, KeepsStay_WhenPropagationIsOff) {
  std::map<TraceId, DecisionRecord> decisions;
  EXPECT_EQ(run("checkoutservice", "none", decisions).traces.kept, 4u);
  EXPECT_EQ(run("loadgenerator", "none", decisions).traces.kept, 39u);
}

}  // namespace
}  // namespace entail::testing_engine
