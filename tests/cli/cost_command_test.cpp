// `entail diff` and `entail cost` from outside: to the byte as two runs of `entail sample`, and as a count that shares
// no code with them.
#include <set>

#include "command_run.hpp"
#include "output/text_width.hpp"

namespace entail::cli {
namespace {

using namespace test;
using simdjson::dom::element;

constexpr const char* kErrors =
    "tail_sampling:\n  decision_wait: 2s\n  policies:\n"
    "    - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}\n";
constexpr const char* kSome =
    "    - {name: some, type: probabilistic, probabilistic: {sampling_percentage: 20}}\n"
    "    - {name: short, type: drop, drop: {drop_sub_policy: [{name: is-short, type: span_count, span_count: "
    "{min_spans: 1, max_spans: 2}}]}}\n";

class CostCommand : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    write_file(path("a.yaml"), buffer(std::string(kErrors) + "memory_limit: 256MiB\n"));
    write_file(path("b.yaml"),
               buffer(std::string(kErrors) + kSome + "links: {propagate: {max_hops: 1}}\nmemory_limit: 256MiB\n"));
  }

  element json(simdjson::dom::parser& parser, const std::string& arguments, int exit_code = 0) const {
    const Outcome outcome = run(arguments + " --json");
    EXPECT_EQ(outcome.exit_code, exit_code) << arguments << outcome.err;
    EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1) << arguments;
    return parse(parser, outcome.out);
  }

  // The independent count of in.otlp, a.otlp and b.otlp.
  element counted(simdjson::dom::parser& parser) const {
    const std::string command = "cd '" + folder_ +
                                "' && python3 '" ENTAIL_SOURCE_DIR
                                "/tests/cli/count_otlp_bytes.py' in.otlp a.otlp b.otlp >counted.json";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return parse(parser, read_file(path("counted.json")));
  }
};

void expect_amount(const element& got, const element& want, const std::string& what, bool traces = true) {
  for (const char* const field : {"/spans", "/bytes"})
    EXPECT_EQ(number(got, field), number(want, field)) << what << field;
  if (traces) {
    EXPECT_EQ(number(got, "/traces"), number(want, "/traces")) << what;
  }
}

// The size of the messages in a file of u32 big-endian frames.
std::uint64_t u32be_message_bytes(const std::string& file) {
  std::uint64_t total = 0;
  for (std::size_t at = 0; at + 4 <= file.size();) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(file[at + i]);
    total += size;
    at += 4 + size;
  }
  return total;
}

// A count that is left out of `want` because there is nothing.
void expect_amount_or_none(const element& got, const element& groups, const std::string& name) {
  element want;
  if (groups[name].get(want) == simdjson::SUCCESS) return expect_amount(got, want, name);
  EXPECT_EQ(number(got, "/spans"), 0u) << name;
}

// What the reports promise about their own sums.
void expect_balanced(const element& cost) {
  const std::uint64_t bytes = number(cost, "/received/bytes");
  EXPECT_EQ(bytes, number(cost, "/kept/bytes") + number(cost, "/dropped/bytes") + number(cost, "/untracked/bytes"));
  std::uint64_t kept = 0, dropped = 0, by_service = 0;
  for (const char* const list : {"/kept/by_policy", "/kept/by_link"})
    for (const element row : array_at(cost, list)) kept += number(row, "/bytes");
  for (const element row : array_at(cost, "/dropped/by_reason")) dropped += number(row, "/bytes");
  for (const element row : array_at(cost, "/by_service"))
    by_service += number(row, "/kept/bytes") + number(row, "/dropped/bytes");
  EXPECT_EQ(kept, number(cost, "/kept/bytes"));
  EXPECT_EQ(dropped, number(cost, "/dropped/bytes"));
  EXPECT_EQ(by_service + number(cost, "/untracked/bytes"), bytes);
}

void expect_cost_as_counted(const element& cost, const element& counted, const std::string& config) {
  expect_balanced(cost);
  expect_amount(cost["received"], counted["received"], "received");
  EXPECT_EQ(number(cost, "/received/message_bytes"), number(counted, "/received/message_bytes"));
  expect_amount(cost["kept"], counted[config]["kept"], "kept");
  for (const char* const field : {"/spans", "/bytes", "/message_bytes"})
    EXPECT_EQ(number(cost["written"], field), number(counted[config]["written"], field)) << field;
  std::size_t services = 0;
  for (const element row : array_at(cost, "/by_service")) {
    ++services;
    const std::string service = text_at(row, "/service");
    expect_amount_or_none(row["kept"], counted[config]["kept_by_service"], service);
    expect_amount_or_none(row["dropped"], counted[config]["dropped_by_service"], service);
    element written;
    if (counted[config]["written_by_service"][service].get(written) == simdjson::SUCCESS)
      expect_amount(row["written"], written, service, false);
  }
  EXPECT_GE(services, simdjson::dom::object(counted[config]["kept_by_service"]).size());
}

