// tail_sampling.policies: every type of the Collector's tailsamplingprocessor (its config.go), link_count and
// link_type, and every error in them.
#include <gtest/gtest.h>

#include "parsed.hpp"

namespace entail::config {
namespace {

TEST(Policies, ReadsEveryType) {
  EXPECT_EQ(one("{name: a, type: always_sample}").type, PolicyType::always_sample);
  EXPECT_EQ(one("{name: a, type: always_sample, always_sample: {}}").name, "a");
  EXPECT_EQ(one("{name: a, type: trace_flags}").type, PolicyType::trace_flags);

  const PolicyOptions latency =
      one("{name: a, type: latency, latency: {threshold_ms: 5_000, upper_threshold_ms: 10000}}");
  EXPECT_EQ(latency.type, PolicyType::latency);
  EXPECT_EQ(latency.threshold_ms, 5000);
  EXPECT_EQ(latency.upper_threshold_ms, 10000);

  const PolicyOptions numeric =
      one("{name: a, type: numeric_attribute, numeric_attribute: {key: k, min_value: -5, max_value: 100_000, "
          "invert_match: true}}");
  EXPECT_EQ(numeric.type, PolicyType::numeric_attribute);
  EXPECT_EQ(numeric.key, "k");
  EXPECT_EQ(numeric.min_value, -5);
  EXPECT_EQ(numeric.max_value, 100'000);
  EXPECT_TRUE(numeric.invert_match);
  EXPECT_EQ(one("{name: a, type: numeric_attribute, numeric_attribute: {key: k, min_value: 1}}").max_value,
            std::nullopt);
  EXPECT_EQ(
      one("{name: a, type: numeric_attribute, numeric_attribute: {key: k, min_value: -9223372036854775808}}").min_value,
      std::numeric_limits<std::int64_t>::min());

  const PolicyOptions chance =
      one("{name: a, type: probabilistic, probabilistic: {sampling_percentage: 0.5, hash_salt: pepper}}");
  EXPECT_EQ(chance.type, PolicyType::probabilistic);
  EXPECT_EQ(chance.sampling_percentage, 0.5);
  EXPECT_EQ(chance.hash_salt, "pepper");
  EXPECT_EQ(one("{name: a, type: probabilistic, probabilistic: {sampling_percentage: 7}}").hash_salt,
            "default-hash-seed");

  EXPECT_EQ(one("{name: a, type: status_code, status_code: {status_codes: [ERROR]}}").status_code_mask, 1u << 2);
  EXPECT_EQ(one("{name: a, type: status_code, status_code: {status_codes: [OK, UNSET]}}").status_code_mask, 3u);

  const PolicyOptions text =
      one("{name: a, type: string_attribute, string_attribute: {key: k, values: ['^v$$', '404'], "
          "enabled_regex_matching: true, invert_match: true}}");
  EXPECT_EQ(text.type, PolicyType::string_attribute);
  EXPECT_EQ(text.values, std::vector<std::string>({"^v$", "404"}));
  EXPECT_TRUE(text.enabled_regex_matching);
  EXPECT_TRUE(text.invert_match);

  const PolicyOptions rate =
      one("{name: a, type: rate_limiting, rate_limiting: {spans_per_second: 35, burst_capacity: 70}}");
  EXPECT_EQ(rate.type, PolicyType::rate_limiting);
  EXPECT_EQ(rate.per_second, 35);
  EXPECT_EQ(rate.burst_capacity, 70);
  const PolicyOptions bytes = one("{name: a, type: bytes_limiting, bytes_limiting: {bytes_per_second: 1_000_000}}");
  EXPECT_EQ(bytes.type, PolicyType::bytes_limiting);
  EXPECT_EQ(bytes.per_second, 1'000'000);

  const PolicyOptions count = one("{name: a, type: span_count, span_count: {min_spans: 2, max_spans: 20}}");
  EXPECT_EQ(count.type, PolicyType::span_count);
  EXPECT_EQ(count.min_spans, 2);
  EXPECT_EQ(count.max_spans, 20);

  const PolicyOptions state = one("{name: a, type: trace_state, trace_state: {key: vendor, values: [x, y]}}");
  EXPECT_EQ(state.type, PolicyType::trace_state);
  EXPECT_EQ(state.key, "vendor");
  EXPECT_EQ(state.values, std::vector<std::string>({"x", "y"}));

  const PolicyOptions flag = one("{name: a, type: boolean_attribute, boolean_attribute: {key: k, value: true}}");
  EXPECT_EQ(flag.type, PolicyType::boolean_attribute);
  EXPECT_TRUE(flag.boolean_value);
}

TEST(Policies, ReadsParts) {
  const PolicyOptions both = one(
      "{name: a, type: and, and: {and_sub_policy: [{name: p, type: status_code, status_code: {status_codes: [ERROR]}}, "
      "{type: not, not: {not_sub_policy: {type: and, and: {and_sub_policy: [{type: trace_flags}]}}}}]}}");
  EXPECT_EQ(both.type, PolicyType::and_policy);
  ASSERT_EQ(both.parts.size(), 2u);
  EXPECT_EQ(both.parts[0].name, "p");
  EXPECT_EQ(both.parts[0].status_code_mask, 4u);
  EXPECT_EQ(both.parts[1].type, PolicyType::not_policy);
  ASSERT_EQ(both.parts[1].parts.size(), 1u);
  ASSERT_EQ(both.parts[1].parts[0].parts.size(), 1u);
  EXPECT_EQ(both.parts[1].parts[0].parts[0].type, PolicyType::trace_flags);
  const PolicyOptions drop = one("{name: a, type: drop, drop: {drop_sub_policy: [{name: q, type: trace_flags}]}}");
  EXPECT_EQ(drop.type, PolicyType::drop_policy);
  ASSERT_EQ(drop.parts.size(), 1u);
}

TEST(Policies, ReportsAnUnknownType) {
  EXPECT_EQ(only_error(of_policies("{name: a, type: probabilistik}")),
            "1:44: policy 'a': unknown type 'probabilistik'; did you mean 'probabilistic'?");
  EXPECT_TRUE(contains(only_error(of_policies("{name: a}")), "policy 'a': it needs a type"));
  EXPECT_TRUE(
      contains(only_error(of_policies("{name: a, type: [x]}")), "policy 'a': type: expected a string; found a list"));
  EXPECT_TRUE(contains(only_error(of_policies("always")), "policy 1: expected a map with name, type and a block"));
}

TEST(Policies, RequiresUniqueNames) {
  EXPECT_EQ(only_error(of_policies("{type: always_sample}")), "1:28: policy 1: it needs a name");
  EXPECT_TRUE(contains(only_error(of_policies("{name: '', type: always_sample}")), "it needs a name"));
  EXPECT_EQ(only_error(of_policies("{name: a, type: always_sample}, {name: a, type: trace_flags}")),
            "1:61: policy 'a': another policy has this name");
}

TEST(Policies, RefusesMisplacedKeys) {
  EXPECT_EQ(only_error(of_policies("{name: a, type: latency, latency: {threshold_ms: 1}, statuscode: {}}")),
            "1:81: policy 'a': unknown key 'statuscode'; expected one of: name, type, latency");
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: latency, latency: {threshold_ms: 1}, status_code: {}}")),
                       "the block 'status_code' does not belong to the type 'latency'"));
  EXPECT_TRUE(
      contains(only_error(of_policies("{name: a, type: latency, latency: {threshold_ms: 1}, upper_threshold_ms: 1}")),
               "unknown key 'upper_threshold_ms'; it belongs in the block 'latency'"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: latency, latency: {threshold_ms: 1, treshold_ms: 1}}")),
                       "unknown key 'treshold_ms' in latency; did you mean 'threshold_ms'?"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: always_sample, always_sample: {x: 1}}")),
                       "this type has no options"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: and, and: {sub_policy: []}}")),
                       "did you mean 'and_sub_policy'?"));
}

