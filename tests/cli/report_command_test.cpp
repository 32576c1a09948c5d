// `entail report` from outside, and docs/report.md against what it writes.
#include <set>

#include "command_run.hpp"
#include "tests/examples/page_table.hpp"

namespace entail::cli {
namespace {

using namespace test;
using simdjson::dom::element;

const std::string kOddLinks = ENTAIL_SOURCE_DIR "/tests/golden/sdk/py_odd_links.otlp.bin";

class ReportCommand : public CommandTest {
 protected:
  element report(const std::string& arguments) {
    const Outcome outcome = run("report " + arguments + " --to json -o report.json");
    EXPECT_EQ(outcome.exit_code, 0) << arguments << outcome.err;
    text_ = read_file(path("report.json"));
    return parse(parser_, text_);
  }
  void generate(const std::string& scenario, const std::string& flags = "") {
    const Outcome outcome = run("generate --scenario " + scenario + " " + flags + " -o " + scenario +
                                ".otlp --config " + scenario + ".yaml");
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  std::string of(const std::string& scenario) const { return "-c " + scenario + ".yaml " + scenario + ".otlp"; }

  simdjson::dom::parser parser_;
  std::string text_;
};

// The traces that a report attributes to each origin, and those that the log does.
using Chains = std::map<std::string, std::set<std::string>>;

Chains shown_chains(const element& report) {
  Chains chains;
  for (const element& trace : array_at(report, "/traces")) {
    std::string_view origin;
    if (text_at(trace, "/state") == "kept" && text_at(trace, "/reason") == "link" &&
        trace["origin_id"].get(origin) == simdjson::SUCCESS)
      chains[std::string(origin)].insert(text_at(trace, "/id"));
  }
  return chains;
}

Chains logged_chains(const std::string& path) {
  std::map<std::string, std::string> origins;  // of each trace; a later line replaces an earlier one
  simdjson::dom::parser parser;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const element record = parse(parser, line);
    const bool by_link = text_at(record, "/verdict") == "keep" && text_at(record, "/reason") == "link";
    origins[text_at(record, "/trace_id")] = by_link ? text_at(record, "/origin_trace_id") : "";
  }
  Chains chains;
  for (const auto& [trace, origin] : origins)
    if (!origin.empty()) chains[origin].insert(trace);
  return chains;
}

TEST_F(ReportCommand, AgreesWithTheDecisionLog) {
  for (const std::string scenario : {"retry", "saga", "batch", "user-journey", "scheduled-job"}) {
    SCOPED_TRACE(scenario);
    generate(scenario);
    const Outcome sampled = run("sample " + of(scenario) + " -o kept.otlp --decisions log.jsonl --threads 1");
    ASSERT_EQ(sampled.exit_code, 0) << sampled.err;
    const element shown = report(of(scenario) + " --threads 1");
    EXPECT_EQ(shown_chains(shown), logged_chains(path("log.jsonl")));
    std::uint64_t kept = 0;
    const auto decided = decisions_of(path("log.jsonl"));
    for (const auto& [id, entry] : decided) kept += !entry.answer.empty();
    EXPECT_EQ(number(shown, "/totals/kept/traces"), kept);
    EXPECT_EQ(number(shown, "/totals/dropped/traces"), decided.size() - kept);
    EXPECT_EQ(number(shown, "/left_out/origins"), 0u);
  }
}

// The same page from the log, with the spans of the inputs or of the output.
TEST_F(ReportCommand, ReadsALogWithEitherInput) {
  generate("batch");
  ASSERT_EQ(run("sample " + of("batch") + " -o kept.otlp --decisions log.jsonl --threads 1").exit_code, 0);
  report(of("batch") + " --threads 1");
  const std::string decided = text_;
  report("kept.otlp --decisions log.jsonl");
  const std::string from_output = text_;
  report("batch.otlp --decisions log.jsonl");
  const std::string from_inputs = text_;
  const auto part = [](const std::string& text, const char* from, const char* to) {
    return text.substr(text.find(from), text.find(to) - text.find(from));
  };
  EXPECT_EQ(part(decided, "\"totals\"", "\"losses\""), part(from_output, "\"totals\"", "\"losses\""));
  EXPECT_EQ(part(decided, "\"traces\":[", "\"edges\""), part(from_output, "\"traces\":[", "\"edges\""));
  EXPECT_NE(from_output.find("\"truncated\""), std::string::npos);
  EXPECT_EQ(from_inputs.find("\"truncated\""), std::string::npos);
  EXPECT_EQ(part(decided, "\"origins\":[", "\"left_out\""), part(from_inputs, "\"origins\":[", "\"left_out\""));
}

TEST_F(ReportCommand, SaysHowATruncatedSpanWasSampled) {
  generate("batch");
  const element shown = report(of("batch"));
  for (const element& trace : array_at(shown, "/traces")) {
    element truncated;
    if (trace["truncated"].get(truncated) != simdjson::SUCCESS) continue;
    const element span = simdjson::dom::array(truncated).at(0);
    EXPECT_EQ(number(span, "/received"), 1000u);
    EXPECT_EQ(number(span, "/emitted"), 128u);
    EXPECT_EQ(number(span, "/strata/pinned/0") + number(span, "/strata/open/0") + number(span, "/strata/closed/0"),
              1000u);
    EXPECT_EQ(text_at(span, "/threshold_uniform").size(), 16u);
    return;
  }
  ADD_FAILURE() << "no truncated span";
}

// Three ways to leave names out; none of the generated names is in the text.
TEST_F(ReportCommand, LeavesNamesOut) {
  generate("saga");
  std::ofstream(path("ids.yaml")) << read_file(path("saga.yaml")) << "decisions: {detail: ids}\n";
  ASSERT_EQ(run("sample -c ids.yaml saga.otlp -o kept.otlp --decisions ids.jsonl").exit_code, 0);
  ASSERT_EQ(run("sample " + of("saga") + " -o kept.otlp --decisions full.jsonl").exit_code, 0);
  for (const std::string arguments :
       {"saga.otlp -c ids.yaml", "saga.otlp -c saga.yaml --decisions-detail ids", "kept.otlp --decisions ids.jsonl",
        "kept.otlp --decisions full.jsonl --decisions-detail ids"}) {
    SCOPED_TRACE(arguments);
    const element shown = report(arguments);
    EXPECT_EQ(text_at(shown, "/detail"), "ids");
    EXPECT_EQ(array_at(shown, "/strings").size(), 1u);
    EXPECT_GT(array_at(shown, "/traces").size(), 5u);
    for (const char* name : {"compensate", "run step", "the work failed", "async"}) EXPECT_FALSE(contains(text_, name));
  }
  const element named = report("kept.otlp --decisions full.jsonl");
  EXPECT_EQ(text_at(named, "/detail"), "full");
  EXPECT_TRUE(contains(text_, "compensate"));
}

TEST_F(ReportCommand, RefusesWrongUse) {
  generate("retry");
  EXPECT_EQ(run("report " + of("retry") + " --decisions log.jsonl -o report.html").exit_code, 2);
  EXPECT_EQ(run("report retry.otlp --decisions none.jsonl --to json -o report.json").exit_code, 2);
  EXPECT_EQ(run("report retry.otlp -o retry.otlp --to json").exit_code, 2);
  EXPECT_EQ(run("report none.otlp -o report.json --to json").exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(path("report.json")));
  const Outcome page = run("report " + of("retry") + " -o report.html --json");
  if (page.exit_code == 2) {
    EXPECT_TRUE(contains(page.err, "this build has no page")) << page.err;
    EXPECT_FALSE(std::filesystem::exists(path("report.html")));
  } else {
    EXPECT_EQ(page.exit_code, 0) << page.err;
    simdjson::dom::parser parser;
    EXPECT_EQ(number(parse(parser, page.out), "/bytes"), std::filesystem::file_size(path("report.html")));
  }
}

// Every field is on docs/report.md, and every field of docs/report.md is written by one of these runs.
class Fields {
 public:
  explicit Fields(const std::string& page) {
    for (const page::Row& row : page::rows_of(page, "field")) types_[row.name] = row.type;
  }
  void add(const element& value, const std::string& path) {
    const auto known = types_.find(path);
    if (known != types_.end()) {
      seen_.insert(path);
      return;
    }
    if (value.is_object()) {
      for (const auto field : simdjson::dom::object(value))
        add(field.value, path.empty() ? std::string(field.key) : path + "." + std::string(field.key));
    } else if (value.is_array()) {
      for (const element& entry : simdjson::dom::array(value)) add(entry, path + "[]");
    } else {
      ADD_FAILURE() << path << " is not on the page";
    }
  }
  void expect_all_seen() const {
    EXPECT_GT(types_.size(), 80u);
    for (const auto& [name, type] : types_) EXPECT_TRUE(seen_.contains(name)) << name << " was never written";
  }

