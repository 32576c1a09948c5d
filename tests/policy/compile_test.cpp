// What compile() refuses, and its messages; names; how conditions share bits.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/policy/request.hpp"

namespace entail::policy {
namespace {

std::string only_error(std::vector<PolicyOptions> policies) {
  const auto errors = compile_errors(options_of(std::move(policies)));
  EXPECT_EQ(errors.size(), 1u);
  return errors.empty() ? "" : errors[0];
}

TEST(Compile, ReportsWhatIsWrongWithAPattern) {
  EXPECT_EQ(only_error({text({"ok", "a(b"}, true)}),
            "policy 'text': string_attribute.values: bad regular expression 'a(b': missing ): a(b");
  EXPECT_EQ(
      only_error({text({"[z-a]"}, true)}),
      "policy 'text': string_attribute.values: bad regular expression '[z-a]': invalid character class range: z-a");
  EXPECT_EQ(only_error({text({"x**"}, true)}),
            "policy 'text': string_attribute.values: bad regular expression 'x**': bad repetition operator: **");
  PolicyOptions part = text({"(?<n>a)("}, true);
  part.name = "inner";
  EXPECT_EQ(only_error({both({always(), part}, "outer")}).substr(0, 80),
            "policy 'outer', part 'inner': string_attribute.values: bad regular expression '(");
  EXPECT_EQ(compile_errors(options_of({text({"(", "a", ")"}, true)})).size(), 2u);
  compile_ok(options_of({text({"a(b"}, false)}));  // not a pattern
}

TEST(Compile, RefusesMeaninglessSettings) {
  const auto nan = std::nan("");
  PolicyOptions no_key = numeric(1, 2), no_state_key = tracestate("", {"v"}), nameless = always("");
  no_key.key.clear();
  EXPECT_EQ(only_error({no_key}), "policy 'numeric': numeric_attribute.key is required: a string");
  EXPECT_EQ(only_error({no_state_key}), "policy 'state': trace_state.key is required: a string");
  EXPECT_EQ(only_error({nameless}), "policy 1: it needs a name");
  EXPECT_EQ(only_error({always("a"), status(kOk, "a")}), "policy 'a': another policy has this name");
  EXPECT_EQ(only_error({status(0)}),
            "policy 'status': status_code.status_codes is required: a list of some of: UNSET, OK, ERROR");
  EXPECT_EQ(only_error({status(8)}),
            "policy 'status': status_code.status_codes: expected a list of some of: UNSET, OK, ERROR");
  for (const double wrong : {-0.001, 100.001, nan}) {
    EXPECT_EQ(only_error({percentage(wrong)}),
              "policy 'some': probabilistic.sampling_percentage: expected a number from 0 to 100");
  }
  EXPECT_EQ(only_error({span_rate(-1)}),
            "policy 'rate': rate_limiting.spans_per_second: expected a whole number, 0 or more");
  EXPECT_EQ(only_error({both({})}), "policy 'and': and_sub_policy must name at least one policy");
  EXPECT_EQ(only_error({drop({})}), "policy 'drop': drop_sub_policy must name at least one policy");
  PolicyOptions two = negated(always());
  two.parts.push_back(always());
  EXPECT_EQ(only_error({two}), "policy 'not': not_sub_policy must be one policy");
  EXPECT_EQ(only_error({both({drop({always()}, "d")})}),
            "policy 'and', part 'd': a drop policy cannot be a part of another policy");
}

TEST(Compile, BoundsNesting) {
  PolicyOptions deep = always();
  for (unsigned i = 0; i < kPartsDepthMax; ++i) deep = negated(deep);
  EXPECT_TRUE(keeps(deep, {SpanSpec{}}));
  EXPECT_NE(only_error({negated(deep)}).find("nested deeper than 16"), std::string::npos);
}

TEST(Compile, BoundsSpanConditions) {
  std::vector<PolicyOptions> policies;
  for (int i = 0; i < 256; ++i) {
    policies.push_back(text({"v" + std::to_string(i)}));
    policies.back().name = "p" + std::to_string(i);
  }
  const auto all = compile_ok(options_of(policies));
  EXPECT_EQ(all->shape().bit_words, 4u);
  for (const int i : {0, 63, 64, 128, 255}) {
    const OwnVerdict verdict = verdict_of(*all, {SpanSpec{.attributes = {{"s", "v" + std::to_string(i)}}}});
    EXPECT_EQ(verdict.policy, i);
  }
  policies.push_back(trace_flags());
  EXPECT_EQ(only_error(policies),
            "policy 'flags': with this policy, there are more than 256 different conditions on spans");
}

TEST(Compile, EqualConditionsShareABit) {
  std::vector<PolicyOptions> policies;
  for (int i = 0; i < 300; ++i)
    policies.push_back(both({text({"a"}), status(kError), text({"a"}, false, true)}, "p" + std::to_string(i)));
  EXPECT_EQ(compile_ok(options_of(policies))->shape().bit_words, 1u);
  // Conditions that only look alike do not share one.
  const auto alike = compile_ok(options_of({both({text({"a"}), text({"a"}, true), text({"a", "b"}), text({"a:1:b"}),
                                                  tracestate("s", {"a"}), numeric(1, 2), numeric(12, std::nullopt)})}));
  const Facts facts = facts_of(*alike, {SpanSpec{.attributes = {{"s", "a"}}}});
  EXPECT_EQ(std::popcount(facts.bits[0]), 3);
}

TEST(Compile, BoundsStatefulParts) {
  std::vector<PolicyOptions> parts(32, span_rate(100));
  compile_ok(options_of({both(parts)}));
  parts.push_back(byte_rate(1));
  EXPECT_EQ(only_error({both(parts)}),
            "policy 'and', part 'bytes': with this policy, there are more than 32 rate_limiting, bytes_limiting and "
            "composite policies");
}

TEST(Compile, KeepsNamesInConfigurationOrder) {
  const auto policies = compile_ok(options_of({always("one"), drop({always()}, "two"), status(kOk, "three")}));
  EXPECT_EQ(policies->policy_count(), 3u);
  EXPECT_EQ(policies->name(0), "one");
  EXPECT_EQ(policies->name(1), "two");
  EXPECT_EQ(policies->name(2), "three");
  EXPECT_EQ(policies->name(3), "");
  EXPECT_EQ(policies->name(-1), "");
}

}  // namespace
}  // namespace entail::policy
