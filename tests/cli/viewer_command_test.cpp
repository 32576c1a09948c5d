// `entail convert --to jaeger` and `--to perfetto`: the field names of Jaeger's model, and the rules by which Perfetto
// nests slices and binds flows.
#include <cmath>
#include <set>
#include <vector>

#include "command_run.hpp"
#include "otlp_form.hpp"

namespace entail::cli {
namespace {

using namespace test;
namespace fs = std::filesystem;
using simdjson::dom::element;

const std::string kGolden = ENTAIL_SOURCE_DIR "/tests/golden/";

// What OTLP/JSON says about the spans and links of a capture.
struct Spans {
  std::map<std::string, std::string> names;                  // by "TRACE:SPAN"
  std::multiset<std::pair<std::string, std::string>> links;  // linking and linked
  std::uint64_t count = 0;
  std::uint64_t children = 0;
  std::uint64_t events = 0;
};

class ViewerCommand : public CommandTest {
 protected:
  element convert(const std::string& input, const std::string& viewer) {
    const Outcome outcome = run("convert '" + input + "' -o out.json --json --to " + viewer);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    summary_ = outcome.out;
    return parse(parser_, read_file(path("out.json")));
  }

  Spans spans_of(const std::string& input) {
    EXPECT_EQ(run("convert '" + input + "' -o spans.json --to json").exit_code, 0);
    simdjson::dom::parser parser;
    Spans spans;
    for (const auto resource : array_at(parse(parser, read_file(path("spans.json"))), "/resourceSpans"))
      for (const auto scope : array_at(resource, "/scopeSpans"))
        for (const auto span : array_at(scope, "/spans")) add(span, spans);
    return spans;
  }

  static void add(const element& span, Spans& spans) {
    const std::string id = text_at(span, "/traceId") + ":" + text_at(span, "/spanId");
    ++spans.count;
    std::string_view parent;
    spans.children += span["parentSpanId"].get(parent) == simdjson::SUCCESS && !parent.empty();
    spans.names[id] = text_at(span, "/name");
    simdjson::dom::array list;
    if (span["events"].get(list) == simdjson::SUCCESS) spans.events += list.size();
    if (span["links"].get(list) != simdjson::SUCCESS) return;
    for (const auto link : list) spans.links.emplace(id, text_at(link, "/traceId") + ":" + text_at(link, "/spanId"));
  }

  std::vector<std::string> captures() {
    std::vector<std::string> files = {kGolden + "otel_demo_capture/otel_demo_2024-10-30.mixed.jsonl"};
    for (const auto& entry : fs::directory_iterator(kGolden + "jaeger")) files.push_back(entry.path());
    for (const char* const scenario : {"batch --links 200", "fan-out", "queue", "aggregation", "mixed --spans 500"}) {
      const std::string name = path(std::string(scenario).substr(0, 5)) + ".otlp";
      EXPECT_EQ(run(std::string("generate -o '") + name + "' --scenario " + scenario).exit_code, 0);
      files.push_back(name);
    }
    return files;
  }

