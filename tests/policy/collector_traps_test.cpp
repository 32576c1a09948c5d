// The traps of the Collector's processor that concern policies: avoided by default, reproduced with compat: collector.
#include <gtest/gtest.h>

#include "tests/policy/request.hpp"

namespace entail::policy {
namespace {

constexpr std::uint64_t kMilli = 1'000'000;

SpanSpec between(std::uint64_t start_ms, std::uint64_t end_ms) {
  return {.start_ns = start_ms * kMilli, .end_ns = end_ms * kMilli};
}

TEST(Traps, LatencyRangeMatchesAPrefixOfTheSpans_OnlyInCompat) {
  const std::vector<SpanSpec> short_first = {between(100, 115), between(100, 500)};
  const std::vector<SpanSpec> long_first = {between(100, 500), between(100, 115)};
  for (const auto& spans : {short_first, long_first}) EXPECT_FALSE(keeps(latency(10, 20), spans));
  EXPECT_TRUE(keeps(latency(10, 20), short_first, Compat::collector));
  EXPECT_FALSE(keeps(latency(10, 20), long_first, Compat::collector));
  // The running duration is that of the trace so far, not that of each span.
  const std::vector<SpanSpec> apart = {between(100, 101), between(300, 315)};
  EXPECT_FALSE(keeps(latency(10, 20), apart, Compat::collector));
  // In range at the end means in range, in any mode and order.
  for (const Compat compat : {Compat::none, Compat::collector})
    EXPECT_TRUE(keeps(latency(10, 20), {between(100, 101), between(110, 112)}, compat));
}

TEST(Traps, ZeroBoundsMeanUnbounded_OnlyInCompat) {
  const SpanSpec below{.attributes = {{"n", std::int64_t{-5}}}};
  const SpanSpec above{.attributes = {{"n", std::int64_t{5}}}};
  EXPECT_FALSE(keeps(numeric(0, 10), {below}));
  EXPECT_TRUE(keeps(numeric(0, 10), {below}, Compat::collector));
  EXPECT_FALSE(keeps(numeric(-10, 0), {above}));
  EXPECT_TRUE(keeps(numeric(-10, 0), {above}, Compat::collector));
  EXPECT_FALSE(keeps(numeric(6, 0), {above}, Compat::collector));
}

TEST(Traps, DoublesDoNotCount_OnlyInCompat) {
  const SpanSpec half{.attributes = {{"n", 2.5}}};
  EXPECT_TRUE(keeps(numeric(1, 3), {half}));
  EXPECT_FALSE(keeps(numeric(1, 3), {half}, Compat::collector));
}

TEST(Traps, DropPoliciesActInAnyPosition) {
  const auto policies = compile_ok(options_of({always(), status(kError), drop({always()}, "last")}));
  EXPECT_TRUE(verdict_of(*policies, {SpanSpec{.status = 2}}).vetoed);
}

TEST(Traps, InvertedDecisionsAreOrdinary) {
  // An inverted match that says no does not override another policy's keep, and one that says yes keeps alone.
  const SpanSpec match{.status = 2, .attributes = {{"s", "a"}}};
  const auto policies = compile_ok(options_of({text({"a"}, false, true), status(kError)}));
  EXPECT_EQ(policies->name(verdict_of(*policies, {match}).policy), "status");
  EXPECT_EQ(policies->name(verdict_of(*policies, {SpanSpec{}}).policy), "text");
}

TEST(Traps, RegexesAreUnanchoredInBothModes) {
  const SpanSpec span{.attributes = {{"s", "checkoutservice"}}};
  for (const Compat compat : {Compat::none, Compat::collector}) EXPECT_TRUE(keeps(text({"out"}, true), {span}, compat));
}

TEST(Traps, OtherPoliciesDoNotDependOnTheOrderOfSpans) {
  const std::vector<PolicyOptions> list = {status(kError),    latency(10), numeric(1, 3),
                                           text({"a"}, true), count(2, 3), trace_flags()};
  const auto policies = compile_ok(options_of(list, Compat::collector));
  std::vector<SpanSpec> spans = {between(1, 5), between(3, 20), {.status = 2, .attributes = {{"n", std::int64_t{2}}}}};
  const Facts facts = facts_of(*policies, spans);
  std::swap(spans[0], spans[2]);
  EXPECT_EQ(facts_of(*policies, spans).bits, facts.bits);
}

// The results of a composite policy for traces of one span each, at one time.
class Composite {
 public:
  Composite(PolicyOptions policy, Compat compat) : policies_(compile_ok(options_of({std::move(policy)}, compat))) {}
  int kept(int traces, std::int64_t second, std::size_t spans = 1, const SpanSpec& span = {}) {
    int count = 0;
    for (int i = 0; i < traces; ++i)
      count += verdict_of(*policies_, std::vector<SpanSpec>(spans, span), {1, ++trace_}, second * kNanosPerSecond).keep;
    return count;
  }

