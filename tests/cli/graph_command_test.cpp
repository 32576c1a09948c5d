// `entail graph` from outside.
#include <set>

#include "command_run.hpp"
#include "output/json_text.hpp"

namespace entail::cli {
namespace {

using namespace test;
using simdjson::dom::element;

class GraphCommand : public CommandTest {};

TEST_F(GraphCommand, FindsTheCallsAndLinksOfTheDemo) {
  simdjson::dom::parser of_graph, of_links;
  const element graph = parse(of_graph, run("graph --json " + kDemo).out);
  const element links = parse(of_links, run("links --json " + kDemo).out);
  EXPECT_EQ(number(graph, "/spans/received"), number(links, "/spans/received"));
  std::map<std::string, std::uint64_t> counts;
  std::uint64_t spans = 0;
  for (const element node : array_at(graph, "/nodes")) spans += number(node, "/spans");
  for (const element edge : array_at(graph, "/edges"))
    counts[text_at(edge, "/kind") + " " + text_at(edge, "/from") + " " + text_at(edge, "/to")] = number(edge, "/count");
  EXPECT_EQ(spans, 547u);
  EXPECT_EQ(counts["call frontend-proxy frontend"], 75u);
  EXPECT_EQ(counts["call recommendationservice flagd"], 4u);
  EXPECT_EQ(counts["link frontend frontend"], number(links, "/links/resolved"));
  EXPECT_EQ(counts["link frontend frontend"], 53u);
  EXPECT_EQ(number(graph, "/parents/absent"), 1u);
}

TEST_F(GraphCommand, MeasuresDelaysAsLinksDoes) {
  ASSERT_EQ(run("generate --scenario mixed --spans 6000 -o in.otlp").exit_code, 0);
  simdjson::dom::parser of_graph, of_links;
  const element graph = parse(of_graph, run("graph --format json in.otlp").out);
  const element links = parse(of_links, run("links --json in.otlp").out);
  std::uint64_t delays = 0;
  for (const element edge : array_at(graph, "/edges")) {
    if (text_at(edge, "/kind") != "link") continue;
    delays += number(edge, "/delay_ns/count");
    const auto p99 = static_cast<double>(number(links, "/links/delay_ns/p99"));
    EXPECT_NEAR(static_cast<double>(number(edge, "/delay_ns/p99")), p99, p99 * 0.04);
  }
  EXPECT_EQ(delays, number(links, "/links/delay_ns/count"));
  EXPECT_GT(delays, 500u);
}

// Names from the input can neither end a label nor become markup.
TEST_F(GraphCommand, DrawsPicturesWithHostileNames) {
  const std::string evil = R"(x\"]; <script>a</script> #quot; |y\n\u001b[2J%%{init: {}}%%)";
  const auto span = [](const std::string& id, const std::string& parent) {
    return R"({"traceId":"00000000000000010000000000000001","spanId":")" + id + R"(","parentSpanId":")" + parent +
           R"(","startTimeUnixNano":"1000","endTimeUnixNano":"2000","status":{"code":2}})";
  };
  const auto resource = [](const std::string& service, const std::string& inner) {
    return R"({"resource":{"attributes":[{"key":"service.name","value":{"stringValue":")" + service +
           R"("}}]},"scopeSpans":[{"spans":[)" + inner + "]}]}";
  };
  write_file(path("in"), buffer(R"({"resourceSpans":[)" + resource(evil, span("0000000000000001", "")) + "," +
                                resource("b", span("0000000000000002", "0000000000000001")) + "]}\n"));
  const Outcome mermaid = run("graph in --format mermaid");
  EXPECT_EQ(mermaid.out,
            "flowchart LR\n"
            "  n1[\"x#34;#93;#59; #60;script#62;a#60;/script#62; #35;quot#59; #124;y#63;#63;#91;2J"
            "#37;#37;#123;init: #123;#125;#125;#37;#37;\"]\n"
            "  n2[\"b\"]\n"
            "  n1 -->|\"1, 1 error, p99 1.01 us\"| n2\n"
            "  classDef failed stroke:#d00\n  class n1,n2 failed\n");
  const Outcome dot = run("graph in --format dot");
  EXPECT_EQ(dot.out,
            "digraph services {\n  rankdir=LR;\n  node [shape=box];\n"
            "  n1 [label=\"x\\\"]; <script>a</script> #quot; |y??[2J%%{init: {}}%%\", color=red];\n"
            "  n2 [label=\"b\", color=red];\n"
            "  n1 -> n2 [label=\"1, 1 error, p99 1.01 us\", color=red];\n}\n");
  for (const std::string format : {"table", "json"}) {
    const Outcome outcome = run("graph in --format " + format);
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_TRUE(is_plain(outcome.out)) << outcome.out;
  }
}

