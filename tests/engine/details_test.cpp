// The details of decision records (docs/formats.md "Decision log", from `root_service` on) against a naive reading of
// the same JSON, and what they cost when they are not wanted.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/engine/engine_run.hpp"

namespace entail::engine_test {
namespace {

const std::string kCapture =
    std::string(ENTAIL_SOURCE_DIR) + "/tests/golden/otel_demo_capture/otel_demo_2024-10-30.mixed.jsonl";

// One span, read from the JSON alone.
struct NaiveSpan {
  std::string id, parent, service, name, message = {};
  std::uint64_t start = 0, end = 0;
  bool is_error = false;
};
using NaiveTraces = std::map<std::string, std::vector<NaiveSpan>>;

std::string text_of(const simdjson::dom::element& object, const char* key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

NaiveTraces read_naively(const std::vector<std::string>& lines) {
  NaiveTraces traces;
  simdjson::dom::parser parser;
  for (const std::string& line : lines) {
    simdjson::dom::array resources;
    if (parser.parse(line)["resourceSpans"].get(resources) != simdjson::SUCCESS) continue;
    for (const auto& resource : resources) {
      std::string service;
      for (const auto& attribute : resource["resource"]["attributes"])
        if (text_of(attribute, "key") == "service.name") service = text_of(attribute["value"], "stringValue");
      for (const auto& scope : resource["scopeSpans"]) {
        for (const auto& span : scope["spans"]) {
          NaiveSpan naive;
          naive.id = text_of(span, "spanId");
          naive.parent = text_of(span, "parentSpanId");
          naive.service = service;
          naive.name = text_of(span, "name");
          naive.start = std::stoull(text_of(span, "startTimeUnixNano"));
          naive.end = std::stoull(text_of(span, "endTimeUnixNano"));
          if (simdjson::dom::element status; span["status"].get(status) == simdjson::SUCCESS) {
            std::uint64_t code = 0;
            naive.is_error = status["code"].get(code) == simdjson::SUCCESS && code == 2;
            naive.message = text_of(status, "message");
          }
          traces[text_of(span, "traceId")].push_back(naive);
        }
      }
    }
  }
  return traces;
}

const NaiveSpan& entry_of(const std::vector<NaiveSpan>& spans) {
  std::set<std::string> ids;
  for (const NaiveSpan& span : spans) ids.insert(span.id);
  return *std::min_element(spans.begin(), spans.end(), [&](const NaiveSpan& a, const NaiveSpan& b) {
    const auto rank = [&](const NaiveSpan& span) {
      return span.parent.empty() ? 0 : ids.contains(span.parent) ? 2 : 1;
    };
    return std::tuple(rank(a), a.start, a.id) < std::tuple(rank(b), b.start, b.id);
  });
}

void expect_details(const std::string& trace, const std::vector<NaiveSpan>& spans, const DecisionRecord& record) {
  ASSERT_TRUE(record.detail.has_value()) << trace;
  const TraceDetail& detail = *record.detail;
  EXPECT_EQ(detail.root_service, entry_of(spans).service) << trace;
  EXPECT_EQ(detail.root_name, entry_of(spans).name) << trace;
  std::uint64_t start = ~0ull, end = 0, errors = 0;
  std::set<std::string> services;
  const NaiveSpan* first = nullptr;
  for (const NaiveSpan& span : spans) {
    start = std::min(start, span.start);
    end = std::max(end, span.end);
    services.insert(span.service);
    if (!span.is_error) continue;
    ++errors;
    if (first == nullptr || std::tie(span.start, span.id) < std::tie(first->start, first->id)) first = &span;
  }
  EXPECT_EQ(detail.start_ns, static_cast<std::int64_t>(start)) << trace;
  EXPECT_EQ(detail.duration_ns, static_cast<std::int64_t>(end - start)) << trace;
  EXPECT_EQ(detail.services, std::vector<std::string>(services.begin(), services.end())) << trace;
  EXPECT_EQ(detail.errors, errors) << trace;
  ASSERT_EQ(detail.error.has_value(), first != nullptr) << trace;
  if (first == nullptr) return;
  EXPECT_EQ(detail.error->service, first->service) << trace;
  EXPECT_EQ(detail.error->name, first->name) << trace;
  EXPECT_EQ(detail.error->message, first->message.substr(0, 256)) << trace;  // the capture has ASCII alone
}

Options options_with(const std::string& policies, const std::string& more = "") {
  return options_of("tail_sampling: {decision_wait: 10s, policies: [" + policies + "]}\n" + more);
}
constexpr char kErrors[] = "{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}";

std::vector<std::string> capture() { return workload::split_lines(workload::read_file(kCapture)); }

// All in one tick, in the order given.
void play(EngineRun& run, const std::vector<std::string>& lines) {
  Request request;
  for (const std::string& line : lines) {
    ASSERT_TRUE(request.parse_json(line).ok());
    if (request.signal() == Request::Signal::traces) run.ingest(request);
  }
  run.drain(100);
}

TEST(Details, AreThoseOfTheCapture) {
  const std::vector<std::string> lines = capture();
  const NaiveTraces traces = read_naively(lines);
  ASSERT_EQ(traces.size(), 141u);
  for (const bool reversed : {false, true}) {
    std::vector<std::string> order = lines;
    if (reversed) std::reverse(order.begin(), order.end());
    EngineRun run(options_with(kErrors));
    play(run, order);
    ASSERT_EQ(run.records.size(), traces.size());
    std::size_t rootless = 0;
    for (const auto& [trace, spans] : traces) {
      rootless += !entry_of(spans).parent.empty();
      expect_details(trace, spans, run.records.at(oracle::bytes_of(*from_hex(trace))));
    }
    EXPECT_GT(rootless, 0u) << "the capture has traces whose root is elsewhere";
    EXPECT_EQ(run.engine().statistics().spans.held, 0u);
  }
}

std::string zero_padded(unsigned number, unsigned digits) {
  const std::string text = std::to_string(number);
  return std::string(digits - text.size(), '0') + text;
}

std::string span_json(unsigned trace, unsigned span, unsigned parent, std::uint64_t second, const std::string& name,
                      const std::string& service, bool is_error = false) {
  return R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":")" + service +
         R"("}}]},"scopeSpans":[{"spans":[{"traceId":")" + zero_padded(trace, 32) + R"(","spanId":")" +
         zero_padded(span, 16) + "\"," + (parent == 0 ? "" : R"("parentSpanId":")" + zero_padded(parent, 16) + "\",") +
         R"("name":")" + name + R"(","startTimeUnixNano":")" + std::to_string(second) +
         R"(000000000","endTimeUnixNano":")" + std::to_string(second + 1) + R"(000000000")" +
         (is_error ? R"(,"status":{"code":2,"message":"it broke"})" : "") + "}]}]}]}";
}

