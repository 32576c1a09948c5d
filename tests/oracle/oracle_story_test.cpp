// Small stories with known outcomes, one for each sentence of docs/design.md 3.0 to 3.9 that the differential uses.
#include <gtest/gtest.h>

#include "tests/oracle/context_oracle.hpp"
#include "tests/oracle/naive_engine.hpp"
#include "tests/workload/story.hpp"

namespace entail::oracle {
namespace {

using workload::error_options;
using workload::linking;
using workload::make_policy;
using workload::make_request;
using workload::make_span;

constexpr std::uint32_t kError = 2;

TraceId id(std::uint64_t number) { return trace_id_of(workload::trace_bytes(number)); }

// A run with a clock in seconds; `log` holds the latest record of each trace.
struct Story {
  explicit Story(const Options& options) : engine(options) { tick(0); }
  void ingest(std::vector<workload::Span> spans) { engine.ingest(make_request(std::move(spans))); }
  TickResult tick(std::int64_t second) { return take(engine.tick(second * kNanosPerSecond)); }
  TickResult drain(std::int64_t second) { return take(engine.drain(second * kNanosPerSecond)); }
  TickResult take(TickResult result) {
    for (const Decision& decision : result.decisions) log[decision.trace_id] = decision;
    return result;
  }
  bool kept(std::uint64_t trace) const { return engine.phase(id(trace)) == Phase::kept; }