TEST(Policies, RefusesWrongValues) {
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: latency, latency: {threshold_ms: 5s}}")),
                       "policy 'a': latency.threshold_ms: expected a whole number, 0 or more; found '5s'"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: status_code, status_code: {status_codes: [error]}}")),
                       "status_code.status_codes: unknown value 'error'; did you mean 'ERROR'?"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: status_code, status_code: {status_codes: ERROR}}")),
                       "expected a list of some of: UNSET, OK, ERROR; found 'ERROR'"));
  EXPECT_TRUE(
      contains(only_error(of_policies("{name: a, type: status_code}")), "status_code.status_codes is required"));
  EXPECT_TRUE(
      contains(only_error(of_policies("{name: a, type: boolean_attribute, boolean_attribute: {key: k, value: yes}}")),
               "expected true or false; found 'yes'"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: boolean_attribute, boolean_attribute: {value: true}}")),
                       "boolean_attribute.key is required"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: span_count, span_count: {min_spans: 2147483648}}")),
                       "from 0 to 2147483647"));
  EXPECT_TRUE(
      contains(only_error(of_policies("{name: a, type: probabilistic, probabilistic: {sampling_percentage: all}}")),
               "expected a number from 0 to 100; found 'all'"));
  EXPECT_TRUE(
      contains(only_error(of_policies("{name: a, type: probabilistic, probabilistic: {sampling_percentage: .nan}}")),
               "found '.nan'"));
  EXPECT_TRUE(
      contains(only_error(of_policies(
                   "{name: a, type: numeric_attribute, numeric_attribute: {key: k, min_value: 9223372036854775808}}")),
               "min_value: expected a whole number"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: latency, latency: 5}")),
                       "latency: expected a map with threshold_ms, upper_threshold_ms; found '5'"));
}

