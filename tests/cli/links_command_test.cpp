// `entail links` from outside.
#include <map>

#include "command_run.hpp"

namespace entail::cli {
namespace {

using namespace test;

class LinksCommand : public CommandTest {
 protected:
  // The parsed result; the parser lives as long as the test.
  simdjson::dom::element survey(const std::string& arguments, int exit_code = 0) {
    const Outcome outcome = run("links --json " + arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << arguments << outcome.err;
    EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1) << arguments;
    return parse(parser_, outcome.out);
  }
  simdjson::dom::parser parser_;
};

const std::string kGolden = ENTAIL_SOURCE_DIR "/tests/golden/";

void expect_balanced(const simdjson::dom::element& s) {
  EXPECT_EQ(number(s, "/links/received"), number(s, "/links/edges") + number(s, "/links/same_trace") +
                                              number(s, "/links/null_target") + number(s, "/links/on_rejected_spans") +
                                              sum(s, "/links/invalid"));
  EXPECT_EQ(number(s, "/links/edges") + number(s, "/links/same_trace"),
            number(s, "/links/resolved") + number(s, "/links/span_absent") + number(s, "/links/trace_absent"));
  EXPECT_EQ(number(s, "/links/resolved"),
            number(s, "/links/delay_ns/count") + number(s, "/links/overlapping") + number(s, "/links/untimed"));
  EXPECT_EQ(number(s, "/spans/received"), sum(s, "/spans/by_links"));
  EXPECT_EQ(number(s, "/graph/components"), sum(s, "/graph/component_sizes"));
}

TEST_F(LinksCommand, MatchesTheCountsOfTheCaptures) {
  struct Count {
    const char* name;
    const char* pointer;
  };
  constexpr Count kCounts[] = {{"requests", "/input/requests"},
                               {"spans", "/spans/received"},
                               {"traces", "/traces"},
                               {"links", "/links/received"},
                               {"links_own_trace", "/links/same_trace"},
                               {"links_absent_trace", "/links/trace_absent"},
                               {"dropped_links_count_sum", "/links/dropped_upstream"}};
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kGolden + "sdk")) {
    if (!entry.path().string().ends_with(".expect.json")) continue;
    simdjson::dom::parser parser;
    const std::string text = read_file(entry.path().string());
    for (const auto file : parse(parser, text)["counts"].get_object()) {
      ++files;
      SCOPED_TRACE(file.key);
      const auto found = survey(kGolden + "sdk/" + std::string(file.key));
      expect_balanced(found);
      for (const Count& count : kCounts)
        EXPECT_EQ(number(found, count.pointer), file.value[count.name].get_uint64().value()) << count.name;
      EXPECT_EQ(sum(found, "/links/invalid") + number(found, "/links/null_target"),
                file.value["links_invalid_context"].get_uint64().value());
      EXPECT_LE(file.value["edges_in_file"].get_uint64().value(), number(found, "/graph/edges"));
    }
  }
  EXPECT_EQ(files, 27);
}

TEST_F(LinksCommand, ResolvesEveryLinkOfTheDemo) {
  const auto found = survey(kGolden + "otel_demo_capture/otel_demo_2024-10-30.mixed.jsonl");
  expect_balanced(found);
  EXPECT_EQ(number(found, "/input/requests"), 41u);
  EXPECT_EQ(number(found, "/input/skipped/logs"), 16u);
  EXPECT_EQ(number(found, "/input/skipped/metrics"), 40u);
  EXPECT_EQ(number(found, "/spans/received"), 547u);
  EXPECT_EQ(number(found, "/traces"), 141u);
  EXPECT_EQ(number(found, "/links/received"), 53u);
  EXPECT_EQ(number(found, "/links/edges"), 53u);
  EXPECT_EQ(number(found, "/links/resolved"), 53u);
}