  simdjson::dom::parser parser_;
  std::string summary_;
};

// The keys of an object must be these, and no others.
void expect_keys(const element& object, std::set<std::string> keys) {
  std::set<std::string> found;
  for (const auto field : simdjson::dom::object(object)) found.emplace(field.key);
  EXPECT_EQ(found, keys);
}

// Jaeger's KeyValue: a value of its type.
void expect_tags(const simdjson::dom::array& tags) {
  for (const auto tag : tags) {
    expect_keys(tag, {"key", "type", "value"});
    const std::string type = text_at(tag, "/type");
    const element value = tag["value"];
    const bool right = type == "bool"      ? value.is_bool()
                       : type == "int64"   ? value.is_int64() || value.is_string()
                       : type == "float64" ? value.is_number()
                                           : (type == "string" || type == "binary") && value.is_string();
    EXPECT_TRUE(right) << type;
  }
}

void expect_jaeger_span(const element& span, const element& trace) {
  expect_keys(span, {"traceID", "spanID", "flags", "operationName", "references", "startTime", "duration", "tags",
                     "logs", "processID", "warnings"});
  EXPECT_EQ(text_at(span, "/traceID"), text_at(trace, "/traceID"));
  element process;
  EXPECT_EQ(trace["processes"][text_at(span, "/processID")].get(process), simdjson::SUCCESS);
  expect_keys(process, {"serviceName", "tags"});
  expect_tags(array_at(process, "/tags"));
  expect_tags(array_at(span, "/tags"));
  for (const auto reference : array_at(span, "/references")) {
    expect_keys(reference, {"refType", "traceID", "spanID"});
    const std::string type = text_at(reference, "/refType");
    EXPECT_TRUE(type == "CHILD_OF" || type == "FOLLOWS_FROM") << type;
  }
  for (const auto log : array_at(span, "/logs")) {
    expect_keys(log, {"timestamp", "fields"});
    EXPECT_TRUE(log["timestamp"].is_uint64() || log["timestamp"].is_int64());
    expect_tags(array_at(log, "/fields"));
  }
  EXPECT_TRUE(span["warnings"].is_null() || span["warnings"].is_array());
  EXPECT_GE(number(span, "/startTime"), 0u);
  EXPECT_GE(number(span, "/duration"), 0u);
}

TEST_F(ViewerCommand, Jaeger_HasTheFieldsOfItsModel_AndEverySpan) {
  for (const std::string& file : captures()) {
    SCOPED_TRACE(file);
    const Spans spans = spans_of(file);
    const element document = convert(file, "jaeger");
    expect_keys(document, {"data", "total", "limit", "offset", "errors"});
    std::uint64_t count = 0, references = 0, events = 0;
    std::set<std::pair<std::string, std::string>> missing(spans.links.begin(), spans.links.end());
    std::set<std::string> traces;
    for (const auto trace : array_at(document, "/data")) {
      expect_keys(trace, {"traceID", "spans", "processes", "warnings"});
      EXPECT_TRUE(traces.insert(text_at(trace, "/traceID")).second) << "a trace is there twice";
      for (const auto span : array_at(trace, "/spans")) {
        expect_jaeger_span(span, trace);
        const std::string id = text_at(span, "/traceID") + ":" + text_at(span, "/spanID");
        EXPECT_EQ(text_at(span, "/operationName"), spans.names.at(id));
        ++count;
        for (const auto reference : array_at(span, "/references")) {
          ++references;
          missing.erase({id, text_at(reference, "/traceID") + ":" + text_at(reference, "/spanID")});
        }
        for (const auto log : array_at(span, "/logs")) {
          const element first = array_at(log, "/fields").at(0);
          events += text_at(first, "/key") != "event" || text_at(first, "/value") != "link";
        }
      }
    }
    EXPECT_EQ(count, spans.count);
    EXPECT_EQ(references, spans.links.size() + spans.children);
    EXPECT_TRUE(missing.empty()) << missing.size() << " links have no reference";
    EXPECT_EQ(events, spans.events);
    EXPECT_EQ(number(document, "/total"), traces.size());
  }
}

TEST_F(ViewerCommand, Jaeger_ShowsLinkAttributesAndTypes) {
  const element document = convert(kGolden + "jaeger/link_attributes_trace.json", "jaeger");
  const element span = array_at(array_at(document, "/data").at(0), "/spans").at(0);
  std::vector<std::string> kinds;
  for (const auto reference : array_at(span, "/references")) kinds.push_back(text_at(reference, "/refType"));
  EXPECT_EQ(kinds, std::vector<std::string>({"CHILD_OF", "CHILD_OF", "FOLLOWS_FROM"}));
  std::map<std::string, std::string> tags;
  for (const auto tag : array_at(array_at(span, "/logs").at(0), "/fields"))
    tags[text_at(tag, "/key")] = text_at(tag, "/type") + " " + simdjson::minify(tag["value"].value());
  EXPECT_EQ(tags["link.trace_id"], "string \"000000000000000000000000000000ff\"");
  EXPECT_EQ(tags["sameplacelinkattribute2"], "int64 123");
  EXPECT_EQ(tags["sameplacelinkattribute3"], "float64 72.5");
  EXPECT_EQ(tags["sameplacelinkattribute4"], "bool true");
  EXPECT_EQ(tags["linkblob"], "binary \"AAAwOQ==\"");
}

TEST_F(ViewerCommand, Jaeger_WarnsOfImpossibleTimes_AndWritesLargeIntegersAsText) {
  write_file(path("in"),
             buffer(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10",)"
                    R"("spanId":"0102030405060708","startTimeUnixNano":"9000","endTimeUnixNano":"8000",)"
                    R"("attributes":[{"key":"n","value":{"intValue":"9007199254740993"}}]}]}]}]})"
                    "\n"));
  const element span = array_at(array_at(convert("in", "jaeger"), "/data").at(0), "/spans").at(0);
  EXPECT_EQ(simdjson::minify(span["warnings"].value()), "[\"the span ends before it begins\"]");
  EXPECT_EQ(number(span, "/duration"), 0u);
  EXPECT_EQ(text_at(array_at(span, "/tags").at(0), "/value"), "9007199254740993");
}

// Reads trace events as Perfetto does: by time, and in the order of the file at the same time. Slices of a thread must
// nest. A flow binds to the innermost slice that is open on its thread.
class TraceReader {
 public:
  void read(const simdjson::dom::array& events) {
    for (const auto event : events) {
      const std::string phase = text_at(event, "/ph");
      if (phase == "M") continue;
      const std::int64_t ts = nanoseconds(event["ts"]);
      EXPECT_GE(ts, last_ts_) << "events are not in the order of time";
      last_ts_ = ts;
      const std::uint64_t thread = number(event, "/tid");
      EXPECT_TRUE(process_of_thread_.emplace(thread, number(event, "/pid")).first->second == number(event, "/pid"));
      if (phase == "X") {
        slice(event, thread, ts);
      } else {
        flow(event, phase, thread, ts);
      }
    }
    EXPECT_TRUE(open_flows_.empty());
  }

