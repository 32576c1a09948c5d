// Which keeps propagate, which of them before the decision (docs/design.md 3.2), and late origins (3.9).
#include <gtest/gtest.h>

#include "tests/policy/request.hpp"

namespace entail::policy {
namespace {

// A trace that every policy in the table below keeps.
std::vector<SpanSpec> everything() {
  return {{.end_ns = 1'000'000'000 + 50'000'000,
           .status = 2,
           .flags = 1,
           .trace_state = "k=v",
           .attributes = {{"s", "a"}, {"n", std::int64_t{1}}, {"b", true}}}};
}

Options with_origins(std::vector<PolicyOptions> policies, std::vector<std::string> names) {
  Options options = options_of(std::move(policies));
  options.links.origins = std::move(names);
  return options;
}

TEST(Origins, DefaultToPoliciesThatMatchErrors) {
  const std::pair<PolicyOptions, bool> cases[] = {
      {status(kError), true},
      {status(kError | kOk), true},
      {status(kOk | kUnset), false},
      {both({status(kError), latency(1)}), true},
      {both({latency(1), both({always(), both({status(kError)})})}), true},
      {both({latency(1), status(kError | kUnset), span_rate(100)}), true},
      {negated(status(kOk)), false},
      {negated(negated(status(kError))), false},
      {both({always(), negated(negated(status(kError)))}), false},
      {negated(both({status(kError), count(100)})), false},
      {always(), false},
      {latency(1), false},
  };
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    const auto policies = compile_ok(options_of({cases[i].first}));
    const OwnVerdict verdict = verdict_of(*policies, everything());
    EXPECT_EQ(verdict.origin, cases[i].second) << i;
    EXPECT_EQ(verdict.keep, i != 2) << i;
  }
}

TEST(Origins, OfACompositeAreTheTracesThatAnErrorPartKeeps) {
  const SpanSpec failed{.status = 2};
  const SpanSpec slow{.end_ns = 1'000'000'000 + 50'000'000};
  const SpanSpec both_of_them{.end_ns = 1'000'000'000 + 50'000'000, .status = 2};
  const PolicyOptions policy = composite(
      30, {latency(1, 0, "slow"), both({status(kError), trace_flags()}, "flagged"), status(kError, "errors")});
  const auto by_part = compile_ok(options_of({policy}));
  EXPECT_TRUE(verdict_of(*by_part, {failed}).origin);
  EXPECT_TRUE(verdict_of(*by_part, {failed}, {1, 2}, kNanosPerSecond).by_chance);
  EXPECT_FALSE(verdict_of(*by_part, {slow}, {1, 3}, kNanosPerSecond).origin);
  EXPECT_FALSE(verdict_of(*by_part, {both_of_them}, {1, 4}, kNanosPerSecond).origin) << "the first part keeps it";
  EXPECT_TRUE(by_part->would_be_origin(facts_of(*by_part, {failed}), kTrace));
  EXPECT_FALSE(by_part->would_be_origin(facts_of(*by_part, {both_of_them}), kTrace));
  EXPECT_FALSE(by_part->has_early_origins());
  const auto named = compile_ok(with_origins({policy}, {"composite"}));
  EXPECT_TRUE(verdict_of(*named, {slow}).origin) << "the whole policy is named";
}

TEST(Origins, AWarningSaysThatNoPolicyMakesAny) {
  const auto warnings_of = [](const Options& options) {
    option::Findings findings;
    EXPECT_NE(PolicySet::compile(options, findings), nullptr);
    std::vector<std::string> texts;
    for (const option::Finding& finding : findings.list) texts.push_back(finding.text);
    return texts;
  };
  const Options silent = options_of({drop({trace_flags()}), latency(1, 0, "slow"), always("rest")});
  const std::vector<std::string> warnings = warnings_of(silent);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0],
            "links are not followed, since no policy tests for the status ERROR; to follow the links of the traces "
            "that 'slow' keeps, add 'links: {origins: [\"slow\"]}'; for no links and no warning, "
            "'links: {propagate: {mode: none}}'");
  Options without_links = silent;
  without_links.links.propagate.mode = PropagateMode::none;
  EXPECT_TRUE(warnings_of(without_links).empty());
  EXPECT_TRUE(warnings_of(with_origins({latency(1, 0, "slow")}, {"slow"})).empty());
  EXPECT_TRUE(warnings_of(with_origins({latency(1, 0, "slow")}, {})).empty()) << "none were wanted";
  EXPECT_TRUE(warnings_of(options_of({status(kError)})).empty());
  EXPECT_TRUE(warnings_of(options_of({composite(10, {status(kError, "errors")})})).empty());
  Options late = options_of({composite(10, {latency(1, 0, "slow"), status(kError, "errors")})});
  EXPECT_EQ(warnings_of(late),
            std::vector<std::string>({"policy 'composite': composite.composite_sub_policy: links of a failed trace are "
                                      "not followed if 'slow' keeps it before 'errors' does; move 'errors' to the "
                                      "front"}));
  late.links.propagate.mode = PropagateMode::none;
  EXPECT_TRUE(warnings_of(late).empty());
}

TEST(Origins, ConfiguredNamesReplaceTheDefault) {
  const auto policies = compile_ok(with_origins({status(kError, "errors"), latency(10, 0, "slow")}, {"slow"}));
  EXPECT_TRUE(verdict_of(*policies, everything()).origin);
  EXPECT_FALSE(verdict_of(*policies, {SpanSpec{.status = 2}}).origin);
  const auto none = compile_ok(with_origins({status(kError, "errors")}, {}));
  EXPECT_FALSE(verdict_of(*none, everything()).origin);
  EXPECT_FALSE(none->has_early_origins());
}

TEST(Origins, UnknownNamesAndDropPoliciesAreErrors) {
  const auto errors = compile_errors(
      with_origins({always("a"), drop({both({status(kError)}, "inner")}, "d")}, {"a", "nope", "d", "inner"}));
  ASSERT_EQ(errors.size(), 3u);
  EXPECT_EQ(errors[0], "links.origins: no policy is named 'nope'; expected one of: a, d");
  EXPECT_EQ(errors[1], "links.origins: 'd' is a drop policy: it keeps nothing that could spread");
  EXPECT_EQ(errors[2], "links.origins: no policy is named 'inner'; expected one of: a, d");
}

TEST(Origins, ExcludeVetoedTraces) {
  const auto policies = compile_ok(options_of({status(kError), drop({text({"a"})})}));
  EXPECT_FALSE(verdict_of(*policies, everything()).origin);
  EXPECT_TRUE(verdict_of(*policies, {SpanSpec{.status = 2}}).origin);
}

TEST(EarlyOrigins, NeedMonotonePolicies) {
  const std::pair<PolicyOptions, bool> cases[] = {
      {always("p"), true},
      {status(kError, "p"), true},
      {tracestate("k", {"v"}), true},
      {trace_flags(), true},
      {percentage(100), true},
      {text({"a"}), true},
      {text({"a"}, true), true},
      {text({"z"}, false, true), false},
      {numeric(1, 1), true},
      {numeric(5, 6, true), false},
      {boolean(true), true},
      {boolean(false, true), false},
      {latency(10), true},
      {latency(10, 100), false},
      {count(1), true},
      {count(1, 10), false},
      {span_rate(100), false},
      {byte_rate(100000), false},
      {negated(status(kOk)), false},
      {both({status(kError), latency(1), count(1)}), true},
      {both({status(kError), both({text({"a"}), percentage(100)})}), true},
      {both({status(kError), latency(1, 100)}), false},
      {both({status(kError), both({always(), count(0, 3)})}), false},
      {both({status(kError), negated(status(kOk))}), false},
      {both({status(kError), span_rate(100)}), false},
  };
  for (const Probability probability : {Probability::collector, Probability::consistent}) {
    for (std::size_t i = 0; i < std::size(cases); ++i) {
      Options options = with_origins({cases[i].first}, {cases[i].first.name});
      options.probability = probability;
      const auto policies = compile_ok(options);
      const Facts facts = facts_of(*policies, everything());
      EXPECT_EQ(policies->has_early_origins(), cases[i].second) << i;
      EXPECT_EQ(policies->early_origin(facts, kTrace), cases[i].second) << i;
      EXPECT_TRUE(verdict_of(*policies, everything()).origin) << i;  // at the decision at the latest
    }
  }
}

TEST(EarlyOrigins, DependOnTheTrace) {
  const auto policies = compile_ok(options_of({both({status(kError), text({"a"})}), always()}));
  EXPECT_FALSE(policies->early_origin(facts_of(*policies, {SpanSpec{.status = 2}}), kTrace));
  EXPECT_FALSE(policies->early_origin(Facts{}, kTrace));
  EXPECT_TRUE(
      policies->early_origin(facts_of(*policies, {SpanSpec{.status = 2}, SpanSpec{.resource = {{"s", "a"}}}}), kTrace));
}

TEST(EarlyOrigins, DoNotExist_WithAnyDropPolicy) {
  const auto policies = compile_ok(options_of({status(kError), drop({text({"z"})})}));
  EXPECT_FALSE(policies->has_early_origins());
  EXPECT_FALSE(policies->early_origin(facts_of(*policies, everything()), kTrace));
}

TEST(WouldBeOrigin, JudgesOneSpanAsATrace) {
  const auto judge = [](std::vector<PolicyOptions> list, const SpanSpec& span) {
    const auto policies = compile_ok(options_of(std::move(list)));
    return policies->would_be_origin(facts_of_spans(*policies, {span})[0], kTrace);
  };
  const SpanSpec error{.status = 2};
  EXPECT_TRUE(judge({status(kError)}, error));
  EXPECT_FALSE(judge({status(kError)}, SpanSpec{}));
  EXPECT_FALSE(judge({always()}, error));
  EXPECT_FALSE(judge({both({status(kError), count(2)})}, error));
  EXPECT_TRUE(judge({both({status(kError), count(0, 1)})}, error));
  EXPECT_TRUE(judge({both({status(kError), span_rate(1)})}, error));  // limits count as yes
  EXPECT_FALSE(judge({both({status(kError), percentage(0)})}, error));
  EXPECT_FALSE(judge({status(kError), drop({always()})}, error));
}

}  // namespace
}  // namespace entail::policy
