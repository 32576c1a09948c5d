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
  statistics.traces.kept_by_policy = {{"errors", 3}, {"never", 0}, {"some \"odd\" one", 1}, {"veto", 0}};
  statistics.traces.dropped_by_policy = {{"veto", 7}};
  statistics.traces.kept_by_link = {{Direction::linked, 1, 3}, {Direction::linking, 2, 1}};
  statistics.links.received = 50;
  statistics.links.edges = 30;
  statistics.links.same_trace = 10;
  statistics.links.null_target = 6;
  statistics.links.invalid = {{"wrong_length", 4}};
  statistics.links.emitted = 20;
  statistics.links.dropped = 30;
  statistics.links.truncated = 12;
  statistics.losses = {{"keep_after_seal", 5}};
  statistics.memory.peak_bytes = 700'000;
  statistics.rank_seed = 11;
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
  facts.memory_limit_bytes = 64u << 20;
  facts.retain_bytes_max = 32u << 20;
  facts.threads = 2;
  return facts;
}

TEST(SummaryJson, HasEveryDocumentedField_InOrder) {
  EXPECT_EQ(
      summary_json(some_statistics(), some_facts()),
      "{\"input\":{\"files\":2,\"requests\":7,\"bytes\":12345,\"skipped\":{\"metrics\":3,\"malformed\":1}},"
      "\"spans\":{\"received\":100,\"emitted\":40,\"dropped\":57,\"rejected\":{\"all_zero\":2},\"lost\":{\"late_"
      "origin\":1}},"
      "\"traces\":{\"received\":20,\"kept\":8,\"dropped\":12,\"origins\":3,\"revived\":1,"
      "\"kept_by_policy\":{\"errors\":3,\"some \\\"odd\\\" one\":1},"
      "\"dropped_by_policy\":{\"veto\":7},"
      "\"kept_by_link\":[{\"direction\":\"linked\",\"hops\":1,\"traces\":3},{\"direction\":\"linking\",\"hops\":2,"
      "\"traces\":1}]},"
      "\"links\":{\"received\":50,\"edges\":30,\"same_trace\":10,\"null_target\":6,\"invalid\":{\"wrong_length\":4},"
      "\"bad_tracestate\":0,\"duplicates\":0,\"sampled_spans\":0,\"emitted\":20,\"dropped\":30,\"truncated\":12,"
      "\"restored\":0},"
      "\"losses\":{\"keep_after_seal\":5},\"notes\":[],"
      "\"run\":{\"seconds\":0.5,\"cpu_seconds\":0.25,\"spans_per_second\":200,\"peak_memory_bytes\":1048576,"
      "\"account_peak_bytes\":700000,\"memory_limit_bytes\":67108864,\"threads\":2,\"rank_seed\":11}}\n");
}

TEST(SummaryJson, HasAllZeros_ForAnEmptyRun) {
  simdjson::dom::parser parser;
  const std::string json = summary_json({}, {});
  const auto object = parser.parse(json);
  EXPECT_EQ(object["spans"]["received"].get_uint64().value(), 0u);
  EXPECT_EQ(object["links"]["restored"].get_uint64().value(), 0u);
  EXPECT_EQ(object["run"]["spans_per_second"].get_double().value(), 0.0);
  EXPECT_EQ(object["traces"]["kept_by_link"].get_array().value().size(), 0u);
  EXPECT_EQ(object["losses"].get_object().value().size(), 0u);
}

TEST(SummaryTable, ShowsEachNumber_AndNoZeroLosses_WithoutColours) {
  const std::string table = summary_table(some_statistics(), some_facts(), Paint{false, 200});
  for (const char* expected :
       {"skipped: metrics", "linked, 1 hop ", "linking, 2 hops", "toward causes", "errors", "keep_after_seal",
        "rejected", "all_zero 2", "peak memory 1.0 MiB; the engine's account 684 KiB of memory_limit 64 MiB"}) {
    EXPECT_NE(table.find(expected), std::string::npos) << expected << "\n" << table;
  }
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
  // A drop policy is only among those that drop, and links that were dropped are counted once.
  const std::size_t dropped = table.find("Dropped by policy");
  ASSERT_NE(dropped, std::string::npos) << table;
  EXPECT_GT(table.find("veto"), dropped) << table;
  EXPECT_NE(table.find("dropped with spans                            18"), std::string::npos) << table;
  EXPECT_NE(table.find("dropped by truncation                         12"), std::string::npos) << table;
  EXPECT_NE(summary_table(some_statistics(), some_facts(), Paint{true}).find('\x1b'), std::string::npos);
  // The loss is shown with its help from the loss table.
  for (const LossInfo& info : loss_table()) {
    if (info.name == "keep_after_seal") {
      EXPECT_NE(table.find(info.help), std::string::npos);
    }
  }
  EXPECT_NE(summary_table({}, {}, Paint{false}).find("Losses\n  none"), std::string::npos);
}

using Notes = std::vector<std::string>;

