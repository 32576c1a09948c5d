// `entail sample` when memory is short: every request is ingested or reported, the summary says what was lost and what
// to raise, and --strict has an exit code of its own (docs/design.md 3.0, 3.8, G9).
#include <sstream>

#include "available_memory.hpp"
#include "command_run.hpp"
#include "console.hpp"

namespace entail::cli {
namespace {

using namespace test;

class Pressure : public CommandTest {
 protected:
  // A small memory_limit, and a stream of many traces that needs several times as much.
  void make_small(const std::string& more = "") const {
    write_file(path("small.yaml"), buffer("tail_sampling: {decision_wait: 30s, policies: [{name: errors, type: "
                                          "status_code, status_code: {status_codes: [ERROR]}}]}\n"
                                          "memory_limit: 16MiB\n" +
                                          more));
  }
  void make_stream(const std::string& name = "in.otlp", unsigned seed = 1) const {
    const Outcome made = run("generate --scenario mixed --seed " + std::to_string(seed) +
                             " --spans 200000 --spans-per-second 20000 --links 0.3 --errors 0.01 -o " + name);
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }
};

std::uint64_t frames_in(const std::string& file) {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at + 4 <= file.size(); ++count) {
    std::uint32_t size = 0;
    for (unsigned i = 0; i < 4; ++i) size = size << 8 | static_cast<std::uint8_t>(file[at + i]);
    at += 4 + std::size_t{size};
  }
  return count;
}

std::uint64_t loss(const simdjson::dom::element& summary, const std::string& name) {
  std::uint64_t count = 0;
  if (summary.at_pointer("/losses/" + name).get(count) != simdjson::SUCCESS) return 0;
  return count;
}

TEST_F(Pressure, BoundsItsMemory_WhateverOneSpanContains) {
  make_small();
  const std::string span = R"({"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":")";
  const std::string begin = R"({"resourceSpans":[{"scopeSpans":[{"spans":[)" + span;
  const std::string end = "\"}]}]}]}\n";
  write_file(path("in.jsonl"), buffer(begin + "small" + end + begin + std::string(200'000'000, 'x') + end));
  const Outcome outcome = run("sample -c small.yaml in.jsonl -o out --json");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("in.jsonl:2: the line is over the message limit of 67108864 bytes"), std::string::npos)
      << outcome.err;
  simdjson::dom::parser parser;
  const auto summary = parse(parser, outcome.out);
  EXPECT_EQ(number(summary, "/input/skipped/malformed"), 1u);
  EXPECT_EQ(number(summary, "/spans/received"), 1u);
  EXPECT_LT(number(summary, "/run/peak_memory_bytes"), std::uint64_t{220} << 20);
}

TEST_F(Pressure, AcceptsEveryRequest_AndTheSummaryReportsEvictions) {
  make_small();
  make_stream();
  const std::uint64_t requests = frames_in(read_file(path("in.otlp")));
  ASSERT_GT(requests, 100u);
  for (const char* const threads : {"1", "3"}) {
    const Outcome outcome = run(std::string("sample -c small.yaml in.otlp -o out --json --threads ") + threads);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    simdjson::dom::parser parser;
    const auto summary = parse(parser, outcome.out);
    expect_conserved(summary);
    EXPECT_EQ(number(summary, "/input/requests"), requests);
    EXPECT_EQ(sum(summary, "/input/skipped"), 0u);
    EXPECT_EQ(number(summary, "/spans/received"), 200000u);
    EXPECT_GT(loss(summary, "evicted"), 0u);
    const std::string note(array_at(summary, "/notes").at(0).get_string().value());
    EXPECT_TRUE(contains(note, "because memory was short (evicted ")) << note;
    EXPECT_TRUE(contains(note, "raise memory_limit (now 16 MiB; the engine held up to ")) << note;
    EXPECT_TRUE(contains(note, "retain.max_bytes (now 8.0 MiB)")) << note;
    EXPECT_TRUE(contains(outcome.err, "entail: " + note + "\n")) << outcome.err;
    EXPECT_FALSE(contains(outcome.err, "skipped")) << outcome.err;
    EXPECT_EQ(number(summary, "/run/memory_limit_bytes"), 16u << 20);
    EXPECT_GT(number(summary, "/run/account_peak_bytes"), 1u << 20);
    EXPECT_GT(number(summary, "/run/peak_memory_bytes"), number(summary, "/run/account_peak_bytes") / 2);
  }
  const Outcome table = run("sample -c small.yaml in.otlp -o out");
  EXPECT_TRUE(table.out.starts_with("Notes\n  Some data was evicted or lost because memory was short (evicted "))
      << table.out;
}

