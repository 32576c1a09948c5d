// The tail_sampling block inside a whole Collector configuration, and the Collector's keys that have no use here.
#include <gtest/gtest.h>

#include "parsed.hpp"

namespace entail::config {
namespace {

constexpr std::string_view kPolicies = "policies: [{name: a, type: always_sample}]";

std::string block_with(std::string_view line) {
  return "tail_sampling:\n  " + std::string(line) + "\n  " + std::string(kPolicies) + "\n";
}

TEST(CollectorForm, FindsTheProcessor_AndIgnoresTheRest) {
  const ConfigResult result = parsed(R"(
receivers: {otlp: {protocols: {grpc: {endpoint: "${env:HOST}:4317"}}}}
processors:
  batch:
  tail_sampling:
    decision_wait: 7s
    policies: [{name: a, type: always_sample}]
    links: {propagate: {max_hops: 2}}
exporters: {debug: {}}
service: {pipelines: {traces: {receivers: [otlp], processors: [tail_sampling, batch], exporters: [debug]}}}
retain: {window: 5s}
)");
  ASSERT_TRUE(result.options.has_value()) << ::testing::PrintToString(texts_of(result.errors));
  EXPECT_EQ(result.options->tail_sampling.decision_wait_ns, 7 * kNanosPerSecond);
  EXPECT_EQ(result.options->links.propagate.max_hops_linked, 2u);
  EXPECT_EQ(result.options->retain.window_ns, 5 * kNanosPerSecond);
  EXPECT_EQ(texts_of(result.warnings),
            std::vector<std::string>(
                {"5:3: only 'tail_sampling' is used; left to the Collector: receivers, batch, exporters, service"}));
}

TEST(CollectorForm, UsesTheOnlyNamedProcessor) {
  const Options options =
      accepted("processors: {tail_sampling/errors: {decision_wait: 3s, " + std::string(kPolicies) + "}}\n");
  EXPECT_EQ(options.tail_sampling.decision_wait_ns, 3 * kNanosPerSecond);
}

TEST(CollectorForm, PrefersThePlainName_AndWarnsOfOthers) {
  const ConfigResult result =
      parsed("processors:\n  tail_sampling/b: {x: 1}\n  tail_sampling: {" + std::string(kPolicies) + "}\n");
  ASSERT_TRUE(result.options.has_value());
  EXPECT_EQ(texts_of(result.warnings),
            std::vector<std::string>({"2:3: 'tail_sampling/b' is not used; tail_sampling on line 3 is"}));
}

TEST(CollectorForm, RefusesAnAmbiguousChoice) {
  EXPECT_TRUE(contains(only_error("processors: {tail_sampling/a: {}, tail_sampling/b: {}}"), "which one is meant?"));
  EXPECT_TRUE(contains(only_error("tail_sampling: {" + std::string(kPolicies) + "}\nprocessors: {tail_sampling: {}}"),
                       "1:1: tail_sampling is set here and in a component on line 2"));
  EXPECT_EQ(only_error("processors: {batch: {}}\n"), "1:1: none of the processors is tail_sampling or entail");
}

TEST(CollectorForm, PrefersTheProcessorEntail_OverTailSampling) {
  const std::string entail = "  entail: {decision_wait: 3s, decision_log: d.jsonl, " + std::string(kPolicies) + "}\n";
  const ConfigResult alone = parsed("processors:\n" + entail);
  ASSERT_TRUE(alone.options.has_value());
  EXPECT_EQ(alone.options->tail_sampling.decision_wait_ns, 3 * kNanosPerSecond);
  EXPECT_EQ(texts_of(alone.warnings),
            std::vector<std::string>({"2:31: decision_log is read only by the Collector component"}));
  const ConfigResult both = parsed("processors:\n  tail_sampling: {x: 1}\n" + entail);
  ASSERT_TRUE(both.options.has_value());
  EXPECT_EQ(both.options->tail_sampling.decision_wait_ns, 3 * kNanosPerSecond);
  EXPECT_EQ(texts_of(both.warnings).front(), "2:3: 'tail_sampling' is not used; entail on line 3 is");
  EXPECT_TRUE(contains(only_error("processors: {tail_sampling: {decision_log: x, " + std::string(kPolicies) + "}}"),
                       "unknown key 'decision_log'"));
  EXPECT_TRUE(contains(only_error("processors: {entail/a: {}, tail_sampling/b: {}}"), "which one is meant?"));
  EXPECT_TRUE(contains(only_error("receivers: {entail/a: {}, entail/b: {}}"), "which one is meant?"));
}

TEST(CollectorForm, AcceptsTheKeysThatOnlyTheComponentsRead) {
  const ConfigResult result = parsed(
      "processors: {entail: {debug_page: 'localhost:1', decision_log: d.jsonl, decision_log_max_bytes: 9,\n"
      "  decision_log_max_files: 2, shutdown_timeout: 5s, " +
      std::string(kPolicies) + "}}");
  EXPECT_TRUE(result.options.has_value());
  EXPECT_EQ(result.warnings.size(), 5u);
}

TEST(CollectorForm, UsesTheReceiverEntail) {
  const std::string receiver =
      "receivers:\n  entail: {protocols: {grpc: {}}, shutdown_timeout: 9s, decision_wait: 3s, " +
      std::string(kPolicies) + "}\n  otlp: {}\n";
  const ConfigResult alone = parsed(receiver + "processors: {batch: {}}\nservice: {}\n");
  ASSERT_TRUE(alone.options.has_value()) << texts_of(alone.errors).front();
  EXPECT_EQ(alone.options->tail_sampling.decision_wait_ns, 3 * kNanosPerSecond);
  EXPECT_EQ(texts_of(alone.warnings),
            std::vector<std::string>({"2:3: only 'entail' is used; left to the Collector: otlp, batch, service",
                                      "2:12: protocols is read only by the Collector component",
                                      "2:35: shutdown_timeout is read only by the Collector component"}));
  const ConfigResult both =
      parsed(receiver + "processors: {entail: {decision_wait: 4s, " + std::string(kPolicies) + "}}\n");
  ASSERT_TRUE(both.options.has_value());
  EXPECT_EQ(both.options->tail_sampling.decision_wait_ns, 4 * kNanosPerSecond);
  EXPECT_TRUE(contains(
      only_error("receivers: {tail_sampling: {}}\n" + std::string("tail_sampling: {") + std::string(kPolicies) + "}\n"),
      "'receivers' is a section of a Collector"));
}

TEST(CollectorForm, AcceptsCollectorSections_OnlyBesideProcessors) {
  EXPECT_TRUE(contains(only_error(with_policy("receivers: {}")), "2:1: 'receivers' is a section of a Collector"));
  EXPECT_TRUE(
      contains(only_error(with_policy("processors: {batch: {}}")), "2:1: none of the processors is tail_sampling"));
}

TEST(CollectorForm, RefusesDuplicateSettings) {
  EXPECT_EQ(only_error("processors: {tail_sampling: {compat: none, " + std::string(kPolicies) + "}}\ncompat: none\n"),
            "2:1: compat is set twice, first on line 1");
}

TEST(CollectorForm, ErrorsKeepTheirPositions) {
  EXPECT_EQ(only_error("processors:\n  tail_sampling/x:\n    num_trace: 5\n    " + std::string(kPolicies) + "\n"),
            "3:5: unknown key 'num_trace' in tail_sampling; did you mean 'num_traces'?");
}

TEST(CollectorKeys, AreAcceptedWithAWarning) {
  for (const char* line :
       {"num_traces: 100_000", "block_on_overflow: true", "expected_new_traces_per_sec: 10",
        "sampling_strategy: trace-complete", "sampling_strategy: span-ingest",
        "decision_cache: {sampled_cache_size: 10}", "decision_cache: {non_sampled_cache_size: 10}",
        "drop_pending_traces_on_shutdown: true", "num_shards: 4", "tail_storage: pebble_tail_storage"}) {
    const std::string warning = only_warning(block_with(line));
    EXPECT_TRUE(warning.starts_with("2:")) << warning;
    EXPECT_TRUE(contains(warning, " is not used: ")) << warning;
  }
}

TEST(CollectorKeys, AreStillChecked) {
  EXPECT_TRUE(
      contains(only_error(block_with("sampling_strategy: other")), "expected one of: trace-complete, span-ingest"));
  EXPECT_TRUE(contains(only_error(block_with("maximum_trace_size_bytes: -1")), "expected a whole number, 0 or more"));
  EXPECT_TRUE(contains(only_error(block_with("num_traces: many")), "expected a whole number, 0 or more; found 'many'"));
  EXPECT_TRUE(contains(only_error(block_with("decision_cache: {cache_size: 1}")),
                       "in tail_sampling.decision_cache; did you mean 'sampled_cache_size'?"));
}

}  // namespace
}  // namespace entail::config