TEST(Policies, RefusesWrongParts) {
  EXPECT_TRUE(
      contains(only_error(of_policies("{name: a, type: and}")), "and_sub_policy must name at least one policy"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: not, not: {not_sub_policy: [{type: always_sample}]}}")),
                       "not_sub_policy: expected one policy; found a list"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: not, not: {}}")), "not_sub_policy must be one policy"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: and, and: {and_sub_policy: [{name: p, type: drop, drop: "
                                              "{drop_sub_policy: [{type: always_sample}]}}]}}")),
                       "policy 'a', part 'p': a drop policy cannot be a part"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: and, and: {and_sub_policy: [{type: latencyy}]}}")),
                       "policy 'a', part 1: unknown type 'latencyy'; did you mean 'latency'?"));
}

TEST(Policies, BoundsNestingAndNumber) {
  std::string deep = "{type: always_sample}";
  for (int level = 0; level < 16; ++level) deep = "{type: not, not: {not_sub_policy: " + deep + "}}";
  accepted(of_policies("{name: a, " + deep.substr(1)));
  deep = "{type: not, not: {not_sub_policy: " + deep + "}}";
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, " + deep.substr(1))), "nested deeper than 16"));

  // Shared anchors turn a short text into 4^16 parts.
  std::string bomb = "x0: &x0 {type: always_sample}\n";
  std::string text = "tail_sampling: {policies: [{name: a, type: and, and: {and_sub_policy: [&x0 {type: always_sample}";
  for (int level = 1; level < 12; ++level) {
    const std::string below = "*x" + std::to_string(level - 1);
    text += ", &x" + std::to_string(level) + " {type: and, and: {and_sub_policy: [" + below + ", " + below + ", " +
            below + ", " + below + "]}}";
  }
  text += "]}}]}\n";
  EXPECT_TRUE(contains(only_error(text), "more than 4096 policies and parts"));
}

TEST(Policies, WarnsOfUnlikelySettings) {
  EXPECT_EQ(only_warning(of_policies("{name: a, type: probabilistic, probabilistic: {sampling_percentage: 150}}")),
            "1:96: policy 'a': probabilistic.sampling_percentage: '150' counts as 100, as in the Collector");
  EXPECT_EQ(parsed(of_policies("{name: a, type: probabilistic, probabilistic: {sampling_percentage: 150}}"))
                .options->tail_sampling.policies[0]
                .sampling_percentage,
            100);
  EXPECT_TRUE(contains(only_warning(of_policies("{name: a, type: latency}")),
                       "latency.threshold_ms is not set, and taken for 0"));
  EXPECT_TRUE(contains(only_warning(of_policies("{name: a, type: string_attribute, string_attribute: {key: k}}")),
                       "values is not set, and taken for []"));
  EXPECT_TRUE(
      contains(only_warning(of_policies(
                   "{name: a, type: string_attribute, string_attribute: {key: k, values: [v], cache_max_size: 10}}")),
               "cache_max_size is not used"));
  EXPECT_TRUE(
      contains(only_warning(of_policies("{name: a, type: latency, latency: {threshold_ms: 9, upper_threshold_ms: 9}}")),
               "upper_threshold_ms: nothing matches"));
  EXPECT_TRUE(
      contains(only_warning(of_policies("{name: a, type: span_count, span_count: {min_spans: 9, max_spans: 8}}")),
               "max_spans: nothing matches"));
  EXPECT_TRUE(contains(
      only_warning(
          of_policies("{name: a, type: numeric_attribute, numeric_attribute: {key: k, min_value: 2, max_value: 1}}")),
      "max_value: nothing matches"));
  EXPECT_TRUE(contains(
      only_warning(of_policies("{name: a, type: numeric_attribute, numeric_attribute: {key: k, min_value: 0}}")),
      "0 is a bound;"));
  accepted(of_policies("{name: a, type: numeric_attribute, numeric_attribute: {key: k, min_value: 0, max_value: 5}}") +
           "compat: collector\n");
}

TEST(Policies, AcceptsAnchors) {
  const Options options = accepted(
      "tail_sampling:\n  policies:\n    - &error {name: a, type: status_code, status_code: {status_codes: [ERROR]}}\n"
      "    - {<<: *error, name: b}\n    - {name: c, type: and, and: {and_sub_policy: [*error]}}\n");
  ASSERT_EQ(options.tail_sampling.policies.size(), 3u);
  EXPECT_EQ(options.tail_sampling.policies[1].name, "b");
  EXPECT_EQ(options.tail_sampling.policies[1].status_code_mask, 4u);
  EXPECT_EQ(options.tail_sampling.policies[2].parts[0].name, "a");
}

}  // namespace
}  // namespace entail::config
