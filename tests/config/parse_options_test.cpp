// Options outside the policies (docs/configuration.md).
#include <gtest/gtest.h>

#include "parsed.hpp"

namespace entail::config {
namespace {

// A whole configuration, with other values than the defaults.
constexpr std::string_view kFull = R"(
tail_sampling:
  decision_wait: 10s
  decision_wait_after_root_received: 2500ms
  sample_on_first_match: true
  policies:
    - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
    - {name: some, type: probabilistic, probabilistic: {sampling_percentage: 1}}
probability: consistent
links:
  origins: [some]
  propagate:
    mode: component
    max_hops: {linked: 5, linking: 6}
    max_links_followed: 7
    max_traces_per_origin: 100_000
    max_propagated_bytes_per_second: 1MB
    rank_seed: 18446744073709551614
    origin_links: all
    type_keys: [a.b]
    types: {retry-of: {linked: 8}, batch_member: {linking: 0}}
  sample: {max_links_per_span: 9, seed: 18446744073709551615, names: both}
  attributes: truncation
retain: {window: 1m30s, records: 2h, max_bytes: 100MiB}
memory_limit: 1GiB
compat: collector
)";

TEST(ParseOptions, ReadsEveryOption) {
  const Options options = accepted(kFull);
  EXPECT_EQ(options.tail_sampling.decision_wait_ns, 10 * kNanosPerSecond);
  EXPECT_EQ(options.tail_sampling.decision_wait_after_root_received_ns, 2'500'000'000);
  EXPECT_TRUE(options.tail_sampling.sample_on_first_match);
  ASSERT_EQ(options.tail_sampling.policies.size(), 2u);
  EXPECT_EQ(options.probability, Probability::consistent);
  EXPECT_EQ(options.links.origins, std::vector<std::string>({"some"}));
  const PropagateOptions& propagate = options.links.propagate;
  EXPECT_EQ(propagate.mode, PropagateMode::component);
  EXPECT_EQ(propagate.max_hops_linked, 5u);
  EXPECT_EQ(propagate.max_hops_linking, 6u);
  EXPECT_EQ(propagate.max_links_followed, 7u);
  EXPECT_EQ(propagate.max_traces_per_origin, 100'000u);
  EXPECT_EQ(propagate.max_propagated_bytes_per_second, 1'000'000u);
  EXPECT_EQ(propagate.rank_seed, 18446744073709551614ull);
  EXPECT_EQ(propagate.type_keys, std::vector<std::string>({"a.b"}));
  ASSERT_EQ(propagate.types.size(), 2u);
  EXPECT_EQ(propagate.types.at("retry_of").linked, 8u);
  EXPECT_EQ(propagate.types.at("retry_of").linking, std::nullopt);
  EXPECT_EQ(propagate.types.at("batch_member").linking, 0u);
  EXPECT_EQ(options.links.sample.max_links_per_span, 9u);
  EXPECT_EQ(options.links.sample.seed, 18446744073709551615ull);
  EXPECT_EQ(options.links.sample.names, TruncationNames::both);
  EXPECT_EQ(options.links.attributes, SpanAttributes::truncation);
  EXPECT_EQ(options.retain.window_ns, 90 * kNanosPerSecond);
  EXPECT_EQ(options.retain.records_ns, 7200 * kNanosPerSecond);
  EXPECT_EQ(options.retain.max_bytes, 100u << 20);
  EXPECT_EQ(options.memory_limit_bytes, 1u << 30);
  EXPECT_EQ(options.compat, Compat::collector);
}

TEST(ParseOptions, WarnsIfNoPolicyMakesOrigins) {
  const ConfigResult silent =
      entail::parse_options("tail_sampling:\n  policies:\n    - {name: all, type: always_sample}\n");
  ASSERT_TRUE(silent.options.has_value());
  ASSERT_EQ(silent.warnings.size(), 1u);
  EXPECT_EQ(message_text(silent.warnings[0]),
            "2:3: links are not followed, since no policy tests for the status ERROR; to follow the links of the "
            "traces that 'all' keeps, add 'links: {origins: [\"all\"]}'; for no links and no warning, 'links: "
            "{propagate: {mode: none}}'");
  EXPECT_EQ(silent.no_origins, silent.warnings[0].text);
  const ConfigResult spreading = entail::parse_options(with_policy(""));
  EXPECT_TRUE(spreading.warnings.empty() && spreading.no_origins.empty());
}

TEST(ParseOptions, RefusesWhatTheCollectorRefuses) {
  const auto refused = [](const std::string& policy, const std::string& more) {
    return only_error("tail_sampling:\n  policies: [" + policy + "]\n" + more);
  };
  const std::string all = "{name: all, type: always_sample}";
  EXPECT_EQ(refused(all, "  num_shards: 257\n"),
            "3:15: tail_sampling.num_shards: expected a whole number from 0 to 256; found '257'");
  EXPECT_EQ(refused(all, "  num_shards: 2\n  tail_storage: disk\n"),
            "3:3: tail_sampling.num_shards: more than 1 is not allowed together with tail_storage");
  EXPECT_EQ(refused("{name: p, type: string_attribute, string_attribute: {key: k, values: [a, 5]}}", ""),
            "2:87: policy 'p': string_attribute.values: expected a string; found '5', which without quotes is a number "
            "or a boolean");
  const std::string strategy = "  sampling_strategy: span-ingest\n";
  for (const std::string policy :
       {"{name: p, type: rate_limiting, rate_limiting: {spans_per_second: 1}}",
        "{name: p, type: and, and: {and_sub_policy: [{type: latency, latency: {threshold_ms: 1, upper_threshold_ms: "
        "2}}]}}"})
    EXPECT_EQ(refused(policy, strategy),
              "2:14: policy 'p': tail_sampling.sampling_strategy: span-ingest is not allowed with it, since further "
              "spans or traces can change its answer");
  EXPECT_TRUE(parsed("tail_sampling:\n  policies: [" + all + "]\n" + strategy).options.has_value());
}

TEST(ParseOptions, LeavesDefaults_WhenNothingIsSet) {
  const Options options = accepted(with_policy(""));
  EXPECT_EQ(options.tail_sampling.decision_wait_ns, 30 * kNanosPerSecond);
  EXPECT_EQ(options.links.origins, std::nullopt);
  EXPECT_EQ(options.links.attributes, SpanAttributes::all);
  EXPECT_EQ(options.links.propagate.mode, PropagateMode::cone);
  EXPECT_EQ(options.links.propagate.max_hops_linked, 4u);
  EXPECT_EQ(options.links.propagate.rank_seed, std::nullopt);
  EXPECT_EQ(options.retain.max_bytes, std::nullopt);
  EXPECT_EQ(options.memory_limit_bytes, 512u << 20);
  accepted(with_policy("links:\nretain: {}\n"));
}

TEST(ParseOptions, ModeIsNone_WhenOffOrFalse) {
  for (const char* mode : {"none", "off", "false", "False", "'off'"})
    EXPECT_EQ(accepted(with_policy("links: {propagate: {mode: " + std::string(mode) + "}}")).links.propagate.mode,
              PropagateMode::none)
        << mode;
  EXPECT_TRUE(contains(only_error(with_policy("links: {propagate: {mode: true}}")), "found 'true'"));
}

TEST(ParseOptions, OneNumberOfHopsSetsBothDirections) {
  const Options options = accepted(with_policy("links: {propagate: {max_hops: 62}}"));
  EXPECT_EQ(options.links.propagate.max_hops_linked, 62u);
  EXPECT_EQ(options.links.propagate.max_hops_linking, 62u);
  const Options one_side = accepted(with_policy("links: {propagate: {max_hops: {linking: 0}}}"));
  EXPECT_EQ(one_side.links.propagate.max_hops_linked, 4u);
  EXPECT_EQ(one_side.links.propagate.max_hops_linking, 0u);
  EXPECT_EQ(only_error(with_policy("links: {propagate: {max_hops: 63}}")),
            "2:31: links.propagate.max_hops: expected a whole number from 0 to 62; found '63'");
  EXPECT_TRUE(
      contains(only_error(with_policy("links: {propagate: {max_hops: [1]}}")), "expected a map with linked, linking"));
}

TEST(ParseOptions, UnknownKey_SuggestsTheNearest) {
  EXPECT_EQ(only_error(with_policy("links: {propagate: {max_hop: 4}}")),
            "2:21: unknown key 'max_hop' in links.propagate; did you mean 'max_hops'?");
  EXPECT_EQ(only_error(with_policy("links: {max_hops: 4}")),
            "2:9: unknown key 'max_hops' in links; it belongs in links.propagate");
  EXPECT_EQ(only_error(with_policy("memory-limit: 1GiB")),
            "2:1: unknown key 'memory-limit' at the top; did you mean 'memory_limit'?");
  EXPECT_EQ(only_error(with_policy("decision_wait: 1s")),
            "2:1: unknown key 'decision_wait' at the top; it belongs in tail_sampling");
  EXPECT_EQ(only_error(with_policy("retain: {zzzzzz: 1}")),
            "2:10: unknown key 'zzzzzz' in retain; expected one of: window, records, max_bytes");
  EXPECT_TRUE(contains(only_error(with_policy("retain.window: 5s")), "unknown key 'retain.window' at the top"));
}

TEST(ParseOptions, WrongValue_ReportsWhatWasExpected) {
  EXPECT_EQ(only_error(with_policy("retain: {window: 60}")),
            "2:18: retain.window: expected a duration from 0s to 168h, such as 10s or 1m30s; found '60': a duration "
            "needs a unit");
  EXPECT_EQ(only_error(with_policy("retain: {window: 169h}")),
            "2:18: retain.window: expected a duration from 0s to 168h, such as 10s or 1m30s; found '169h'");
  EXPECT_EQ(only_error(with_policy("memory_limit: 15MiB")),
            "2:15: memory_limit: expected a size from 16MiB to 16TiB, such as 1048576 or 256MiB; found '15MiB'");
  EXPECT_EQ(only_error(with_policy("links: {sample: {names: bath}}")),
            "2:25: links.sample.names: expected one of: entail, batch, both; found 'bath'; did you mean 'batch'?");
  EXPECT_EQ(only_error(with_policy("links: {attributes: truncated}")),
            "2:21: links.attributes: expected one of: all, truncation, none; found 'truncated'; did you mean "
            "'truncation'?");
  EXPECT_TRUE(
      contains(only_error(with_policy("links: {sample: {max_links_per_span: 0}}")), "from 1 to 65536; found '0'"));
  EXPECT_TRUE(
      contains(only_error(with_policy("links: {sample: {max_links_per_span: '5'}}")), "found '5': a quoted string"));
  EXPECT_TRUE(contains(only_error(with_policy("links: {sample: {seed: -1}}")), "found '-1'"));
  EXPECT_TRUE(contains(only_error(with_policy("links: {sample: {seed: }}")), "found nothing"));
  EXPECT_TRUE(contains(only_error(with_policy("links: {origins: errors}")),
                       "expected a list of at most 4096 strings; found 'errors'"));
  EXPECT_TRUE(contains(only_error(with_policy("links: 5")),
                       "links: expected a map with origins, propagate, sample, attributes; found '5'"));
  EXPECT_TRUE(contains(only_error(with_policy("compat: {a: 1}")), "found a map"));
}

TEST(ParseOptions, ReportsSeveralErrorsAtOnce_InOrder) {
  const ConfigResult result = parsed(with_policy("compat: x\nretain: {window: y}\nlink: {}\n"));
  ASSERT_EQ(result.errors.size(), 3u);
  EXPECT_EQ(result.errors[0].line, 2u);
  EXPECT_EQ(result.errors[1].line, 3u);
  EXPECT_EQ(message_text(result.errors[2]), "4:1: unknown key 'link' at the top; did you mean 'links'?");
}

TEST(ParseOptions, NormalisesLinkTypes) {
  EXPECT_TRUE(contains(only_error(with_policy("links: {propagate: {types: {a-b: {linked: 1}, a_b: {linked: 2}}}}")),
                       "2:47: links.propagate.types.a_b: this type already has a rule"));
  EXPECT_TRUE(contains(only_error(with_policy("links: {propagate: {types: {a: {linkd: 1}}}}")),
                       "unknown key 'linkd'; did you mean 'linked'?"));
  EXPECT_TRUE(contains(only_error(with_policy("links: {propagate: {types: {a: {linked: 63}}}}")),
                       "types.a.linked: expected a whole number from 0 to 62"));
  EXPECT_TRUE(contains(only_error(with_policy("links: {propagate: {types: {a: 3}}}")),
                       "expected a map with linked, linking or both"));
  EXPECT_TRUE(
      contains(only_error(with_policy("links: {propagate: {types: {a: {}}}}")), "expected linked, linking or both"));
  EXPECT_TRUE(contains(only_error(with_policy("links: {propagate: {types: [a]}}")), "found a list"));
}

TEST(ParseOptions, RefusesErrorSpansWithComponent) {
  EXPECT_EQ(only_error(with_policy("links: {propagate: {mode: component, origin_links: error_spans}}")),
            "2:38: links.propagate.origin_links: error_spans cannot be combined with mode: component, where links have "
            "no direction");
  accepted(with_policy("links: {propagate: {mode: none, origin_links: error_spans}}"));
}

TEST(ParseOptions, OriginsMustBePolicyNames) {
  EXPECT_EQ(only_error(with_policy("links: {origins: [error]}")),
            "2:19: links.origins: no policy is named 'error'; did you mean 'errors'?");
  EXPECT_EQ(accepted(with_policy("links: {origins: []}")).links.origins, std::vector<std::string>());
  EXPECT_TRUE(
      contains(only_error(of_policies("{name: d, type: drop, drop: {drop_sub_policy: [{type: always_sample}]}}") +
                          "links: {origins: [d]}"),
               "'d' is a drop policy"));
}

TEST(ParseOptions, DoesNotReadTheEnvironment) {
  EXPECT_TRUE(contains(only_error(with_policy("memory_limit: ${env:LIMIT}")),
                       "2:15: memory_limit: '${env:LIMIT}' refers to a variable"));
  EXPECT_EQ(accepted(with_policy("links: {propagate: {type_keys: [a$$b, 'c$']}}")).links.propagate.type_keys,
            std::vector<std::string>({"a$b", "c$"}));
}

TEST(ParseOptions, RequiresPolicies) {
  for (const char* text : {"", "# nothing\n", "---\n", "~"})
    EXPECT_EQ(only_error(text), "1:1: the configuration is empty: tail_sampling.policies is required") << text;
  EXPECT_TRUE(contains(only_error("compat: none\n"), "at least one policy is required"));
  EXPECT_TRUE(only_error("\ntail_sampling: {policies: []}\n")
                  .starts_with("2:17: tail_sampling.policies: at least one policy is required"));
  EXPECT_TRUE(
      only_error("\ntail_sampling:\n").starts_with("2:1: tail_sampling.policies: at least one policy is required"));
  EXPECT_TRUE(contains(only_error("[1, 2]"), "expected a map with the key tail_sampling; found a list"));
  EXPECT_TRUE(contains(only_error("tail_sampling: {policies: {name: a}}"), "expected a list of policies; found a map"));
}

TEST(ParseOptions, WarnsOfSettingsWithoutEffect) {
  EXPECT_TRUE(contains(only_warning(with_policy("memory_limit: 16MiB\nretain: {max_bytes: 17MiB}")),
                       "3:10: retain.max_bytes: without effect"));
  EXPECT_TRUE(contains(only_warning(with_policy("links: {propagate: {type_keys: [], types: {a: {linked: 1}}}}")),
                       "no link has a type"));
  EXPECT_TRUE(contains(only_warning("tail_sampling: {decision_wait: 5s, decision_wait_after_root_received: 5s, "
                                    "policies: [{name: a, type: always_sample}]}"),
                       "1:36: tail_sampling.decision_wait_after_root_received: without effect"));
}

TEST(ParseOptions, RefusesDuplicateKeys) {
  EXPECT_EQ(only_error(with_policy("compat: none\ncompat: none\n")), "3:1: duplicate key 'compat', first on line 2");
}

// A small text must not cost much time or memory, however wrong it is.
TEST(ParseOptions, BoundsWhatAWrongTextCosts) {
  const auto repeated = [](std::string_view item, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text.append(item).append(",");
    return text;
  };
  const auto composite = [](const std::string& order, const std::string& shares) {
    return of_policies("{name: c, type: composite, composite: {max_total_spans_per_second: 9, policy_order: [" + order +
                       "], composite_sub_policy: [{name: a, type: always_sample}], rate_allocation: [" + shares +
                       "]}}");
  };
  for (const std::string& text :
       {composite("a", repeated("{}", 75'000)), composite("a", repeated("{policy: x, percent: 7}", 40'000)),
        composite(repeated("b", 300'000), ""), "tail_sampling: {policies: [" + repeated("{}", 200'000) + "]}",
        with_policy("links: {origins: [" + repeated("b", 300'000) + "]}"), "{" + repeated("? [a]", 100'000) + "}",
        repeated("[", 100'000), std::string(500'000, '-')}) {
    const ConfigResult result = parse_options(text);
    EXPECT_FALSE(result.errors.empty());
    EXPECT_LE(result.errors.size(), 101u) << message_text(result.errors[0]);
    std::size_t bytes = 0;
    for (const ConfigMessage& message : result.errors) bytes += message.text.size();
    EXPECT_LT(bytes, 100'000u) << message_text(result.errors[0]);
  }
}

TEST(ParseOptions, SaysThatATextIsNestedTooDeeply) {
  EXPECT_TRUE(contains(only_error("a: " + std::string(5000, '[')), "nested too deeply"));
}

// A message may be printed on a terminal, which obeys control characters.
TEST(ParseOptions, ReplacesControlCharactersInMessages) {
  const ConfigResult result = parse_options(with_policy("\"a\\e[31mb\\u0085c\": 1\ncompat: \"\\e]0;x\\a\"\n"));
  ASSERT_EQ(result.errors.size(), 2u);
  EXPECT_TRUE(contains(result.errors[0].text, "'a?[31mb?c'")) << result.errors[0].text;
  EXPECT_TRUE(contains(result.errors[1].text, "'?]0;x?'")) << result.errors[1].text;
}

}  // namespace
}  // namespace entail::config
