// composite: order, shares, seconds; evaluated once per trace. The first cases are those of the Collector's own tests.
#include <gtest/gtest.h>

#include "tests/policy/request.hpp"

namespace entail::policy {
namespace {

const SpanSpec kPlain{};
const SpanSpec kError2{.status = 2};

struct Evaluator {
  explicit Evaluator(const Options& options) : policies(compile_ok(options)) {}
  explicit Evaluator(PolicyOptions policy, Compat compat = Compat::none)
      : Evaluator(options_of({std::move(policy)}, compat)) {}
  bool keeps(std::int64_t now_ns, const std::vector<SpanSpec>& spans) {
    return verdict_of(*policies, spans, {7, ++trace}, now_ns).keep;
  }
  std::unique_ptr<PolicySet> policies;
  std::uint64_t trace = 0;
};

TEST(Composite, TheFirstPartThatKeepsDecides) {
  for (const Compat compat : {Compat::none, Compat::collector}) {
    const std::vector<RateAllocation> shares = {{"first", 50}, {"second", 50}};
    const SpanSpec other{.attributes = {{"n", std::int64_t{200}}}};
    PolicyOptions low = numeric(1, 100);
    low.name = "first";
    PolicyOptions high = numeric(300, 400);
    high.name = "second";
    EXPECT_FALSE(Evaluator(composite(1000, {low, high}, shares), compat).keeps(0, {other}));
    EXPECT_TRUE(Evaluator(composite(1000, {low, always("second")}, shares), compat).keeps(0, {other}));
    EXPECT_TRUE(Evaluator(composite(1000, {always("first"), high}, shares), compat).keeps(0, {other}));
    // A part over its share decides too: later parts are not tried.
    EXPECT_FALSE(Evaluator(composite(100, {always("first"), always("second")}, {{"first", 1}, {"second", 99}}), compat)
                     .keeps(0, {kPlain, kPlain}));
  }
}

TEST(Composite, CountsSpansOfTheCurrentSecond) {
  for (const Compat compat : {Compat::none, Compat::collector}) {
    Evaluator evaluator(composite(10, {always("all")}, {{"all", 100}}), compat);
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(evaluator.keeps(kNanosPerSecond / 2, {kPlain}));
    EXPECT_FALSE(evaluator.keeps(kNanosPerSecond - 1, {kPlain}));
    EXPECT_TRUE(evaluator.keeps(kNanosPerSecond, std::vector<SpanSpec>(9, kPlain)));
    EXPECT_FALSE(evaluator.keeps(kNanosPerSecond, {kPlain, kPlain})) << "a trace fits whole or not at all";
    EXPECT_TRUE(evaluator.keeps(kNanosPerSecond, {kPlain})) << "and takes nothing when it does not fit";
    EXPECT_FALSE(evaluator.keeps(2 * kNanosPerSecond, std::vector<SpanSpec>(11, kPlain)));
  }
}

TEST(Composite, RoundsSharesDownToWholeSpans) {
  Evaluator evaluator(composite(10, {status(kError, "errors"), always("rest")}, {{"errors", 35}, {"rest", 100}}));
  int errors = 0;
  for (int i = 0; i < 10; ++i) errors += evaluator.keeps(0, {kError2});
  EXPECT_EQ(errors, 3);
  int rest = 0;
  for (int i = 0; i < 10; ++i) rest += evaluator.keeps(0, {kPlain});
  EXPECT_EQ(rest, 7) << "the remainder of the total";
}

TEST(Composite, WithoutTotalKeepsNothing) { EXPECT_FALSE(Evaluator(composite(0, {always("a")})).keeps(0, {kPlain})); }

TEST(Composite, EvaluatesUnlistedPartsLast) {
  const std::vector<RateAllocation> shares = {{"none", 0}};
  EXPECT_TRUE(Evaluator(composite(10, {always("none"), always("some")}, shares, {"some"})).keeps(0, {kPlain}));
  EXPECT_FALSE(Evaluator(composite(10, {always("none"), always("some")}, shares)).keeps(0, {kPlain}));
}

TEST(Composite, IsEvaluatedOncePerTrace_WhenAPartKeeps) {
  const auto policies = compile_ok(options_of({composite(1, {status(kError, "errors")})}));
  EXPECT_TRUE(policies->has_stateful());
  StatefulAnswers first, second;
  const auto evaluate = [&](StatefulAnswers& answers, const std::vector<SpanSpec>& spans, std::int64_t second_number,
                            bool stateful) {
    return policies->evaluate(facts_of(*policies, spans), kTrace, answers, second_number * kNanosPerSecond, stateful)
        .keep;
  };
  EXPECT_FALSE(evaluate(first, {kPlain}, 0, true));
  EXPECT_EQ(first.evaluated, 0u) << "no part said keep";
  EXPECT_FALSE(evaluate(first, {kError2}, 0, false)) << "not evaluated yet";
  EXPECT_TRUE(evaluate(first, {kError2}, 0, true));
  EXPECT_TRUE(evaluate(first, {kError2, kError2}, 0, true)) << "it has said yes";
  EXPECT_FALSE(evaluate(second, {kError2}, 0, true));
  EXPECT_FALSE(evaluate(second, {kError2}, 5, true)) << "it has said no";
}

TEST(Composite, AcceptsStatefulAndNestedParts) {
  Evaluator evaluator(
      composite(100, {both({status(kError), span_rate(1, 2)}, "limited"), negated(status(kError), "rest")}));
  EXPECT_TRUE(evaluator.keeps(0, {kError2}));
  EXPECT_TRUE(evaluator.keeps(0, {kError2}));
  EXPECT_FALSE(evaluator.keeps(0, {kError2}));
  EXPECT_TRUE(evaluator.keeps(0, {kPlain}));
}

TEST(Composite, IsProbabilistic_AndAnOriginByItsErrorPart) {
  Options options = options_of({composite(10, {status(kError, "errors")})});
  const auto plain = compile_ok(options);
  const OwnVerdict verdict = verdict_of(*plain, {kError2});
  EXPECT_TRUE(verdict.keep && verdict.by_chance);
  EXPECT_FALSE(verdict.threshold_known);
  EXPECT_TRUE(verdict.origin);
  options.links.origins = {"composite"};
  const auto spreading = compile_ok(options);
  EXPECT_TRUE(verdict_of(*spreading, {kError2}).origin);
  EXPECT_FALSE(spreading->has_early_origins()) << "further spans may not fit";
  EXPECT_TRUE(spreading->would_be_origin(facts_of(*spreading, {kError2}), kTrace));
  EXPECT_FALSE(spreading->would_be_origin(facts_of(*spreading, {kPlain}), kTrace));
}

TEST(Composite, RefusesImpossibleSettings) {
  const auto refused = [](const PolicyOptions& policy, const std::string& text) {
    const std::vector<std::string> errors = compile_errors(options_of({policy}));
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_EQ(errors[0], text);
  };
  refused(composite(1, {}), "policy 'composite': composite_sub_policy must name at least one policy");
  refused(composite(-1, {always("a")}),
          "policy 'composite': composite.max_total_spans_per_second: expected a whole number, 0 or more");
  refused(composite(1, {always("a")}, {}, {"b"}),
          "policy 'composite': composite.policy_order: no part is named 'b'; expected one of: a");
  refused(composite(1, {always("a")}, {}, {"a", "a"}),
          "policy 'composite': composite.policy_order: 'a' is listed twice");
  refused(composite(1, {always("a")}, {{"b", 1}}),
          "policy 'composite': composite.rate_allocation: no part is named 'b'; expected one of: a");
  refused(both({composite(1, {always("a")})}),
          "policy 'and', part 'composite': a composite policy cannot be a part of another policy");
  std::vector<PolicyOptions> many;
  for (int i = 0; i < 33; ++i) {
    many.push_back(composite(1, {always("a")}));
    many.back().name += std::to_string(i);
  }
  EXPECT_EQ(compile_errors(options_of(many)),
            std::vector<std::string>{"policy 'composite32': with this policy, there are more than 32 rate_limiting, "
                                     "bytes_limiting and composite policies"});
}

}  // namespace
}  // namespace entail::policy
