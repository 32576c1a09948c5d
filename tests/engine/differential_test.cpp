// G1: the engine compared with the oracle on generated workloads, with 1, 2 and 4 threads.
#include <gtest/gtest.h>

#include <map>

#include "tests/engine/comparison.hpp"
#include "tests/engine/seed_range.hpp"

namespace entail::engine_test {
namespace {

// The rare cases occurred often enough for the comparison to be meaningful.
void expect_rich(const std::map<std::string, std::uint64_t>& happened, std::uint64_t workloads) {
  for (const auto& [what, count] : happened) EXPECT_GT(count, workloads / 20) << what;
}

// Every type of policy kept traces on its own; `drop` vetoes, which shows in keep_refused.
void add_policies(const Options& options, const oracle::Counts& counts,
                  std::map<std::string, std::uint64_t>& happened) {
  for (const std::string_view type : oracle::policy_types())
    if (type != PolicyType::drop_policy) happened["kept by policy type " + std::string(type)];
  for (const PolicyOptions& policy : options.tail_sampling.policies)
    if (const auto found = counts.kept_by_policy.find(policy.name); found != counts.kept_by_policy.end())
      happened["kept by policy type " + policy.type] += found->second;
}

void add(const oracle::Counts& counts, std::map<std::string, std::uint64_t>& happened) {
  for (const char* loss : {"keep_after_seal", "keep_refused", "late_origin", "late_pin", "policy_error"})
    happened[loss] += counts.losses.contains(loss) ? counts.losses.at(loss) : 0;
  happened["revived"] += counts.revived;
  happened["restored"] += counts.links_restored;
  happened["duplicates"] += counts.links_duplicates;
  for (unsigned hops = 1; hops <= 5; ++hops)
    happened["kept at hop " + std::to_string(hops)] +=
        counts.kept_by_link.contains(hops) ? counts.kept_by_link.at(hops) : 0;
}

TEST(Differential, MatchesTheOracle_OnSmallWorkloads) {
  const auto [first, end] = seed_range(0, 1000);
  std::map<std::string, std::uint64_t> happened;
  for (std::uint64_t seed = first; seed < end; ++seed) {
    const workload::Workload workload = workload::small_workload(seed);
    for (const unsigned threads : {1U, 2U, 4U}) {
      const Outcome outcome = compare(workload, threads);
      for (const std::string& difference : outcome.differences) ADD_FAILURE() << difference;
      ASSERT_TRUE(outcome.differences.empty())
          << threads << " threads; " << rerun_command(seed, "engine_test", "Differential.*");
      add(outcome.counts, happened);
      add_policies(workload.options, outcome.counts, happened);
    }
  }
  if (end - first >= 1000) expect_rich(happened, end - first);  // a subset of the seeds has too few rare cases
}

// With every span_attributes setting the same spans are kept, with the same links and dropped_links_count.
TEST(Differential, MatchesTheOracle_WithEachSpanAttributesSetting) {
  const auto [first, end] = seed_range(0, 200);
  std::uint64_t truncated_spans = 0;
  for (std::uint64_t seed = first; seed < end; ++seed) {
    workload::Workload workload = workload::small_workload(seed);
    for (const SpanAttributes attributes : {SpanAttributes::truncation, SpanAttributes::none}) {
      workload.options.links.attributes = attributes;
      const Outcome outcome = compare(workload, 1);
      for (const std::string& difference : outcome.differences) ADD_FAILURE() << difference;
      ASSERT_TRUE(outcome.differences.empty()) << rerun_command(seed, "engine_test", "Differential.*");
      truncated_spans += outcome.counts.spans_sampled;
    }
  }
  if (end - first >= 100) {
    EXPECT_GT(truncated_spans, 100u);
  }
}

}  // namespace
}  // namespace entail::engine_test
