// The policy ottl_condition: its lists, its error modes, and what it means for a trace.
#include <gtest/gtest.h>

#include "tests/policy/ottl.hpp"

namespace entail::policy {
namespace {

const std::string kMatches = R"(attributes["k"] == "v")";
const std::string kFails = R"(HasPrefix(attributes["k"], "v"))";  // where k is not a text

SpanSpec with(Value value) { return {.attributes = {{"k", std::move(value)}}}; }
const SpanSpec kMatch = with(std::string("v"));
const SpanSpec kOther = with(std::string("w"));
const SpanSpec kFailing = with(std::int64_t{1});

TEST(OttlPolicy, AnySpanAndAnyConditionSuffice) {
  EXPECT_TRUE(keeps(conditions({kMatches}), {kOther, kMatch}));
  EXPECT_FALSE(keeps(conditions({kMatches}), {kOther, kOther}));
  EXPECT_TRUE(keeps(conditions({"kind == 4", kMatches}), {kMatch}));
  EXPECT_FALSE(keeps(conditions({R"(attributes["k"] != "v")"}), {kMatch, kMatch}));
  EXPECT_TRUE(keeps(conditions({R"(attributes["k"] != "v")"}), {kMatch, kOther}));
  // Both sides of an `and` hold on one span, unlike two parts of an and policy.
  const SpanSpec error{.status = 2};
  const std::string both = kMatches + " and status.code == STATUS_CODE_ERROR";
  EXPECT_FALSE(keeps(conditions({both}), {kMatch, error}));
}

TEST(OttlPolicy, EvaluatesEveryEvent) {
  const std::string condition = R"(name == "exception" and attributes["exception.type"] == "Timeout")";
  SpanSpec span = kOther;
  span.raw = event_field("retry", {{"exception.type", std::string("Timeout")}}) + event_field("exception");
  EXPECT_FALSE(keeps(conditions({}, {condition}), {span}));
  span.raw += event_field("exception", {{"exception.type", std::string("Timeout")}}, 17);
  EXPECT_TRUE(keeps(conditions({}, {condition}), {span}));
  EXPECT_TRUE(keeps(conditions({kMatches}, {condition}), {span}));
  EXPECT_TRUE(keeps(conditions({kMatches}, {condition}), {kMatch}));
  EXPECT_TRUE(keeps(conditions({}, {R"(time_unix_nano == 17 and span.attributes["k"] == "w")"}), {span}));
  EXPECT_FALSE(keeps(conditions({}, {condition}), {kMatch}));
  // Each policy reads the events from the beginning.
  const auto two = compile_ok(options_of({conditions({}, {R"(name == "retry")"}, OttlErrorMode::ignore, "one"),
                                          conditions({}, {R"(name == "retry")"}, OttlErrorMode::ignore, "two")}));
  const Facts facts = facts_of_spans(*two, {span})[0];
  EXPECT_TRUE(has_bit(facts.bits, 0) && has_bit(facts.bits, 1));
}

TEST(OttlPolicy, FollowsItsErrorMode) {
  struct Case {
    OttlErrorMode mode;
    bool kept_with_match;
    std::uint32_t errors;
  };
  for (const Case& one : {Case{OttlErrorMode::ignore, true, 1}, Case{OttlErrorMode::silent, true, 0},
                          Case{OttlErrorMode::propagate, false, 1}}) {
    const PolicyOptions policy = conditions({kFails + " and " + kMatches}, {}, one.mode);
    EXPECT_EQ(keeps(policy, {kFailing, kMatch}), one.kept_with_match);
    EXPECT_EQ(keeps(policy, {kMatch, kFailing}), one.kept_with_match) << "the order of spans does not matter";
    EXPECT_FALSE(keeps(policy, {kFailing}));
    const auto policies = compile_ok(options_of({policy}));
    EXPECT_EQ(facts_of_spans(*policies, {kFailing})[0].policy_errors, one.errors);
  }
  // On one span the conditions are evaluated in order: those before the failure count, those after it do
  // not.
  EXPECT_TRUE(keeps(conditions({"true", kFails}, {}, OttlErrorMode::propagate), {kFailing}));
  EXPECT_FALSE(keeps(conditions({kFails, "true"}, {}, OttlErrorMode::propagate), {kFailing}));
  EXPECT_TRUE(keeps(conditions({kFails, "true"}, {}, OttlErrorMode::ignore), {kFailing}));
}

TEST(OttlPolicy, AFailedPolicyHasNoSay) {
  const PolicyOptions failing = conditions({kFails}, {}, OttlErrorMode::propagate);
  EXPECT_FALSE(keeps(negated(failing), {kFailing}));
  EXPECT_TRUE(keeps(negated(failing), {kOther}));
  EXPECT_FALSE(keeps(both({failing, always()}), {kFailing}));
  const auto vetoing = compile_ok(options_of({drop({failing}), always()}));
  EXPECT_TRUE(verdict_of(*vetoing, {kFailing}).keep);
  EXPECT_TRUE(verdict_of(*vetoing, {kMatch}).vetoed);
  // After a failure no budget is consulted.
  const auto limited = compile_ok(options_of({both({failing, span_rate(1)})}));
  StatefulAnswers answers;
  EXPECT_FALSE(limited->evaluate(facts_of(*limited, {kFailing}), kTrace, answers, 0, true).keep);
  EXPECT_EQ(answers.evaluated, 0u);
}

TEST(OttlPolicy, IsAnEarlyOrigin_UnlessAnErrorCanRevokeIt) {
  for (const OttlErrorMode mode : {OttlErrorMode::ignore, OttlErrorMode::silent, OttlErrorMode::propagate}) {
    Options options = options_of({conditions({kMatches}, {}, mode)});
    EXPECT_FALSE(verdict_of(*compile_ok(options), {kMatch}).origin) << "it names no ERROR by itself";
    options.links.origins = {"ottl"};
    const auto policies = compile_ok(options);
    EXPECT_EQ(policies->has_early_origins(), mode != OttlErrorMode::propagate);
    EXPECT_TRUE(verdict_of(*policies, {kMatch}).origin);
  }
}

TEST(OttlPolicy, MakesOriginsWhereItTestsForTheStatusError) {
  const std::pair<const char*, bool> cases[] = {
      {"status.code == STATUS_CODE_ERROR", true},
      {"2 == span.status.code", true},
      {"status.code != 0", true},
      {"status.code > 1", true},
      {"1 < status.code", true},
      {"not (status.code != 2)", true},
      {"not (status.code == 0 or status.code == 1)", true},
      {"name != \"\" and status.code == 2", true},
      {"name != \"\" or status.code == 2", true},
      {"status.code == STATUS_CODE_OK", false},
      {"status.code != STATUS_CODE_OK", false},
      {"not (status.code == 2)", false},
      {"status.code >= 0", false},
      {"status.code == kind", false},
      {"Int(status.code) == 2", false},
      {"name == \"span\"", false},
  };
  for (const auto& [condition, spreads] : cases) {
    const auto program = ottl::compile(condition, ottl::Context::span);
    ASSERT_TRUE(program.ok()) << condition;
    EXPECT_EQ(ottl::tests_error_status(*program), spreads) << condition;
  }
  SpanSpec error;
  error.status = 2;
  const auto policies = compile_ok(options_of({conditions({"name == \"x\"", "status.code == 2"})}));
  EXPECT_TRUE(verdict_of(*policies, {error}).origin);
  EXPECT_TRUE(policies->has_early_origins());
  const auto of_event = compile_ok(options_of({both({conditions({}, {"span.status.code == 2"})})}));
  EXPECT_TRUE(of_event->has_early_origins());
}

TEST(OttlPolicy, RefusesWhatDoesNotCompile) {
  EXPECT_EQ(compile_errors(options_of({conditions({"nme == 1"})})),
            std::vector<std::string>{"policy 'ottl': ottl_condition.span: unknown path 'nme'; did you mean 'name'?\n"
                                     "    nme == 1\n    ^"});
  EXPECT_EQ(compile_errors(options_of({conditions({})})),
            std::vector<std::string>{
                "policy 'ottl': ottl_condition.span: span or spanevent must hold at least one condition"});
  std::vector<std::string> many;
  for (int i = 0; i < 129; ++i) many.push_back("attributes[\"" + std::to_string(i) + "\"] == 1");
  EXPECT_EQ(compile_errors(options_of({conditions(many)})).size(), 1u);
  many.pop_back();
  const auto policies = compile_ok(options_of({conditions(many)}));
  EXPECT_TRUE(verdict_of(*policies, {SpanSpec{.attributes = {{"127", std::int64_t{1}}}}}).keep);
}

TEST(OttlPolicy, MalformedEventsMatchNothing) {
  SpanSpec span;
  span.raw = bytes_field(11, "\x12\x7f") + bytes_field(11, bytes_field(3, "\x0a\xff"));
  EXPECT_FALSE(keeps(conditions({}, {R"(attributes["k"] == "v" or name != "")"}), {span}));
}

}  // namespace
}  // namespace entail::policy
