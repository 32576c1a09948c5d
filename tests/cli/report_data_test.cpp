// What a report collects: figures that follow revisions, bounds, the choice of chains.
#include "report/report_data.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "report/page.hpp"

namespace entail::cli::report {
namespace {

using simdjson::dom::element;

TraceId id_of(std::uint64_t n) { return {1, n}; }

DecisionRecord dropped(std::uint64_t n, std::int64_t at_s = 100, std::vector<TraceId> linked = {}) {
  DecisionRecord record;
  record.trace_id = id_of(n);
  record.decided_at_ns = at_s * kNanosPerSecond;
  record.verdict = Verdict::drop;
  record.reason = "no_match";
  record.spans = 2;
  record.linked_total = linked.size();
  record.linked = std::move(linked);
  return record;
}

DecisionRecord origin(std::uint64_t n, std::int64_t at_s = 100, std::vector<TraceId> linked = {}) {
  DecisionRecord record = dropped(n, at_s, std::move(linked));
  record.verdict = Verdict::keep;
  record.reason = "policy";
  record.policy = "errors";
  record.origin = true;
  return record;
}

DecisionRecord kept_by(std::uint64_t n, std::uint64_t origin_n, std::int64_t at_s = 100) {
  DecisionRecord record = dropped(n, at_s, {id_of(origin_n)});
  record.verdict = Verdict::keep;
  record.reason = "link";
  record.origin_trace_id = id_of(origin_n);
  record.direction = Direction::linking;
  record.hops = 1;
  record.path = {id_of(origin_n), id_of(n)};
  return record;
}

class Written {
 public:
  Written(ReportData& data, std::uint64_t page_bytes) : text(data.finish(ReportSource(), page_bytes, counts)) {
    EXPECT_EQ(parser_.parse(text).get(json), simdjson::SUCCESS);
  }
  std::uint64_t number(const std::string& pointer) const {
    std::uint64_t value = ~0ull;
    EXPECT_EQ(json.at_pointer(pointer).get(value), simdjson::SUCCESS) << pointer;
    return value;
  }
  std::string text_at(const std::string& pointer) const {
    std::string_view value;
    EXPECT_EQ(json.at_pointer(pointer).get(value), simdjson::SUCCESS) << pointer;
    return std::string(value);
  }
  std::size_t size(const std::string& pointer) const { return simdjson::dom::array(json.at_pointer(pointer)).size(); }

  ReportCounts counts;
  std::string text;
  element json;

