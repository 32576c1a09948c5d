#include <gtest/gtest.h>
#include <simdjson.h>

#include "decision_log.hpp"
#include "entail/entail.hpp"
#include "sample_bytes.hpp"
#include "why/explanation.hpp"
#include "why/trace_words.hpp"

namespace entail::cli {
namespace {

TraceId id(std::uint64_t number) { return {0xabcd000000000000u + number, number}; }
std::string hex(std::uint64_t number) { return to_hex(id(number)); }

DecisionRecord kept_by_policy(std::uint64_t number) {
  DecisionRecord record;
  record.trace_id = id(number);
  record.verdict = Verdict::keep;
  record.reason = "policy";
  record.policy = "errors";
  record.origin = true;
  record.spans = 3;
  return record;
}

DecisionRecord kept_by_link(std::uint64_t number, std::vector<TraceId> path) {
  DecisionRecord record;
  record.trace_id = id(number);
  record.verdict = Verdict::keep;
  record.reason = "link";
  record.origin_trace_id = path.front();
  record.direction = Direction::linked;
  record.hops = static_cast<std::uint32_t>(path.size() - 1);
  record.path = std::move(path);
  record.spans = 1;
  return record;
}

DecisionRecord dropped(std::uint64_t number) {
  DecisionRecord record;
  record.trace_id = id(number);
  record.verdict = Verdict::drop;
  record.reason = "no_match";
  record.spans = 2;
  return record;
}

std::string line(const DecisionRecord& record) {
  std::string text;
  append_json(record, text);
  return text + "\n";
}

// A policy name chosen by an attacker: nothing in it may control the terminal.
TEST(ExplanationText, ShowsNoControlCharacters) {
  TraceStory story;
  story.record.trace_id = "\x1b[2J" + hex(1);
  story.record.verdict = "keep";
  story.record.reason = "policy";
  story.record.policy = "red\x1b[31m\x07";
  story.record.path = {"\x1b]0;title\x07", hex(1)};
  story.record.linked = {"\xff\x7f"};
  story.linking = {"\r\n"};
  story.linking_total = 1;
  const std::string text = explanation_text(story, Paint{});
  EXPECT_NE(text.find("red?[31m?"), std::string::npos) << text;
  for (const char c : text) EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f)) << text;
}

LogRecord read_back(const DecisionRecord& record) {
  const std::string path = testing::TempDir() + "entail_explain_one.jsonl";
  test::write_file(path, test::buffer(line(record)));
  LogRecord result;
  int count = 0;
  const LogScan scan = scan_decision_log(path, [&](const LogRecord& found) { result = found, ++count; });
  EXPECT_TRUE(scan.opened);
  EXPECT_EQ(count, 1);
  return result;
}

TEST(DecisionLog, ReadsBackWhatTheEngineWrites) {
  DecisionRecord record = kept_by_link(3, {id(1), id(2), id(3)});
  record.revision = 4;
  record.decided_at_ns = 1'700'000'000'000'000'001;
  record.revived = true;
  record.not_followed = 5;
  record.links_dropped_upstream = 6;
  record.linked_total = 300;
  record.linked = {id(7), id(8)};
  const LogRecord read = read_back(record);
  EXPECT_EQ(read.trace_id, hex(3));
  EXPECT_EQ(read.revision, 4u);
  EXPECT_EQ(read.decided_at, "2023-11-14T22:13:20.000000001Z");
  EXPECT_EQ(read.verdict, "keep");
  EXPECT_EQ(read.reason, "link");
  EXPECT_EQ(read.policy, "");
  EXPECT_EQ(read.origin_trace_id, hex(1));
  EXPECT_EQ(read.direction, "linked");
  EXPECT_EQ(read.hops, 2u);
  EXPECT_TRUE(read.revived);
  EXPECT_FALSE(read.origin);
  EXPECT_EQ(read.not_followed, 5u);
  EXPECT_EQ(read.links_dropped_upstream, 6u);
  EXPECT_EQ(read.linked_total, 300u);
  EXPECT_EQ(read.path, (std::vector<std::string>{hex(1), hex(2), hex(3)}));
  EXPECT_EQ(read.linked, (std::vector<std::string>{hex(7), hex(8)}));
}