// links counts links as sample does.
TEST_F(LinksCommand, CountsLikeSample) {
  ASSERT_EQ(run("generate --scenario batch --links 3000 --errors 11 --malformed 50 --absent 0.3 -o in.otlp").exit_code,
            0);
  const auto found = survey("in.otlp");
  expect_balanced(found);
  simdjson::dom::parser parser;
  const Outcome sampled = run("sample in.otlp -o kept --json");
  const auto summary = parse(parser, sampled.out);
  for (const char* const name : {"/spans/received", "/links/received", "/links/edges", "/links/same_trace",
                                 "/links/null_target", "/links/bad_tracestate", "/input/bytes", "/input/requests"})
    EXPECT_EQ(number(found, name), number(summary, name)) << name;
  for (const auto field : summary["links"]["invalid"].get_object())
    EXPECT_EQ(number(found, "/links/invalid/" + std::string(field.key)), field.value.get_uint64().value());
  EXPECT_GT(sum(found, "/links/invalid"), 0u);
  EXPECT_GT(number(found, "/links/trace_absent"), 0u);
  EXPECT_EQ(number(found, "/spans/largest/0/links"), 3000u);
  EXPECT_EQ(number(found, "/graph/fan_out/max"), number(found, "/graph/fan_out/most/0/traces"));
}

TEST_F(LinksCommand, GivesTheSameResult_ForEveryFraming_AndStandardInput) {
  const std::string file = kGolden + "sdk/py_odd_links.otlp.jsonl";
  const Outcome lines = run("links --json " + file);
  ASSERT_EQ(lines.exit_code, 0);
  // Offsets and bytes read are those of the input; all else is the same.
  const auto rest = [](const std::string& text) { return text.substr(text.find("\"links\":{\"received\"")); };
  const auto without_places = [&](std::string text) {
    text = rest(text);
    const std::size_t first = text.find("\"invalid_first\":");
    return text.erase(first, text.find("\"bad_tracestate\"", first) - first);
  };
  for (const char* const framing : {"jsonl", "json", "proto-u32be", "proto-varint", "proto"}) {
    ASSERT_EQ(run("convert " + file + " -o in --to " + framing).exit_code, 0);
    const Outcome found = run(std::string("links --json in"));
    EXPECT_EQ(found.exit_code, 0) << framing << found.err;
    EXPECT_EQ(without_places(found.out), without_places(lines.out)) << framing;
    EXPECT_EQ(run(std::string("links --json - --from ") + framing + " <in").out.size() > 0, true);
    EXPECT_EQ(without_places(run(std::string("links --json - <in")).out), without_places(lines.out)) << framing;
  }
  write_file(path("in.gz"), gzipped(buffer(read_file(file))));
  EXPECT_EQ(without_places(run("links --json in.gz").out), without_places(lines.out));
  // Two inputs: counts add up, and repeated spans and edges add no pairs.
  const auto twice = survey(file + " " + file);
  EXPECT_EQ(number(twice, "/input/files"), 2u);
  EXPECT_EQ(number(twice, "/links/received"), 42u);
  EXPECT_EQ(number(twice, "/graph/edges"), number(survey(file), "/graph/edges"));
}

TEST_F(LinksCommand, OffsetsPointToTheBytes) {
  const std::string frames = kGolden + "sdk/py_odd_links.otlp.bin";
  const auto found = survey(frames);
  const std::string bytes = read_file(frames);
  std::size_t places = 0;
  for (const auto bad : array_at(found, "/links/invalid_first")) {
    EXPECT_EQ(bytes[number(bad, "/offset")], '\x6a');  // the tag of Span.links
    ++places;
  }
  for (const auto large : array_at(found, "/spans/largest")) {
    EXPECT_EQ(bytes.substr(number(large, "/offset"), 2), "\x0a\x10");  // a span begins with its trace ID
    EXPECT_EQ(text_at(large, "/file"), frames);
    ++places;
  }
  EXPECT_EQ(places, 4u);
  const auto lines = survey(kGolden + "sdk/py_odd_links.otlp.jsonl");
  EXPECT_EQ(number(lines, "/spans/largest/1/line"), 2u);
  write_file(path("odd"), buffer(bytes));
  EXPECT_TRUE(contains(run("links odd").out, "first in odd, byte ")) << run("links odd").out;
}