TEST(SummaryNotes, ReportMemoryLosses_AndWhatToRaise) {
  Statistics statistics = some_statistics();
  RunFacts facts = some_facts();
  facts.threads = 1;
  statistics.memory.peak_bytes = 63u << 20;
  EXPECT_EQ(summary_notes(statistics, facts), Notes{});
  statistics.losses = {{"records_forgotten", 5}};
  statistics.memory.peak_bytes = 20u << 20;
  EXPECT_EQ(
      summary_notes(statistics, facts),
      Notes{"5 traces were forgotten before retain.records ended: memory_limit (64 MiB) was not reached, but allows "
            "for no more at this rate. Raise it, or lower retain.records."});
  statistics.memory.peak_bytes = 63u << 20;
  statistics.losses = {{"evicted", 1234}, {"records_forgotten", 5}, {"no_room", 7}};
  EXPECT_EQ(summary_notes(statistics, facts),
            Notes{"Some data was evicted or lost because memory was short (evicted 1,234, records_forgotten 5): raise "
                  "memory_limit (now 64 MiB; the engine held up to 63 MiB) and retain.max_bytes (now 32 MiB)."});
  facts.threads = 2;
  EXPECT_EQ(summary_notes(statistics, facts).at(1), "With several threads, another run may keep different traces.");
  statistics.losses = {{"too_large", 2}, {"out_of_memory", 1}};
  facts.threads = 1;
  facts.too_large = {2, 9, 20'000'000};
  EXPECT_EQ(summary_notes(statistics, facts),
            (Notes{"Some data was evicted or lost because memory was short (too_large 2, out_of_memory 1): raise "
                   "memory_limit (now 64 MiB; the engine held up to 63 MiB).",
                   "2 requests with 9 spans can never fit into memory_limit, the largest 20,000,000 bytes.",
                   "The system ran out of memory: give the process more, or lower memory_limit."}));
}

TEST(SummaryNotes, ReportTheRankSeed_WhenACapBound) {
  Statistics statistics = some_statistics();
  statistics.losses = {{"max_links_followed", 4}};
  EXPECT_EQ(memory_notes(statistics, some_facts()), Notes{});
  EXPECT_EQ(summary_notes(statistics, some_facts()),
            Notes{"max_links_followed was reached: which neighbours were followed depends on rank_seed 11."});
}

TEST(SummaryNotes, SayThatNoPolicyMakesOrigins) {
  RunFacts facts = some_facts();
  facts.no_origins = "links are not followed, since no policy tests for the status ERROR";
  EXPECT_EQ(summary_notes(some_statistics(), facts),
            Notes{"Configuration: links are not followed, since no policy tests for the status ERROR."});
}

TEST(SummaryNotes, ComeFirst_InTheTableAndTheObject) {
  Statistics statistics = some_statistics();
  statistics.losses = {{"evicted", 3}, {"too_large", 1}};
  RunFacts facts = some_facts();
  facts.too_large = {1, 12, 20'000'000};
  const std::string table = summary_table(statistics, facts, Paint{false, 200});
  EXPECT_TRUE(
      table.starts_with("Notes\n  Some data was evicted or lost because memory was short (evicted 3, too_large 1)"))
      << table;
  EXPECT_NE(table.find("too large for memory_limit"), std::string::npos) << table;
  EXPECT_NE(table.find("requests of up to 19 MiB, with 12 spans: lost"), std::string::npos) << table;
  simdjson::dom::parser parser;
  const std::string json = summary_json(statistics, facts);
  EXPECT_EQ(parser.parse(json)["notes"].get_array().value().size(), 3u);
  EXPECT_EQ(std::string_view(parser.parse(json)["notes"].at(0)).substr(0, 9), "Some data");
}

TEST(SummaryTable, ShowsPolicyNamesWithoutControls_AndTheObjectEscapesThem) {
  const std::string name = "p\x1b[31m\u009b\u202e";
  Statistics statistics = some_statistics();
  statistics.traces.kept_by_policy = {{name, 3}};
  RunFacts facts = some_facts();
  facts.no_origins = "no policy but '" + name + "' keeps traces";
  const std::string table = summary_table(statistics, facts, Paint{false, 200});
  EXPECT_NE(table.find("\n  p?[31m?????  "), std::string::npos) << table;
  EXPECT_NE(table.find("no policy but 'p?[31m?????\x27 keeps"), std::string::npos) << table;
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
  EXPECT_EQ(table.find("\u202e"), std::string::npos);
  const std::string json = summary_json(statistics, facts);
  EXPECT_NE(json.find(R"("kept_by_policy":{"p\u001b[31m\u009b\u202e":3})"), std::string::npos) << json;
}

TEST(Strict, ConcernsMemory_NotTheInputOrTheConfiguration) {
  for (const char* const name : {"evicted", "records_forgotten", "too_large", "out_of_memory"}) {
    Statistics statistics;
    statistics.losses = {{name, 1}};
    EXPECT_TRUE(lost_for_memory(statistics)) << name;
  }
  Statistics statistics;
  for (const LossInfo& info : loss_table()) {
    if (info.name != "evicted" && info.name != "records_forgotten" && info.name != "too_large" &&
        info.name != "out_of_memory") {
      statistics.losses.push_back({std::string(info.name), 1});
    }
  }
  EXPECT_FALSE(lost_for_memory(statistics));
}

TEST(JsonText, EscapesCharactersThatJsonForbids) {
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
