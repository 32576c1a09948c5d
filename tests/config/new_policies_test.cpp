// composite, ottl_condition, link_count and link_type: every key reaches the options, and errors are reported.
#include <gtest/gtest.h>

#include "config/check_options.hpp"
#include "config/yaml_document.hpp"
#include "option/findings.hpp"
#include "parsed.hpp"

namespace entail::config {
namespace {

TEST(NewPolicies, ReadsEveryKey) {
  const PolicyOptions ottl = one(
      "{name: a, type: ottl_condition, ottl_condition: {error_mode: propagate, span: ['true'], spanevent: ['name == "
      "\"x\"', 'false']}}");
  EXPECT_EQ(ottl.type, PolicyType::ottl_condition);
  EXPECT_EQ(ottl.error_mode, OttlErrorMode::propagate);
  EXPECT_EQ(ottl.span_conditions, std::vector<std::string>{"true"});
  EXPECT_EQ(ottl.spanevent_conditions, std::vector<std::string>({"name == \"x\"", "false"}));
  EXPECT_EQ(one("{name: a, type: ottl_condition, ottl_condition: {span: ['true']}}").error_mode, OttlErrorMode::ignore);
  EXPECT_EQ(one("{name: a, type: ottl_condition, ottl_condition: {error_mode: silent, span: ['true']}}").error_mode,
            OttlErrorMode::silent);

  const PolicyOptions composite =
      one("{name: a, type: composite, composite: {max_total_spans_per_second: 1_000, policy_order: [q, p], "
          "composite_sub_policy: [{name: p, type: trace_flags}, {name: q, type: always_sample}], rate_allocation: "
          "[{policy: "
          "p, percent: 30}]}}");
  EXPECT_EQ(composite.type, PolicyType::composite);
  EXPECT_EQ(composite.max_total_spans_per_second, 1000);
  EXPECT_EQ(composite.policy_order, std::vector<std::string>({"q", "p"}));
  ASSERT_EQ(composite.rate_allocation.size(), 1u);
  EXPECT_EQ(composite.rate_allocation[0].policy, "p");
  EXPECT_EQ(composite.rate_allocation[0].percent, 30);
  ASSERT_EQ(composite.parts.size(), 2u);
  EXPECT_EQ(composite.parts[1].name, "q");

  const PolicyOptions count = one("{name: a, type: link_count, link_count: {min_links: 2, max_links: 20}}");
  EXPECT_EQ(count.type, PolicyType::link_count);
  EXPECT_EQ(count.min_links, 2);
  EXPECT_EQ(count.max_links, 20);
  const PolicyOptions types = one("{name: a, type: link_type, link_type: {values: [retry-of, x]}}");
  EXPECT_EQ(types.type, PolicyType::link_type);
  EXPECT_EQ(types.values, std::vector<std::string>({"retry-of", "x"}));
}

TEST(NewPolicies, ReportWhatIsMissing) {
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: ottl_condition}")),
                       "span or spanevent must hold at least one condition"));
  EXPECT_TRUE(
      contains(only_error(of_policies("{name: a, type: composite, composite: {max_total_spans_per_second: 1}}")),
               "composite_sub_policy must name at least one policy"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: composite, composite: {max_total_spans_per_second: 1, "
                                              "composite_sub_policy: [{type: composite, composite: "
                                              "{max_total_spans_per_second: 1, composite_sub_policy: [{type: "
                                              "trace_flags}]}}]}}")),
                       "part 1: a composite policy cannot be a part of another policy"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: composite, composite: {max_total_spans_per_second: 1, "
                                              "composite_sub_policy: [{type: trace_flags}], rate_allocation: 5}}")),
                       "expected a list of shares such as {policy: a, percent: 50}; found '5'"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: composite, composite: {max_total_spans_per_second: 1, "
                                              "composite_sub_policy: [{name: p, type: trace_flags}], rate_allocation: "
                                              "[{policy: p}, {policy: p, percent: 1}]}}")),
                       "rate_allocation: 'p' is listed twice"));
}

std::string composite_of(std::string_view more) {
  return of_policies(
      "{name: a, type: composite, composite: {max_total_spans_per_second: 1, composite_sub_policy: [{name: p, "
      "type: always_sample}, {name: q, type: trace_flags}], " +
      std::string(more) + "}}");
}

