// docs/formats.md: its commands print its examples, and its tables list the fields that the commands print, with their
// types, and no others.
#include <filesystem>
#include <set>

#include "command_run.hpp"
#include "tests/examples/page_table.hpp"

namespace entail::cli {
namespace {

using namespace test;
using simdjson::dom::element;
using simdjson::dom::element_type;

std::string section(const std::string& heading) {
  const auto sections = page::sections_of(page::formats_page());
  const auto found = sections.find(heading);
  EXPECT_NE(found, sections.end()) << heading;
  return found == sections.end() ? std::string() : found->second;
}

std::string type_of(const element& value) {
  switch (value.type()) {
    case element_type::INT64:
    case element_type::UINT64:
      return "int";
    case element_type::DOUBLE:
      return "number";
    case element_type::STRING:
      return "string";
    case element_type::BOOL:
      return "bool";
    case element_type::NULL_VALUE:
      return "null";
    case element_type::OBJECT:
      return "object";
    case element_type::ARRAY: {
      for (const element& entry : simdjson::dom::array(value))
        if (entry.type() != element_type::STRING) return "list";
      return "string[]";
    }
    default:
      return "unknown";
  }
}

// Compares the field tables of a section with the printed values.
class FieldTable {
 public:
  explicit FieldTable(const std::string& text) {
    for (const page::Row& row : page::rows_of(text, "field")) {
      EXPECT_TRUE(types_.emplace(row.name, row.type).second) << row.name << " is listed twice";
      order_.push_back(row.name);
    }
    EXPECT_FALSE(order_.empty());
  }

  const std::vector<std::string>& order() const { return order_; }

  void add(const element& value, const std::string& path = "") {
    const auto row = types_.find(path);
    if (row != types_.end() && row->second.starts_with("as ")) {
      seen_[path].insert(row->second);
      add(value, row->second.substr(3));
    } else if (row != types_.end()) {
      seen_[path].insert(type_of(value));
      if (row->second == "counts" || row->second == "texts") check_members(value, path, row->second);
    } else if (value.is_object()) {
      for (const auto field : simdjson::dom::object(value))
        add(field.value, (path.empty() ? "" : path + ".") + std::string(field.key));
    } else if (value.is_array()) {
      EXPECT_TRUE(has_row_below(path + "[]")) << path << " is not on the page";
      for (const element& entry : simdjson::dom::array(value)) add(entry, path + "[]");
    } else {
      ADD_FAILURE() << path << " is not on the page";
    }
  }

  // Every row was printed, with every type that it lists and no other.
  void expect_all_seen() const {
    for (const auto& [path, type] : types_) {
      const auto found = seen_.find(path);
      ASSERT_NE(found, seen_.end()) << path << " is documented but never printed";
      std::set<std::string> allowed;
      if (type == "counts" || type == "texts") {
        allowed = {"object"};
      } else if (type.ends_with(" or null")) {
        allowed = {type.substr(0, type.size() - 8), "null"};
      } else {
        allowed = {type};
      }
      std::set<std::string> printed = found->second;
      if (type == "list") printed.erase("string[]");  // what an empty one looks like
      if (type.starts_with("number") && printed.erase("int") != 0) printed.insert("number");  // 2.0 is printed as 2
      EXPECT_EQ(printed, allowed) << path;
    }
  }

 private:
  static void check_members(const element& value, const std::string& path, const std::string& type) {
    ASSERT_TRUE(value.is_object()) << path;
    for (const auto field : simdjson::dom::object(value))
      EXPECT_EQ(type_of(field.value), type == "counts" ? "int" : "string") << path << "." << field.key;
  }
  bool has_row_below(const std::string& path) const {
    const auto next = types_.lower_bound(path);
    return next != types_.end() && next->first.starts_with(path);
  }