 private:
  std::unique_ptr<PolicySet> policies_;
  std::uint64_t trace_ = 0;
};

TEST(Traps, PolicyOrderIsRead_NotInCompat) {
  // Both parts match; the second has no budget. The first one evaluated decides.
  const PolicyOptions policy =
      composite(10, {always("wide"), always("closed")}, {{"wide", 100}, {"closed", 1}}, {"closed", "wide"});
  EXPECT_EQ(Composite(policy, Compat::none).kept(1, 0), 0);
  EXPECT_EQ(Composite(policy, Compat::collector).kept(1, 0), 1);
}

TEST(Traps, PartsWithoutAllocationGetAnEqualShare) {
  const PolicyOptions policy = composite(10, {status(kError, "errors"), always("rest")}, {{"errors", 30}});
  for (const Compat compat : {Compat::none, Compat::collector}) {
    EXPECT_EQ(Composite(policy, compat).kept(20, 0), 5);
    EXPECT_EQ(Composite(policy, compat).kept(20, 0, 1, {.status = 2}), 3);
  }
}

TEST(Traps, AShareOfZeroIsNone_AnEqualShareInCompat) {
  for (const std::int64_t percent : {0, -1}) {
    const PolicyOptions policy = composite(10, {always("a"), always("b")}, {{"a", percent}, {"b", percent}});
    if (percent == 0)
      EXPECT_EQ(Composite(policy, Compat::none).kept(20, 0), 0);
    else
      EXPECT_EQ(compile_errors(options_of({policy})).size(), 2u) << "a negative share is an error";
    EXPECT_EQ(Composite(policy, Compat::collector).kept(20, 0), 5);
  }
}

TEST(Traps, TheTotalCoversAllParts_EachInCompat) {
  const PolicyOptions policy =
      composite(10, {status(kError, "errors"), always("rest")}, {{"errors", 80}, {"rest", 80}});
  for (const auto& [compat, total] : {std::pair(Compat::none, 10), std::pair(Compat::collector, 16)}) {
    Composite limited(policy, compat);
    EXPECT_EQ(limited.kept(20, 0, 1, SpanSpec{.status = 2}) + limited.kept(20, 0), total);
  }
}

TEST(Traps, AFailingConditionSilencesItsPolicy_OnlyTheFirstSpanCountsInCompat) {
  PolicyOptions policy = policy_of(PolicyType::ottl_condition, "ottl");
  policy.span_conditions = {"HasPrefix(attributes[\"s\"], \"a\")"};
  policy.error_mode = OttlErrorMode::propagate;
  const SpanSpec match{.attributes = {{"s", std::string("a")}}};
  const SpanSpec failing{.attributes = {{"s", std::int64_t{1}}}};
  EXPECT_FALSE(keeps(policy, {match, failing}));
  EXPECT_FALSE(keeps(policy, {failing, match}));
  EXPECT_TRUE(keeps(policy, {match, failing}, Compat::collector));
  EXPECT_FALSE(keeps(policy, {failing, match}, Compat::collector));
}

}  // namespace
}  // namespace entail::policy
