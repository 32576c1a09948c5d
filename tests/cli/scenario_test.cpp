// Every scenario, generated and then sampled by the built command: the kept set is the one its story promises.
#include <set>

#include "command_run.hpp"

namespace entail::cli {
namespace {

using namespace test;

// Each story takes five processes; sanitizers make a process about ten times slower.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kFewSeeds = true;
#else
constexpr bool kFewSeeds = false;
#endif

class ScenarioTest : public CommandTest {
 protected:
  // Generates the scenario and samples it, with the configuration as YAML and as JSON, and with more threads.
  void expect_story_holds(const std::string& arguments);
};

void expect_trace(const simdjson::dom::element& trace, const Decided& found) {
  const std::string id = text_at(trace, "/trace_id");
  if (text_at(trace, "/reason") == "policy") {
    EXPECT_EQ(found.answer, "policy") << id;
  } else if (std::uint64_t hops_min = 0; trace.at_pointer("/hops_min").get(hops_min) == simdjson::SUCCESS) {
    ASSERT_TRUE(found.answer.starts_with("linke") || found.answer.starts_with("linki")) << id << " is " << found.answer;
    EXPECT_GE(std::stoull(found.answer.substr(found.answer.find(' '))), hops_min) << id;
  } else {
    const std::string hops = " " + std::to_string(number(trace, "/hops"));
    const std::string direction = text_at(trace, "/direction");
    const bool right = direction == "either" ? found.answer == "linked" + hops || found.answer == "linking" + hops
                                             : found.answer == direction + hops;
    EXPECT_TRUE(right) << id << " is " << found.answer << ", not " << direction << hops;
  }
  bool revived = false;
  if (trace.at_pointer("/revived").get(revived) == simdjson::SUCCESS) {
    EXPECT_EQ(found.revived, revived) << id;
  }
}

void expect_kept(const simdjson::dom::element& expect, std::map<std::string, Decided> decided) {
  EXPECT_EQ(decided.size(), number(expect, "/traces"));
  for (const auto trace : array_at(expect, "/kept")) {
    expect_trace(trace, decided[text_at(trace, "/trace_id")]);
    decided.erase(text_at(trace, "/trace_id"));
  }
  for (const auto trace : array_at(expect, "/lost")) {
    const Decided& found = decided[text_at(trace, "/trace_id")];
    EXPECT_EQ(found.answer, "");
    EXPECT_EQ(found.loss, text_at(trace, "/loss"));
    decided.erase(text_at(trace, "/trace_id"));
  }
  std::uint64_t kept_of_unspecified = 0;
  for (const auto trace : array_at(expect, "/unspecified")) {
    const std::string id = text_at(trace, "");
    kept_of_unspecified += !decided[id].answer.empty();
    decided.erase(id);
  }
  EXPECT_EQ(kept_of_unspecified, number(expect, "/kept_of_unspecified"));
  for (const auto& [id, entry] : decided) {
    EXPECT_EQ(entry.answer, "") << id;
    EXPECT_EQ(entry.loss, "") << id;
  }
}

// A count that may be omitted where it is 0.
std::uint64_t count_at(const simdjson::dom::element& summary, const std::string& pointer) {
  std::uint64_t count = 0;
  return summary.at_pointer(pointer).get(count) == simdjson::SUCCESS ? count : 0;
}

void expect_counts(const simdjson::dom::element& expect, const simdjson::dom::element& summary) {
  EXPECT_EQ(number(summary, "/spans/received"), number(expect, "/spans"));
  EXPECT_EQ(number(summary, "/traces/received"), number(expect, "/traces"));
  EXPECT_EQ(number(summary, "/links/received"), number(expect, "/links"));
  const std::map<std::string, std::string> pointers = {
      {"links_all_zero", "/links/invalid/all_zero"},  {"links_wrong_length", "/links/invalid/wrong_length"},
      {"links_bad_hex", "/links/invalid/bad_hex"},    {"links_null_target", "/links/null_target"},
      {"links_same_trace", "/links/same_trace"},      {"links_bad_tracestate", "/links/bad_tracestate"},
      {"spans_all_zero", "/spans/rejected/all_zero"}, {"spans_wrong_length", "/spans/rejected/wrong_length"},
  };
  simdjson::dom::object facts;
  ASSERT_EQ(expect.at_pointer("/facts").get(facts), simdjson::SUCCESS);
  for (const auto& [name, pointer] : pointers) {
    std::uint64_t expected = 0;
    if (facts[name].get(expected) == simdjson::SUCCESS) {
      EXPECT_EQ(count_at(summary, pointer), expected) << name;
    }
  }
  std::uint64_t lost = 0;
  for (const auto trace : array_at(expect, "/lost")) lost += text_at(trace, "/loss") == "keep_after_seal";
  EXPECT_EQ(count_at(summary, "/losses/keep_after_seal"), lost);
  // No budget binds in a story, except in the one about budgets.
  for (const char* const loss : {"evicted", "records_forgotten", "max_traces_per_origin", "no_room"}) {
    EXPECT_EQ(count_at(summary, std::string("/losses/") + loss), 0u) << loss;
  }
}

void ScenarioTest::expect_story_holds(const std::string& arguments) {
  SCOPED_TRACE(arguments);
  simdjson::dom::parser expect_parser;
  simdjson::dom::parser summary_parser;
  const Outcome generated =
      run("generate --scenario " + arguments + " -o in.otlp --config config.yaml --expect expect.json");
  ASSERT_EQ(generated.exit_code, 0) << generated.err;
  const auto expect = parse(expect_parser, read_file(path("expect.json")));
  write_file(path("config.json"), buffer(simdjson::minify(expect["config"])));
  for (const char* const how : {"-c config.yaml --threads 1", "-c config.json --threads 4"}) {
    SCOPED_TRACE(how);
    const Outcome sampled = run(std::string("sample in.otlp -o kept.otlp --decisions decisions.jsonl --json ") + how);
    ASSERT_EQ(sampled.exit_code, 0) << sampled.err;
    // Malformed IDs of JSON are reported, and nothing else.
    const bool malformed =
        arguments.find("malformed") != std::string::npos && arguments.find("jsonl") != std::string::npos;
    EXPECT_EQ(contains(sampled.err, "not an ID of the right length"), malformed) << sampled.err;
    EXPECT_TRUE(malformed || sampled.err.empty()) << sampled.err;
    const auto summary = parse(summary_parser, sampled.out);
    EXPECT_EQ(number(summary, "/input/bytes"), std::filesystem::file_size(path("in.otlp")));
    expect_counts(expect, summary);
    expect_conserved(summary);
    expect_kept(expect, decisions_of(path("decisions.jsonl")));
  }
}

const char* const kScenarios[] = {
    "batch --links 3000 --errors 11 --malformed 50 --duplicates 70",
    "batch --links 3000 --errors 11 --errors-when after --absent 0.5",
    "batch --links 3000 --errors 11 --errors-when late",
    "batch --links 40 --errors 0 --absent 0",
    "batch-items",
    "batch-items --origin-links all",
    "batch-items --items 1",
    "batch-items --items 900",
    "batch-items --items 900 --origin-links all",
    "queue",
    "queue --fails producer",
    "queue --messages 3 --queue-delay-ms 0",
    "queue --messages 150",
    "queue --messages 150 --fails producer",
    "fan-out",
    "fan-out --fails request",
    "fan-out --fails result",
    "fan-out --mode component",
    "fan-out --mode component --fails result --workers 1",
    "fan-out --workers 700 --fails request",
    "fan-out --workers 700 --mode component",
    "retry",
    "retry --attempts 14",
    "retry --attempts 14 --retry-hops 30 --backoff-seconds 30",
    "retry --attempts 5 --retry-hops 0",
    "retry --last succeeds",
    "retry --last succeeds --attempts 2 --backoff-seconds 10",
    "saga",
    "saga --compensation fails",
    "saga --steps 2 --compensation fails",
    "saga --steps 3",
    "saga --steps 20",
    "saga --steps 20 --compensation fails",
    "event-sourcing",
    "event-sourcing --fails command",
    "event-sourcing --fails projection",
    "event-sourcing --derived-hops 0",
    "event-sourcing --derived-hops 4 --fails command",
    "event-sourcing --derived-hops 0 --fails projection --events 1",
    "event-sourcing --events 600 --fails projection",
    "scheduled-job",
    "scheduled-job --retain-hours 0",
    "scheduled-job --retain-hours 24",
    "scheduled-job --delay-hours 160 --retain-hours 168 --jobs 50",
    "dead-letter",
    "dead-letter --attempts 1 --redrive-minutes 1",
    "dead-letter --attempts 12 --redrive-minutes 1440",
    "dead-letter --attempts 12 --retry-hops 62",
    "etl",
    "etl --fails source",
    "etl --sources 400 --dashboards 300",
    "etl --sources 1 --dashboards 0 --fails source",
    "user-journey",
    "user-journey --retain-minutes 25",
    "user-journey --retain-minutes 20",
    "user-journey --linked-hops 8 --linking-hops 1 --fails 11",
    "user-journey --gap-minutes 1440 --sessions 9 --fails 5 --retain-minutes 3000",
    "user-journey --fails 1 --sessions 2",
    "user-journey --sessions 90 --fails 80 --gap-minutes 2 --linked-hops 62",
    "aggregation",
    "aggregation --fails merge",
    "aggregation --fails merge --hops 1",
    "aggregation --partials 1",
    "aggregation --partials 500 --fails merge --hops 3",
    "workflow",
    "workflow --steps 40",
    "workflow --steps 40 --hops 4 --fails 40",
    "workflow --steps 2 --fails 1",
    "workflow --steps 30 --fails 1 --hops 62",
    "malformed",
    "malformed --repeat 40",
    "malformed --to jsonl",
    "malformed --repeat 40 --to jsonl",
    "head-sampled",
    "head-sampled --links 1000 --late 20",
    "head-sampled --links 3000 --absent 0.5 --late 0",
    "head-sampled --consumers 1 --links 1 --absent 0 --late 0",
    "head-sampled --consumers 1 --links 3 --absent 1 --late 3",
    "sdk-truncated",
    "sdk-truncated --keeps first",
    "sdk-truncated --fails last",
    "sdk-truncated --keeps first --fails last",
    "sdk-truncated --fails middle",
    "sdk-truncated --links 100",
    "sdk-truncated --limit 0",
    "chain --depth 12",
    "chain --depth 9 --error-at middle --step-seconds 12",
    "chain --depth 9 --step-seconds 10",
    "chain --depth 40 --max-hops 20 --error-at first",
    "cycle --length 2",
    "cycle --length 7",
    "cycle --length 2000",
    "hot-producer --consumers 200",
    "hot-producer --consumers 900",
    "hot-producer --consumers 900 --fails consumer",
    "incident --spans 3000",
    "mixed --spans 40000 --links 0.5 --errors 0.02 --spans-per-second 1000",
};

TEST_F(ScenarioTest, KeepsTheExpectedTraces) {
  for (const char* const scenario : kScenarios) {
    expect_story_holds(std::string(scenario) + " --seed 1");
    if (!kFewSeeds) expect_story_holds(std::string(scenario) + " --seed 42");
  }
}

TEST_F(ScenarioTest, KeepsTheExpectedTraces_WithDefaults_ForManySeeds) {
  std::set<std::string> named;
  for (const char* const scenario : kScenarios) {
    const std::string name = std::string(scenario).substr(0, std::string(scenario).find(' '));
    if (name == "mixed" || !named.insert(name).second) continue;
    for (int seed = 100; seed < (kFewSeeds ? 101 : 110); ++seed)
      expect_story_holds(name + " --seed " + std::to_string(seed));
  }
  simdjson::dom::parser parser;
  EXPECT_EQ(array_at(parse(parser, run("generate --list --json").out), "").size(), named.size() + 1) << "and mixed";
}

TEST_F(ScenarioTest, KeepsTheExpectedTraces_MixedIntoLoad) {
  const std::string load = std::string("mixed --spans ") + (kFewSeeds ? "4000" : "20000") + " --spans-per-second 1000";
  simdjson::dom::parser parser;
  std::string all;
  const std::string list = run("generate --list --json").out;
  for (const auto scenario : array_at(parse(parser, list), "")) {
    const std::string name = text_at(scenario, "/name");
    if (name == "mixed") continue;
    expect_story_holds(load + " --with " + name);
    all += " --with " + name;
  }
  expect_story_holds(load + all);
  expect_story_holds(load + " --copies 7 --with saga --with retry --with queue --with dead-letter --with malformed");
  // The file is one of many stories: it contains more than the load.
  ASSERT_EQ(run("generate --scenario mixed --spans 4000 -o load").exit_code, 0);
  ASSERT_EQ(run("generate --scenario mixed --spans 4000 --with saga --copies 3 --expect e.json -o stirred").exit_code,
            0);
  EXPECT_GT(std::filesystem::file_size(path("stirred")), std::filesystem::file_size(path("load")));
  const std::string expectation = read_file(path("e.json"));
  EXPECT_EQ(text_at(parse(parser, expectation), "/named/saga-3~1order").size(), 32u);
}

TEST_F(ScenarioTest, ThreeCommandsOfTheHelpWork) {
  ASSERT_EQ(run("generate --scenario saga -o saga.otlp --config saga.yaml --tell").exit_code, 0);
  EXPECT_EQ(run("config check saga.yaml").exit_code, 0);
  ASSERT_EQ(run("sample -c saga.yaml saga.otlp -o kept.otlp --decisions d.jsonl").exit_code, 0);
  const Outcome generated = run("generate --scenario saga -o saga.otlp --tell");
  ASSERT_TRUE(contains(generated.out, "\nstep-1 ")) << generated.out;
  const std::string line = generated.out.substr(generated.out.find("\nstep-1 ") + 1);
  EXPECT_TRUE(contains(line.substr(0, line.find('\n')), "  kept over links, linked 4 hops")) << generated.out;
  const std::string id = line.substr(line.find_first_of("0123456789abcdef", 8), 32);
  const Outcome why = run("explain " + id + " --decisions d.jsonl");
  EXPECT_TRUE(contains(why.out, id + "  kept")) << why.out;
  EXPECT_TRUE(contains(why.out, "4 hops from it, toward causes")) << why.out;
}

TEST_F(ScenarioTest, RefusesImpossibleArguments) {
  for (const char* const arguments :
       {"batch --links 10 --malformed 11", "workflow --steps 3 --fails 4", "user-journey --sessions 3 --fails 4",
        "user-journey --gap-minutes 1440 --linked-hops 6 --fails 7", "head-sampled --links 10 --late 10",
        "chain --max-hops 4 --step-seconds 16", "mixed --with mixed", "mixed --with nothing", "mixed --copies 0",
        "saga --steps 1", "saga --with retry", "retry --last maybe", "saga --expect f --config f", "saga --config out",
        "saga --tell --config -"}) {
    const Outcome refused = run(std::string("generate -o out --scenario ") + arguments);
    EXPECT_EQ(refused.exit_code, 2) << arguments << refused.err;
    EXPECT_FALSE(refused.err.empty()) << arguments;
    EXPECT_FALSE(std::filesystem::exists(path("out"))) << arguments;
  }
}

}  // namespace
}  // namespace entail::cli
