// A whole Collector configuration with every type of policy loads; each of its broken variants is refused with a
// position and a helpful hint.
#include <gtest/gtest.h>

#include "parsed.hpp"

namespace entail::config {
namespace {

constexpr std::string_view kWhole = R"(receivers:
  otlp:
    protocols:
      grpc: {endpoint: "0.0.0.0:4317"}
processors:
  batch: {timeout: 200ms}
  tail_sampling:
    decision_wait: 10s
    num_traces: 100_000
    expected_new_traces_per_sec: 10
    decision_cache: {sampled_cache_size: 1000, non_sampled_cache_size: 1000}
    policies:
      - name: errors
        type: status_code
        status_code: {status_codes: [ERROR]}
      - {name: slow, type: latency, latency: {threshold_ms: 5000, upper_threshold_ms: 10000}}
      - {name: number, type: numeric_attribute, numeric_attribute: {key: http.status, min_value: 500, max_value: 599}}
      - {name: one, type: probabilistic, probabilistic: {sampling_percentage: 1}}
      - {name: text, type: string_attribute, string_attribute: {key: user, values: ["^a+$", b], enabled_regex_matching: true}}
      - {name: rate, type: rate_limiting, rate_limiting: {spans_per_second: 35}}
      - {name: volume, type: bytes_limiting, bytes_limiting: {bytes_per_second: 1000}}
      - {name: many, type: span_count, span_count: {min_spans: 2, max_spans: 20}}
      - {name: state, type: trace_state, trace_state: {key: vendor, values: [x]}}
      - {name: flag, type: boolean_attribute, boolean_attribute: {key: cached, value: true}}
      - {name: sampled, type: trace_flags}
      - name: ottl
        type: ottl_condition
        ottl_condition:
          error_mode: ignore
          span:
            - attributes["http.route"] == "/pay" and status.code == STATUS_CODE_ERROR
            - 'IsMatch(name, "^GET ")'
          spanevent:
            - "attributes[\"exception.type\"] != nil"
      - name: both
        type: and
        and:
          and_sub_policy:
            - {name: e, type: status_code, status_code: {status_codes: [ERROR]}}
            - {name: n, type: not, not: {not_sub_policy: {name: i, type: trace_flags}}}
      - name: health
        type: drop
        drop: {drop_sub_policy: [{name: h, type: string_attribute, string_attribute: {key: url.path, values: [/health]}}]}
      - name: shares
        type: composite
        composite:
          max_total_spans_per_second: 1000
          policy_order: [first, rest]
          composite_sub_policy:
            - {name: first, type: numeric_attribute, numeric_attribute: {key: k, min_value: 1}}
            - {name: rest, type: always_sample}
          rate_allocation:
            - {policy: first, percent: 50}
      - {name: linked, type: link_count, link_count: {min_links: 1, max_links: 1000}}
      - {name: retries, type: link_type, link_type: {values: [retry-of]}}
  tail_sampling/second:
    policies: [{name: all, type: always_sample}]
exporters:
  otlp: {endpoint: "backend:4317"}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [tail_sampling, batch], exporters: [otlp]}
)";

TEST(CollectorConfig, Loads) {
  const ConfigResult result = parsed(kWhole);
  ASSERT_TRUE(result.options.has_value()) << ::testing::PrintToString(texts_of(result.errors));
  const std::vector<PolicyOptions>& policies = result.options->tail_sampling.policies;
  ASSERT_EQ(policies.size(), 17u);
  EXPECT_EQ(policies[11].span_conditions.size(), 2u);
  EXPECT_EQ(policies[11].spanevent_conditions, std::vector<std::string>{R"(attributes["exception.type"] != nil)"});
  EXPECT_EQ(policies[14].rate_allocation.size(), 1u);
  for (const char* text : {"'tail_sampling/second' is not used", "left to the Collector", "num_traces is not used",
                           "expected_new_traces_per_sec is not used", "sampled_cache_size is not used"}) {
    const std::vector<std::string> warnings = texts_of(result.warnings);
    EXPECT_TRUE(std::any_of(warnings.begin(), warnings.end(), [&](const auto& line) { return contains(line, text); }))
        << text;
  }
  EXPECT_EQ(result.warnings.size(), 6u) << ::testing::PrintToString(texts_of(result.warnings));
}

struct Variant {
  std::string_view from;
  std::string_view to;  // '@' marks the error
  std::string_view hint;
};