void ingest_json(EngineRun& run, const std::string& json) {
  Request request;
  ASSERT_TRUE(request.parse_json(json).ok());
  run.ingest(request);
}
const DecisionRecord& record_of(EngineRun& run, unsigned trace) {
  return run.records.at(oracle::bytes_of(*from_hex(zero_padded(trace, 32))));
}

// What was noted outlives the spans: a revision that comes when they are gone says the same, and more.
TEST(Details, OutliveTheSpansAndCountLateOnes) {
  EngineRun run(options_with(kErrors, "retain: {window: 5s}"));
  run.tick(100);
  ingest_json(run, span_json(7, 1, 0, 100, "GET /cart", "shop"));
  run.tick(110);
  EXPECT_EQ(record_of(run, 7).revision, 0u);
  EXPECT_EQ(record_of(run, 7).detail->root_name, "GET /cart");
  run.tick(120);  // sealed
  ingest_json(run, span_json(7, 2, 1, 90, "late child", "stock"));
  // An origin that links it: a keep after the seal.
  std::string origin = span_json(8, 1, 0, 120, "batch", "worker", true);
  origin.insert(origin.find("\"status\""),
                R"("links":[{"traceId":"00000000000000000000000000000007","spanId":"0000000000000001"}],)");
  ingest_json(run, origin);
  run.drain(121);
  const DecisionRecord& sealed = record_of(run, 7);
  EXPECT_EQ(sealed.revision, 1u);
  EXPECT_EQ(sealed.loss, "keep_after_seal");
  EXPECT_EQ(sealed.detail->root_name, "GET /cart");
  EXPECT_EQ(sealed.detail->services, (std::vector<std::string>{"shop", "stock"}));
  EXPECT_EQ(sealed.detail->start_ns, 90 * kNanosPerSecond);
  EXPECT_EQ(record_of(run, 8).detail->error->message, "it broke");
  EXPECT_EQ(record_of(run, 8).detail->nearest.size(), 0u) << "it was kept";
}

