// `entail why`: searches, formats, and what a hostile log cannot do. docs/incident.md is checked by page_test.cpp.
#include <algorithm>
#include <tuple>
#include <vector>

#include "command_run.hpp"

namespace entail::cli {
namespace {

using namespace test;

class WhyTest : public CommandTest {
 protected:
  void sample_incident(const std::string& more = "") {
    ASSERT_EQ(run("generate --scenario incident --spans 3000 -o in.otlp --config c.yaml --expect e.json").exit_code, 0);
    const Outcome sampled = run("sample -c c.yaml in.otlp -o kept.otlp --decisions d.jsonl " + more);
    ASSERT_EQ(sampled.exit_code, 0) << sampled.err;
  }
  std::string why(const std::string& arguments) {
    const Outcome outcome = run("why " + arguments + " --decisions d.jsonl");
    EXPECT_EQ(outcome.exit_code, 0) << arguments << outcome.err;
    return outcome.out;
  }
  std::uint64_t total(const std::string& search) {
    simdjson::dom::parser parser;
    const std::string json = why(search + " --format json");
    return number(parse(parser, json), "/total");
  }
};

std::string id_of(unsigned number) {
  const std::string digits = std::to_string(number);
  return std::string(32 - digits.size(), '0') + digits;
}

// A line of a log: a trace that policy p dropped, and more fields.
std::string record_line(unsigned number, const std::string& fields) {
  return R"({"trace_id":")" + id_of(number) +
         R"(","revision":0,"verdict":"drop","reason":"drop_policy","policy":"p",)" + fields + "}\n";
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_F(WhyTest, SearchesByEachTermAndByAllTogether) {
  sample_incident();
  EXPECT_EQ(total("--error"), 63u);  // 60 attempts, the batch, the payment, and the flight
  EXPECT_EQ(total("--origin"), 63u);
  EXPECT_EQ(total("--policy errors"), 63u);
  EXPECT_EQ(total("--service stock"), 60u);
  EXPECT_EQ(total("--name UPDATE"), 60u) << "the span that failed";
  EXPECT_EQ(total("--name checkout"), 60u) << "the root";
  EXPECT_EQ(total("--service flights"), 2u);
  EXPECT_EQ(total("--error --since 2023-11-14T22:50:00Z"), 3u);
}

TEST_F(WhyTest, ListsSimilarTracesOnceAndExplainsOne) {
  sample_incident();
  const std::string list = why("--error");
  EXPECT_EQ(lines(list), 10u) << list;
  EXPECT_TRUE(contains(list, "lock wait timeout")) << list;
  EXPECT_TRUE(contains(list, "  60  ")) << list;
  const std::string story = why("--service billing");
  EXPECT_TRUE(contains(story, "1 span failed, first billing \"invoice item\": currency 'EUR ' is unknown.")) << story;
  EXPECT_TRUE(contains(story, "It leads back to orders POST /orders, 59 min 52 s earlier")) << story;
  EXPECT_EQ(run("why --service nobody --decisions d.jsonl").exit_code, 1);
  EXPECT_EQ(run("why --decisions d.jsonl").exit_code, 2);
  EXPECT_EQ(run("why --since yesterday --decisions d.jsonl").exit_code, 2);
}

TEST_F(WhyTest, DrawsOneTrace) {
  sample_incident();
  const std::string mermaid = why("--service billing --format mermaid");
  EXPECT_TRUE(mermaid.starts_with("flowchart LR\n  t0[\"billing invoice batch")) << mermaid;
  EXPECT_TRUE(contains(mermaid, "  t0 -->|\"+59 min 52 s\"| t1\n")) << mermaid;
  const std::string dot = why("--service billing --format dot");
  EXPECT_TRUE(dot.starts_with("digraph why {\n")) << dot;
  EXPECT_TRUE(contains(dot, "[label=\"+59 min 52 s\"]")) << dot;
  simdjson::dom::parser parser;
  const std::string json = why("--service billing --json");
  const auto object = parse(parser, json);
  EXPECT_EQ(number(object, "/chain_total"), 1u);
  EXPECT_EQ(text_at(object, "/chain/0/service"), "orders");
}

