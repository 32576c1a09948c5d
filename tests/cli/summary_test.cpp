#include "output/summary.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "output/json_text.hpp"

namespace entail::cli {
namespace {

Statistics some_statistics() {
  Statistics statistics;
  statistics.spans.received = 100;
  statistics.spans.emitted = 40;
  statistics.spans.dropped = 57;
  statistics.spans.rejected = {{"all_zero", 2}, {"bad_hex", 0}};
  statistics.spans.lost = {{"late_origin", 1}};
  statistics.traces.received = 20;
  statistics.traces.kept = 8;
  statistics.traces.dropped = 12;
  statistics.traces.origins = 3;
  statistics.traces.revived = 1;
  statistics.traces.kept_by_policy = {{"errors", 3}, {"never", 0}, {"some \"odd\" one", 1}};
  statistics.traces.kept_by_link = {{Direction::linked, 1, 3}, {Direction::linking, 2, 1}};
  statistics.links.received = 50;
  statistics.links.edges = 30;
  statistics.links.same_trace = 10;
  statistics.links.null_target = 6;
  statistics.links.invalid = {{"wrong_length", 4}};
  statistics.links.emitted = 20;
  statistics.links.dropped = 30;
  statistics.losses = {{"keep_after_seal", 5}};
  return statistics;
}

RunFacts some_facts() {
  RunFacts facts;
  facts.files = 2;
  facts.requests = 7;
  facts.bytes = 12345;
  facts.skipped = {0, 3, 0, 1, 0};
  facts.seconds = 0.5;
  facts.cpu_seconds = 0.25;
  facts.peak_memory_bytes = 1 << 20;
  facts.threads = 2;
  return facts;
}

TEST(SummaryJson, HasEveryFieldOfTheContract_InItsPlace) {
  EXPECT_EQ(
      summary_json(some_statistics(), some_facts()),
      "{\"input\":{\"files\":2,\"requests\":7,\"bytes\":12345,\"skipped\":{\"metrics\":3,\"malformed\":1}},"
      "\"spans\":{\"received\":100,\"emitted\":40,\"dropped\":57,\"rejected\":{\"all_zero\":2},\"lost\":{\"late_"
      "origin\":1}},"
      "\"traces\":{\"received\":20,\"kept\":8,\"dropped\":12,\"origins\":3,\"revived\":1,"
      "\"kept_by_policy\":{\"errors\":3,\"some \\\"odd\\\" one\":1},"
      "\"kept_by_link\":[{\"direction\":\"linked\",\"hops\":1,\"traces\":3},{\"direction\":\"linking\",\"hops\":2,"
      "\"traces\":1}]},"
      "\"links\":{\"received\":50,\"edges\":30,\"same_trace\":10,\"null_target\":6,\"invalid\":{\"wrong_length\":4},"
      "\"bad_tracestate\":0,\"duplicates\":0,\"sampled_spans\":0,\"emitted\":20,\"dropped\":30,\"restored\":0},"
      "\"losses\":{\"keep_after_seal\":5},"
      "\"run\":{\"seconds\":0.5,\"cpu_seconds\":0.25,\"spans_per_second\":200,\"peak_memory_bytes\":1048576,"
      "\"threads\":2}}\n");
}

TEST(SummaryJson, EmptyRun_HasAllItsZeros) {
  simdjson::dom::parser parser;
  const std::string json = summary_json({}, {});
  const auto object = parser.parse(json);
  EXPECT_EQ(object["spans"]["received"].get_uint64().value(), 0u);
  EXPECT_EQ(object["links"]["restored"].get_uint64().value(), 0u);
  EXPECT_EQ(object["run"]["spans_per_second"].get_double().value(), 0.0);
  EXPECT_EQ(object["traces"]["kept_by_link"].get_array().value().size(), 0u);
  EXPECT_EQ(object["losses"].get_object().value().size(), 0u);
}

TEST(SummaryTable, TellsEachNumberAndNoZeroLosses_WithoutColours) {
  const std::string table = summary_table(some_statistics(), some_facts(), Paint{false});
  for (const char* expected : {"passed over: metrics", "linked, 1 hop ", "linking, 2 hops", "toward causes", "errors",
                               "keep_after_seal", "rejected", "all_zero 2", "peak memory 1.0 MiB"}) {
    EXPECT_NE(table.find(expected), std::string::npos) << expected << "\n" << table;
  }
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
  EXPECT_NE(summary_table(some_statistics(), some_facts(), Paint{true}).find('\x1b'), std::string::npos);
  // The loss is told with the help of the loss table.
  for (const LossInfo& info : loss_table()) {
    if (info.name == "keep_after_seal") {
      EXPECT_NE(table.find(info.help), std::string::npos);
    }
  }
  EXPECT_NE(summary_table({}, {}, Paint{false}).find("Losses\n  none"), std::string::npos);
}

TEST(JsonText, EscapesWhatJsonForbids) {
  std::string text;
  append_json_string(std::string_view("a\"\\\n\x01z", 6), text);
  EXPECT_EQ(text, "\"a\\\"\\\\\\n\\u0001z\"");
}

TEST(Numbers, AreReadable) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(byte_count(900), "900 B");
  EXPECT_EQ(byte_count(1536), "1.5 KiB");
  EXPECT_EQ(byte_count(256u << 20), "256 MiB");
}

}  // namespace
}  // namespace entail::cli