// Spans, traces and losses of a run of `entail sample`.
void expect_cost_as_sampled(const element& cost, const element& summary) {
  EXPECT_EQ(number(cost, "/received/spans"), number(summary, "/spans/received"));
  EXPECT_EQ(number(cost, "/written/spans"), number(summary, "/spans/emitted"));
  EXPECT_EQ(number(cost, "/kept/traces"), number(summary, "/traces/kept"));
  EXPECT_EQ(number(cost, "/dropped/traces"), number(summary, "/traces/dropped"));
  for (const element row : array_at(cost, "/kept/by_policy")) {
    std::uint64_t traces = 0;
    const bool named = summary["traces"]["kept_by_policy"][text_at(row, "/policy")].get(traces) == simdjson::SUCCESS;
    EXPECT_EQ(number(row, "/traces"), named ? traces : 0) << text_at(row, "/policy");  // left out of the summary if 0
  }
  const auto by_link = array_at(summary, "/traces/kept_by_link");
  EXPECT_EQ(array_at(cost, "/kept/by_link").size(), by_link.size());
  std::size_t i = 0;
  for (const element row : array_at(cost, "/kept/by_link")) {
    const element want = by_link.at(i++);
    EXPECT_EQ(text_at(row, "/direction"), text_at(want, "/direction"));
    EXPECT_EQ(number(row, "/hops"), number(want, "/hops"));
    EXPECT_EQ(number(row, "/traces"), number(want, "/traces"));
  }
}

TEST_F(CostCommand, AgreesToTheByteWithTwoRunsOfSample_AndAnIndependentCount) {
  if (std::system("python3 -c pass >/dev/null 2>&1") != 0) GTEST_SKIP() << "python3 is not installed";
  struct Case {
    std::string name, input;
  };
  const std::vector<Case> cases = {{"mixed", "generate --scenario mixed --spans 6000 -o in.otlp"},
                                   {"revived", "generate --scenario retry --backoff-seconds 30 -o in.otlp"},
                                   {"truncated", "generate --scenario batch -o in.otlp"},
                                   {"demo", "convert " + kDemo + " -o in.otlp --to proto-u32be"}};
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    ASSERT_EQ(run(each.input).exit_code, 0);
    simdjson::dom::parser of_count;
    std::map<std::string, std::string> summaries;
    for (const std::string config : {"a", "b"}) {
      const Outcome sampled = run("sample -c " + config + ".yaml in.otlp -o " + config + ".otlp --json");
      ASSERT_EQ(sampled.exit_code, 0) << sampled.err;
      summaries[config] = sampled.out;
    }
    const element count = counted(of_count);
    simdjson::dom::parser of_diff;
    const element diff = json(of_diff, "diff a.yaml b.yaml in.otlp");
    for (const std::string config : {"a", "b"}) {
      SCOPED_TRACE(config);
      simdjson::dom::parser of_cost, of_summary;
      const element cost = json(of_cost, "cost -c " + config + ".yaml in.otlp");
      expect_cost_as_counted(cost, count, config);
      expect_cost_as_sampled(cost, parse(of_summary, summaries[config]));
      expect_amount(diff[config]["kept"], count[config]["kept"], "kept");
      for (const char* const field : {"/spans", "/bytes", "/message_bytes"})
        EXPECT_EQ(number(diff[config]["written"], field), number(count[config]["written"], field)) << field;
    }
    for (const char* const side : {"both", "only_a", "only_b", "neither"})
      expect_amount(diff["kept"][side], count["sides"][side], side);
    std::uint64_t only = 0, changed = 0, of_services = 0;
    for (const char* const side : {"only_a", "only_b"}) only += number(diff["kept"][side], "/bytes");
    for (const element row : array_at(diff, "/changes")) changed += number(row, "/bytes");
    for (const element row : array_at(diff, "/by_service"))
      of_services += number(row, "/only_a/bytes") + number(row, "/only_b/bytes");
    EXPECT_EQ(changed, only);
    EXPECT_EQ(of_services, only);
  }
}

