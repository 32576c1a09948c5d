#include "config/check_options.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace entail::config {
namespace {

Options good() {
  Options options;
  PolicyOptions policy;
  policy.name = "errors";
  policy.type = PolicyType::status_code;
  policy.status_code_mask = 4;
  options.tail_sampling.policies.push_back(policy);
  return options;
}

std::vector<std::string> paths(const Options& options) {
  std::vector<std::string> out;
  for (const option::Finding& finding : check_options(options).findings) out.push_back(finding.path);
  return out;
}

using Paths = std::vector<std::string>;

TEST(CheckOptions, AcceptsGoodOptions) { EXPECT_EQ(paths(good()), Paths()); }

TEST(CheckOptions, RequiresUtf8Names) {
  Options options = good();
  options.tail_sampling.policies.front().name = "erreur \xc3\xa9";
  EXPECT_EQ(paths(options), Paths());
  options.tail_sampling.policies.front().name = "erreur \xe9";
  EXPECT_EQ(paths(options), Paths({"tail_sampling.policies[0].name"}));
}

TEST(CheckOptions, ChecksOptionsSetInCode) {
  Options options = good();
  options.tail_sampling.decision_wait_ns = -1;
  options.links.propagate.max_hops_linked = kHopsMax + 1;
  options.links.sample.max_links_per_span = 0;
  options.memory_limit_bytes = 1;
  options.compat = static_cast<Compat>(9);
  options.ingest_lanes_max = 0;
  options.output_batch_bytes_max = 0;
  EXPECT_EQ(paths(options),
            Paths({"tail_sampling.decision_wait", "links.propagate.max_hops.linked", "links.sample.max_links_per_span",
                   "memory_limit", "compat", "ingest_lanes_max", "output_batch_bytes_max"}));
}

TEST(CheckOptions, ChecksLinkTypeRules) {
  Options options = good();
  options.links.propagate.types["retry-of"].linked = 1;
  options.links.propagate.types["none"] = {};
  options.links.propagate.types["far"].linking = 63;
  EXPECT_EQ(paths(options),
            Paths({"links.propagate.types.far", "links.propagate.types.none", "links.propagate.types.retry-of"}));
}

TEST(CheckOptions, SettingsThatNobodyReadsAreErrors) {
  Options options = good();
  options.settings["retain.max_traces_"] = std::int64_t{1};
  options.tail_sampling.policies[0].settings["min_errors"] = std::int64_t{1};
  std::vector<std::string> texts;
  for (const option::Finding& finding : check_options(options).findings)
    texts.push_back(finding.path + " " + finding.text);
  std::sort(texts.begin(), texts.end());
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_TRUE(texts[0].starts_with("retain.max_traces_ settings: unknown setting 'retain.max_traces_'")) << texts[0];
  EXPECT_TRUE(texts[1].ends_with("unknown setting 'min_errors'; there are none here")) << texts[1];
}

TEST(CheckOptions, ChecksPoliciesOfAnyShape) {
  Options options = good();
  PolicyOptions policy;
  policy.name = "p";
  policy.type = PolicyType::probabilistic;
  policy.sampling_percentage = std::nan("");
  options.tail_sampling.policies = {policy};
  EXPECT_EQ(paths(options), Paths({"tail_sampling.policies[0].probabilistic.sampling_percentage"}));
  policy.type = "latencyy";
  options.tail_sampling.policies = {policy};
  EXPECT_EQ(paths(options), Paths({"tail_sampling.policies[0]"}));
  policy.type = PolicyType::status_code;
  policy.status_code_mask = 8;
  options.tail_sampling.policies = {policy};
  EXPECT_EQ(paths(options), Paths({"tail_sampling.policies[0].status_code.status_codes"}));
  policy.status_code_mask = 0;
  options.tail_sampling.policies = {policy};
  EXPECT_EQ(check_options(options).findings[0].text,
            "policy 'p': status_code.status_codes is required: a list of some of: UNSET, OK, ERROR");
  options.tail_sampling.policies.clear();
  EXPECT_EQ(paths(options), Paths({"tail_sampling.policies"}));
}

TEST(CheckOptions, WarningsAreNotErrors) {
  Options options = good();
  options.retain.max_bytes = options.memory_limit_bytes + 1;
  const std::vector<option::Finding> findings = check_options(options).findings;
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_FALSE(findings[0].is_error);
}

}  // namespace
}  // namespace entail::config