// A time of 0 is not known: neither 1970, nor the first of all.
TEST(Details, LeaveOutTimesThatAreNotKnown) {
  EngineRun run(options_with(kErrors));
  const auto without = [](std::string json, const std::string& key) {
    const std::size_t at = json.find("\"" + key + "\":\"") + key.size() + 4;
    return json.replace(at, json.find('"', at) - at, "0");
  };
  const std::string start = "startTimeUnixNano", end = "endTimeUnixNano";
  ingest_json(run, span_json(1, 1, 0, 100, "GET", "shop"));
  ingest_json(run, without(span_json(1, 2, 1, 100, "no start", "stock", true), start));
  ingest_json(run, span_json(1, 3, 1, 101, "started", "mail", true));
  ingest_json(run, without(without(span_json(2, 1, 0, 100, "no times", "shop", true), start), end));
  ingest_json(run, without(span_json(3, 1, 0, 100, "no end", "shop"), end));
  ingest_json(run, without(span_json(4, 1, 0, 100, "no end", "shop"), end));
  ingest_json(run, span_json(4, 2, 1, 105, "ended", "shop"));
  run.drain(200);
  const TraceDetail& some = *record_of(run, 1).detail;
  EXPECT_FALSE(some.start_ns.has_value());
  EXPECT_FALSE(some.duration_ns.has_value());
  EXPECT_EQ(some.error->name, "started");
  EXPECT_EQ(record_of(run, 2).detail->error->name, "no times");
  EXPECT_FALSE(record_of(run, 2).detail->start_ns.has_value());
  EXPECT_EQ(record_of(run, 3).detail->start_ns, 100 * kNanosPerSecond);
  EXPECT_FALSE(record_of(run, 3).detail->duration_ns.has_value());
  EXPECT_EQ(record_of(run, 4).detail->duration_ns, 6 * kNanosPerSecond);
}

// The entry of a trace without a root is found while its spans are there, also when they go before the record is
// written.
TEST(Details, NameTheEntryOfATraceThatWasDroppedAtOnce) {
  EngineRun run(options_with("{name: noise, type: drop, drop: {drop_sub_policy: [{name: all, type: always_sample}]}}",
                             "retain: {max_bytes: 1}"));
  ingest_json(run, span_json(1, 2, 1, 100, "entry", "shop"));
  ingest_json(run, span_json(1, 3, 2, 90, "child", "stock"));
  run.drain(200);
  EXPECT_EQ(record_of(run, 1).reason, "drop_policy");
  EXPECT_EQ(record_of(run, 1).detail->root_name, "entry");
  EXPECT_EQ(record_of(run, 1).detail->root_service, "shop");
}

TEST(Details, NameTheEntryOfAnEvictedTrace) {
  Options options = options_with(kErrors, "retain: {window: 1000s}");
  options.retain.max_bytes = 10'000;
  EngineRun run(options);
  const std::string pad(3000, 'p');
  for (unsigned trace = 1; trace <= 12; ++trace) {
    run.tick(100 + 20 * trace);
    ingest_json(run, span_json(trace, 2, 1, 100 + 20 * trace, "entry", "shop"));
    ingest_json(run, span_json(trace, 3, 2, 90 + 20 * trace, "child" + pad, "stock"));
  }
  run.tick(500);
  EXPECT_EQ(record_of(run, 1).loss, "evicted");
  unsigned evicted = 0;
  for (unsigned trace = 1; trace <= 12; ++trace) {
    evicted += record_of(run, trace).loss == "evicted";
    EXPECT_EQ(record_of(run, trace).detail->root_name, "entry") << trace;
  }
  EXPECT_GT(evicted, 0u);
}

