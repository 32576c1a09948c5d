// The built command from outside: exit codes, output streams, output files.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "command_run.hpp"

namespace entail::cli {
namespace {

using namespace test;

TEST_F(CommandTest, LinesAndFramesGiveTheSameDecisions) {
  const std::string story = "generate --scenario mixed --spans 4000 --links 0.5 --errors 0.05 -o ";
  ASSERT_EQ(run(story + "in.otlp").exit_code, 0);
  ASSERT_EQ(run(story + "in.jsonl --to jsonl").exit_code, 0);
  ASSERT_EQ(run(story + "in.varint --to proto-varint").exit_code, 0);
  test::write_file(path("in.jsonl.gz"), test::gzipped(test::buffer(test::read_file(path("in.jsonl")))));
  test::write_file(path("in.otlp.zst"), test::zstd_packed(test::buffer(test::read_file(path("in.otlp")))));
  ASSERT_EQ(run("sample in.otlp -o kept.otlp --decisions d0").exit_code, 0);
  const auto decisions = answers_of(path("d0"));
  EXPECT_EQ(decisions.size(), 1000u);
  for (const char* const input :
       {"in.jsonl", "in.varint", "in.jsonl.gz", "in.otlp.zst", "- <in.jsonl", "- <in.otlp.zst"}) {
    ASSERT_EQ(run(std::string("sample ") + input + " -o kept --decisions d1").exit_code, 0) << input;
    EXPECT_TRUE(answers_of(path("d1")) == decisions) << input;
  }
}

TEST_F(CommandTest, OutputFramingFollowsTheFirstInput_OrTo) {
  ASSERT_EQ(run("generate --scenario chain -o in.jsonl --to jsonl").exit_code, 0);
  ASSERT_EQ(run("generate --scenario chain -o in.otlp").exit_code, 0);
  ASSERT_EQ(run("sample in.jsonl in.otlp -o kept").exit_code, 0);
  EXPECT_EQ(test::read_file(path("kept")).substr(0, 2), "{\"");
  ASSERT_EQ(run("sample in.otlp in.jsonl -o kept").exit_code, 0);
  EXPECT_EQ(test::read_file(path("kept"))[0], '\0');
  // sample can read its own output: none of it is dropped the second time.
  for (const char* const to : {"jsonl", "proto-u32be", "proto-varint"}) {
    ASSERT_EQ(run(std::string("sample in.otlp -o kept --to ") + to).exit_code, 0);
    simdjson::dom::parser parser;
    const Outcome again = run("sample kept -o again --json");
    ASSERT_EQ(again.exit_code, 0) << again.err;
    const auto summary = parse(parser, again.out);
    EXPECT_GT(number(summary, "/spans/received"), 0u);
    EXPECT_EQ(number(summary, "/spans/received"), number(summary, "/spans/emitted"));
  }
}

TEST_F(CommandTest, CountsLossesOfJsonConversion) {
  const std::string ids = R"("traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708")";
  test::write_file(path("always.yaml"), test::buffer("tail_sampling: {policies: [{name: all, type: always_sample}]}"));
  test::write_file(path("in.jsonl"), test::buffer(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{)" + ids +
                                                  R"(,"name":5,"nom":"x"}]}]}]})" + "\n"));
  simdjson::dom::parser parser;
  const Outcome from_json = run("sample -c always.yaml in.jsonl -o out --json");
  EXPECT_EQ(number(parse(parser, from_json.out), "/losses/json_value"), 1u);
  EXPECT_EQ(number(parse(parser, from_json.out), "/losses/unknown_field"), 1u);
  // resource_spans { scope_spans { spans { trace_id, span_id, name: "\xff", field 99: "x" } } }
  const std::string span = "\x0a\x10" + std::string(16, 't') + "\x12\x08" + std::string(8, 's') +
                           std::string("\x2a\x01\xff\x9a\x06\x01x", 7);
  const std::string scope = "\x12\x23" + span, resource = "\x12\x25" + scope;
  test::write_file(path("in.proto"), test::buffer("\x0a\x27" + resource));
  const Outcome to_json = run("sample -c always.yaml in.proto -o out --to jsonl --json");
  EXPECT_EQ(number(parse(parser, to_json.out), "/losses/repaired_value"), 1u) << to_json.out;
  EXPECT_EQ(number(parse(parser, to_json.out), "/losses/unknown_field"), 1u);
  // Strict readers of protobuf reject such a text, too.
  const Outcome to_frames = run("sample -c always.yaml in.proto -o out --to proto-varint --json");
  EXPECT_EQ(number(parse(parser, to_frames.out), "/losses/repaired_value"), 1u);
  EXPECT_EQ(sum(parse(parser, to_frames.out), "/losses"), 1u);
}

// docs/design.md 4.5: an ID that strict readers reject is emitted empty, in every framing; the link stays.
TEST_F(CommandTest, EmptiesAndCountsIdsOfTheWrongLength) {
  test::write_file(path("always.yaml"), test::buffer("tail_sampling: {policies: [{name: all, type: always_sample}]}"));
  const std::string good = R"("traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708")";
  test::write_file(
      path("in.jsonl"),
      test::buffer(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{)" + good +
                   R"(,"parentSpanId":"4142434445464748aa","links":[)"
                   R"({"traceId":"b3e9ae34a5ae2af8f5d05915a02a79a3","spanId":"54342831","traceState":"a=1"},)"
                   R"({"traceId":"4142434445464748","spanId":"543428316b7e6873"},)"
                   R"({"traceId":"zzzzzzzzzzzzzzzz","spanId":"zzzzzzzz"},{)" +
                   good + R"(}]}]}]}]})" + "\n"));
  // The same in protobuf, where bytes are never hex digits.
  const auto field = [](char number, const std::string& content) {
    return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(content.size())} + content;
  };
  const auto link_field = [&](const std::string& trace, const std::string& span, const std::string& more = "") {
    return field(13, field(1, trace) + field(2, span) + more);
  };
  const std::string linked = "\xb3\xe9\xae\x34\xa5\xae\x2a\xf8\xf5\xd0\x59\x15\xa0\x2a\x79\xa3";
  const std::string trace = "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", span_id = "\1\2\3\4\5\6\7\10";
  test::write_file(path("in.proto"),
                   test::buffer("\x0a\x99\x01\x12\x96\x01\x12\x93\x01" + field(1, trace) + field(2, span_id) +
                                field(4, "ABCDEFGH\xaa") + link_field(linked, "T4(1", field(3, "a=1")) +
                                link_field("ABCDEFGH", "T4(1k~hs") + link_field(std::string(15, 'z'), "zzzz") +
                                link_field(trace, span_id)));
  for (const char* const input : {"in.jsonl", "in.proto"}) {
    for (const char* const to : {"jsonl", "proto-varint"}) {
      const Outcome outcome = run(std::string("sample -c always.yaml ") + input + " -o out --json --to " + to);
      ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
      simdjson::dom::parser parser;
      const auto summary = parse(parser, outcome.out);
      expect_conserved(summary);
      EXPECT_EQ(number(summary, "/losses/bad_parent"), 1u);
      EXPECT_EQ(number(summary, "/links/emitted"), 4u);
      EXPECT_EQ(sum(summary, "/links/invalid"), 3u);
      ASSERT_EQ(run("convert out -o out.jsonl --to jsonl").exit_code, 0);
      const auto written = parse(parser, test::read_file(path("out.jsonl")));
      const std::string span = "/resourceSpans/0/scopeSpans/0/spans/0";
      EXPECT_EQ(text_at(written, span + "/traceId"), "0102030405060708090a0b0c0d0e0f10");
      EXPECT_EQ(text_at(written, span + "/parentSpanId"), "");
      const std::pair<const char*, const char*> links[] = {{"b3e9ae34a5ae2af8f5d05915a02a79a3", ""},
                                                           {"", "543428316b7e6873"},
                                                           {"", ""},
                                                           {"0102030405060708090a0b0c0d0e0f10", "0102030405060708"}};
      for (std::size_t i = 0; i < std::size(links); ++i) {
        const std::string link = span + "/links/" + std::to_string(i);
        EXPECT_EQ(text_at(written, link + "/traceId"), links[i].first) << input << " to " << to;
        EXPECT_EQ(text_at(written, link + "/spanId"), links[i].second) << input << " to " << to;
      }
      EXPECT_EQ(text_at(written, span + "/links/0/traceState"), "a=1");
    }
  }
}

TEST_F(CommandTest, StandardOutputCarriesOneStream) {
  ASSERT_EQ(run("generate --scenario chain -o in.jsonl --to jsonl").exit_code, 0);
  simdjson::dom::parser parser;
  const Outcome traces = run("sample in.jsonl -o - --json");
  EXPECT_EQ(traces.exit_code, 0);
  EXPECT_TRUE(contains(traces.out, "resourceSpans"));
  EXPECT_GT(number(parse(parser, traces.err), "/spans/received"), 0u);
  const Outcome table = run("sample in.jsonl -o kept");
  EXPECT_TRUE(contains(table.out, "Kept by links")) << table.out;
  EXPECT_TRUE(contains(table.out, "linked, 4 hops")) << table.out;
  EXPECT_EQ(table.err, "");
  EXPECT_FALSE(contains(table.out, "\x1b"));
}

TEST_F(CommandTest, ReportsDamagedInputs_AndUsesTheRest) {
  const Buffer one = test::request(1, 1'000'000'000);
  const Buffer two = test::request(2, 2'000'000'000, 50);
  Buffer truncated = test::joined({test::u32be_frame(one), test::u32be_frame(two)});
  truncated.resize(truncated.size() - 5);
  test::write_file(path("truncated"), truncated);
  test::write_file(path("noise"), test::noise(5000, 9));
  test::write_file(path("lines"),
                   test::buffer("nonsense\n{\"resourceLogs\":[]}\n{\"resourceSpans\":[]}\n{\"resourceSp"));
  Buffer gz = test::gzipped(test::noise(3000, 1));
  gz.resize(1000);
  test::write_file(path("truncated.gz"), gz);
  simdjson::dom::parser parser;

  const Outcome after_truncation = run("sample truncated -o kept --json");
  EXPECT_EQ(after_truncation.exit_code, 1);
  EXPECT_TRUE(contains(after_truncation.err,
                       "truncated: the input ends inside the frame at byte " + std::to_string(one.size() + 4)));
  EXPECT_EQ(number(parse(parser, after_truncation.out), "/spans/received"), 1u);
  EXPECT_EQ(number(parse(parser, after_truncation.out), "/input/skipped/truncated"), 1u);

  const Outcome after_noise = run("sample noise -o kept --json");
  EXPECT_EQ(after_noise.exit_code, 1);
  EXPECT_TRUE(contains(after_noise.err, "noise: ") && contains(after_noise.err, " at byte ")) << after_noise.err;

  const Outcome after_lines = run("sample lines -o kept --json");
  EXPECT_EQ(after_lines.exit_code, 1);
  EXPECT_TRUE(contains(after_lines.err, "lines:1: ")) << after_lines.err;
  EXPECT_TRUE(contains(after_lines.err, "lines:4: ")) << after_lines.err;
  EXPECT_EQ(number(parse(parser, after_lines.out), "/input/skipped/malformed"), 1u);
  EXPECT_EQ(number(parse(parser, after_lines.out), "/input/skipped/truncated"), 1u);
  EXPECT_EQ(number(parse(parser, after_lines.out), "/input/skipped/logs"), 1u);
  EXPECT_EQ(number(parse(parser, after_lines.out), "/input/requests"), 1u);

  EXPECT_EQ(run("sample truncated.gz -o kept").exit_code, 1);
  EXPECT_EQ(run("sample missing -o kept").exit_code, 1);
  EXPECT_EQ(run("sample . -o kept").exit_code, 1);
}

TEST_F(CommandTest, EndsCleanly_ForEveryTruncationAndFlippedByte) {
  ASSERT_EQ(run("generate --scenario chain -o in.otlp").exit_code, 0);
  const Buffer whole = test::buffer(test::read_file(path("in.otlp")));
  for (std::size_t i = 0; i < whole.size(); i += 37) {
    Buffer truncated(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i));
    test::write_file(path("truncated"), truncated);
    const int truncated_code = run("sample truncated -o kept").exit_code;
    EXPECT_TRUE(truncated_code == 0 || truncated_code == 1) << i;
    Buffer flipped = whole;
    flipped[i] ^= 0xff;
    test::write_file(path("flipped"), flipped);
    const int flipped_code = run("sample flipped -o kept").exit_code;
    EXPECT_TRUE(flipped_code == 0 || flipped_code == 1) << i;
  }
}

TEST_F(CommandTest, WritesNothing_OnWrongUsage) {
  ASSERT_EQ(run("generate --scenario chain -o in.otlp").exit_code, 0);
  test::write_file(path("bad.yaml"), test::buffer("tail_sampling:\n  decision_wait: soon\n"));
  for (const char* const arguments :
       {"", "sample", "sample in.otlp", "sample in.otlp -o kept --threads 0", "sample in.otlp -o kept --from xml",
        "sample -c bad.yaml in.otlp -o kept", "sample -c missing.yaml in.otlp -o kept", "sample in.otlp -o in.otlp",
        "sample - - -o kept", "frobnicate", "generate --scenario nothing -o kept", "generate --scenario chain",
        "generate --scenario chain --links 3 -o kept", "generate --scenario chain --depth -o kept",
        "explain xyz --decisions in.otlp", "explain ab --decisions missing", "config check bad.yaml"}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments << outcome.out << outcome.err;
    EXPECT_FALSE(outcome.err.empty()) << arguments;
    EXPECT_FALSE(std::filesystem::exists(path("kept"))) << arguments;
  }
  EXPECT_GT(std::filesystem::file_size(path("in.otlp")), 0u);
}

TEST_F(CommandTest, UnwritableOutputHasItsOwnExitCode) {
  ASSERT_EQ(run("generate --scenario chain -o in.otlp").exit_code, 0);
  const Outcome missing_folder = run("sample in.otlp -o no/such/folder/kept");
  EXPECT_EQ(missing_folder.exit_code, 3);
  EXPECT_TRUE(contains(missing_folder.err, "no/such/folder/kept")) << missing_folder.err;
  EXPECT_EQ(run("sample in.otlp -o /dev/full").exit_code, 3);
  EXPECT_EQ(run("sample in.otlp -o kept --decisions /dev/full").exit_code, 3);
  EXPECT_EQ(run("generate --scenario chain -o /dev/full").exit_code, 3);
}

TEST_F(CommandTest, EndsCleanly_OnAClosedPipe) {
  ASSERT_EQ(run("generate --scenario mixed --spans 40000 --errors 1 -o in.otlp").exit_code, 0);
  const std::string command = "cd '" + folder_ +
                              "' && { '" ENTAIL_COMMAND
                              "' sample in.otlp -o - 2>err; echo $? >code; } | head -c 10 >/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(test::read_file(path("code")), "3\n");
  EXPECT_EQ(test::read_file(path("err")), "");
}

TEST_F(CommandTest, WritesWhatWasDecided_OnInterrupt) {
  ASSERT_EQ(run("generate --scenario chain --depth 3 -o in.jsonl --to jsonl").exit_code, 0);
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe_ends[0], 0);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
    const int out = ::open(path("out").c_str(), O_CREAT | O_WRONLY, 0600);
    ::dup2(out, 1);
    ::execl(ENTAIL_COMMAND, "entail", "sample", "-", "-o", path("kept").c_str(), "--json", "--threads", "1", nullptr);
    ::_exit(99);
  }
  ::close(pipe_ends[0]);
  const std::string input = test::read_file(path("in.jsonl"));
  ASSERT_EQ(::write(pipe_ends[1], input.data(), input.size()), static_cast<ssize_t>(input.size()));
  // The pipe stays open: the command waits for more until it is interrupted.
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  ::kill(child, SIGINT);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ::close(pipe_ends[1]);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  simdjson::dom::parser parser;
  const auto summary = parse(parser, test::read_file(path("out")));
  EXPECT_EQ(number(summary, "/traces/kept"), 4u);
  expect_conserved(summary);
  EXPECT_TRUE(contains(test::read_file(path("kept")), "resourceSpans"));
}

