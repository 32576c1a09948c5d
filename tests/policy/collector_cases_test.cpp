// The cases of the Collector's own tests, by policy type: the same verdicts here, with compat: collector,
// and without it unless a trap of collector_traps_test.cpp is involved.
#include <gtest/gtest.h>

#include "tests/policy/ottl.hpp"

namespace entail::policy {
namespace {

constexpr std::uint64_t kMilli = 1'000'000;

struct Case {
  const char* what;
  PolicyOptions policy;
  std::vector<SpanSpec> spans;
  bool kept;
};

void check(const std::vector<Case>& cases) {
  for (const Compat compat : {Compat::collector, Compat::none})
    for (const Case& one : cases)
      EXPECT_EQ(keeps(one.policy, one.spans, compat), one.kept)
          << one.what << (compat == Compat::none ? "" : ", compat");
}

SpanSpec lasting(std::uint64_t start_ms, std::uint64_t duration_ms) {
  return {.start_ns = start_ms * kMilli, .end_ns = (start_ms + duration_ms) * kMilli};
}
SpanSpec tagged(const std::string& key, Value value) { return {.attributes = {{key, std::move(value)}}}; }
SpanSpec in_resource(const std::string& key, Value value) { return {.resource = {{key, std::move(value)}}}; }

TEST(CollectorCases, AlwaysSampleAndTraceFlags) {
  check({{"always", always(), {SpanSpec{}}, true},
         {"flag set", trace_flags(), {SpanSpec{.flags = 1}}, true},
         {"flag not set", trace_flags(), {SpanSpec{.flags = 0}}, false},
         {"flag among others", trace_flags(), {SpanSpec{}, SpanSpec{.flags = 0x301}}, true}});
}

TEST(CollectorCases, Latency) {
  check({{"shorter", latency(5000), {lasting(1, 4500)}, false},
         {"equal", latency(5000), {lasting(1, 5000)}, false},
         {"longer", latency(5000), {lasting(1, 5500)}, true},
         {"the trace is longer, no span is", latency(5000), {lasting(1, 3000), lasting(2501, 3000)}, true},
         {"with upper bound: at the lower", latency(5000, 10000), {lasting(1, 5000)}, false},
         {"with upper bound: inside", latency(5000, 10000), {lasting(1, 5001)}, true},
         {"with upper bound: at the upper", latency(5000, 10000), {lasting(1, 10000)}, true},
         {"with upper bound: beyond", latency(5000, 10000), {lasting(1, 10001)}, false}});
}

TEST(CollectorCases, NumericAttribute) {
  const auto number = [](std::int64_t value) { return tagged("n", value); };
  check({{"other key", numeric(50, 100), {tagged("x", std::int64_t{70})}, false},
         {"below", numeric(50, 100), {number(49)}, false},
         {"at the lower bound", numeric(50, 100), {number(50)}, true},
         {"inside", numeric(50, 100), {number(70)}, true},
         {"at the upper bound", numeric(50, 100), {number(100)}, true},
         {"above", numeric(50, 100), {number(101)}, false},
         {"resource", numeric(50, 100), {in_resource("n", std::int64_t{70})}, true},
         {"resource outside", numeric(50, 100), {in_resource("n", std::int64_t{700})}, false},
         {"only min", numeric(50, std::nullopt), {number(1'000'000)}, true},
         {"only max", numeric(std::nullopt, 50), {number(-5)}, true},
         {"inverted, inside", numeric(50, 100, true), {number(70)}, false},
         {"inverted, outside", numeric(50, 100, true), {number(101)}, true},
         {"inverted, absent", numeric(50, 100, true), {SpanSpec{}}, true}});
}

TEST(CollectorCases, StringAttribute) {
  const auto tag = [](const char* value) { return tagged("s", std::string(value)); };
  check({{"other key", text({"value"}), {tagged("x", std::string("value"))}, false},
         {"span value", text({"value"}), {tag("value")}, true},
         {"resource value", text({"value"}), {in_resource("s", std::string("value"))}, true},
         {"other value", text({"value"}), {tag("VALUE")}, false},
         {"empty values are ignored", text({""}), {tag("")}, false},
         {"regex", text({"v[0-9]+.HealthCheck$"}, true), {tag("grpc.v1.HealthCheck")}, true},
         {"regex without match", text({"v[a-z]+.HealthCheck$"}, true), {tag("v1.HealthCheck")}, false},
         {"regex, second value", text({"no", "^fun"}, true), {tag("function")}, true},
         {"inverted match", text({"value"}, false, true), {tag("value")}, false},
         {"inverted, other", text({"value"}, false, true), {tag("other")}, true},
         {"inverted regex", text({"^v"}, true, true), {tag("value")}, false},
         {"inverted, absent", text({"value"}, false, true), {SpanSpec{}}, true}});
}

TEST(CollectorCases, BooleanAttribute) {
  check({{"true", boolean(true), {tagged("b", true)}, true},
         {"false", boolean(true), {tagged("b", false)}, false},
         {"wants false", boolean(false), {tagged("b", false)}, true},
         {"other key", boolean(true), {tagged("x", true)}, false},
         {"resource", boolean(true), {in_resource("b", true)}, true},
         {"inverted", boolean(true, true), {tagged("b", true)}, false},
         {"inverted, other", boolean(true, true), {tagged("b", false)}, true}});
}

TEST(CollectorCases, StatusCodeTraceStateAndSpanCount) {
  const SpanSpec state{.trace_state = "tracestate=example,key=value"};
  check({{"error wanted and there", status(kError), {SpanSpec{}, SpanSpec{.status = 2}}, true},
         {"error wanted, ok there", status(kError), {SpanSpec{.status = 1}}, false},
         {"unset or error", status(kUnset | kError), {SpanSpec{}}, true},
         {"ok wanted", status(kOk), {SpanSpec{.status = 1}}, true},
         {"no tracestate", tracestate("key", {"value"}), {SpanSpec{}}, false},
         {"other key", tracestate("none", {"value"}), {state}, false},
         {"key with other value", tracestate("key", {"other"}), {state}, false},
         {"key with value", tracestate("key", {"other", "value"}), {SpanSpec{}, state}, true},
         {"spans below", count(3, 5), std::vector<SpanSpec>(2), false},
         {"spans at the lower bound", count(3, 5), std::vector<SpanSpec>(3), true},
         {"spans at the upper bound", count(3, 5), std::vector<SpanSpec>(5), true},
         {"spans above", count(3, 5), std::vector<SpanSpec>(6), false},
         {"no upper bound", count(3), std::vector<SpanSpec>(60), true}});
}

TEST(CollectorCases, ProbabilisticRateAndBytes) {
  check({{"all", percentage(100), {SpanSpec{}}, true},
         {"none", percentage(0), {SpanSpec{}}, false},
         {"within the burst", span_rate(3, 6), std::vector<SpanSpec>(6), true},
         {"above the burst", span_rate(3, 6), std::vector<SpanSpec>(7), false},
         {"the burst is twice the rate", span_rate(3), std::vector<SpanSpec>(6), true},
         {"above twice the rate", span_rate(3), std::vector<SpanSpec>(7), false},
         {"bytes within", byte_rate(1000), {SpanSpec{}}, true},
         {"bytes above", byte_rate(10), {SpanSpec{}}, false}});
}

TEST(CollectorCases, AndNotDrop) {
  const PolicyOptions error_and_long = both({status(kError), latency(100)});
  const SpanSpec error{.status = 2};
  check({{"and: all say yes", error_and_long, {error, lasting(1, 200)}, true},
         {"and: one says no", error_and_long, {error}, false},
         {"not of no", negated(status(kError)), {SpanSpec{}}, true},
         {"not of yes", negated(status(kError)), {error}, false},
         {"and with not", both({always(), negated(status(kError))}), {error}, false}});
  for (const Compat compat : {Compat::collector, Compat::none}) {
    const auto policies = compile_ok(options_of({always(), drop({status(kError), latency(100)})}, compat));
    EXPECT_FALSE(verdict_of(*policies, {SpanSpec{.start_ns = kMilli, .end_ns = 201 * kMilli, .status = 2}}).keep);
    EXPECT_TRUE(verdict_of(*policies, {error}).keep) << "not every part of the drop policy matches";
  }
}

TEST(CollectorCases, OttlCondition) {
  const auto spans = [](const char* first, const char* second) {
    return std::vector<SpanSpec>{tagged("attr_k_1", std::string(first)), tagged("attr_k_1", std::string(second))};
  };
  const auto with_event = [](const char* value) {
    SpanSpec span;
    span.raw = event_field("event", {{"event_attr_k_1", std::string(value)}});
    return std::vector<SpanSpec>{span};
  };
  const std::string equal = R"(attributes["attr_k_1"] == "attr_v_1")";
  const std::string unequal = R"(attributes["attr_k_1"] != "attr_v_1")";
  const std::string event_equal = R"(attributes["event_attr_k_1"] == "event_attr_v_1")";
  check({{"both spans match", conditions({equal}), spans("attr_v_1", "attr_v_1"), true},
         {"none is unequal", conditions({unequal}), spans("attr_v_1", "attr_v_1"), false},
         {"one is unequal", conditions({unequal}), spans("attr_v_1", "attr_v_2"), true},
         {"an event matches", conditions({}, {event_equal}), with_event("event_attr_v_1"), true},
         {"no event matches", conditions({}, {event_equal}), with_event("other"), false},
         {"a span or an event", conditions({equal}, {event_equal}), with_event("event_attr_v_1"), true},
         {"resource", conditions({R"(resource.attributes["r"] == "v")"}), {in_resource("r", std::string("v"))}, true},
         {"a name", conditions({R"(IsMatch(name, "^sp"))"}), {SpanSpec{}}, true},
         {"a kind that is not there", conditions({"kind == SPAN_KIND_CLIENT"}), {SpanSpec{}}, false}});
}

}  // namespace
}  // namespace entail::policy