TEST(Details, SayHowCloseTheFirstSixteenPoliciesCame) {
  std::string policies = kErrors;
  for (unsigned i = 10; i < 50; ++i)
    policies += ", {name: slow" + std::to_string(i) + ", type: latency, latency: {threshold_ms: 5000}}";
  EngineRun run(options_with(policies));
  ingest_json(run, span_json(1, 1, 0, 100, "GET", "shop"));
  run.drain(100);
  const std::vector<NearPolicy>& nearest = record_of(run, 1).detail->nearest;
  ASSERT_EQ(nearest.size(), 16u);
  EXPECT_EQ(nearest.front().policy, "slow10");
  EXPECT_EQ(nearest.back().policy, "slow25");
}

TEST(Details, SayHowCloseEachPolicyCame) {
  EngineRun run(options_with(std::string(kErrors) +
                             ", {name: slow, type: latency, latency: {threshold_ms: 5000}}"
                             ", {name: rate, type: rate_limiting, rate_limiting: {spans_per_second: 1}}"));
  for (const unsigned trace : {1u, 2u, 3u, 4u}) ingest_json(run, span_json(trace, 1, 0, 100, "GET", "shop"));
  run.drain(100);
  EXPECT_EQ(record_of(run, 1).verdict, Verdict::keep);
  const TraceDetail& dropped = *record_of(run, 4).detail;
  ASSERT_EQ(dropped.nearest.size(), 2u);
  EXPECT_EQ(dropped.nearest[0].policy, "slow");
  EXPECT_EQ(dropped.nearest[0].value, 1000);
  EXPECT_EQ(dropped.nearest[0].threshold, 5000);
  EXPECT_EQ(dropped.nearest[0].why, "1 s of 5 s");
  EXPECT_EQ(dropped.nearest[1].why, "exhausted: 1 span did not fit into 1 per second");
  EXPECT_GT(dropped.bytes, 40u);
}

TEST(Details, AreLeftOutIfTheyAreNotWanted) {
  EngineRun run(options_with(kErrors, "decisions: {detail: ids}"));
  play(run, capture());
  ASSERT_EQ(run.records.size(), 141u);
  for (const auto& [trace, record] : run.records) {
    EXPECT_FALSE(record.detail.has_value());
    std::string json;
    append_json(record, json);
    EXPECT_TRUE(json.ends_with("]}")) << json;
    EXPECT_EQ(json.find("root_service"), std::string::npos);
  }
}

TEST(Details, PrintAsJson) {
  DecisionRecord record;
  record.verdict = Verdict::drop;
  record.detail.emplace();
  TraceDetail& detail = *record.detail;
  std::string json;
  append_json(record, json);
  EXPECT_TRUE(json.ends_with(R"("linked":[],"root_service":null,"root_name":null,"start":null,"duration_ms":null,)"
                             R"("services":[],"errors":0,"error":null,"bytes":0,"nearest":[]})"))
      << json;
  detail = {"shop",
            "GET \"/\"",
            1'700'000'000'000'000'001,
            1'500'010,
            {"a", "b"},
            2,
            TraceDetail::FirstError{"b", "", "x"},
            99,
            {{"slow", 4.5, 5000, "4.5 ms of 5 s"}}};
  json.clear();
  append_json(record, json);
  EXPECT_TRUE(json.ends_with(
      R"("root_service":"shop","root_name":"GET \"/\"","start":"2023-11-14T22:13:20.000000001Z",)"
      R"("duration_ms":1.50001,"services":["a","b"],"errors":2,"error":{"service":"b","name":null,"message":"x"},)"
      R"("bytes":99,"nearest":[{"policy":"slow","value":4.5,"threshold":5000,"why":"4.5 ms of 5 s"}]})"))
      << json;
  detail.duration_ns = -2'000'000;
  json.clear();
  append_json(record, json);
  EXPECT_NE(json.find("\"duration_ms\":-2,"), std::string::npos);
}

}  // namespace
}  // namespace entail::engine_test