 private:
  simdjson::dom::parser parser_;
};

TEST(ReportData, CountsATraceByItsLastRecord) {
  ReportData data(true);
  data.add(dropped(1));
  data.add(dropped(2));
  DecisionRecord revived = kept_by(1, 9, 130);
  revived.revision = 1;
  revived.revived = true;
  data.add(origin(9, 130));
  data.add(revived);
  data.add(dropped(1));  // forgotten by the engine, and seen again: a new trace
  const Written written(data, 1 << 20);
  EXPECT_EQ(written.number("/totals/kept/traces"), 2u);
  EXPECT_EQ(written.number("/totals/dropped/traces"), 2u);
  EXPECT_EQ(written.number("/totals/dropped/spans"), 4u);
  EXPECT_EQ(written.number("/totals/revived"), 1u);
  EXPECT_EQ(written.number("/reasons/0/traces"), 2u);
  EXPECT_EQ(written.text_at("/hops/0/direction"), "linking");
  EXPECT_EQ(written.number("/hops/0/traces"), 1u);
}

TEST(ReportData, ShowsTheNeighboursOfAChainAndCountsTheRest) {
  ReportData data(true);
  data.add(origin(1, 100, {id_of(500)}));  // of which nothing arrives
  for (std::uint64_t n = 10; n < 110; ++n) data.add(dropped(n, 100, {id_of(1)}));
  DecisionRecord late = dropped(5, 100, {id_of(1)});
  late.loss = "keep_after_seal";
  late.origin_trace_id = id_of(1);
  late.direction = Direction::linking;
  late.hops = 1;
  late.path = {id_of(1), id_of(5)};
  data.add(late);
  for (std::uint64_t n = 200; n < 300; ++n) data.add(dropped(n));  // linked with nothing
  const Written written(data, 1 << 20);
  std::map<std::string, unsigned> states;
  for (const element& trace : simdjson::dom::array(written.json["traces"]))
    ++states[std::string(std::string_view(trace["state"]))];
  EXPECT_EQ(states["kept"], 1u);
  EXPECT_EQ(states["sealed"], 1u);
  EXPECT_EQ(states["sealed"] + states["dropped"] + states["absent"], Chains::kNeighboursMax);
  EXPECT_EQ(written.number("/traces/0/more/dropped"), 101 - states["sealed"] - states["dropped"]);
  EXPECT_EQ(written.number("/origins/0/not_kept"), 1u);
  EXPECT_EQ(written.number("/left_out/dropped_traces"), 201 - states["sealed"] - states["dropped"]);
}

// Chains of 1 to 60 traces; the page has room for a few.
TEST(ReportData, ChoosesTheLargestTheLatestAndTheMostUnusual) {
  ReportData data(true);
  std::uint64_t next = 1000;
  for (std::uint64_t n = 1; n <= 60; ++n) {
    const std::int64_t at_s = 1000 - static_cast<std::int64_t>(n);
    data.add(origin(n, at_s));
    for (std::uint64_t i = 0; i < n; ++i) data.add(kept_by(next++, n, at_s));
  }
  DecisionRecord unusual = origin(99, 10);
  unusual.policy = "slow";
  data.add(unusual);
  const Written written(data, 30'000);
  EXPECT_LE(written.text.size(), 30'000u);
  std::map<std::string, std::vector<std::string>> chosen;
  for (const element& shown : simdjson::dom::array(written.json["origins"])) {
    const std::uint64_t trace = shown["trace"];
    chosen[std::string(std::string_view(shown["chosen_as"]))].push_back(
        written.text_at("/traces/" + std::to_string(trace) + "/id"));
  }
  ASSERT_FALSE(chosen["largest"].empty() || chosen["latest"].empty() || chosen["unusual"].empty());
  EXPECT_EQ(chosen["largest"][0], to_hex(id_of(60)));
  EXPECT_EQ(chosen["latest"][0], to_hex(id_of(1)));
  EXPECT_EQ(chosen["unusual"][0], to_hex(id_of(99)));
  EXPECT_EQ(written.number("/left_out/origins"), 61 - written.size("/origins"));
}

TEST(ReportData, StaysWithinTheBytesOfAPage) {
  for (const std::uint64_t bytes : {5'000, 20'000, 100'000}) {
    ReportData data(true);
    for (std::uint64_t n = 1; n <= 300; ++n) {
      data.add(origin(n, 100, {id_of(n + 1), id_of(n + 2000)}));
      for (std::uint64_t i = 0; i < 5; ++i) data.add(kept_by(10'000 + n * 10 + i, n));
    }
    const Written written(data, bytes);
    EXPECT_LE(written.text.size(), bytes);
    EXPECT_GT(written.counts.chains, 0u) << bytes;
    EXPECT_EQ(written.number("/totals/kept/traces"), 1800u);
  }
}

// A tenth of the traces fits. Figures stay exact, large chains stay whole, and what was given up is counted.
TEST(ReportData, GivesUpTracesBeyondItsMemory) {
  TraceRows::Limits limits;
  limits.rows = 400;
  ReportData data(true, limits);
  data.add(origin(1));
  for (std::uint64_t i = 0; i < 50; ++i) data.add(kept_by(100 + i, 1));
  for (std::uint64_t n = 1000; n < 5000; ++n) data.add(dropped(n, 200));
  DecisionRecord revived = kept_by(1000, 1, 230);
  revived.revision = 1;
  revived.revived = true;
  data.add(revived);
  const Written written(data, 1 << 20);
  EXPECT_EQ(written.number("/totals/kept/traces"), 52u);
  EXPECT_EQ(written.number("/totals/dropped/traces"), 3999u);
  EXPECT_EQ(written.number("/totals/dropped/spans"), 7998u);
  EXPECT_GT(written.number("/left_out/forgotten"), 3000u);
  EXPECT_EQ(written.number("/origins/0/traces"), 52u);
  EXPECT_EQ(written.size("/traces"), 52u);
}

// Every dropped trace has a name of its own: they are released with their traces, and later names are still shown.
TEST(ReportData, ReleasesNamesWithTheirTraces) {
  TraceRows::Limits limits;
  limits.rows = 50'000;
  ReportData data(true, limits);
  const auto named = [](DecisionRecord record, const std::string& name) {
    record.detail.emplace().root_name = name;
    record.detail->root_service = "shop";
    return record;
  };
  for (std::uint64_t n = 1; n <= NameTable::kNamesMax + 50'000; ++n)
    data.add(named(dropped(n), "GET /user/" + std::to_string(n)));
  data.add(named(origin(1'000'000), "GET /last"));
  const Written written(data, 1 << 20);
  ASSERT_EQ(written.size("/traces"), 1u);
  const std::uint64_t name = written.number("/traces/0/name");
  EXPECT_EQ(written.text_at("/strings/" + std::to_string(name)), "GET /last");
  EXPECT_EQ(written.text_at("/services/0/service"), "shop");
  EXPECT_EQ(written.number("/services/0/dropped/traces"), NameTable::kNamesMax + 50'000);
}

TEST(ReportData, SaysWhatTheRecordSaysOfATrace) {
  DecisionRecord record = dropped(2, 100, {id_of(1)});
  TraceDetail& detail = record.detail.emplace();
  detail.root_service = "shop";
  detail.root_name = "GET /cart";
  detail.start_ns = 98 * kNanosPerSecond;
  detail.duration_ns = 1'500'000;
  detail.errors = 2;
  detail.error = {"stock", "reserve", "no \x1b[31mstock"};
  detail.bytes = 4711;
  detail.nearest = {{"slow", 1.5, 5000, "1.5 ms of 5 s"}, {"many", 9, 10, "9 spans of 10"}};
  ReportData data(true);
  data.add(origin(1));
  data.add(record);
  const Written written(data, 1 << 20);
  const auto string_at = [&](const std::string& pointer) {
    return written.text_at("/strings/" + std::to_string(written.number(pointer)));
  };
  ASSERT_EQ(written.text_at("/traces/1/id"), to_hex(id_of(2)));
  EXPECT_EQ(string_at("/traces/1/service"), "shop");
  EXPECT_EQ(string_at("/traces/1/name"), "GET /cart");
  EXPECT_EQ(string_at("/traces/1/error/message"), "no ?[31mstock");
  EXPECT_EQ(written.number("/traces/1/bytes"), 4711u);
  EXPECT_EQ(written.text_at("/traces/1/nearest/policy"), "many");
  EXPECT_EQ(written.text_at("/traces/1/nearest/why"), "9 spans of 10");
  EXPECT_EQ(written.text_at("/base_ns"), "98000000000");  // it counts at its start
  double duration_ms = 0;
  ASSERT_EQ(written.json.at_pointer("/traces/1/duration").get(duration_ms), simdjson::SUCCESS);
  EXPECT_EQ(duration_ms, 1.5);

  ReportData without(false);
  without.add(origin(1));
  without.add(record);
  const Written ids(without, 1 << 20);
  EXPECT_EQ(ids.text_at("/detail"), "ids");
  for (const char* text : {"shop", "cart", "stock", "reserve", "spans of"})
    EXPECT_EQ(ids.text.find(text), std::string::npos) << text;
}

TEST(ReportData, ShowsTimeInStepsThatFit) {
  ReportData data(true);
  for (std::uint64_t day = 0; day < 40; ++day) data.add(dropped(day + 1, static_cast<std::int64_t>(day) * 86'400));
  const Written written(data, 1 << 20);
  double step_ms = 0;
  ASSERT_EQ(written.json.at_pointer("/time/step_ms").get(step_ms), simdjson::SUCCESS);
  EXPECT_EQ(step_ms, 21'600'000);  // six hours
  std::uint64_t traces = 0;
  for (const element& step : simdjson::dom::array(written.json.at_pointer("/time/dropped")))
    traces += std::uint64_t(step.at(0));
  EXPECT_EQ(traces, 40u);
  EXPECT_LE(written.size("/time/dropped"), Overview::kStepsMax);
}

TEST(ReportPage, CannotBeLeftByItsData) {
  if (page_template().empty()) GTEST_SKIP() << "this build has no page";
  const std::string page = page_with("{\"strings\":[\"</script><script>hit</script><!--\"]}");
  EXPECT_NE(page.find("{\"strings\":[\"\\u003c/script>\\u003cscript>hit\\u003c/script>\\u003c!--\"]}"),
            std::string::npos);
  EXPECT_EQ(page.find("<script>hit"), std::string::npos);
  EXPECT_NE(page.find("Content-Security-Policy"), std::string::npos);
}

}  // namespace
}  // namespace entail::cli::report