const Variant kVariants[] = {
    {"decision_wait: 10s", "@desicion_wait: 10s", "did you mean 'decision_wait'?"},
    {"decision_wait: 10s", "decision_wait: @10", "a duration from 0s to 168h"},
    {"decision_wait: 10s", "decision_wait: @${env:WAIT}", "the environment and other files are not read"},
    {"num_traces: 100_000", "num_traces: @many", "expected a whole number"},
    {"decision_cache: {sampled", "decision_cache: {@sampled_cache: 1, sampled", "did you mean 'sampled_cache_size'?"},
    {"policies:\n      - name: errors", "@polices:\n      - name: errors", "did you mean 'policies'?"},
    {"type: status_code\n", "type: @status_cod\n", "did you mean 'status_code'?"},
    {"status_codes: [ERROR]}\n      - {name: slow", "status_codes: [@FAIL]}\n      - {name: slow",
     "expected one of: UNSET, OK, ERROR"},
    {"threshold_ms: 5000, upper", "@treshold_ms: 5000, upper", "did you mean 'threshold_ms'?"},
    {"threshold_ms: 5000, upper", "threshold_ms: @5s, upper", "expected a whole number"},
    {"name: number, type: numeric_attribute, numeric_attribute:", "name: number, type: numeric_attribute, @numeric:",
     "did you mean 'numeric_attribute'?"},
    {"sampling_percentage: 1}", "sampling_percentage: @all}", "expected a number from 0 to 100"},
    {"values: [\"^a+$\", b]", "values: [@\"^a+(\", b]", "bad regular expression '^a+('"},
    {"{name: rate, type: rate_limiting", "{@name: slow, type: rate_limiting", "another policy has this name"},
    {"{bytes_per_second: 1000}", "{bytes_per_second: @1kB}", "expected a whole number"},
    {"min_spans: 2,", "min_spans: 2, @min_span: 2,", "did you mean 'min_spans'?"},
    {"trace_state: {key: vendor, values", "@trace_state: {values", "trace_state.key is required"},
    {"value: true}", "value: @yes}", "expected true or false; found 'yes'"},
    {"type: trace_flags}\n      - name: ottl", "type: @my_policy, my_policy: {x: 1}}\n      - name: ottl",
     "'my_policy' is a policy of a Collector extension"},
    {"error_mode: ignore", "error_mode: @ignor", "did you mean 'ignore'?"},
    {"attributes[\"http.route\"] == \"/pay\" and", "@atributes[\"http.route\"] == \"/pay\" and",
     "unknown path 'atributes'; did you mean 'attributes'?\n    atributes[\"http.route\"] == \"/pay\" and "
     "status.code == STATUS_CODE_ERROR\n    ^"},
    {"and status.code == STATUS_CODE_ERROR", "and status.code == @STATUS_CODE_EROR",
     "did you mean 'STATUS_CODE_ERROR'?\n"},
    {"and status.code == STATUS_CODE_ERROR", "and @status.cod == STATUS_CODE_ERROR", "did you mean 'status.code'?"},
    {"'IsMatch(name, \"^GET \")'", "'@IsMach(name, \"^GET \")'", "did you mean 'IsMatch'?"},
    {"'IsMatch(name, \"^GET \")'", "'IsMatch(name, @\"^GET (\")'", "bad regular expression '^GET ('"},
    {"\"attributes[\\\"exception.type\\\"] != nil\"", "\"attributes[\\\"exception.type\\\"] <@> nil\"",
     "expected a value, found '>'"},
    {"\"attributes[\\\"exception.type\\\"] != nil\"", "\"attributes[\\\"exception.type\\\"] @= 1\"",
     "'=' is written '=='"},
    {"and_sub_policy:", "@and_sub_policies:", "did you mean 'and_sub_policy'?"},
    {"{name: i, type: trace_flags}", "{name: i, type: @composit}", "did you mean 'composite'?"},
    {"drop: {drop_sub_policy: [", "drop: {drop_sub_policy: @{x: [", "expected a list of policies; found a map"},
    {"policy_order: [first, rest]", "policy_order: [first, @rset]", "no part is named 'rset'; did you mean 'rest'?"},
    {"{policy: first, percent: 50}", "@{policy: frist, percent: 50}",
     "no part is named 'frist'; did you mean 'first'?"},
    {"{policy: first, percent: 50}", "@{policy: first, percent: 150}", "expected a whole number from 0 to 100"},
    {"{policy: first, percent: 50}", "{policy: first, @percentage: 50}", "did you mean 'percent'?"},
    {"max_links: 1000", "@max_link: 1000", "did you mean 'max_links'?"},
    {"values: [retry-of]", "@value: [retry-of]", "did you mean 'values'?"},
    {"values: [retry-of]", "values: [@'']", "a type has 1 to 256 bytes"},
    {"  tail_sampling:\n", "  tail_sampling/first:\n", "which one is meant?"},
};

TEST(CollectorConfig, RefusesBrokenVariants_WithPositionAndHint) {
  for (const Variant& variant : kVariants) {
    std::string text(kWhole);
    const std::size_t at = text.find(variant.from);
    ASSERT_NE(at, std::string::npos) << variant.from;
    text.replace(at, variant.from.size(), variant.to);
    const std::size_t mark = text.find('@');
    if (variant.to.find("drop_sub_policy") != std::string_view::npos)
      text.replace(text.find("[/health]}}]}"), 13, "[/health]}}]}}");
    std::string place;
    if (mark != std::string::npos) {
      text.erase(mark, 1);
      const std::size_t line_begin = text.rfind('\n', mark) + 1;
      place = std::to_string(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(mark), '\n') + 1) +
              ":" + std::to_string(mark - line_begin + 1) + ": ";
    }
    const ConfigResult result = parsed(text);
    EXPECT_FALSE(result.options.has_value()) << variant.to;
    ASSERT_FALSE(result.errors.empty()) << variant.to;
    const std::vector<std::string> errors = texts_of(result.errors);
    EXPECT_TRUE(std::any_of(
        errors.begin(), errors.end(),
        [&](const std::string& error) { return error.starts_with(place) && contains(error, variant.hint); }))
        << place << variant.hint << "\nexpected\n"
        << ::testing::PrintToString(errors);
    EXPECT_LE(errors.size(), 2u) << "one error, one message";
  }
}

TEST(CollectorConfig, RefusesExtensionPoliciesByName) {
  const std::string known =
      "extensions: {status_cod: {}}\nprocessors: {tail_sampling: {policies: [{name: a, type: "
      "status_cod, status_cod: {}}]}}\n";
  EXPECT_TRUE(contains(only_error(known),
                       "2:57: policy 'a': the type 'status_cod' is a policy of a Collector extension: "
                       "code in Go that only a Collector can run; use one of: always_sample"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: my/one, my/one: {x: 1}}")), "Collector extension"));
  EXPECT_TRUE(contains(only_error(of_policies("{name: a, type: latncy, latncy: {x: 1}}")), "did you mean 'latency'?"));
}

}  // namespace
}  // namespace entail::config