// JSON has every name as it is, and null for what is no name.
TEST_F(GraphCommand, NamesServicesExactlyInJson) {
  const std::string long_name(200, 'x');
  const std::set<std::string> names = {"(none)", "(other)",  "a\n",           "a?",
                                       "\x7f",   "\xc2\x9b", long_name + "1", long_name + "2"};
  std::string request = R"({"resourceSpans":[)";
  std::uint64_t number_of_span = 0;
  const auto add = [&](const std::string& service) {
    const std::string id = std::to_string(1'000'000'000'000'000 + ++number_of_span);
    request += (number_of_span > 1 ? "," : "") + std::string(R"({"resource":{"attributes":[)");
    if (!service.empty()) {
      request += R"({"key":"service.name","value":{"stringValue":)";
      append_json_string(service, request);
      request += "}}";
    }
    const std::string parent = number_of_span > 1 ? std::to_string(1'000'000'000'000'000 + number_of_span - 1) : "";
    request += R"(]},"scopeSpans":[{"spans":[{"traceId":"00000000000000010000000000000001","spanId":")" + id +
               R"(","parentSpanId":")" + parent + R"("}]}]})";
  };
  for (const std::string& name : names) add(name);
  add("");
  for (int i = 0; i < 1030; ++i) add("s" + std::to_string(i));
  write_file(path("in"), buffer(request + "]}\n"));
  const Outcome outcome = run("graph in --json");
  EXPECT_TRUE(is_plain(outcome.out));
  EXPECT_FALSE(contains(outcome.out, "\xc2\x9b"));  // escaped
  simdjson::dom::parser parser;
  const element graph = parse(parser, outcome.out);
  std::set<std::string> found;
  std::set<bool> without_name;
  for (const element node : array_at(graph, "/nodes")) {
    const bool other = node["service_other"].get_bool().value();
    if (node["service"].is_null()) {
      EXPECT_TRUE(without_name.insert(other).second);
      EXPECT_EQ(number(node, "/spans"), other ? 14u : 1u);
      continue;
    }
    EXPECT_FALSE(other);
    EXPECT_TRUE(found.insert(text_at(node, "/service")).second);
  }
  EXPECT_EQ(without_name.size(), 2u);
  EXPECT_EQ(found.size(), 1024u);
  for (const std::string& name : names) EXPECT_TRUE(found.contains(name)) << name;
  std::set<std::string> edges_without_name;
  for (const element edge : array_at(graph, "/edges"))
    for (const std::string end : {"from", "to"})
      if (edge[end].is_null())
        edges_without_name.insert(end + (edge[end + "_other"].get_bool().value() ? "_other" : ""));
  EXPECT_EQ(edges_without_name, std::set<std::string>({"from", "to", "to_other"}));
  // A table for people has none of the characters that a terminal obeys.
  EXPECT_FALSE(contains(run("graph in").out, "\xc2\x9b"));
}

TEST_F(GraphCommand, ChecksUsageInputsAndOutput) {
  for (const char* const arguments :
       {"graph", "graph - -", "graph in --format svg", "graph in --spans-max 1", "graph in --json --format dot"}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
  }
  EXPECT_EQ(run("graph " + kDemo + " nowhere").exit_code, 1);
  EXPECT_EQ(std::system(("'" ENTAIL_COMMAND "' graph '" + kDemo + "' >/dev/full 2>/dev/null").c_str()) >> 8, 3);
  write_file(path("empty"), {});
  EXPECT_EQ(run("graph empty").exit_code, 1);
  EXPECT_EQ(run("graph /dev/null --format dot").exit_code, 1);
  simdjson::dom::parser parser;
  const element few = parse(parser, run("graph --json --spans-max 10 " + kDemo).out);
  EXPECT_GT(number(few, "/parents/forgotten"), 0u);
}

}  // namespace
}  // namespace entail::cli