TEST_F(CostCommand, DiffNamesTheChanges) {
  ASSERT_EQ(run("generate --scenario mixed --spans 6000 -o in.otlp").exit_code, 0);
  ASSERT_EQ(run("sample -c a.yaml in.otlp -o kept --decisions a.jsonl").exit_code, 0);
  ASSERT_EQ(run("sample -c b.yaml in.otlp -o kept --decisions b.jsonl").exit_code, 0);
  const auto of_a = decisions_of(path("a.jsonl"));
  const auto of_b = decisions_of(path("b.jsonl"));
  simdjson::dom::parser parser;
  const element diff = json(parser, "diff a.yaml b.yaml in.otlp");
  std::size_t examples = 0;
  std::set<std::string> seen;
  for (const element change : array_at(diff, "/changes")) {
    const bool only_a = text_at(change, "/kept") == "only_a";
    seen.insert(text_at(change, "/a") + " -> " + text_at(change, "/b"));
    for (const element example : array_at(change, "/examples")) {
      ++examples;
      const std::string id(example.get_string().value());
      EXPECT_EQ(of_a.at(id).answer.empty(), !only_a) << id;
      EXPECT_EQ(of_b.at(id).answer.empty(), only_a) << id;
    }
  }
  EXPECT_GT(examples, 10u);
  EXPECT_TRUE(seen.contains("no_match -> policy some"));
  EXPECT_TRUE(seen.contains("linking, 2 hops -> no_match"));
  // Following links adds what is kept over them, in each.
  std::uint64_t links = 0;
  for (const element row : array_at(diff, "/by_link")) links += number(row, "/a/traces");
  EXPECT_EQ(number(diff, "/links/a/traces"), links);
  EXPECT_GT(links, number(diff, "/links/b/traces"));
}

TEST_F(CostCommand, ADiffWithItselfHasNoChange_AndRoomIsMadeForEachAlone) {
  ASSERT_EQ(run("generate --scenario mixed --spans 60000 -o in.otlp").exit_code, 0);
  write_file(path("tight.yaml"), buffer(std::string(kErrors) + kSome + "memory_limit: 16MiB\n"));
  simdjson::dom::parser of_diff, of_summary, of_swapped;
  const element same = json(of_diff, "diff a.yaml a.yaml in.otlp");
  EXPECT_EQ(number(same, "/change_count"), 0u);
  EXPECT_GT(number(same, "/kept/both/bytes"), 0u);
  // An engine under pressure decides beside a roomy one as it does alone.
  const element diff = json(of_swapped, "diff a.yaml tight.yaml in.otlp");
  const Outcome sampled = run("sample -c tight.yaml in.otlp -o kept.otlp --threads 1 --json");
  const element summary = parse(of_summary, sampled.out);
  EXPECT_GT(number(summary, "/losses/evicted"), 0u);
  EXPECT_EQ(number(diff, "/b/losses/evicted"), number(summary, "/losses/evicted"));
  EXPECT_EQ(number(diff, "/b/written/spans"), number(summary, "/spans/emitted"));
  EXPECT_EQ(number(diff, "/b/written/message_bytes"), u32be_message_bytes(read_file(path("kept.otlp"))));
  EXPECT_EQ(number(diff, "/a/kept/bytes"), number(same, "/a/kept/bytes"));
}

TEST_F(CostCommand, RemembersABoundedNumberOfTraces) {
  ASSERT_EQ(run("generate --scenario mixed --spans 6000 -o in.otlp").exit_code, 0);
  simdjson::dom::parser of_all, of_few;
  const element all = json(of_all, "cost -c a.yaml in.otlp");
  const element few = json(of_few, "cost -c a.yaml in.otlp --traces-max 100");
  expect_balanced(few);
  EXPECT_EQ(number(few, "/received/traces"), 100u);
  EXPECT_EQ(number(few, "/received/bytes"), number(all, "/received/bytes"));
  EXPECT_EQ(number(few, "/written/bytes"), number(all, "/written/bytes"));
  EXPECT_GT(number(few, "/untracked/bytes"), 0u);
  EXPECT_EQ(array_at(few, "/notes").size(), 1u);
  EXPECT_EQ(number(all, "/untracked/spans"), 0u);
}

TEST_F(CostCommand, ChargesADayAtTheRateOfTheInput) {
  ASSERT_EQ(run("generate --scenario mixed --spans 6000 -o in.otlp").exit_code, 0);
  simdjson::dom::parser parser;
  const element cost = json(parser, "cost -c b.yaml in.otlp");
  const double seconds = static_cast<double>(number(cost, "/time/seconds"));
  ASSERT_GT(seconds, 0);
  EXPECT_NEAR(static_cast<double>(number(cost, "/kept/bytes_per_day")),
              static_cast<double>(number(cost, "/kept/bytes")) / seconds * 86400, 1);
  double share = 0;
  ASSERT_EQ(cost.at_pointer("/kept/share").get(share), simdjson::SUCCESS);
  EXPECT_NEAR(share,
              static_cast<double>(number(cost, "/kept/bytes")) / static_cast<double>(number(cost, "/received/bytes")),
              1e-12);
  EXPECT_TRUE(text_at(cost, "/time/first") < text_at(cost, "/time/last"));
}

