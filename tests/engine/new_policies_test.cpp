// The policies link_count, link_type, ottl_condition and composite in the whole engine: what ingest must read for them,
// and what survives windows, truncated links and sealed traces.
#include <gtest/gtest.h>

#include "tests/engine/engine_run.hpp"
#include "tests/workload/story.hpp"

namespace entail::engine_test {
namespace {

using workload::linking;
using workload::make_link;
using workload::make_request;
using workload::make_span;
using workload::Span;

std::string config_of(const std::string& policy, const std::string& more = "") {
  return "{tail_sampling: {decision_wait: 10s, policies: [" + policy + "]}, retain: {window: 5s}" + more + "}";
}
void ingest(EngineRun& run, std::vector<Span> spans) { run.ingest(make_request(std::move(spans))); }
bool is_kept(const EngineRun& run, std::uint64_t number) {
  const auto found = run.records.find(workload::trace_bytes(number));
  return found != run.records.end() && found->second.verdict == Verdict::keep;
}
std::uint64_t loss(const EngineRun& run, const std::string& name) { return run.loss(name); }
Span typed(std::uint64_t number, const std::string& type) {
  Span span = linking(make_span(number), {900});
  span.links[0].attributes = {{"link.type", type}};
  return span;
}

TEST(LinkCountPolicy, SumsLinksAcrossWindows) {
  // Records live one second, so that windows rotate while the trace is pending, and its words move to newer ones.
  for (const int min_links : {12, 13}) {
    EngineRun run(
        options_of("{tail_sampling: {decision_wait: 100s, policies: [{name: many, type: link_count, link_count: "
                   "{min_links: " +
                   std::to_string(min_links) + "}}]}, retain: {window: 0s, records: 1s}}"));
    std::int64_t now_s = 0;
    for (std::uint64_t i = 0; i < 12; ++i) {
      ingest(run, {linking(make_span(1, 0, i), {2 + i})});
      for (std::uint64_t other = 0; other < 50; ++other) ingest(run, {make_span(1000 + 50 * i + other)});
      run.tick((now_s += 3));
    }
    run.drain(200);
    EXPECT_EQ(is_kept(run, 1), min_links == 12);
  }
}

TEST(LinkCountPolicy, CountsTheLinksOfTruncatedSpans) {
  EngineRun run(options_of(config_of("{name: many, type: link_count, link_count: {min_links: 300, max_links: 300}}")));
  std::vector<std::uint64_t> targets;
  for (std::uint64_t i = 0; i < 300; ++i) targets.push_back(100 + i);
  ingest(run, {linking(make_span(1), targets)});
  targets.push_back(1);  // to its own trace: also a good context
  ingest(run, {linking(make_span(2), targets)});
  run.drain(1);
  EXPECT_TRUE(is_kept(run, 1));
  EXPECT_FALSE(is_kept(run, 2));
}

TEST(LinkTypePolicy, EnablesLinkTypes) {
  EngineRun run(options_of(config_of("{name: retries, type: link_type, link_type: {values: [retry-of]}}")));
  ingest(run, {typed(1, "retry_of"), typed(2, "caused_by"), make_span(3), typed(4, std::string(300, 'x'))});
  run.drain(1);
  EXPECT_TRUE(is_kept(run, 1));
  for (const std::uint64_t other : {2, 3, 4}) EXPECT_FALSE(is_kept(run, other)) << other;
  EXPECT_EQ(loss(run, "edge_types"), 1u) << "a type that is too long is not read, and counted once";
}

TEST(LinkTypePolicy, CombinesWithTypeRules) {
  const std::string rules = ", links: {origins: [retries], propagate: {types: {caused_by: {linked: 0}}}}";
  EngineRun run(options_of(config_of("{name: retries, type: link_type, link_type: {values: [retry_of]}}", rules)));
  Span origin = typed(1, "retry_of");
  origin.links.push_back(make_link(901));
  origin.links[1].attributes = {{"link.type", std::string("caused-by")}};
  ingest(run, {origin, make_span(900), make_span(901)});
  run.drain(1);
  EXPECT_TRUE(run.records[workload::trace_bytes(1)].origin);
  EXPECT_TRUE(is_kept(run, 900));
  EXPECT_FALSE(is_kept(run, 901)) << "the rule of the other type forbids it";
}

TEST(LinkPolicies, CreateLateOrigins) {
  const std::string policy =
      "{name: both, type: and, and: {and_sub_policy: [{type: link_count, link_count: {min_links: 3}}, {type: "
      "link_type, "
      "link_type: {values: [retry_of]}}]}}";
  for (const int links_per_span : {2, 128}) {  // whether the late span's links are truncated
    EngineRun run(options_of(config_of(
        policy, ", links: {origins: [both], sample: {max_links_per_span: " + std::to_string(links_per_span) + "}}")));
    ingest(run, {make_span(1)});
    run.tick(1);
    run.tick(20);
    run.tick(40);
    Span late = linking(make_span(1, 0, 2), {900, 901, 902});
    ingest(run, {late});
    late.links[0].attributes = {{"link.type", std::string("retry_of")}};
    ingest(run, {late});
    run.tick(41);
    EXPECT_EQ(loss(run, "late_origin"), 1u) << links_per_span;
  }
}

TEST(OttlPolicy, CountsFailedConditions) {
  for (const auto& [mode, expected] : {std::pair("ignore", 2), std::pair("silent", 0), std::pair("propagate", 2)}) {
    EngineRun run(options_of(config_of("{name: a, type: ottl_condition, ottl_condition: {error_mode: " +
                                       std::string(mode) + ", span: ['HasPrefix(attributes[\"k\"], \"v\")']}}")));
    Span span = make_span(1);
    span.attributes = {{"k", std::string("v")}};
    ingest(run, {make_span(1), span, make_span(2)});
    run.drain(1);
    EXPECT_EQ(loss(run, "policy_error"), static_cast<std::uint64_t>(expected)) << mode;
    EXPECT_EQ(is_kept(run, 1), std::string(mode) != "propagate");
  }
}

TEST(OttlPolicy, CreatesOrigins_WhenListed) {
  EngineRun run(
      options_of(config_of("{name: pay, type: ottl_condition, ottl_condition: {spanevent: ['name == \"exception\"']}}",
                           ", links: {origins: [pay]}")));
  Span span = linking(make_span(1), {2});
  span.events = {{.time_ns = 5, .name = "exception", .attributes = {}}};
  ingest(run, {span, make_span(2), make_span(3)});
  run.tick(1);
  EXPECT_EQ(run.engine().statistics().traces.origins, 1u) << "before its decision";
  run.drain(2);
  EXPECT_TRUE(is_kept(run, 1) && is_kept(run, 2));
  EXPECT_FALSE(is_kept(run, 3));
  EXPECT_EQ(run.records[workload::trace_bytes(1)].policy, "pay");
}

TEST(CompositePolicy, EvaluatesInOrderOfArrivalAndTraceId) {
  EngineRun run(options_of(
      config_of("{name: shares, type: composite, composite: {max_total_spans_per_second: 3, composite_sub_policy: "
                "[{name: all, type: "
                "always_sample}]}}")));
  std::vector<Span> spans;
  for (std::uint64_t number = 1; number <= 9; ++number) spans.push_back(make_span(number));
  ingest(run, spans);
  run.tick(1);
  run.tick(11);
  std::set<workload::ByteString> all, kept;
  for (std::uint64_t number = 1; number <= 9; ++number) {
    all.insert(workload::trace_bytes(number));
    if (is_kept(run, number)) kept.insert(workload::trace_bytes(number));
  }
  EXPECT_EQ(kept, std::set<workload::ByteString>(all.begin(), std::next(all.begin(), 3)));
}

TEST(MaximumTraceSize, DropsALargerTraceAtTheNextTick) {
  const std::string limit =
      "tail_sampling: {decision_wait: 10s, maximum_trace_size_bytes: 400, policies: [{name: errors, type: status_code, "
      "status_code: {status_codes: [ERROR]}}]}";
  EngineRun run(options_of("{" + limit + ", retain: {window: 60s}}"));
  Span failed = make_span(1);
  failed.status_code = 2;
  Span linked = linking(make_span(3), {1});
  ingest(run, {failed, make_span(2), linked});
  run.tick(1);
  EXPECT_TRUE(run.records.empty()) << "no trace is large yet, and none is due";
  for (std::uint64_t i = 1; i < 6; ++i) ingest(run, {make_span(1, 0, i)});
  run.tick(2);
  ASSERT_EQ(run.records.size(), 1u);
  const DecisionRecord& large = run.records[workload::trace_bytes(1)];
  EXPECT_EQ(large.verdict, Verdict::drop);
  EXPECT_EQ(large.reason, "too_large");
  EXPECT_TRUE(large.policy.empty());
  EXPECT_FALSE(large.origin) << "its error spreads to no linked trace";
  ingest(run, {failed});  // late
  run.drain(20);
  EXPECT_FALSE(is_kept(run, 1) || is_kept(run, 2) || is_kept(run, 3));
  EXPECT_EQ(loss(run, "trace_too_large"), 1u);
}

// Five tokens for three traces of two spans: the two of the highest randomness pass, and th says how high the cut was.
TEST(ConsistentLimits, KeepTheHighestRandomnessAndRaiseTh) {
  EngineRun run(
      options_of("{tail_sampling: {decision_wait: 1s, policies: [{name: rate, type: rate_limiting, "
                 "rate_limiting: {spans_per_second: 5, burst_capacity: 5}}]}, probability: consistent}"));
  const std::vector<std::string> randomness = {"10000000000000", "f0000000000000", "80000000000000"};
  for (std::uint64_t trace = 1; trace <= 3; ++trace) {
    std::vector<Span> spans = {make_span(trace, 0, 1), make_span(trace, 0, 2)};
    for (Span& span : spans) span.trace_state = "ot=rv:" + randomness[trace - 1];
    ingest(run, spans);
  }
  std::vector<Span> huge;  // more than a full bucket: it passes never, and takes nothing from the others
  for (std::uint64_t i = 0; i < 6; ++i) huge.push_back(make_span(4, 0, i));
  huge[0].trace_state = "ot=rv:ffffffffffffff";
  ingest(run, huge);
  run.drain(2);
  EXPECT_FALSE(is_kept(run, 1) || is_kept(run, 4));
  ASSERT_TRUE(is_kept(run, 2) && is_kept(run, 3));
  EXPECT_EQ(run.emitted[workload::trace_bytes(3)].at(0).trace_state, "ot=rv:80000000000000;th:10000000000001");
}

// An error policy of whatever type keeps the chain of a failed trace, or a warning says that links are not followed.
TEST(ErrorPolicies, KeepTheSameChains_OrAWarningSaysWhyNot) {
  const std::string status = "{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}";
  const auto kept_by = [](const std::string& policy) {
    EngineRun run(options_of(config_of(policy)));
    Span failed = linking(make_span(1), {2});
    failed.status_code = 2;
    ingest(run, {failed, linking(make_span(2), {3}), make_span(3), linking(make_span(4), {1}), make_span(5)});
    run.drain(11);
    std::set<std::uint64_t> kept;
    for (std::uint64_t number = 1; number <= 5; ++number)
      if (is_kept(run, number)) kept.insert(number);
    return kept;
  };
  const std::set<std::uint64_t> chain = {1, 2, 3, 4};
  EXPECT_EQ(kept_by(status), chain);
  for (const std::string& policy :
       {"{name: shares, type: composite, composite: {max_total_spans_per_second: 100, composite_sub_policy: [" +
            status + "]}}",
        std::string("{name: ottl, type: ottl_condition, ottl_condition: {span: [\"status.code == "
                    "STATUS_CODE_ERROR\"]}}"),
        std::string("{name: not_ok, type: not, not: {not_sub_policy: {type: status_code, status_code: {status_codes: "
                    "[UNSET, OK]}}}}")}) {
    const bool warns = !parse_options(config_of(policy)).no_origins.empty();
    EXPECT_EQ(kept_by(policy), warns ? std::set<std::uint64_t>({1}) : chain) << policy;
    EXPECT_FALSE(warns && policy.find("composite") != std::string::npos) << policy;
  }
}

}  // namespace
}  // namespace entail::engine_test