TEST_F(LinksCommand, ReportsDamagedInputs_AndUsesTheRest) {
  const std::string line = read_file(kGolden + "sdk/py_odd_links.otlp.jsonl");
  write_file(path("lines"), buffer("nonsense\n" + line + "{\"resourceSpans\":["));
  const Outcome lines = run("links --json lines missing . ");
  EXPECT_EQ(lines.exit_code, 1);
  EXPECT_TRUE(contains(lines.err, "lines:1: ") && contains(lines.err, "missing: ") && contains(lines.err, ".: "))
      << lines.err;
  simdjson::dom::parser parser;
  const auto found = parse(parser, lines.out);
  EXPECT_EQ(number(found, "/links/received"), 21u);
  EXPECT_EQ(number(found, "/input/skipped/malformed"), 1u);
  EXPECT_EQ(number(found, "/input/skipped/truncated"), 1u);
  const std::string frames = read_file(kGolden + "sdk/py_batch_batch_error.otlp.bin");
  write_file(path("truncated"), buffer(frames.substr(0, frames.size() - 5)));
  const auto truncated = survey("truncated", 1);
  EXPECT_GT(number(truncated, "/links/received"), 0u);
  EXPECT_EQ(number(truncated, "/input/skipped/truncated"), 1u);
  write_file(path("empty"), {});
  EXPECT_EQ(number(survey("empty", 1), "/spans/received"), 0u);
  EXPECT_EQ(run("links empty").err, "entail: the input has no traces\n");
}

TEST_F(LinksCommand, ChecksUsageAndOutput) {
  for (const char* const arguments : {"links", "links - -", "links in --from xml", "links in --frobnicate"}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_FALSE(outcome.err.empty()) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
  }
  const std::string command = "'" ENTAIL_COMMAND "' links '" + kGolden + "sdk/py_cycle.otlp.bin' >/dev/full";
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 3);
}

// Text from the input cannot control a terminal, nor break the JSON.
TEST_F(LinksCommand, EscapesTextFromTheInput) {
  const std::string odd = "\\u001b[2J\\u202e\\u0007";
  const std::string span =
      R"({"traceId":"00000000000000010000000000000001","spanId":"0000000000000001","name":"N)" + odd +
      R"(","links":[{"traceId":"00000000000000010000000000000002","spanId":"0000000000000001","attributes":)" +
      R"([{"key":"link.type","value":{"stringValue":"T)" + odd + R"("}}]}]})";
  write_file(path("in\x1b[2J"), buffer(R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":)"
                                       R"({"stringValue":"S)" +
                                       odd + R"("}}]},"scopeSpans":[{"spans":[)" + span + "]}]}]}\nbroken\n"));
  for (const char* const options : {"", "--json "}) {
    const Outcome outcome = run(std::string("links ") + options + "in*");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(contains(outcome.err, "entail: in?[2J:2: ")) << outcome.err;
    for (const std::string* const text : {&outcome.out, &outcome.err}) {
      for (const char c : *text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << *text;
      EXPECT_FALSE(contains(*text, "\xe2\x80\xae"));
    }
    const std::string shown = *options == 0 ? "?[2J????" : odd;  // JSON keeps the text
    for (const char* const name : {"N", "T", "S"})
      EXPECT_TRUE(contains(outcome.out, name + shown)) << name << outcome.out;
    EXPECT_TRUE(contains(outcome.out, *options == 0 ? "in?[2J:1" : "in\\u001b[2J\"")) << outcome.out;
  }
}

}  // namespace
}  // namespace entail::cli