  std::multiset<std::pair<std::string, std::string>> links;  // linking and linked, as the flows show them
  std::map<std::string, std::string> names;

 private:
  struct Slice {
    std::string id;
    std::int64_t start = 0;
    std::int64_t end = 0;
  };

  static std::int64_t nanoseconds(const element& micros) { return std::llround(double(micros) * 1000); }

  void slice(const element& event, std::uint64_t thread, std::int64_t ts) {
    std::vector<Slice>& open = open_[thread];
    while (!open.empty() && open.back().end <= ts) open.pop_back();
    Slice slice{text_at(event, "/args/trace_id") + ":" + text_at(event, "/args/span_id"), ts,
                ts + nanoseconds(event["dur"])};
    names[slice.id] = text_at(event, "/name");
    if (!open.empty()) {
      EXPECT_LE(slice.end, open.back().end) << "slices overlap";
      EXPECT_EQ(slice.id.substr(0, 32), open.back().id.substr(0, 32)) << "a slice lies in one of another trace";
    }
    open.push_back(std::move(slice));
  }

  void flow(const element& event, const std::string& phase, std::uint64_t thread, std::int64_t ts) {
    const std::vector<Slice>& open = open_[thread];
    ASSERT_FALSE(open.empty()) << "no slice is open";
    EXPECT_EQ(open.back().start, ts);
    const std::uint64_t id = number(event, "/id");
    const std::string category = text_at(event, "/cat");
    EXPECT_FALSE(text_at(event, "/name").empty());
    if (phase == "s") {
      EXPECT_TRUE(open_flows_.emplace(id, open.back().id).second) << "a flow begins twice";
      return;
    }
    ASSERT_EQ(phase, "f");
    EXPECT_EQ(text_at(event, "/bp"), "e");
    const auto start = open_flows_.find(id);
    ASSERT_NE(start, open_flows_.end()) << "a flow ends before it begins";
    if (category == "link")
      links.emplace(open.back().id, start->second);
    else
      links.emplace(start->second, open.back().id);
    open_flows_.erase(start);
  }

  std::int64_t last_ts_ = 0;
  std::map<std::uint64_t, std::vector<Slice>> open_;
  std::map<std::uint64_t, std::uint64_t> process_of_thread_;
  std::map<std::uint64_t, std::string> open_flows_;
};

TEST_F(ViewerCommand, Perfetto_SlicesNest_AndFlowsBindToTheSpansOfTheirLink) {
  std::size_t flows = 0;
  for (const std::string& file : captures()) {
    SCOPED_TRACE(file);
    const Spans spans = spans_of(file);
    const element document = convert(file, "perfetto");
    TraceReader reader;
    reader.read(array_at(document, "/traceEvents"));
    EXPECT_EQ(reader.names, spans.names);
    std::multiset<std::pair<std::string, std::string>> expected;
    for (const auto& link : spans.links)
      if (spans.names.contains(link.second) && link.first != link.second) expected.insert(link);
    EXPECT_EQ(reader.links, expected);
    flows += expected.size();
    std::uint64_t undrawn = 0;
    if (parse(parser_, summary_)["links_undrawn"].get(undrawn) != simdjson::SUCCESS) undrawn = 0;
    EXPECT_EQ(undrawn, spans.links.size() - expected.size());
  }
  EXPECT_GT(flows, 150u);
}

TEST_F(ViewerCommand, Perfetto_LeavesOutSpansWithoutTimes) {
  write_file(path("in"),
             buffer(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10",)"
                    R"("spanId":"0102030405060708","endTimeUnixNano":"8000"},{"traceId":"00"}]}]}]})"
                    "\n"));
  const element document = convert("in", "perfetto");
  for (const auto event : array_at(document, "/traceEvents")) EXPECT_EQ(text_at(event, "/ph"), "M");
  const auto summary = parse(parser_, summary_);
  EXPECT_EQ(number(summary, "/spans"), 0u);
  EXPECT_EQ(number(summary, "/spans_untimed"), 1u);
  EXPECT_EQ(number(summary, "/spans_rejected"), 1u);
  EXPECT_TRUE(contains(run("convert in -o out.json --to perfetto").out, "no usable start and end time"));
}

}  // namespace
}  // namespace entail::cli
