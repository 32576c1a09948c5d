// The policies link_count, link_type, ottl_condition and composite in the whole engine: what ingest must read for them,
// and what outlives windows, cut links and sealed traces.
#include <gtest/gtest.h>

#include "tests/engine/driven_engine.hpp"
#include "tests/workload/story.hpp"

namespace entail::testing_engine {
namespace {

using workload::linking;
using workload::make_link;
using workload::make_request;
using workload::make_span;
using workload::Span;

std::string config_of(const std::string& policy, const std::string& more = "") {
  return "{tail_sampling: {decision_wait: 10s, policies: [" + policy + "]}, retain: {window: 5s}" + more + "}";
}
void ingest(DrivenEngine& driven, std::vector<Span> spans) {
  driven.ingest(workload::encode(make_request(std::move(spans))));
}
TraceId trace(std::uint64_t number) { return id_of(workload::trace_bytes(number)); }
bool is_kept(const DrivenEngine& driven, std::uint64_t number) {
  const auto found = driven.last.find(trace(number));
  return found != driven.last.end() && found->second.verdict == Verdict::keep;
}
std::uint64_t loss(const DrivenEngine& driven, const std::string& name) {
  for (const NamedCount& count : driven.engine->statistics().losses)
    if (count.name == name) return count.count;
  return 0;
}
Span typed(std::uint64_t number, const std::string& type) {
  Span span = linking(make_span(number), {900});
  span.links[0].attributes = {{"link.type", type}};
  return span;
}

TEST(LinkCountPolicy, AddsUpOverWindows) {
  // Records live one second, so that windows turn while the trace is pending, and its words move to newer ones.
  for (const int min_links : {12, 13}) {
    DrivenEngine driven(
        "{tail_sampling: {decision_wait: 100s, policies: [{name: many, type: link_count, link_count: "
        "{min_links: " +
        std::to_string(min_links) + "}}]}, retain: {window: 0s, records: 1s}}");
    std::int64_t now_s = 0;
    for (std::uint64_t i = 0; i < 12; ++i) {
      ingest(driven, {linking(make_span(1, 0, i), {2 + i})});
      for (std::uint64_t other = 0; other < 50; ++other) ingest(driven, {make_span(1000 + 50 * i + other)});
      driven.tick((now_s += 3) * kNanosPerSecond);
    }
    driven.drain(200 * kNanosPerSecond);
    EXPECT_EQ(is_kept(driven, 1), min_links == 12);
  }
}

TEST(LinkCountPolicy, CountsTheLinksOfCutSpans) {
  DrivenEngine driven(config_of("{name: many, type: link_count, link_count: {min_links: 300, max_links: 300}}"));
  std::vector<std::uint64_t> targets;
  for (std::uint64_t i = 0; i < 300; ++i) targets.push_back(100 + i);
  ingest(driven, {linking(make_span(1), targets)});
  targets.push_back(1);  // of its own trace: a good context as well
  ingest(driven, {linking(make_span(2), targets)});
  driven.drain(kNanosPerSecond);
  EXPECT_TRUE(is_kept(driven, 1));
  EXPECT_FALSE(is_kept(driven, 2));
}

TEST(LinkTypePolicy, SwitchesTypesOn) {
  DrivenEngine driven(config_of("{name: retries, type: link_type, link_type: {values: [retry-of]}}"));
  ingest(driven, {typed(1, "retry_of"), typed(2, "caused_by"), make_span(3), typed(4, std::string(300, 'x'))});
  driven.drain(kNanosPerSecond);
  EXPECT_TRUE(is_kept(driven, 1));
  for (const std::uint64_t other : {2, 3, 4}) EXPECT_FALSE(is_kept(driven, other)) << other;
  EXPECT_EQ(loss(driven, "edge_types"), 1u) << "a type that is too long is not read, and counted once";
}

TEST(LinkTypePolicy, StandsBesideTypeRules) {
  const std::string rules = ", links: {origins: [retries], propagate: {types: {caused_by: {linked: 0}}}}";
  DrivenEngine driven(config_of("{name: retries, type: link_type, link_type: {values: [retry_of]}}", rules));
  Span origin = typed(1, "retry_of");
  origin.links.push_back(make_link(901));
  origin.links[1].attributes = {{"link.type", std::string("caused-by")}};
  ingest(driven, {origin, make_span(900), make_span(901)});
  driven.drain(kNanosPerSecond);
  EXPECT_TRUE(driven.last[trace(1)].origin);
  EXPECT_TRUE(is_kept(driven, 900));
  EXPECT_FALSE(is_kept(driven, 901)) << "the rule of the other type forbids it";
}

TEST(LinkPolicies, MakeLateOrigins) {
  const std::string policy =
      "{name: both, type: and, and: {and_sub_policy: [{type: link_count, link_count: {min_links: 3}}, {type: "
      "link_type, "
      "link_type: {values: [retry_of]}}]}}";
  for (const int links_per_span : {2, 128}) {  // the late span's links are cut, or not
    DrivenEngine driven(config_of(
        policy, ", links: {origins: [both], sample: {max_links_per_span: " + std::to_string(links_per_span) + "}}"));
    ingest(driven, {make_span(1)});
    driven.tick(kNanosPerSecond);
    driven.tick(20 * kNanosPerSecond);
    driven.tick(40 * kNanosPerSecond);
    Span late = linking(make_span(1, 0, 2), {900, 901, 902});
    ingest(driven, {late});
    late.links[0].attributes = {{"link.type", std::string("retry_of")}};
    ingest(driven, {late});
    driven.tick(41 * kNanosPerSecond);
    EXPECT_EQ(loss(driven, "late_origin"), 1u) << links_per_span;
  }
}

TEST(OttlPolicy, CountsConditionsThatFail) {
  for (const auto& [mode, expected] : {std::pair("ignore", 2), std::pair("silent", 0), std::pair("propagate", 2)}) {
    DrivenEngine driven(config_of("{name: a, type: ottl_condition, ottl_condition: {error_mode: " + std::string(mode) +
                                  ", span: ['HasPrefix(attributes[\"k\"], \"v\")']}}"));
    Span span = make_span(1);
    span.attributes = {{"k", std::string("v")}};
    ingest(driven, {make_span(1), span, make_span(2)});
    driven.drain(kNanosPerSecond);
    EXPECT_EQ(loss(driven, "policy_error"), static_cast<std::uint64_t>(expected)) << mode;
    EXPECT_EQ(is_kept(driven, 1), std::string(mode) != "propagate");
  }
}

TEST(OttlPolicy, MakesOriginsWhenNamed) {
  DrivenEngine driven(
      config_of("{name: pay, type: ottl_condition, ottl_condition: {spanevent: ['name == \"exception\"']}}",
                ", links: {origins: [pay]}"));
  Span span = linking(make_span(1), {2});
  span.events = {{.time_ns = 5, .name = "exception", .attributes = {}}};
  ingest(driven, {span, make_span(2), make_span(3)});
  driven.tick(kNanosPerSecond);
  EXPECT_EQ(driven.engine->statistics().traces.origins, 1u) << "before its decision";
  driven.drain(2 * kNanosPerSecond);
  EXPECT_TRUE(is_kept(driven, 1) && is_kept(driven, 2));
  EXPECT_FALSE(is_kept(driven, 3));
  EXPECT_EQ(driven.last[trace(1)].policy, "pay");
}

TEST(CompositePolicy, IsAskedInTheOrderOfArrivalAndTraceId) {
  DrivenEngine driven(
      config_of("{name: shares, type: composite, composite: {max_total_spans_per_second: 3, composite_sub_policy: "
                "[{name: all, type: "
                "always_sample}]}}"));
  std::vector<Span> spans;
  for (std::uint64_t number = 1; number <= 9; ++number) spans.push_back(make_span(number));
  ingest(driven, spans);
  driven.tick(kNanosPerSecond);
  driven.tick(11 * kNanosPerSecond);
  std::set<TraceId> all, kept;
  for (std::uint64_t number = 1; number <= 9; ++number) {
    all.insert(trace(number));
    if (is_kept(driven, number)) kept.insert(trace(number));
  }
  EXPECT_EQ(kept, std::set<TraceId>(all.begin(), std::next(all.begin(), 3)));
}

}  // namespace
}  // namespace entail::testing_engine