TEST(NewPolicies, WarnOfUnlikelySettings) {
  EXPECT_TRUE(
      contains(only_warning(of_policies("{name: a, type: link_count, link_count: {min_links: 3, max_links: 2}}")),
               "max_links: nothing matches"));
  EXPECT_TRUE(contains(only_warning(of_policies("{name: a, type: link_count}")), "min_links is not set"));
  EXPECT_TRUE(contains(only_warning(of_policies("{name: a, type: link_type}")), "values is not set"));
  EXPECT_TRUE(contains(only_warning(of_policies("{name: a, type: link_type, link_type: {values: [x]}}") +
                                    "links: {propagate: {type_keys: []}}\n"),
                       "no link has a type, since type_keys is empty"));
  EXPECT_TRUE(contains(only_warning(composite_of("rate_allocation: [{policy: p, percent: 0}]")), "0 means no share"));
  EXPECT_TRUE(
      contains(only_warning(composite_of("policy_order: [q], rate_allocation: [{policy: p, percent: 0}, {policy: "
                                         "q, percent: -1}]") +
                            "compat: collector\n"),
               "ignored with compat: collector"));
}

TEST(NewPolicies, AreAcceptedAsParts) {
  const PolicyOptions policy = one(
      "{name: a, type: and, and: {and_sub_policy: [{type: link_count, link_count: {min_links: 1}}, {type: not, not: "
      "{not_sub_policy: {type: link_type, link_type: {values: [x]}}}}, {type: ottl_condition, ottl_condition: {span: "
      "['IsRootSpan()']}}]}}");
  EXPECT_EQ(policy.parts.size(), 3u);
}

// The position of an error inside a scalar.
TEST(NewPolicies, ReportConditionErrorsToTheByte) {
  const auto place = [](const std::string& scalar) {
    const ConfigResult result =
        parsed("tail_sampling:\n  policies:\n    - {name: a, type: ottl_condition, ottl_condition: {span: [" + scalar +
               "]}}\n");
    return result.errors.size() == 1 ? std::pair(result.errors[0].line, result.errors[0].column)
                                     : std::pair(std::uint32_t{0}, std::uint32_t{0});
  };
  constexpr std::uint32_t kColumn = 63;  // of the scalar
  using Place = std::pair<std::uint32_t, std::uint32_t>;
  EXPECT_EQ(place("kind == x"), Place(3, kColumn + 8));
  EXPECT_EQ(place("'kind == x'"), Place(3, kColumn + 9));
  EXPECT_EQ(place("\"kind == x\""), Place(3, kColumn + 9));
  EXPECT_EQ(place("\"name == \\\"a\\\" or x == 1\""), Place(3, kColumn + 18));
  EXPECT_EQ(place("'name == \"it''s\" or x == 1'"), Place(3, kColumn + 20));
  EXPECT_EQ(place("'name == \"$$\" or x == 1'"), Place(3, kColumn + 17));
  EXPECT_EQ(place("'name == \"\xc3\xa9\" or x == 1'"), Place(3, kColumn + 16)) << "columns are characters";
  EXPECT_EQ(place("\"name == \\\"\\x41\\\" or x == 1\""), Place(3, kColumn))
      << "where escapes are not plain, its beginning";
  EXPECT_EQ(place("\"kind ==\n        x\""), Place(3, kColumn)) << "also over several lines";
}

TEST(NewPolicies, PlaceTheCaretUnderTheError) {
  EXPECT_EQ(option::caret_lines("kind == x", 8), "    kind == x\n            ^");
  EXPECT_EQ(option::caret_lines("\xc3\xa9 x", 3), "    \xc3\xa9 x\n      ^");
  EXPECT_EQ(option::caret_lines("a ==\n\tb or c", 10), "     b or c\n         ^");
  EXPECT_EQ(option::caret_lines("", 0), "    \n    ^");
  const std::string shown = option::caret_lines(std::string(300, 'a') + "!" + std::string(300, 'b'), 300);
  const std::size_t caret = shown.rfind('^') - shown.rfind('\n') - 1;
  EXPECT_EQ(shown[caret], '!');
  EXPECT_LT(shown.size(), 250u);
}

TEST(NewPolicies, AreCheckedWhenSetInCode) {
  Options options;
  PolicyOptions policy;
  policy.name = "p";
  policy.type = PolicyType::ottl_condition;
  policy.span_conditions = {"true", "nme == 1"};
  options.tail_sampling.policies = {policy};
  const std::vector<option::Finding> findings = check_options(options).findings;
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].path, "tail_sampling.policies[0].ottl_condition.span[1]");
  EXPECT_EQ(findings[0].offset, std::optional<std::size_t>(0));
  EXPECT_EQ(findings[0].text,
            "policy 'p': ottl_condition.span: unknown path 'nme'; did you mean 'name'?\n    nme == 1\n    ^");
  std::vector<std::string> many;
  for (int i = 0; i < 129; ++i) many.push_back("attributes[\"" + std::to_string(i) + "\"] == 1");
  policy.span_conditions = many;
  options.tail_sampling.policies = {policy};
  ASSERT_EQ(check_options(options).findings.size(), 1u);
  EXPECT_TRUE(contains(check_options(options).findings[0].text, "name more than 128 attributes"));
}

}  // namespace
}  // namespace entail::config