TEST_F(WhyTest, NothingInALogControlsTheTerminalOrADiagram) {
  write_file(
      path("d.jsonl"),
      buffer(R"({"trace_id":"676558c612b9315e4bd78c6b496d9f67","verdict":"drop","reason":"no_match",)"
             R"("root_service":"a\u001b[2J\"]\u202e<script>","root_name":"b\u0007|\\","services":["\r\n"],"errors":1,)"
             R"("error":{"service":"\u001b","name":"x","message":"y\u001b]0;z\u0007"},"bytes":1,"duration_ms":1.5,)"
             R"("nearest":[{"policy":"\u001b","value":1,"threshold":2,"why":"\u001b[31m"}]})"
             "\n"));
  for (const std::string format : {"text", "mermaid", "dot"}) {
    const std::string shown = why("6765 --format " + format);
    EXPECT_TRUE(is_plain(shown)) << format << shown;
    EXPECT_FALSE(contains(shown, "\xe2\x80\xae")) << format;
  }
  EXPECT_FALSE(contains(why("6765 --format mermaid"), "<script>"));
  write_file(path("d.jsonl"),
             buffer(record_line(1, R"("root_service":"%%{init: {\"theme\":\"dark\"}}%%","root_name":"`\\`")")));
  const std::string mermaid = why("0 --format mermaid");
  EXPECT_TRUE(contains(mermaid, "#37;#37;#123;init: #123;#34;theme#34;:#34;dark#34;#125;#125;#37;#37; #96;#92;#96;"))
      << mermaid;
}

// A record is printed as the log has it, but for characters that a terminal obeys.
TEST_F(WhyTest, JsonEscapesTheRecordsOfTheLog) {
  const std::string name = "a\u202e\u2028\u009b\x7fé";
  write_file(path("d.jsonl"), buffer(record_line(1, R"("root_service":")" + name + R"(","root_name":"n")") +
                                     record_line(2, R"("root_service":")" + name + R"(","root_name":"m")")));
  simdjson::dom::parser parser;
  const std::string story = why(id_of(1) + " --json");
  EXPECT_TRUE(contains(story, R"("root_service":"a\u202e\u2028\u009b\u007fé")")) << story;
  EXPECT_EQ(text_at(parse(parser, story), "/record/root_service"), name);
  const std::string list = why("--policy p --json");
  EXPECT_EQ(text_at(parse(parser, list), "/traces/0/record/root_service"), name);
  for (const std::string* const json : {&story, &list}) {
    EXPECT_TRUE(is_plain(*json)) << *json;
    for (const char* const obeyed : {"\u202e", "\u2028", "\u009b"}) EXPECT_FALSE(contains(*json, obeyed)) << *json;
  }
}

TEST_F(WhyTest, DiagramsSayHowManyTracesTheyLeaveOut) {
  std::string log = record_line(1, R"("root_service":"hub","linked":[")" + id_of(2) + R"("],"linked_total":1001)");
  for (unsigned i = 2; i < 302; ++i) log += record_line(i, R"("linked":[")" + id_of(1) + "\"]");
  write_file(path("d.jsonl"), buffer(log));
  const std::string mermaid = why(id_of(1) + " --format mermaid");
  EXPECT_TRUE(contains(mermaid, "  more0[\"and 1,000 more\"]:::absent\n  t0 --> more0\n")) << mermaid;
  EXPECT_TRUE(contains(mermaid, "  more1[\"and 250 more\"]:::absent\n  more1 --> t0\n")) << mermaid;
  const std::string dot = why(id_of(1) + " --format dot");
  EXPECT_TRUE(contains(dot, "label=\"and 1,000 more\"];\n  \"" + id_of(1) + "\" -> more0;\n")) << dot;
  EXPECT_TRUE(contains(dot, "label=\"and 250 more\"];\n  more1 -> \"" + id_of(1) + "\";\n")) << dot;
  EXPECT_FALSE(contains(why(id_of(2) + " --format dot"), "more")) << "all are there";
}

TEST_F(WhyTest, DrawsOneTraceOnly) {
  write_file(path("d.jsonl"),
             buffer(record_line(1, R"("root_service":"a")") + record_line(2, R"("root_service":"a")")));
  for (const std::string arguments : {"--service a --format dot", "--service a --format mermaid", "0 --format dot"}) {
    const Outcome outcome = run("why " + arguments + " --decisions d.jsonl");
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
    EXPECT_TRUE(contains(outcome.err, "TRACE")) << outcome.err;
  }
}

// One line with one value, whatever is found.
TEST_F(WhyTest, PrintsOneJsonValue) {
  write_file(path("d.jsonl"),
             buffer(record_line(1, R"("root_service":"a")") + record_line(2, R"("root_service":"b")")));
  const std::vector<std::tuple<std::string, int, std::uint64_t>> searches = {
      {"--policy p", 0, 2}, {"--service none", 1, 0}, {"0", 2, 2}, {"77", 1, 0}};
  for (const auto& [search, exit_code, total] : searches) {
    const Outcome outcome = run("why " + search + " --json --decisions d.jsonl");
    EXPECT_EQ(outcome.exit_code, exit_code) << search;
    EXPECT_EQ(lines(outcome.out), 1u) << outcome.out;
    simdjson::dom::parser parser;
    EXPECT_EQ(number(parse(parser, outcome.out), "/total"), total) << search;
  }
  EXPECT_EQ(lines(why("--service a --json")), 1u);
}

TEST_F(WhyTest, CountsLinesThatItCannotRead) {
  const std::string good = record_line(1, R"("root_service":"a")");
  for (const char* const bad :
       {R"("root_service":7)", R"("errors":"many")", R"("services":["a",1])", R"("error":"text")", R"("linked":{})",
        R"("duration_ms":"1")", R"("nearest":[1])", R"("nearest":[{"value":"1"}])", R"("origin":1)", R"("hops":-1)"}) {
    write_file(path("d.jsonl"), buffer(record_line(2, bad) + good));
    const Outcome outcome = run("why --service a --decisions d.jsonl");
    EXPECT_EQ(outcome.exit_code, 1) << bad << outcome.err;
    EXPECT_TRUE(contains(outcome.err, "1 line is not a decision record")) << bad << outcome.err;
    EXPECT_TRUE(contains(outcome.out, id_of(1))) << bad << "what could be read is still explained";
  }
  write_file(path("d.jsonl"), buffer(record_line(2, R"("hops":null,"nearest":null,"more":[1])") + good));
  EXPECT_EQ(run("why --service a --decisions d.jsonl").exit_code, 0);
}

TEST_F(WhyTest, AnEmptyLogIsNotOneWithoutNames) {
  write_file(path("d.jsonl"), buffer(""));
  const Outcome outcome = run("why --error --decisions d.jsonl");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.err, "entail: no trace in d.jsonl matches\n");
}

TEST_F(WhyTest, SaysThatATraceEndsBeforeItStarts) {
  write_file(path("d.jsonl"), buffer(record_line(1, R"("root_service":"a","root_name":"GET","duration_ms":-1500)") +
                                     record_line(2, R"("root_service":"a","root_name":"PUT","duration_ms":2)")));
  EXPECT_TRUE(contains(why(id_of(1)), "a GET, ends 1.5 s before it starts, 0 spans")) << why(id_of(1));
  EXPECT_TRUE(contains(why("--service a"), "  -1.5 s")) << why("--service a");
}

TEST_F(WhyTest, EscapesQuotesForGraphviz) {
  write_file(path("d.jsonl"), buffer(record_line(1, R"("root_service":"a\"]","root_name":"b\\")")));
  EXPECT_TRUE(contains(why("0 --format dot"), R"(label="a\"] b\\\n)")) << why("0 --format dot");
}

TEST_F(WhyTest, ReadsRotatedLogs) {
  sample_incident("--decisions-rotate 100kB");
  ASSERT_TRUE(std::filesystem::exists(path("d.3.jsonl")));
  EXPECT_LE(std::filesystem::file_size(path("d.2.jsonl")), 100'000u);
  EXPECT_EQ(total("--error"), 63u);
  // A shorter run removes the later files of the longer one.
  EXPECT_EQ(
      run("sample -c c.yaml in.otlp -o kept.otlp --decisions d.jsonl --decisions-detail ids --decisions-rotate 1MB")
          .exit_code,
      0);
  EXPECT_FALSE(std::filesystem::exists(path("d.2.jsonl")));
  EXPECT_FALSE(std::filesystem::exists(path("d.3.jsonl")));
  EXPECT_FALSE(contains(read_file(path("d.jsonl")), "billing"));
  const Outcome ids = run("why --error --decisions d.jsonl");
  EXPECT_EQ(ids.exit_code, 1);
  EXPECT_TRUE(contains(ids.err, "decisions.detail: ids")) << ids.err;
  for (const char* const wrong : {"--decisions-rotate 0", "--decisions-rotate ten", "--decisions-rotate 1XB"})
    EXPECT_EQ(run("sample in.otlp -o k --decisions d.jsonl " + std::string(wrong)).exit_code, 2) << wrong;
  EXPECT_EQ(run("sample in.otlp -o k --decisions-rotate 1MB").exit_code, 2);
}

TEST_F(WhyTest, CompressedRotatedLogsKeepTheirEnding) {
  ASSERT_EQ(run("generate --scenario incident --spans 2000 -o in.otlp --config c.yaml").exit_code, 0);
  ASSERT_EQ(run("sample -c c.yaml in.otlp -o k.otlp --decisions d.jsonl.gz --decisions-rotate 200kB").exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(path("d.2.jsonl.gz")));
  const Outcome found = run("why --service billing --decisions d.jsonl.gz");
  EXPECT_TRUE(contains(found.out, "currency 'EUR ' is unknown")) << found.out << found.err;
}

}  // namespace
}  // namespace entail::cli