TEST(Words, OfDurationsHaveThreeDigitsAtMost) {
  const std::vector<std::pair<double, std::string>> words = {{0, "0 ms"},
                                                             {1e-6, "1 ns"},
                                                             {0.0012, "0.0012 ms"},
                                                             {0.8, "0.8 ms"},
                                                             {461.4, "461 ms"},
                                                             {999.7, "999 ms"},
                                                             {1000, "1 s"},
                                                             {4900, "4.9 s"},
                                                             {12'345, "12.3 s"},
                                                             {59'999, "59.9 s"},
                                                             {60'000, "1 min"},
                                                             {3'592'000, "59 min 52 s"},
                                                             {3'720'000, "1 h 2 min"},
                                                             {-2, "-2 ms"},
                                                             {-90'000, "-1 min 30 s"},
                                                             {86'400e3 * 12.5, "12 d"},
                                                             {86'400e3 * 999, "999 d"},
                                                             {1.7e12, "53.9 years"}};
  for (const auto& [milliseconds, expected] : words) EXPECT_EQ(duration_words(milliseconds), expected);
}

TEST(DecisionLog, CountsInvalidLines) {
  const std::string path = testing::TempDir() + "entail_explain_bad.jsonl";
  test::write_file(path, test::buffer("{\"trace_id\":\"short\",\"verdict\":\"keep\"}\nnonsense\n" + line(dropped(1))));
  int count = 0;
  const LogScan scan = scan_decision_log(path, [&](const LogRecord&) { ++count; });
  EXPECT_EQ(count, 1);
  EXPECT_EQ(scan.bad_line_count, 2u);
  EXPECT_FALSE(scan_decision_log(path + ".missing", [](const LogRecord&) {}).opened);
}

TraceStory story_of(const DecisionRecord& record, const std::vector<DecisionRecord>& known) {
  TraceStory story;
  story.record = read_back(record);
  for (const DecisionRecord& other : known) story.known[to_hex(other.trace_id)] = read_back(other);
  return story;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Explanation, KeptOverLinks_ShowsThePathFromTheOrigin) {
  DecisionRecord record = kept_by_link(3, {id(1), id(2), id(3)});
  record.linked = {id(4), id(5)};
  record.linked_total = 2;
  const TraceStory story = story_of(record, {kept_by_policy(1), kept_by_link(2, {id(1), id(2)}), dropped(4)});
  const std::string text = explanation_text(story, Paint{});
  EXPECT_TRUE(contains(text, hex(3) + "  kept\n")) << text;
  EXPECT_TRUE(contains(text, "2 hops from it, toward causes")) << text;
  EXPECT_TRUE(contains(text, "\n" + hex(1) +
                                 "  kept by policy errors, an origin\n"
                                 "└─ links to " +
                                 hex(2) + "  kept over links, 1 hop from " + hex(1).substr(0, 8) +
                                 "\n"
                                 "   └─ links to " +
                                 hex(3) + "  this trace\n"))
      << text;
  EXPECT_TRUE(
      contains(text, "Links to 2 traces\n├─ " + hex(4) + "  dropped, no policy kept it\n└─ " + hex(5) + "  no record"))
      << text;
  EXPECT_TRUE(contains(text, "1 trace has no record")) << text;
}

TEST(Explanation, SealedTrace_ShowsTheBrokenChain) {
  DecisionRecord record = dropped(3);
  record.loss = "keep_after_seal";
  record.origin_trace_id = id(1);
  record.direction = Direction::linking;
  record.hops = 1;
  record.path = {id(1), id(3)};
  record.links_dropped_upstream = 4;
  record.not_followed = 2;
  const TraceStory story = story_of(record, {kept_by_policy(1)});
  const std::string text = explanation_text(story, Paint{});
  EXPECT_TRUE(contains(text, "the chain is broken here")) << text;
  EXPECT_TRUE(contains(text, "└─ is linked by " + hex(3))) << text;
  std::vector<std::string> kinds;
  for (const Gap& gap : gaps_of(story)) kinds.push_back(gap.kind + " " + std::to_string(gap.count));
  EXPECT_EQ(kinds, (std::vector<std::string>{"keep_after_seal 1", "not_followed 2", "links_dropped_upstream 4"}));
}

TEST(Explanation, PlainDrop_HasNoGapsAndNoPath) {
  const TraceStory story = story_of(dropped(9), {});
  const std::string text = explanation_text(story, Paint{});
  EXPECT_TRUE(contains(text, "No policy kept it, and no kept origin is linked to it within the limits.")) << text;
  EXPECT_FALSE(contains(text, "Path")) << text;
  EXPECT_FALSE(contains(text, "incomplete")) << text;
}

TEST(Explanation, ManyLinkingTraces_AreCountedButNotAllListed) {
  TraceStory story = story_of(dropped(9), {});
  story.linking = {hex(1), hex(2)};
  story.linking_total = 300;
  const std::string text = explanation_text(story, Paint{});
  EXPECT_TRUE(contains(text, "Linked by 300 traces\n")) << text;
  EXPECT_TRUE(contains(text, "- 298 more traces link to it and are not shown\n")) << text;
  ASSERT_EQ(gaps_of(story).size(), 1u);
  EXPECT_EQ(gaps_of(story)[0].kind, "linking_cut");
  EXPECT_EQ(gaps_of(story)[0].count, 298u);
}

TEST(Explanation, Json_ContainsTheRecordAndEachState) {
  DecisionRecord record = kept_by_link(3, {id(1), id(3)});
  record.linked = {id(4), id(5)};
  record.linked_total = 2;
  TraceStory story = story_of(record, {kept_by_policy(1), dropped(4)});
  story.linking = {hex(1)};
  story.linking_total = 1;
  simdjson::dom::parser parser;
  const std::string json = explanation_json(story);
  const auto object = parser.parse(json);
  EXPECT_EQ(object["trace_id"].get_string().value(), hex(3));
  EXPECT_EQ(object["record"]["hops"].get_uint64().value(), 1u);
  EXPECT_EQ(object["path"].at(0)["state"].get_string().value(), "kept");
  EXPECT_EQ(object["path"].at(0)["origin"].get_bool().value(), true);
  EXPECT_EQ(object["linked"].at(0)["state"].get_string().value(), "dropped");
  EXPECT_EQ(object["linked"].at(1)["state"].get_string().value(), "no_record");
  EXPECT_EQ(object["linking"].at(0)["trace_id"].get_string().value(), hex(1));
  EXPECT_EQ(object["incomplete"].at(0)["kind"].get_string().value(), "no_record");
}

}  // namespace
}  // namespace entail::cli
