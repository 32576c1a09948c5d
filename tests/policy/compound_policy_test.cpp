// and, not, drop; which policy is reported; stateful parts; probabilistic keeps and their thresholds.
#include <gtest/gtest.h>

#include "context/tracestate.hpp"
#include "tests/policy/request.hpp"

namespace entail::policy {
namespace {

const SpanSpec kPlain{};
const SpanSpec kErrorSpan{.status = 2};
const SpanSpec kShop{.resource = {{"s", "shop"}}};

TEST(And, JoinsConditionsOnTheTrace_NotOnOneSpan) {
  const PolicyOptions policy = both({status(kError), text({"shop"})});
  EXPECT_TRUE(keeps(policy, {kErrorSpan, kShop}));
  EXPECT_FALSE(keeps(policy, {kErrorSpan}));
  EXPECT_FALSE(keeps(policy, {kShop}));
  EXPECT_TRUE(keeps(both({policy, count(2), always()}), {kErrorSpan, kShop}));
  EXPECT_FALSE(keeps(both({policy, count(3)}), {kErrorSpan, kShop}));
}

TEST(Not, SwapsKeepAndDrop) {
  EXPECT_FALSE(keeps(negated(status(kError)), {kPlain, kErrorSpan}));
  EXPECT_TRUE(keeps(negated(status(kError)), {kPlain}));
  EXPECT_TRUE(keeps(negated(negated(status(kError))), {kErrorSpan}));
  EXPECT_TRUE(keeps(both({negated(status(kError)), text({"shop"})}), {kShop}));
  EXPECT_FALSE(keeps(both({negated(status(kError)), text({"shop"})}), {kShop, kErrorSpan}));
}

TEST(Drop, VetoesOnlyWhenAllPartsKeep_AndBeatsEverything) {
  const auto policies =
      compile_ok(options_of({always("first"), drop({text({"shop"}), negated(status(kError))}, "healthy")}));
  const OwnVerdict dropped = verdict_of(*policies, {kShop});
  EXPECT_FALSE(dropped.keep);
  EXPECT_TRUE(dropped.vetoed);
  EXPECT_EQ(policies->name(dropped.policy), "healthy");
  EXPECT_FALSE(dropped.origin);
  const OwnVerdict kept = verdict_of(*policies, {kShop, kErrorSpan});
  EXPECT_TRUE(kept.keep);
  EXPECT_FALSE(kept.vetoed);
  EXPECT_EQ(policies->name(kept.policy), "first");
}

TEST(Drop, FirstInConfigurationOrderIsNamed) {
  const auto policies =
      compile_ok(options_of({drop({text({"shop"})}, "a"), always(), drop({always()}, "b"), drop({always()}, "c")}));
  EXPECT_EQ(policies->name(verdict_of(*policies, {kShop}).policy), "a");
  EXPECT_EQ(policies->name(verdict_of(*policies, {kPlain}).policy), "b");
}

TEST(Evaluate, ReportsTheFirstPolicyThatKeeps_ForAnySampleOnFirstMatch) {
  for (const bool first_match : {false, true}) {
    Options options =
        options_of({status(kOk, "ok"), percentage(100, "half"), status(kError, "errors"), always("rest")});
    options.tail_sampling.sample_on_first_match = first_match;
    const auto policies = compile_ok(options);
    const OwnVerdict verdict = verdict_of(*policies, {kErrorSpan});
    EXPECT_EQ(policies->name(verdict.policy), "half");
    EXPECT_TRUE(verdict.origin);  // "errors" is still evaluated
    EXPECT_FALSE(verdict.by_chance);
  }
}

TEST(Evaluate, WithSampleOnFirstMatchAnEarlierKeepSpendsNothing) {
  Options options = options_of({status(kError, "errors"), span_rate(2, 2)});
  for (const bool first_match : {false, true}) {
    options.tail_sampling.sample_on_first_match = first_match;
    const auto policies = compile_ok(options);
    int kept = 0;
    for (std::uint64_t trace = 1; trace <= 11; ++trace)
      kept += verdict_of(*policies, {trace <= 9 ? kErrorSpan : kPlain}, {1, trace}).keep;
    EXPECT_EQ(kept, first_match ? 11 : 9);
  }
}

TEST(Drop, WarnsAboutAlwaysSample) {
  option::Findings findings;
  ASSERT_NE(
      PolicySet::compile(options_of({status(kError), drop({always()}), drop({text({"a"}), always()}, "d")}), findings),
      nullptr);
  ASSERT_EQ(findings.list.size(), 2u);
  EXPECT_EQ(findings.list[0].text,
            "policy 'drop': drop.drop_sub_policy: with always_sample alone, every trace is dropped");
  EXPECT_EQ(findings.list[1].text,
            "policy 'd': drop.drop_sub_policy: always_sample matches every trace, so here it has no effect");
}

TEST(Evaluate, DropsWhenNoPolicyKeeps) {
  const auto policies = compile_ok(options_of({status(kError)}));
  const OwnVerdict verdict = verdict_of(*policies, {kPlain});
  EXPECT_FALSE(verdict.keep || verdict.vetoed || verdict.origin || verdict.by_chance);
  EXPECT_EQ(verdict.policy, -1);
  EXPECT_EQ(policies->name(verdict.policy), "");
  EXPECT_EQ(compile_errors(options_of({})).size(), 1u) << "without a policy nothing would be kept";
}

TEST(Stateful, IsEvaluatedOncePerTrace) {
  const auto policies = compile_ok(options_of({span_rate(1, 5)}));
  EXPECT_TRUE(policies->has_stateful());
  const Facts facts = facts_of(*policies, std::vector<SpanSpec>(3));
  StatefulAnswers first, second;
  for (int again = 0; again < 4; ++again) EXPECT_TRUE(policies->evaluate(facts, kTrace, first, 0, true).keep);
  EXPECT_FALSE(policies->evaluate(facts, kTrace, second, 0, true).keep);                      // 2 are left
  EXPECT_FALSE(policies->evaluate(facts, kTrace, second, 100 * kNanosPerSecond, true).keep);  // no stays no
  StatefulAnswers third;
  EXPECT_TRUE(policies->evaluate(facts, kTrace, third, 100 * kNanosPerSecond, true).keep);
}

TEST(Stateful, EvaluatesPartsOnlyAsNeeded) {
  const auto policies = compile_ok(
      options_of({both({status(kError), span_rate(1, 1)}, "a"), both({span_rate(1, 1), status(kError)}, "b")}));
  StatefulAnswers answers;
  EXPECT_FALSE(policies->evaluate(facts_of(*policies, {kPlain}), kTrace, answers, 0, true).keep);
  EXPECT_EQ(answers.evaluated, 0b10u);  // the limit behind the status was not evaluated
  EXPECT_EQ(answers.yes, 0b10u);
  // The trace gets its error later: the limit that was skipped is evaluated now, the other answer is remembered.
  const OwnVerdict later = policies->evaluate(facts_of(*policies, {kErrorSpan}), kTrace, answers, 0, true);
  EXPECT_TRUE(later.keep);
  EXPECT_EQ(answers.evaluated, 0b11u);
  StatefulAnswers other;
  EXPECT_FALSE(policies->evaluate(facts_of(*policies, {kErrorSpan}), kTrace, other, 0, true).keep);  // both are spent
}

TEST(Stateful, AVetoConsumesNoLimits) {
  const auto policies = compile_ok(options_of({span_rate(1, 1), drop({text({"shop"})})}));
  EXPECT_TRUE(verdict_of(*policies, {kShop}).vetoed);
  EXPECT_TRUE(verdict_of(*policies, {kPlain}).keep);
  EXPECT_FALSE(verdict_of(*policies, {kPlain}).keep);
}

TEST(Stateful, UnevaluatedPartsNeitherKeepNorDrop) {
  const auto without_answers = [](std::vector<PolicyOptions> list) {
    const auto policies = compile_ok(options_of(std::move(list)));
    StatefulAnswers answers;
    const OwnVerdict verdict = policies->evaluate(facts_of(*policies, {kErrorSpan}), kTrace, answers, 0, false);
    EXPECT_EQ(answers.evaluated, 0u);
    return verdict;
  };
  EXPECT_FALSE(without_answers({span_rate(100)}).keep);
  EXPECT_FALSE(without_answers({negated(span_rate(100))}).keep);
  EXPECT_FALSE(without_answers({negated(negated(span_rate(100)))}).keep);
  EXPECT_FALSE(without_answers({both({span_rate(100), status(kError)})}).keep);
  EXPECT_TRUE(without_answers({negated(both({span_rate(100), status(kOk)}))}).keep);  // no, for any answer of the limit
  EXPECT_FALSE(without_answers({drop({negated(span_rate(100))})}).vetoed);
  EXPECT_TRUE(without_answers({span_rate(100), status(kError)}).keep);
}

TEST(Stateful, EarlierAnswersCountWithoutEvaluation) {
  const auto policies = compile_ok(options_of({negated(span_rate(1, 1))}));
  const Facts facts = facts_of(*policies, {kPlain});
  StatefulAnswers answers{.evaluated = 1, .yes = 0};
  EXPECT_TRUE(policies->evaluate(facts, kTrace, answers, 0, false).keep);
  answers.yes = 1;
  EXPECT_FALSE(policies->evaluate(facts, kTrace, answers, 0, false).keep);
}

TEST(ByChance, IffEveryPolicyThatKeepsIsProbabilistic) {
  const auto verdict = [](std::vector<PolicyOptions> list) {
    const auto policies = compile_ok(options_of(std::move(list)));
    return verdict_of(*policies, {kErrorSpan});
  };
  EXPECT_TRUE(verdict({percentage(100)}).by_chance);
  EXPECT_TRUE(verdict({span_rate(100)}).by_chance);
  EXPECT_TRUE(verdict({byte_rate(100000)}).by_chance);
  EXPECT_TRUE(verdict({both({status(kError), percentage(100)})}).by_chance);
  EXPECT_TRUE(verdict({negated(negated(span_rate(100)))}).by_chance);
  EXPECT_TRUE(verdict({percentage(100), status(kOk)}).by_chance);
  EXPECT_FALSE(verdict({percentage(100), status(kError)}).by_chance);
  EXPECT_FALSE(verdict({status(kError)}).by_chance);
  EXPECT_FALSE(verdict({percentage(0)}).by_chance);  // nothing keeps
  EXPECT_EQ(verdict({percentage(100)}).threshold, 0u);
  EXPECT_FALSE(verdict({percentage(100)}).threshold_known);  // the FNV choice is no threshold
}

TEST(Threshold, IsTheSmallestOfThoseThatKeep) {
  const std::uint64_t t10 = context::threshold_of_percentage(10);
  const std::uint64_t t50 = context::threshold_of_percentage(50);
  const auto verdict = [](std::vector<PolicyOptions> list, std::uint64_t randomness) {
    const auto policies = compile_ok(consistent_options_of(std::move(list)));
    return verdict_of(*policies, {kErrorSpan}, {1, randomness});
  };
  const auto expect = [](const OwnVerdict& actual, bool by_chance, bool known, std::uint64_t threshold) {
    EXPECT_TRUE(actual.keep);
    EXPECT_EQ(actual.by_chance, by_chance);
    EXPECT_EQ(actual.threshold_known, known);
    EXPECT_EQ(actual.threshold, threshold);
  };
  expect(verdict({percentage(10, "a"), percentage(50, "b")}, t10), true, true, t50);
  expect(verdict({percentage(10, "a"), percentage(50, "b")}, t50), true, true, t50);
  expect(verdict({percentage(10, "a"), both({status(kOk), percentage(50)})}, t10), true, true, t10);
  expect(verdict({both({percentage(50), status(kError), percentage(10)})}, t10), true, true, t10);
  expect(verdict({percentage(100)}, 0), true, true, 0);
  expect(verdict({percentage(10), status(kError)}, t10), false, false, 0);
  expect(verdict({percentage(10), span_rate(100)}, t10), true, true, 0);
  expect(verdict({span_rate(100)}, t10), true, true, 0);
  expect(verdict({both({percentage(10), span_rate(100)})}, t10), true, true, t10);
  expect(verdict({composite(10, {percentage(100, "a")})}, t10), true, false, 0);
  expect(verdict({negated(percentage(10))}, 0), true, false, 0);
}

}  // namespace
}  // namespace entail::policy
