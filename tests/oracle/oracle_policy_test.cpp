// The oracle's policies: one test for each pitfall of the Collector that docs/design.md 3.1 avoids, and for the origins
// of 3.2.
#include <gtest/gtest.h>

#include "tests/oracle/context_oracle.hpp"
#include "tests/oracle/ottl_oracle.hpp"
#include "tests/oracle/policy_oracle.hpp"
#include "tests/workload/story.hpp"

namespace entail::oracle {
namespace {

using workload::make_policy;
using workload::make_span;

SeenSpan seen(workload::Span span) {
  span.encoded_bytes = workload::encode_span(span).size();
  const std::uint64_t bytes = span.encoded_bytes;
  return {std::make_shared<workload::Attributes>(workload::Attributes{{"service.name", std::string("cart")}}),
          std::move(span), bytes};
}

Options with(std::vector<PolicyOptions> policies) {
  Options options;
  options.tail_sampling.policies = std::move(policies);
  return options;
}

bool keeps(const PolicyOptions& policy, const SeenSpans& spans) {
  Policies policies(with({policy}));
  Answers answers;
  return policies.judge(trace_id_of(spans.front().span.trace_id), spans, answers, 0).keep;
}

TEST(OraclePolicy, LatencyIsOfTheWholeTrace) {
  workload::Span first = make_span(1);
  workload::Span second = make_span(1, 0, 2);
  second.end_ns = first.start_ns + 50'000'000;
  const SeenSpans spans = {seen(first), seen(second)};
  PolicyOptions latency = make_policy(PolicyType::latency, "slow");
  latency.threshold_ms = 49;
  EXPECT_TRUE(keeps(latency, spans));
  latency.threshold_ms = 50;
  EXPECT_FALSE(keeps(latency, spans));
  latency.threshold_ms = 0;
  latency.upper_threshold_ms = 49;  // a prefix of the trace is in the range, but the trace is not
  EXPECT_FALSE(keeps(latency, spans));
}

TEST(OraclePolicy, NumericMatchesZero_AndInvertedAbsence) {
  workload::Span span = make_span(1);
  span.attributes = {{"n", -1.5}};
  PolicyOptions number = make_policy(PolicyType::numeric_attribute, "n");
  number.key = "n";
  number.min_value = 0;
  EXPECT_FALSE(keeps(number, {seen(span)}));
  number.invert_match = true;
  EXPECT_TRUE(keeps(number, {seen(span)}));
  number.key = "absent";
  EXPECT_TRUE(keeps(number, {seen(span)}));
}

TEST(OraclePolicy, TextMatchesUnanchored_IncludingResources) {
  PolicyOptions text = make_policy(PolicyType::string_attribute, "service");
  text.key = "service.name";
  text.values = {"ar"};
  EXPECT_FALSE(keeps(text, {seen(make_span(1))}));
  text.enabled_regex_matching = true;
  EXPECT_TRUE(keeps(text, {seen(make_span(1))}));
}

TEST(OraclePolicy, ConsultsBucketsOncePerTrace_AndOnlyWhenNeeded) {
  PolicyOptions both = make_policy(PolicyType::and_policy, "limited errors");
  both.parts = {make_policy(PolicyType::status_code, "errors"), make_policy(PolicyType::rate_limiting, "rate")};
  both.parts[0].status_code_mask = 4;
  both.parts[1].per_second = 1;
  both.parts[1].burst_capacity = 2;
  Policies policies(with({both}));
  Answers answers[4];
  const auto judge = [&](int trace, std::uint32_t status, std::int64_t second) {
    const SeenSpans spans = {seen(make_span(static_cast<std::uint64_t>(trace), status))};
    return policies.judge(trace_id_of(spans.front().span.trace_id), spans, answers[trace], second * kNanosPerSecond)
        .keep;
  };
  EXPECT_FALSE(judge(0, 0, 0));  // the bucket is not consulted
  EXPECT_TRUE(judge(1, 2, 0));
  EXPECT_TRUE(judge(2, 2, 0));
  EXPECT_FALSE(judge(3, 2, 0));
  EXPECT_FALSE(judge(3, 2, 60));  // it has already said no
  EXPECT_TRUE(judge(0, 2, 60));
}

TEST(OraclePolicy, EarlyOriginsNeedAMonotonePolicy) {
  const SeenSpans spans = {seen(make_span(1, 2))};
  const TraceId id = trace_id_of(spans.front().span.trace_id);
  PolicyOptions errors = make_policy(PolicyType::status_code, "errors");
  errors.status_code_mask = 4;
  EXPECT_TRUE(Policies(with({errors})).early_origin(id, spans).origin);
  PolicyOptions few = make_policy(PolicyType::span_count, "few");
  few.max_spans = 3;
  PolicyOptions both = make_policy(PolicyType::and_policy, "both");
  both.parts = {errors, few};
  EXPECT_FALSE(Policies(with({both})).early_origin(id, spans).origin);
  both.parts[1].max_spans = 0;
  EXPECT_TRUE(Policies(with({both})).early_origin(id, spans).origin);
  PolicyOptions drop = make_policy(PolicyType::drop_policy, "drop");
  drop.parts = {few};
  EXPECT_FALSE(Policies(with({errors, drop})).early_origin(id, spans).origin);
}

TEST(OraclePolicy, ProbabilisticKeepsTheConfiguredShare) {
  PolicyOptions all = make_policy(PolicyType::probabilistic, "all");
  all.sampling_percentage = 100;
  PolicyOptions none = all;
  none.sampling_percentage = 0;
  int kept = 0;
  PolicyOptions half = all;
  half.sampling_percentage = 50;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const SeenSpans spans = {seen(make_span(i))};
    EXPECT_TRUE(keeps(all, spans));
    EXPECT_FALSE(keeps(none, spans));
    kept += keeps(half, spans);
  }
  EXPECT_GT(kept, 440);
  EXPECT_LT(kept, 560);
}

TEST(OraclePolicy, CountsLinksAndMatchesTheirTypes) {
  workload::Span span = workload::linking(make_span(1), {2, 3});
  span.links[0].attributes = {{"link.type", std::string("retry-of")}};
  span.links.push_back({});  // a bad context
  PolicyOptions count = make_policy(PolicyType::link_count, "count");
  for (const auto& [min, max, expected] : {std::tuple(2, 2, true), std::tuple(3, 0, false), std::tuple(1, 1, false)}) {
    count.min_links = min;
    count.max_links = max;
    EXPECT_EQ(keeps(count, {seen(span)}), expected);
  }
  PolicyOptions type = make_policy(PolicyType::link_type, "type");
  type.values = {"retry_of"};
  EXPECT_TRUE(keeps(type, {seen(make_span(1)), seen(span)}));
  type.values = {"other"};
  EXPECT_FALSE(keeps(type, {seen(span)}));
}

TEST(OraclePolicy, ErrorModeDecidesHowConditionsFail) {
  workload::Span span = make_span(1);
  span.attributes = {{"k", std::string("value")}, {"n", std::int64_t{7}}};
  span.events = {{.time_ns = span.start_ns + 2'000'000, .name = "late", .attributes = {}}};
  const auto meets_span = [&](const std::string& condition) { return meets(condition, {}, span, nullptr); };
  EXPECT_EQ(meets_span("attributes[\"k\"] == \"value\" and (attributes[\"n\"] + 1) / 2 == 4"), true);
  EXPECT_EQ(meets_span("not attributes[\"k\"] == \"value\" or attributes[\"n\"] < 7"), false);
  EXPECT_EQ(meets_span("HasPrefix(attributes[\"none\"], \"v\")"), std::nullopt);
  EXPECT_EQ(meets_span("attributes[\"n\"] / 0 == 1"), std::nullopt);
  EXPECT_EQ(meets("time - span.start_time > Duration(\"1ms\") and name == \"late\"", {}, span, &span.events[0]), true);

  PolicyOptions ottl = make_policy(PolicyType::ottl_condition, "ottl");
  ottl.span_conditions = {"HasPrefix(attributes[\"k\"], \"v\")"};
  const SeenSpans mixed = {seen(make_span(1)), seen(span)};
  EXPECT_TRUE(keeps(ottl, mixed));
  EXPECT_EQ(Policies(with({ottl})).errors_on(mixed[0]), 1u);
  ottl.error_mode = OttlErrorMode::silent;
  EXPECT_EQ(Policies(with({ottl})).errors_on(mixed[0]), 0u);
  ottl.error_mode = OttlErrorMode::propagate;
  EXPECT_FALSE(keeps(ottl, mixed));
  PolicyOptions negation = make_policy(PolicyType::not_policy, "not");
  negation.parts = {ottl};
  EXPECT_FALSE(keeps(negation, mixed)) << "a policy without a say does not keep";
}

TEST(OraclePolicy, CompositesShareTheRateOfASecond) {
  PolicyOptions policy = make_policy(PolicyType::composite, "composite");
  policy.parts = {make_policy(PolicyType::always_sample, "rest"), make_policy(PolicyType::status_code, "errors")};
  policy.parts[1].status_code_mask = 4;
  policy.policy_order = {"errors"};
  policy.rate_allocation = {{"errors", 50}};
  policy.max_total_spans_per_second = 4;
  Policies policies(with({policy}));
  std::uint64_t number = 0;
  const auto kept = [&](std::uint32_t status, std::int64_t second) {
    const SeenSpans spans = {seen(make_span(++number, status))};
    Answers answers;
    return policies.judge(trace_id_of(spans.front().span.trace_id), spans, answers, second * kNanosPerSecond).keep;
  };
  EXPECT_TRUE(kept(2, 0));
  EXPECT_TRUE(kept(2, 0));
  EXPECT_FALSE(kept(2, 0)) << "half of four";
  EXPECT_TRUE(kept(0, 0));
  EXPECT_TRUE(kept(0, 0));
  EXPECT_FALSE(kept(0, 0)) << "the total";
  EXPECT_TRUE(kept(2, 1));
}

}  // namespace
}  // namespace entail::oracle