 private:
  std::map<std::string, std::string> types_;
  std::set<std::string> seen_;
};

TEST_F(ReportCommand, WritesTheFieldsOfItsPage) {
  Fields fields(read_file(ENTAIL_SOURCE_DIR "/docs/report.md"));
  generate("batch");
  generate("scheduled-job", "--retain-hours 0");
  generate("retry", "--backoff-seconds 30");
  generate("sdk-truncated", "--fails last");
  generate("fan-out", "--mode component");
  generate("batch-items", "--items 600");                                  // more spans than a page shows
  generate("hot-producer", "--consumers 2100 --max-links-followed 5000");  // more traces
  for (const std::string scenario :
       {"batch", "scheduled-job", "retry", "sdk-truncated", "fan-out", "batch-items", "hot-producer"})
    fields.add(report(of(scenario)), "");
  generate("hot-producer", "--consumers 40 --max-links-followed 8");
  fields.add(report(of("hot-producer")), "");
  fields.add(report(kDemo), "");
  fields.add(report(kOddLinks), "");
  std::ofstream(path("slow.yaml")) << "tail_sampling:\n  policies:\n"
                                      "    - {name: slow, type: latency, latency: {threshold_ms: 100000}}\n"
                                      "    - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}\n";
  fields.add(report("-c slow.yaml batch.otlp"), "");
  // The inputs have all links of a truncated span.
  generate("batch", "--links 1500");
  ASSERT_EQ(run("sample " + of("batch") + " -o kept.otlp --decisions log.jsonl").exit_code, 0);
  fields.add(report("batch.otlp --decisions log.jsonl"), "");
  fields.expect_all_seen();
}

}  // namespace
}  // namespace entail::cli