TEST_F(CostCommand, TablesFitTheirWidth_AndCarryNoControlCharacters) {
  ASSERT_EQ(run("convert " + kDemo + " -o in.otlp --to proto-u32be").exit_code, 0);
  for (const std::string command : {"cost -c b.yaml in.otlp", "diff a.yaml b.yaml in.otlp", "graph in.otlp"}) {
    const Outcome outcome = run(command);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(columns_of(line), 80u) << line;
    EXPECT_TRUE(is_plain(outcome.out)) << outcome.out;
  }
}

TEST_F(CostCommand, NamesServicesExactlyInJson) {
  const std::string long_name(200, 'x');
  const std::set<std::string> names = {"(none)", "a\n", "a?", long_name + "1", long_name + "2"};
  std::string lines;
  unsigned traces = 0;
  for (std::string name : {std::string(), std::string("(none)"), std::string("a\\n"), std::string("a?"),
                           long_name + "1", long_name + "2"}) {
    const std::string id = std::string(31, '0') + std::to_string(++traces);
    lines += R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":")" + name +
             R"("}}]},"scopeSpans":[{"spans":[{"traceId":")" + id + R"(","spanId":"0000000000000001","status":)" +
             R"({"code":2}}]}]}]})"
             "\n";
  }
  write_file(path("in"), buffer(lines));
  write_file(path("none.yaml"), buffer("tail_sampling: {policies: [{name: none, type: latency, "
                                       "latency: {threshold_ms: 5000}}]}\n"));
  simdjson::dom::parser of_cost, of_diff;
  const element cost = json(of_cost, "cost -c a.yaml in");
  const element diff = json(of_diff, "diff a.yaml none.yaml in");
  for (const auto& rows : {array_at(cost, "/by_service"), array_at(diff, "/by_service"), array_at(diff, "/changes")}) {
    std::multiset<std::string> found;
    unsigned without_name = 0;
    for (const element row : rows) {
      EXPECT_FALSE(row["service_other"].get_bool().value());
      if (row["service"].is_null())
        ++without_name;
      else
        found.insert(text_at(row, "/service"));
    }
    EXPECT_EQ(found, std::multiset<std::string>(names.begin(), names.end()));
    EXPECT_EQ(without_name, 1u);
  }
}

TEST_F(CostCommand, SaysOneRequestInTheSingular) {
  write_file(path("in"), buffer(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":)"
                                R"("00000000000000000000000000000001","spanId":"0000000000000001",)"
                                R"("endTimeUnixNano":"9000000000000000000"}]}]}]})"
                                "\n"));
  EXPECT_TRUE(contains(run("cost in").out, "1 request did not move the clock, because its end time is too far ahead"));
}

TEST_F(CostCommand, ChecksUsageInputsAndOutput) {
  ASSERT_EQ(run("generate --scenario retry -o in.otlp").exit_code, 0);
  for (const char* const arguments :
       {"diff a.yaml b.yaml", "diff a.yaml missing.yaml in.otlp", "cost", "cost in.otlp --from xml", "cost - -",
        "diff - - in.otlp", "cost in.otlp --instance x", "cost in.otlp --clock-max soon",
        "cost in.otlp --traces-max 0"}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_FALSE(outcome.err.empty()) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
  }
  simdjson::dom::parser parser;
  EXPECT_GT(number(json(parser, "cost in.otlp nowhere", 1), "/received/bytes"), 0u);
  write_file(path("empty"), {});
  const element nothing = json(parser, "cost empty", 1);
  EXPECT_EQ(number(nothing, "/received/bytes"), 0u);
  EXPECT_TRUE(nothing["time"]["first"].is_null());
  EXPECT_EQ(std::system(
                ("cd '" + folder_ + "' && '" ENTAIL_COMMAND "' diff a.yaml b.yaml in.otlp >/dev/full 2>&1").c_str()) >>
                8,
            3);
}

// Nor do the names of policies control the terminal, in rows and in notes.
TEST_F(CostCommand, PolicyNamesAreShownWithoutControls) {
  ASSERT_EQ(run("generate --scenario chain -o in.otlp").exit_code, 0);
  write_file(path("c.yaml"),
             buffer("tail_sampling: {policies: [{name: \"p\\x1b[31m\\u202e\\u009b\", type: always_sample}]}\n"));
  for (const char* const command :
       {"sample -c c.yaml in.otlp -o kept", "cost -c c.yaml in.otlp", "diff c.yaml a.yaml in.otlp"}) {
    const Outcome outcome = run(command);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(contains(outcome.out, "  p?[31m?????  ")) << outcome.out;
    EXPECT_TRUE(contains(outcome.out, "'p?[31m?????\x27")) << "the note: " << outcome.out;
    EXPECT_TRUE(is_plain(outcome.out)) << outcome.out;
    EXPECT_FALSE(contains(outcome.out, "\u202e") || contains(outcome.out, "\u009b")) << outcome.out;
  }
}

}  // namespace
}  // namespace entail::cli
