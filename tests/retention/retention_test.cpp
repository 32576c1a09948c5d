// The rules of retention, each by its options, and together.
#include "retention/retention.hpp"

#include <gtest/gtest.h>

#include <string>

#include "retention/headroom.hpp"

namespace entail::retention {
namespace {

constexpr std::uint64_t kLimit = 1600;

Options with_limit() {
  Options options;
  options.memory_limit_bytes = kLimit;
  return options;
}

TEST(Retention, SaturatesDeadlines) {
  EXPECT_EQ(after(10, 5), 15);
  EXPECT_EQ(after(kNever - 2, 100), kNever - 1);
}

TEST(Retention, HoldsADroppedTraceForTheWindow) {
  Options options;
  options.retain.window_ns = 500;
  EXPECT_EQ(Retention(options).end_ns({.dropped_ns = 1000, .bytes = 7}), 1500);
}

TEST(Retention, KeepsRecordsForTheConfiguredTime) {
  Options options;
  options.retain.records_ns = 12345;
  EXPECT_EQ(Retention(options).records_ns(), 12345);
}

TEST(Retention, EvictsTheOldestDroppedTrace_AboveMaxBytes) {
  Options options = with_limit();
  EXPECT_EQ(Retention(options).exceeded({.traces = 1, .bytes = 800}), base::Loss::none);
  EXPECT_EQ(Retention(options).exceeded({.traces = 1, .bytes = 801}), base::Loss::evicted);  // half of memory_limit
  options.retain.max_bytes = 100;
  EXPECT_EQ(Retention(options).exceeded({.traces = 1, .bytes = 100}), base::Loss::none);
  EXPECT_EQ(Retention(options).exceeded({.traces = 1, .bytes = 101}), base::Loss::evicted);
}

TEST(Retention, ReleasesNothing_WhileASixteenthIsFree) {
  const Retention retention(with_limit());
  EXPECT_EQ(retention.bytes_to_release(1499, 0), 0u);
  EXPECT_EQ(retention.bytes_to_release(1500, 0), 100u);  // until two sixteenths are free
  EXPECT_EQ(retention.bytes_to_release(1600, 0), 200u);
}

TEST(Retention, FreesWhatARequestNeeds) {
  const Retention retention(with_limit());
  EXPECT_EQ(retention.bytes_to_release(1000, 400), 0u);  // with a sixteenth left over
  EXPECT_EQ(retention.bytes_to_release(1200, 400), 100u);
  EXPECT_EQ(retention.bytes_to_release(1600, 5000), 1600u);
}

TEST(Retention, ReleasesAheadOfNeed_BelowThreeSixteenths) {
  const Retention retention(with_limit());
  EXPECT_EQ(retention.bytes_ahead(1300), 0u);
  EXPECT_EQ(retention.bytes_ahead(1301), 1u);
  EXPECT_EQ(retention.bytes_ahead(1499), 199u);
}

TEST(RuleTypes, EachHasOptionsAndADecision) {
  EXPECT_GE(rule_types().size(), 4u);
  for (const RuleType& type : rule_types()) {
    ASSERT_FALSE(type.rows.empty());
    EXPECT_NE(type.make, nullptr) << type.rows[0].key;
    for (const option::Row<Options>& row : type.rows) EXPECT_FALSE(row.help.empty()) << row.key;
  }
}

TEST(RuleTypes, WarnOfABoundWithoutEffect) {
  Options options = with_limit();
  options.retain.max_bytes = kLimit + 1;
  option::Findings findings;
  for (const RuleType& type : rule_types())
    if (type.check != nullptr) type.check(options, findings);
  ASSERT_EQ(findings.list.size(), 1u);
  EXPECT_EQ(findings.list[0].path, "retain.max_bytes");
  EXPECT_FALSE(findings.list[0].is_error);
}

}  // namespace
}  // namespace entail::retention