  NaiveEngine engine;
  std::map<TraceId, Decision> log;
};

TEST(OracleStory, DecidesAfterTheWait) {
  Story story(error_options());
  story.tick(3);
  story.ingest({make_span(1, kError)});
  EXPECT_TRUE(story.tick(12).decisions.empty());
  EXPECT_EQ(story.tick(13).emitted.size(), 1U);
}

TEST(OracleStory, ARootShortensTheWait) {
  Options options = error_options();
  options.tail_sampling.decision_wait_after_root_received_ns = 2 * kNanosPerSecond;
  Story story(options);
  workload::Span child = make_span(1, kError, 2);
  child.parent_span_id = workload::span_bytes(1001);
  story.ingest({child});
  story.tick(5);
  story.ingest({make_span(1)});
  EXPECT_TRUE(story.tick(6).decisions.empty());
  EXPECT_TRUE(story.tick(7).decisions.front().keep);
}

TEST(OracleStory, AConeNeverChangesDirection) {
  // 1 <- 2(error) <- 3, and 4 links 1: 4 is a sibling.
  Story story(error_options());
  story.ingest(
      {make_span(1), linking(make_span(2, kError), {1}), linking(make_span(3), {2}), linking(make_span(4), {1})});
  story.tick(10);
  EXPECT_TRUE(story.kept(1) && story.kept(2) && story.kept(3));
  EXPECT_FALSE(story.kept(4));
  EXPECT_TRUE(story.log[id(1)].may_be_linked && !story.log[id(1)].may_be_linking);
  EXPECT_TRUE(story.log[id(3)].may_be_linking && !story.log[id(3)].may_be_linked);
}

TEST(OracleStory, AComponentChangesDirection_AndCountsHopsTogether) {
  Options options = error_options();
  options.links.propagate.mode = PropagateMode::component;
  options.links.propagate.max_hops_linking = 1;
  Story story(options);
  // To 4 the second hop is against a link, in a direction that allows one.
  story.ingest(
      {make_span(1), linking(make_span(2, kError), {1}), linking(make_span(3), {2}), linking(make_span(4), {1})});
  story.tick(10);
  EXPECT_TRUE(story.kept(1) && story.kept(3));
  EXPECT_FALSE(story.kept(4));
}

TEST(OracleStory, HopsEndAtTheLimit_AndPassThroughAbsentTraces) {
  Story story(error_options());
  story.ingest({linking(make_span(1, kError), {2}), linking(make_span(3), {4}), linking(make_span(4), {5}),
                linking(make_span(5), {6}), make_span(6)});
  // 2 never has spans of its own, but 7 shows that nothing else leads here; 3 is behind it only by a link from 2.
  story.tick(10);
  EXPECT_FALSE(story.kept(3));
  story.ingest({linking(make_span(2), {3})});
  story.tick(20);
  EXPECT_TRUE(story.kept(2) && story.kept(3) && story.kept(4) && story.kept(5));
  EXPECT_FALSE(story.kept(6));  // five hops
  EXPECT_EQ(story.log[id(5)].hops, 4U);
}

TEST(OracleStory, ATypeRuleReplacesTheHopLimit) {
  Options options = error_options();
  options.links.propagate.max_hops_linked = 1;
  options.links.propagate.types["retry_of"].linked = 2;
  options.links.propagate.types["batch_member"].linked = 0;
  Story story(options);
  workload::Span retry = linking(make_span(2), {3});
  retry.links[0].attributes = {{"link.type", std::string("retry-of")}};
  workload::Span origin = linking(make_span(1, kError), {2, 4});
  origin.links[1].attributes = {{"link.relationship", std::string("batch_member")},
                                {"link.type", std::string("retry_of")}};
  story.ingest({origin, retry, make_span(3), make_span(4)});
  story.tick(10);
  EXPECT_TRUE(story.kept(2) && story.kept(3));
  EXPECT_FALSE(story.kept(4));  // the stricter of two rules
}

TEST(OracleStory, ErrorSpansRestrictTheFirstStepOnly) {
  Options options = error_options();
  options.links.propagate.origin_links = OriginLinks::error_spans;
  Story story(options);
  story.ingest({linking(make_span(1, kError, 1), {2}), linking(make_span(1, 0, 2), {3}), linking(make_span(2), {4}),
                make_span(3), make_span(4)});
  story.tick(10);
  EXPECT_TRUE(story.kept(2) && story.kept(4));
  EXPECT_FALSE(story.kept(3));
}

TEST(OracleStory, RevivesRetainedTraces_AndReportsSealedOnes) {
  Story story(error_options());
  story.ingest({make_span(1), make_span(2)});
  story.tick(10);
  EXPECT_EQ(story.engine.phase(id(1)), Phase::retained);
  story.ingest({linking(make_span(3, kError), {1})});
  story.tick(20);
  EXPECT_TRUE(story.kept(1));
  EXPECT_TRUE(story.log[id(1)].revived);
  EXPECT_EQ(story.log[id(1)].revision, 1U);
  story.tick(30);
  EXPECT_EQ(story.engine.phase(id(2)), Phase::sealed);
  story.ingest({linking(make_span(4, kError), {2})});
  story.tick(40);
  EXPECT_EQ(story.log[id(2)].loss, "keep_after_seal");
  EXPECT_EQ(story.log[id(2)].hops, 1U);
  EXPECT_EQ(story.engine.counts().losses.at("keep_after_seal"), 1U);
}

TEST(OracleStory, RevivesATrace_InTheTickThatWouldSealIt) {
  Story story(error_options());
  story.ingest({make_span(1)});
  story.tick(10);
  story.tick(20);
  story.ingest({linking(make_span(2, kError), {1})});
  story.tick(30);
  EXPECT_TRUE(story.kept(1));
}

TEST(OracleStory, AVetoSealsAtOnce_AndRefusesKeeps) {
  Options options = error_options();
  PolicyOptions drop = make_policy(PolicyType::drop_policy, "health");
  drop.parts.push_back(make_policy(PolicyType::string_attribute, "path"));
  drop.parts[0].key = "path";
  drop.parts[0].values = {"/health"};
  options.tail_sampling.policies.push_back(drop);
  Story story(options);
  workload::Span health = make_span(1, kError);
  health.attributes = {{"path", std::string("/health")}};
  story.ingest({health, linking(make_span(2, kError), {1})});
  EXPECT_EQ(story.tick(9).decisions.size(), 0U);
  story.tick(10);
  EXPECT_EQ(story.engine.phase(id(1)), Phase::sealed);
  EXPECT_EQ(story.log[id(1)].reason, "drop_policy");
  EXPECT_EQ(story.log[id(1)].policy, "health");
  EXPECT_EQ(story.log[id(1)].loss, "keep_refused");
  EXPECT_FALSE(story.log[id(1)].origin);
}

TEST(OracleStory, AnOriginPropagatesBeforeItsDecision) {
  Story story(error_options());
  story.ingest({make_span(1)});
  story.tick(9);
  story.ingest({linking(make_span(2, kError), {1})});
  story.tick(10);  // 2 is due at 19
  EXPECT_TRUE(story.kept(1));
  EXPECT_FALSE(story.kept(2));
  EXPECT_FALSE(story.log[id(1)].revived);
}

TEST(OracleStory, LateSpansFollowTheVerdict_RaiseIt_OrAreLost) {
  Story story(error_options());
  story.ingest({make_span(1, kError), make_span(2), make_span(3), linking(make_span(4), {2})});
  story.tick(10);
  story.ingest({make_span(1, 0, 2), make_span(2, kError, 2)});
  EXPECT_EQ(story.tick(11).emitted.size(), 4U);  // one of 1, two of 2, and 4, which links 2
  EXPECT_EQ(story.log[id(2)].reason, "policy");
  EXPECT_TRUE(story.log[id(4)].revived);
  story.tick(30);
  story.ingest({linking(make_span(3, kError, 2), {5}), make_span(5)});
  story.tick(31);
  EXPECT_EQ(story.engine.counts().losses.at("late_origin"), 1U);
  story.drain(50);
  EXPECT_FALSE(story.kept(5));
}

TEST(OracleStory, ALateSpanMakesAKeptTraceAnOrigin) {
  Options options = error_options();
  options.tail_sampling.policies.insert(options.tail_sampling.policies.begin(),
                                        make_policy(PolicyType::trace_flags, "sampled"));
  Story story(options);
  workload::Span sampled = linking(make_span(1), {2});
  sampled.flags = 1;
  story.ingest({sampled, make_span(2)});
  story.tick(10);
  EXPECT_FALSE(story.log[id(1)].origin);
  story.ingest({make_span(1, kError, 2)});
  story.tick(11);
  EXPECT_TRUE(story.log[id(1)].origin);
  EXPECT_EQ(story.log[id(1)].policy, "sampled");
  EXPECT_TRUE(story.kept(2));
}

TEST(OracleStory, RemovesTheThreshold_UnlessKeptByProbabilityAlone) {
  Options options = error_options();
  options.tail_sampling.policies.push_back(make_policy(PolicyType::probabilistic, "all"));
  options.tail_sampling.policies.back().sampling_percentage = 100;
  options.links.origins = std::vector<std::string>{"errors", "all"};
  Story story(options);
  const auto with_state = [](workload::Span span) {
    span.trace_state = "a=1,ot=th:8;rv:00000000000001";
    return span;
  };
  story.ingest({with_state(make_span(1)), with_state(make_span(2, kError))});
  for (const EmittedSpan& emitted : story.tick(10).emitted)
    EXPECT_EQ(emitted.trace_state,
              emitted.span->status_code == kError ? "a=1,ot=th:8;rv:00000000000001" : "a=1,ot=rv:00000000000001");
}

TEST(OracleStory, TheCapFollowsTheBestRankedPresentNeighbours) {
  Options options = error_options();
  options.links.propagate.max_links_followed = 2;
  Story story(options);
  workload::Span origin = linking(make_span(1, kError), {2, 3, 4});
  origin.links[2].flags = 1;
  story.ingest({origin, make_span(1, kError, 2), make_span(2), make_span(3), make_span(4)});
  story.tick(10);
  EXPECT_EQ(story.log[id(1)].not_followed, 1U);
  EXPECT_EQ(story.kept(2) + story.kept(3) + story.kept(4), 2);
}

TEST(OracleStory, ConservesSpansAndLinks) {
  Story story(error_options());
  workload::Span bad = make_span(6);
  bad.span_id.clear();
  story.ingest({linking(make_span(1, kError), {2, 3}), linking(make_span(2), {2, 9}), linking(bad, {1})});
  for (const std::int64_t second : {5, 10, 40}) {
    story.tick(second);
    const Counts counts = story.engine.counts();
    EXPECT_EQ(counts.spans_received,
              counts.spans_emitted + counts.spans_dropped + counts.spans_held + counts.spans_rejected.at("all_zero"));
    EXPECT_EQ(counts.links_received, 4U);
    EXPECT_EQ(counts.links_received, counts.links_emitted + counts.links_dropped + counts.links_held);
  }
}

}  // namespace
}  // namespace entail::oracle