TEST_F(CommandTest, ExplainFindsTracesByPrefix) {
  ASSERT_EQ(run("generate --scenario chain --depth 6 -o in.otlp --expect expect.json").exit_code, 0);
  ASSERT_EQ(run("sample in.otlp -o kept --decisions d.jsonl").exit_code, 0);
  simdjson::dom::parser parser;
  const std::string expectation = test::read_file(path("expect.json"));
  const auto expect = parse(parser, expectation);
  std::string farthest;
  for (const auto trace : array_at(expect, "/kept")) {
    if (!trace["hops"].is_null() && number(trace, "/hops") == 4) farthest = text_at(trace, "/trace_id");
  }
  const Outcome text = run("explain " + farthest.substr(0, 12) + " --decisions d.jsonl");
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_TRUE(contains(text.out, farthest + "  kept")) << text.out;
  EXPECT_TRUE(contains(text.out, "4 hops from it, toward causes")) << text.out;
  EXPECT_TRUE(contains(text.out, "            └─ links to " + farthest + "  ") ||
              contains(text.out, "         └─ links to " + farthest + "  "))
      << text.out;
  simdjson::dom::parser json_parser;
  const Outcome json = run("explain " + farthest + " --decisions d.jsonl --json");
  EXPECT_EQ(array_at(parse(json_parser, json.out), "/path").size(), 5u);
  const Outcome none = run("explain 0123456789abcdef0123456789abcdef --decisions d.jsonl");
  EXPECT_EQ(none.exit_code, 1);
  // Two records whose IDs share a prefix.
  std::string line = test::read_file(path("d.jsonl"));
  line.resize(line.find('\n') + 1);
  std::string other = line;
  const std::size_t id_end = other.find("\"trace_id\":\"") + 12 + 31;
  other[id_end] = other[id_end] == '0' ? '1' : '0';
  test::write_file(path("two.jsonl"), test::buffer(line + other));
  const Outcome ambiguous =
      run("explain " + line.substr(line.find("\"trace_id\":\"") + 12, 8) + " --decisions two.jsonl");
  EXPECT_EQ(ambiguous.exit_code, 2);
  EXPECT_TRUE(contains(ambiguous.err, other.substr(id_end - 31, 32))) << ambiguous.err;
}