  std::map<std::string, std::string> types_;
  std::vector<std::string> order_;
  std::map<std::string, std::set<std::string>> seen_;
};

class FormatsPage : public CommandTest {
 protected:
  std::string printed(const std::string& arguments) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << arguments << "\n" << outcome.err;
    return outcome.out;
  }
  void generate(const std::string& scenario, const std::string& name, const std::string& more = "") const {
    printed("generate --scenario " + scenario + " -o " + name + ".otlp --config " + name + ".yaml " + more);
  }
  // A failed span without names and times, another that links it, and one that a policy drops.
  void write_nameless() const {
    const auto request = [](const std::string& ids, const std::string& rest) {
      return R"({"resourceSpans":[{"scopeSpans":[{"spans":[{)" + ids +
             R"("startTimeUnixNano":"18000000000000000000",)" + rest + "}]}]}]}\n";
    };
    const std::string trace = R"("traceId":"676558c612b9315e4bd78c6b496d9f67","spanId":"2f8e32a89316a665")";
    write_file(path("nameless.otlp"),
               buffer(request(trace + ",", R"("status":{"code":2})") +
                      request(R"("traceId":"8d2631306d2c1ab3cdf4bc8b8a6d10f0","spanId":"2f8e32a89316a666",)",
                              "\"links\":[{" + trace + "}]") +
                      request(R"("traceId":"913cc31c74605ef8b12d5068eeb986fa","spanId":"2f8e32a89316a667",)",
                              R"("name":"healthy")")));
    write_file(path("nameless.yaml"), buffer("tail_sampling: {policies: [{name: errors, type: status_code, "
                                             "status_code: {status_codes: [ERROR]}}, "
                                             "{name: slow, type: latency, latency: {threshold_ms: 5000}}]}"));
  }
  // Calls from a service with a name to one without, and back.
  static std::string unnamed_calls() {
    const auto group = [](const std::string& resource, const std::string& span, const std::string& parent) {
      return "{" + resource + R"("scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000009","spanId":")" +
             span + R"(","parentSpanId":")" + parent + R"("}]}]})";
    };
    const std::string named = R"("resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},)";
    return R"({"resourceSpans":[)" + group(named, "0000000000000001", "") + "," +
           group("", "0000000000000002", "0000000000000001") + "," +
           group(named, "0000000000000003", "0000000000000002") + "]}\n";
  }
  std::string sample(const std::string& name) const {
    return printed("sample -c " + name + ".yaml " + name + ".otlp -o kept.otlp --decisions " + name + ".jsonl --json");
  }
  // A keep that revives, one that arrives too late, one that is capped, and contexts of every kind.
  void generate_stories() const {
    generate("retry --attempts 3 --backoff-seconds 30", "retry", "--expect retry.json");
    generate("scheduled-job --jobs 2 --retain-hours 0", "jobs", "--expect jobs.json");
    generate("hot-producer --consumers 12 --max-links-followed 5", "hot", "--expect hot.json");
    generate("mixed --spans 2000", "mixed", "--expect mixed.json");
    generate("batch", "batch");
    generate("malformed", "odd");
    write_nameless();
  }
  void add(FieldTable& table, const std::string& json) const {
    simdjson::dom::parser parser;
    table.add(parse(parser, json));
  }
  // All output of the commands so far, on one line.
  std::string files() const {
    std::string all;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) all += read_file(entry.path());
    std::erase(all, '\n');
    return all;
  }
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST_F(FormatsPage, ShowsTheOutputOfItsCommands) {
  unsigned examples = 0;
  std::string out;
  for (const page::Block& block : page::blocks_of(page::formats_page())) {
    if (block.kind == "console") {
      for (const std::string& line : block.lines) {
        ASSERT_TRUE(line.starts_with("$ entail ")) << line;
        out += printed(line.substr(9));
      }
      continue;
    }
    ASSERT_EQ(block.kind, "json");
    std::string text;
    for (const std::string& line : block.lines) text += line + "\n";
    simdjson::dom::parser parser;
    std::string example = simdjson::minify(parse(parser, text));
    example = example.substr(0, example.find(",\"run\":{"));  // times and memory differ
    EXPECT_TRUE(contains(out + files(), example)) << example;
    ++examples;
  }
  EXPECT_GE(examples, 9u);
}

TEST_F(FormatsPage, DocumentsEveryFieldOfTheDecisionLog) {
  generate_stories();
  FieldTable table(section("Decision log (JSON lines)"));
  unsigned records = 0;
  for (const std::string name : {"retry", "jobs", "hot", "odd", "nameless"}) {
    sample(name);
    for (const std::string& line : lines_of(read_file(path(name + ".jsonl")))) {
      simdjson::dom::parser parser;
      const element record = parse(parser, line);
      table.add(record);
      std::vector<std::string> keys;
      for (const auto field : simdjson::dom::object(record)) keys.emplace_back(field.key);
      EXPECT_EQ(keys, table.order()) << "every field is always there";
      ++records;
    }
  }
  EXPECT_GE(records, 20u);
  table.expect_all_seen();
}

TEST_F(FormatsPage, DocumentsEveryFieldOfTheSummary) {
  generate_stories();
  FieldTable table(section("Summary (`entail sample --json`)"));
  for (const std::string name : {"retry", "jobs", "hot", "odd"}) add(table, sample(name));
  table.expect_all_seen();
}

TEST_F(FormatsPage, DocumentsEveryFieldOfAnExplanation) {
  generate_stories();
  FieldTable table(section("Explanation (`entail why --json`)"));
  for (const std::string name : {"retry", "jobs", "hot", "odd", "nameless"}) {
    sample(name);
    add(table, printed("why 676558 --decisions " + name + ".jsonl --json"));
  }
  table.expect_all_seen();
}