TEST_F(Pressure, StrictHasItsExitCode_OnlyWhenMemoryWasShort) {
  make_small();
  make_stream();
  const Outcome strict = run("sample -c small.yaml in.otlp -o strict.otlp --strict --threads 1");
  EXPECT_EQ(strict.exit_code, 4) << strict.err;
  ASSERT_EQ(run("sample -c small.yaml in.otlp -o lax.otlp --threads 1").exit_code, 0);
  EXPECT_TRUE(read_file(path("strict.otlp")) == read_file(path("lax.otlp")))
      << "everything is written, with or without --strict";
  // With the command's default memory_limit there is room enough for this stream.
  const Outcome roomy = run("sample in.otlp -o out --strict --json");
  EXPECT_EQ(roomy.exit_code, 0) << roomy.err;
  simdjson::dom::parser parser;
  EXPECT_EQ(array_at(parse(parser, roomy.out), "/notes").size(), 0u) << roomy.out;
  // Losses of the input are not about memory.
  write_file(path("odd.jsonl"), buffer(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]})"));
  EXPECT_EQ(run("sample odd.jsonl -o out --strict").exit_code, 0);
}

TEST_F(Pressure, ReportsARequestThatCanNeverFit_WithItsSize) {
  make_small();
  const Buffer large = request(7, 2'000'000'000, 5u << 20);
  const Buffer first = u32be_frame(request(1, 1'000'000'000));
  const Buffer last = u32be_frame(request(2, 3'000'000'000));
  write_file(path("in.otlp"), joined({first, u32be_frame(large), last}));
  for (const char* const threads : {"1", "3"}) {
    const Outcome outcome =
        run(std::string("sample -c small.yaml in.otlp -o out --strict --json --threads ") + threads);
    EXPECT_EQ(outcome.exit_code, 4) << outcome.err;
    EXPECT_TRUE(contains(outcome.err, "in.otlp: a request of " + grouped(large.size()) + " bytes")) << outcome.err;
    EXPECT_TRUE(contains(outcome.err,
                         " bytes with 1 span can never fit into memory_limit and was rejected (the "
                         "message at byte " +
                             std::to_string(first.size() + 4) + ")"))
        << outcome.err;
    simdjson::dom::parser parser;
    const auto summary = parse(parser, outcome.out);
    expect_conserved(summary);
    EXPECT_EQ(number(summary, "/input/requests"), 3u);
    EXPECT_EQ(sum(summary, "/input/skipped"), 0u);
    EXPECT_EQ(loss(summary, "too_large"), 1u);
  }
  const Outcome table = run("sample -c small.yaml in.otlp -o out");
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_TRUE(contains(table.out, "too large for memory_limit")) << table.out;
}

// Just below the limit: a request that needs most of a quarter is accepted, whatever arrived before.
TEST_F(Pressure, AcceptsALargeRequestAmongManySmallOnes) {
  make_small();
  make_stream();
  Buffer bytes = buffer(read_file(path("in.otlp")));
  const std::uint64_t requests = frames_in(read_file(path("in.otlp")));
  for (unsigned i = 0; i < 3; ++i) {
    const Buffer large = u32be_frame(request(7 + i, 1'700'000'000'000'000'000, 3u << 20));
    bytes.insert(bytes.end(), large.begin(), large.end());
  }
  write_file(path("in.otlp"), bytes);
  const Outcome outcome = run("sample -c small.yaml in.otlp -o out --json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  simdjson::dom::parser parser;
  const auto summary = parse(parser, outcome.out);
  EXPECT_EQ(number(summary, "/input/requests"), requests + 3);
  EXPECT_EQ(number(summary, "/spans/received"), 200003u);
  EXPECT_EQ(loss(summary, "too_large"), 0u);
}

// docs/commands.md "What is reproducible".
TEST_F(Pressure, OneThreadGivesTheSameBytes_EvenWithEvictions) {
  make_small();
  make_stream("a.otlp", 1);
  make_stream("b.otlp", 2);
  std::string first;
  for (unsigned i = 0; i < 2; ++i) {
    ASSERT_EQ(run("sample -c small.yaml a.otlp b.otlp -o out --decisions log --threads 1 --strict").exit_code, 4);
    const std::string written = read_file(path("out")) + read_file(path("log"));
    EXPECT_TRUE(first.empty() || written == first);
    first = written;
  }
}

// All lines, without the fields that name one of several equal origins.
std::string without_origins(const std::string& log) {
  std::string text;
  simdjson::dom::parser parser;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    for (const auto field : simdjson::dom::object(parse(parser, line))) {
      if (field.key == "origin_trace_id" || field.key == "path" || field.key == "direction") continue;
      text += std::string(field.key) + simdjson::to_string(field.value) + " ";
    }
    text += "\n";
  }
  return text;
}

TEST_F(Pressure, ThreadsChangeOnlyTheOriginsNamed_WithoutEvictions) {
  make_stream("a.otlp", 1);
  make_stream("b.otlp", 2);
  std::string first;
  for (const char* const threads : {"1", "2", "4"}) {
    ASSERT_EQ(run(std::string("sample a.otlp b.otlp -o out --decisions log --strict --threads ") + threads).exit_code,
              0);
    const std::string log = without_origins(read_file(path("log")));
    EXPECT_GT(log.size(), 1'000'000u);
    EXPECT_TRUE(first.empty() || log == first) << threads;
    first = log;
  }
}

TEST_F(Pressure, HelpExplainsTheMemoryLimit) {
  const Outcome help = run("sample --help");
  EXPECT_TRUE(contains(help.out, "--strict")) << help.out;
  EXPECT_TRUE(contains(help.out, "half of the memory\navailable to the process")) << help.out;
  EXPECT_TRUE(contains(help.out, "4 with --strict")) << help.out;
}

TEST_F(Pressure, MemoryLimitIsTheConfigured_ElseHalfOfAvailableMemory) {
  make_small();
  ASSERT_EQ(run("generate --scenario chain -o in.otlp").exit_code, 0);
  simdjson::dom::parser parser;
  const auto limit = [&](const std::string& config) {
    return number(parse(parser, run("sample " + config + " in.otlp -o out --json").out), "/run/memory_limit_bytes");
  };
  write_file(path("unset.yaml"), buffer("tail_sampling: {policies: [{name: all, type: always_sample}]}\n"));
  write_file(path("default.yaml"),
             buffer("tail_sampling: {policies: [{name: all, type: always_sample}]}\nmemory_limit: 512MiB\n"));
  EXPECT_EQ(limit("-c small.yaml"), 16u << 20);
  EXPECT_EQ(limit("-c default.yaml"), 512u << 20);
  const std::uint64_t own = limit("");
  EXPECT_EQ(limit("-c unset.yaml"), own);
  EXPECT_EQ(own, default_memory_limit_bytes(available_memory_bytes()));
}

TEST_F(Pressure, RankSeedIsZero_UnlessConfigured) {
  ASSERT_EQ(run("generate --scenario chain -o in.otlp").exit_code, 0);
  const std::string policies = "tail_sampling: {policies: [{name: all, type: always_sample}]}\n";
  write_file(path("unset.yaml"), buffer(policies));
  write_file(path("set.yaml"), buffer(policies + "links: {propagate: {rank_seed: 17}}\n"));
  simdjson::dom::parser parser;
  const auto seed = [&](const std::string& config) {
    return number(parse(parser, run("sample " + config + " in.otlp -o out --json").out), "/run/rank_seed");
  };
  EXPECT_EQ(seed(""), 0u);
  EXPECT_EQ(seed("-c unset.yaml"), 0u);
  EXPECT_EQ(seed("-c set.yaml"), 17u);
}

}  // namespace
}  // namespace entail::cli
