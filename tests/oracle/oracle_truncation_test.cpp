// The link sample of the oracle on spans small enough to verify by hand (docs/design.md 4).
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/oracle/context_oracle.hpp"
#include "tests/oracle/truncation_oracle.hpp"
#include "tests/workload/story.hpp"

namespace entail::oracle {
namespace {

using workload::make_link;
using workload::make_span;

TargetState all_open(TraceId) { return TargetState::open; }

workload::Span with_links(std::uint64_t count) {
  workload::Span span = make_span(1);
  for (std::uint64_t i = 0; i < count; ++i) span.links.push_back(make_link(100 + i));
  return span;
}

TEST(OracleTruncation, EmitsExactlyTheBudget_OfOpenLinks) {
  const workload::Span span = with_links(20);
  const TruncatedLinks truncated = truncate_links(span, 6, 0, all_open);
  EXPECT_EQ(truncated.emitted.size(), 6U);
  EXPECT_EQ(truncated.open.received, 20U);
  EXPECT_EQ(truncated.open.emitted, 6U);
  EXPECT_EQ(truncated.threshold_uniform.size(), 16U);
  EXPECT_EQ(truncated.threshold_consistent.size(), 31U);
  EXPECT_EQ(truncated.not_emitted.size(), 14U);
}

TEST(OracleTruncation, EmitsTheLinkWithTheSmallestCFirst) {
  workload::Span span = with_links(9);
  span.links[5].trace_state = "ot=rv:fffffffffffffe";
  const TruncatedLinks truncated = truncate_links(span, 1, 0, all_open);
  EXPECT_EQ(truncated.emitted, std::vector<std::size_t>{5});
}

TEST(OracleTruncation, PlacesOriginsBeforeReached_AndRestoresThem) {
  const workload::Span span = with_links(50);
  const TraceId origin = trace_id_of(span.links[30].trace_id);
  const TraceId other = trace_id_of(span.links[40].trace_id);
  std::size_t restored = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const TruncatedLinks one = truncate_links(span, 1, seed, [&](TraceId id) {
      return id == origin ? TargetState::origin : id == other ? TargetState::reached : TargetState::open;
    });
    EXPECT_EQ(one.emitted, std::vector<std::size_t>{30});
    EXPECT_EQ(one.pinned.received, 2U);
    EXPECT_EQ(one.pinned.emitted, 1U);
    restored += one.restored.size();
  }
  EXPECT_GE(restored, 15U);
}

TEST(OracleTruncation, StrataSumToReceived_LessDuplicatesAndMalformed) {
  workload::Span span = with_links(10);
  span.links.push_back(span.links[0]);
  span.links.push_back(make_link(1));            // its own trace
  span.links.emplace_back();                     // all zero
  span.links.emplace_back().trace_id = "short";  // wrong length
  span.links.emplace_back().attributes = {{"k", true}};
  const TruncatedLinks truncated = truncate_links(span, 14, 0, [](TraceId) { return TargetState::closed; });
  EXPECT_EQ(truncated.received, 15U);
  EXPECT_EQ(truncated.duplicates, 1U);
  EXPECT_EQ(truncated.malformed, 2U);
  EXPECT_EQ(truncated.open.received, 1U);
  EXPECT_EQ(truncated.closed.received, 11U);
  EXPECT_EQ(truncated.emitted.size(), 14U);  // all but the duplicate
  EXPECT_TRUE(truncated.threshold_uniform.empty());
  EXPECT_TRUE(std::find(truncated.emitted.begin(), truncated.emitted.end(), 10U) == truncated.emitted.end());
}

TEST(OracleTruncation, PrefersGood_ThenNullTargets_ThenMalformed) {
  workload::Span span = make_span(1);
  span.links.emplace_back();
  span.links.emplace_back().trace_state = "a=b";
  span.links.push_back(make_link(7));
  span.links.push_back(make_link(8));
  const auto target_state = [](TraceId id) {
    return id == trace_id_of(workload::trace_bytes(8)) ? TargetState::open : TargetState::closed;
  };
  EXPECT_EQ(truncate_links(span, 1, 0, target_state).emitted.size(),
            1U);  // the better key of the two: a sketch of size one holds no other
  EXPECT_EQ(truncate_links(span, 2, 0, target_state).emitted, (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(truncate_links(span, 3, 0, target_state).emitted, (std::vector<std::size_t>{1, 2, 3}));
}

TEST(OracleContext, RemovesThresholds) {
  EXPECT_EQ(without_threshold("ot=th:8"), "");
  EXPECT_EQ(without_threshold("a=1, ot=th:8;rv:00000000000001 ,b=2"), "a=1,ot=rv:00000000000001,b=2");
  EXPECT_EQ(without_threshold("a=1 , b=2"), "a=1 , b=2");
  EXPECT_EQ(without_threshold("=bad,ot=th:8"), "=bad,ot=th:8");
  EXPECT_EQ(without_threshold("ot=th:8;th:4"), "ot=th:8;th:4");
}

TEST(OracleContext, ReportsTheFirstReason) {
  const std::string zero(16, '\0');
  const std::string good(16, 'x');
  EXPECT_EQ(bad_reason(good, std::string(8, 'y')), "");
  EXPECT_EQ(bad_reason(zero, "short"), "wrong_length");
  EXPECT_EQ(bad_reason(good, ""), "all_zero");
  EXPECT_EQ(bad_reason(zero, std::string(8, 'y')), "all_zero");
}

}  // namespace
}  // namespace entail::oracle