TEST_F(FormatsPage, DocumentsEveryFieldOfASearch) {
  generate_stories();
  sample("jobs");
  FieldTable table(section("Search (`entail why --json`)"));
  simdjson::dom::parser parser;
  const std::string found = printed("why --service accounts --decisions jobs.jsonl --json");
  EXPECT_GT(number(parse(parser, found), "/total"), 1u) << found;
  add(table, found);
  add(table, run("why --service nobody --decisions jobs.jsonl --json").out);
  table.expect_all_seen();
}

TEST_F(FormatsPage, DocumentsEveryFieldOfASurveyAndAConversion) {
  generate_stories();
  FieldTable survey(section("Link survey (`entail links --json`)"));
  FieldTable conversion(section("Conversion (`entail convert --json`)"));
  add(conversion, printed("convert odd.otlp -o odd.jsonl --to jsonl --json"));
  add(conversion, printed("convert odd.otlp -o odd.json --to perfetto --json"));
  for (const std::string name : {"odd.otlp", "odd.jsonl", "batch.otlp"})
    add(survey, printed("links " + name + " --json"));
  survey.expect_all_seen();
  conversion.expect_all_seen();
}

#ifdef ENTAIL_WITH_SQLITE
TEST_F(FormatsPage, DocumentsEveryFieldOfAnExport) {
  generate_stories();
  sample("retry");
  FieldTable table(section("Export (`entail export --json`)"));
  add(table, printed("export --to sqlite retry.otlp --decisions retry.jsonl -o retry.sqlite --json"));
  table.expect_all_seen();
}
#endif

TEST_F(FormatsPage, DocumentsEveryFieldOfADifferenceACostAndAGraph) {
  generate_stories();
  write_file(path("drop.yaml"),
             buffer("tail_sampling:\n  policies:\n"
                    "    - {name: few, type: probabilistic, probabilistic: {sampling_percentage: 9}}\n"
                    "    - {name: long, type: drop, drop: {drop_sub_policy: [{name: is-long, type: "
                    "latency, latency: {threshold_ms: 150}}]}}\n"));
  write_file(path("empty"), {});
  write_file(path("unnamed.otlp"), buffer(unnamed_calls()));
  FieldTable difference(section("Difference (`entail diff --json`)"));
  FieldTable cost(section("Cost (`entail cost --json`)"));
  FieldTable graph(section("Service graph (`entail graph --json`)"));
  add(difference, printed("diff mixed.yaml drop.yaml mixed.otlp --json"));
  add(difference, run("diff mixed.yaml drop.yaml empty --json").out);
  for (const std::string config : {"mixed", "drop"})
    add(cost, printed("cost -c " + config + ".yaml mixed.otlp --json"));
  add(cost, run("cost empty --json").out);
  // Services without a name.
  add(difference, printed("diff nameless.yaml drop.yaml nameless.otlp --json"));
  add(cost, printed("cost -c nameless.yaml nameless.otlp --json"));
  add(graph, printed("graph mixed.otlp nameless.otlp unnamed.otlp --json"));
  difference.expect_all_seen();
  cost.expect_all_seen();
  graph.expect_all_seen();
}

TEST_F(FormatsPage, DocumentsEveryFieldOfASize) {
  FieldTable table(section("Size (`entail size --json`)"));
  add(table, printed("size --spans-per-second 20000 --json"));
  add(table, printed("size --spans-per-second 20000 --memory-limit 64MiB --json"));
  add(table, printed("size --spans-per-second 1000 --bytes-per-span 1000000000 --json"));
  table.expect_all_seen();
}

TEST_F(FormatsPage, DocumentsEveryFieldOfACheck) {
  FieldTable table(section("Check (`entail config check --json`)"));
  write_file(path("odd.yaml"), buffer("tail_sampling:\n  num_traces: 5\n  policies: []\nretain: {windo: 1s}\n"));
  for (const char* const file : {"odd.yaml", "missing.yaml"})
    add(table, run(std::string("config check --json ") + file).out);
  table.expect_all_seen();
}

TEST_F(FormatsPage, DocumentsEveryFieldOfScenariosAndExpectations) {
  generate_stories();
  FieldTable list(section("Scenarios (`entail generate --list --json`)"));
  add(list, printed("generate --list --json"));
  list.expect_all_seen();
  FieldTable expectation(section("Expectation (`entail generate --expect FILE`)"));
  for (const std::string name : {"retry.json", "jobs.json", "hot.json", "mixed.json"})
    add(expectation, read_file(path(name)));
  expectation.expect_all_seen();
}

}  // namespace
}  // namespace entail::cli