TEST_F(CommandTest, ConfigDefaultsPassConfigCheck) {
  const Outcome defaults = run("config defaults");
  ASSERT_EQ(defaults.exit_code, 0);
  test::write_file(path("defaults.yaml"), test::buffer(defaults.out));
  const Outcome check = run("config check defaults.yaml");
  EXPECT_EQ(check.exit_code, 0) << check.err;
  EXPECT_TRUE(contains(check.out, "defaults.yaml: ok"));
}

TEST_F(CommandTest, ConfigCheckReportsLineAndColumn_AndOpensAnEngine) {
  test::write_file(path("typo.yaml"), test::buffer("links:\n  propagate:\n    max_hop: 3\n"));
  const Outcome typo = run("config check typo.yaml");
  EXPECT_EQ(typo.exit_code, 2);
  EXPECT_TRUE(contains(typo.err, "typo.yaml:3:")) << typo.err;
  EXPECT_TRUE(contains(typo.err, "max_hops")) << typo.err;
  test::write_file(
      path("regex.yaml"),
      test::buffer("tail_sampling:\n  policies:\n    - {name: r, type: string_attribute, string_attribute: "
                   "{key: k, values: ['(unclosed'], enabled_regex_matching: true}}\n"));
  EXPECT_EQ(run("config check regex.yaml").exit_code, 2);
}

TEST_F(CommandTest, EverySubcommandHasExamplesInItsHelp) {
  for (const char* const command : {"", "sample ", "why ", "explain ", "generate ", "links ", "convert ", "config ",
                                    "config check ", "config defaults "}) {
    const Outcome help = run(std::string(command) + "--help");
    EXPECT_EQ(help.exit_code, 0) << command;
    EXPECT_TRUE(contains(help.out, "Examples:")) << command;
  }
  EXPECT_TRUE(contains(run("--version").out, "entail "));
  simdjson::dom::parser parser;
  EXPECT_EQ(array_at(parse(parser, run("generate --list --json").out), "").size(), 21u);
  EXPECT_TRUE(contains(run("generate --list").out, "hot-producer: "));
}

}  // namespace
}  // namespace entail::cli
