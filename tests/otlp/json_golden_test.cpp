// Real captures: the JSON of SDKs and Collectors compared with the protobuf of the same SDKs.
#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "otlp_trace.pb.h"
#include "tests/otlp/json_case.hpp"

namespace entail::otlp {
namespace {

// The requests of a file with u32 big-endian length prefixes.
std::vector<std::string> framed_requests(const std::string& file) {
  std::vector<std::string> requests;
  for (std::size_t at = 0; at + 4 <= file.size();) {
    const auto* const length = reinterpret_cast<const unsigned char*>(file.data()) + at;
    const std::size_t size =
        std::size_t{length[0]} << 24 | std::size_t{length[1]} << 16 | std::size_t{length[2]} << 8 | length[3];
    requests.push_back(file.substr(at + 4, size));
    at += 4 + size;
  }
  return requests;
}

// The request as protobuf C++ reads it: rejects invalid UTF-8, ignores field order and explicit zeros.
otlp_proto::TracesData parsed(Bytes protobuf) {
  otlp_proto::TracesData data;
  EXPECT_TRUE(data.ParseFromArray(protobuf.data(), static_cast<int>(protobuf.size())));
  return data;
}

Bytes as_bytes(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

std::string printed(const std::string& protobuf) {
  std::string text;
  const Result<void> result = append_json(as_bytes(protobuf), text);
  EXPECT_TRUE(result.ok()) << describe(result.error());
  return text;
}

// Every JSON file here that consists of requests, by line or as a whole, by folder.
constexpr std::array kSdkCaptures = {
    "node_aggregation",       "node_per_item_batch", "node_queue",           "node_scheduled_job",
    "node_user_journey",      "py_attributes",       "py_batch_batch_error", "py_batch_producer_error",
    "py_links_default_limit", "py_odd_links",        "py_tracestate"};
constexpr const char* kDemo = "otel_demo_capture/otel_demo_2024-10-30.mixed.jsonl";
constexpr std::array kDocuments = {"jaeger/link_attributes_trace.json",        "jaeger/tags_opname_trace.json",
                                   "jaeger/cassandra_otel_traces_01.json",     "jaeger/memory_otel_traces_01.json",
                                   "jaeger/elasticsearch_otel_traces_01.json", "opentelemetry-proto/trace.json"};

std::vector<std::string> all_requests() {
  std::vector<std::string> requests;
  const auto add = [&requests](const std::string& path) {
    for (std::string& line : lines_of(read_file(path))) requests.push_back(std::move(line));
  };
  for (const std::string name : kSdkCaptures) add("sdk/" + name + ".otlp.jsonl");
  add(kDemo);
  add("duckdb-otlp/traces_nulls.jsonl");
  add("duckdb-otlp/traces_deep_nesting.jsonl");
  for (const char* path : kDocuments) requests.push_back(read_file(path));
  return requests;
}

// The Python SDK omits an attribute with an int beyond 64 bits from protobuf, but writes it in JSON, where only
// its value is lost. Removes such attributes and returns their number.
std::size_t remove_valueless(otlp_proto::TracesData& data) {
  std::size_t removed = 0;
  for (auto& resource_spans : *data.mutable_resource_spans()) {
    for (auto& scope_spans : *resource_spans.mutable_scope_spans()) {
      for (auto& span : *scope_spans.mutable_spans()) {
        auto& attributes = *span.mutable_attributes();
        const auto first =
            std::remove_if(attributes.begin(), attributes.end(), [](const otlp_proto::KeyValue& attribute) {
              return attribute.key() == "int.too.big" && !attribute.has_value();
            });
        removed += static_cast<std::size_t>(attributes.end() - first);
        attributes.erase(first, attributes.end());
      }
    }
  }
  return removed;
}

TEST(JsonGolden, SdkJsonMatchesSdkProtobuf) {
  std::size_t requests = 0;
  for (const std::string name : kSdkCaptures) {
    const std::vector<std::string> lines = lines_of(read_file("sdk/" + name + ".otlp.jsonl"));
    const std::vector<std::string> messages = framed_requests(read_file("sdk/" + name + ".otlp.bin"));
    ASSERT_EQ(lines.size(), messages.size()) << name;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const JsonCase read(lines[i]);
      ASSERT_TRUE(read.ok()) << name << " " << describe(read.error);
      otlp_proto::TracesData ours = parsed(read.request.protobuf);
      const std::size_t lost = remove_valueless(ours);
      EXPECT_EQ(lost, name == "py_attributes" && i == 0 ? 1U : 0U);
      EXPECT_EQ(read.request.values_lost, lost) << name;
      EXPECT_EQ(ours.SerializeAsString(), parsed(as_bytes(messages[i])).SerializeAsString())
          << name << " request " << i;
      if (lost == 0) {
        EXPECT_EQ(read.printed(), printed(messages[i])) << name << " request " << i;
      }
      EXPECT_TRUE(read.request.marks.empty());
      ++requests;
    }
  }
  EXPECT_EQ(requests, 46U);
}

TEST(JsonGolden, SdkViewsMatch) {
  for (const std::string name : kSdkCaptures) {
    const std::vector<std::string> lines = lines_of(read_file("sdk/" + name + ".otlp.jsonl"));
    const std::vector<std::string> messages = framed_requests(read_file("sdk/" + name + ".otlp.bin"));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const JsonCase read(lines[i]);
      Decoded expected;
      ASSERT_TRUE(decode(as_bytes(messages[i]), nullptr, expected).ok());
      ASSERT_EQ(read.decoded.spans.size(), expected.spans.size());
      EXPECT_EQ(read.decoded.link_count, expected.link_count);
      for (std::size_t s = 0; s < expected.spans.size(); ++s) {
        const SpanView& ours = read.span(s);
        const SpanView& theirs = expected.spans[s];
        const auto text = [&](Range range) { return messages[i].substr(range.offset, range.size); };
        EXPECT_EQ(read.bytes_of(ours.trace_id), text(theirs.trace_id));
        EXPECT_EQ(read.bytes_of(ours.span_id), text(theirs.span_id));
        EXPECT_EQ(read.bytes_of(ours.parent_span_id), text(theirs.parent_span_id));
        EXPECT_EQ(read.bytes_of(ours.trace_state), text(theirs.trace_state));
        EXPECT_EQ(ours.start_ns, theirs.start_ns);
        EXPECT_EQ(ours.end_ns, theirs.end_ns);
        EXPECT_EQ(ours.flags, theirs.flags);
        EXPECT_EQ(ours.status_code, theirs.status_code);
        EXPECT_EQ(ours.link_count, theirs.link_count);
        EXPECT_EQ(ours.dropped_links_count, theirs.dropped_links_count);
      }
    }
  }
}

TEST(JsonGolden, ReadsTheOtelDemo) {
  std::array<int, 4> requests{};
  std::size_t spans = 0;
  std::size_t links = 0;
  std::set<std::string> traces;
  std::size_t printed_the_same = 0;
  for (const std::string& line : lines_of(read_file(kDemo))) {
    const JsonCase read(line);
    ASSERT_TRUE(read.ok()) << describe(read.error);
    ++requests[static_cast<std::size_t>(read.request.signal)];
    EXPECT_EQ(read.request.values_lost, 0U);
    EXPECT_TRUE(read.request.marks.empty());
    spans += read.decoded.spans.size();
    links += read.decoded.link_count;
    for (const SpanView& span : read.decoded.spans) traces.insert(read.hex_of(span.trace_id));
    if (read.request.signal == Request::Signal::traces) printed_the_same += read.printed() == line;
  }
  EXPECT_EQ(requests, (std::array<int, 4>{41, 16, 40, 0}));  // traces, logs, metrics, profiles
  EXPECT_EQ(spans, 547U);
  EXPECT_EQ(traces.size(), 141U);
  EXPECT_EQ(links, 53U);
  EXPECT_EQ(printed_the_same, 41U);
}

TEST(JsonGolden, ReadsJaegerCaptures) {
  struct Case {
    const char* path;
    std::size_t spans;
    std::uint64_t links;
  };
  for (const Case& expected :
       {Case{"link_attributes_trace", 1, 3}, Case{"tags_opname_trace", 1, 3}, Case{"memory_otel_traces_01", 4, 8},
        Case{"cassandra_otel_traces_01", 1, 2}, Case{"elasticsearch_otel_traces_01", 1, 2}}) {
    const JsonCase read(read_file(std::string("jaeger/") + expected.path + ".json"));
    ASSERT_TRUE(read.ok()) << expected.path << " " << describe(read.error);
    EXPECT_EQ(read.decoded.spans.size(), expected.spans) << expected.path;
    EXPECT_EQ(read.decoded.link_count, expected.links) << expected.path;
    EXPECT_EQ(read.request.values_lost, 0U) << expected.path;
  }
  const JsonCase cassandra(read_file("jaeger/cassandra_otel_traces_01.json"));
  EXPECT_NE(cassandra.printed().find(R"({"key":"blob","value":{"bytesValue":"AAAwOQ=="}})"), std::string::npos);
  EXPECT_NE(cassandra.printed().find(R"({"key":"temperature","value":{"doubleValue":72.5}})"), std::string::npos);
}

TEST(JsonGolden, ReadsTheOfficialExample) {
  const JsonCase read(read_file("opentelemetry-proto/trace.json"));
  EXPECT_EQ(
      read.printed(),
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my.service"}}]},)"
      R"("scopeSpans":[{"scope":{"name":"my.library","version":"1.0.0","attributes":[{"key":"my.scope.attribute",)"
      R"("value":{"stringValue":"some scope attribute"}}]},"spans":[{"traceId":"5b8efff798038103d269b633813fc60c",)"
      R"("spanId":"eee19b7ec3c1b174","parentSpanId":"eee19b7ec3c1b173","name":"I'm a server span","kind":2,)"
      R"("startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000","attributes":[)"
      R"({"key":"my.span.attr","value":{"stringValue":"some value"}}]}]}]}]})");
}

TEST(JsonGolden, HandlesBrokenAndSparseLines) {
  const std::vector<std::string> broken = lines_of(read_file("duckdb-otlp/malformed.jsonl"));
  ASSERT_EQ(broken.size(), 4U);
  EXPECT_EQ(JsonCase(broken[0]).error, Error(ErrorCode::bad_shape, 0));
  EXPECT_EQ(JsonCase(broken[1]).error, Error(ErrorCode::bad_json, 0));
  EXPECT_EQ(JsonCase(broken[3]).error, Error(ErrorCode::bad_json, 1));
  const JsonCase malformed(broken[2]);  // IDs of three digits
  EXPECT_EQ(malformed.request.malformed_ids, 2U);
  EXPECT_FALSE(malformed.span().bad_hex);
  EXPECT_NE(malformed.printed().find(R"("traceId":"","spanId":"")"), std::string::npos);

  std::size_t spans = 0;
  for (const std::string& line : lines_of(read_file("duckdb-otlp/traces_nulls.jsonl"))) {
    spans += JsonCase(line).decoded.spans.size();
  }
  EXPECT_EQ(spans, 3U);
  EXPECT_EQ(JsonCase(read_file("duckdb-otlp/traces_deep_nesting.jsonl")).decoded.link_count, 10U);
}

TEST(JsonGolden, PrintedTextRoundTrips) {
  for (const std::string& text : all_requests()) {
    const JsonCase first(text);
    if (!first.ok() || first.request.signal != Request::Signal::traces) continue;
    const JsonCase second(first.printed());
    const JsonCase third(second.printed());
    EXPECT_EQ(parsed(second.request.protobuf).SerializeAsString(), parsed(first.request.protobuf).SerializeAsString());
    EXPECT_EQ(second.printed(), first.printed());
    EXPECT_EQ(third.request.protobuf, second.request.protobuf);
    EXPECT_EQ(second.request.protobuf.size(), first.request.protobuf.size());
    EXPECT_EQ(second.request.values_lost, 0U);
    EXPECT_EQ(second.request.marks.size(), first.request.marks.size());
    // Python writes the fields in the order in which they are printed.
    if (text.find(R"("stringValue": "python")") != std::string::npos) {
      EXPECT_EQ(second.request.protobuf, first.request.protobuf);
    }
  }
}

TEST(JsonGolden, EveryTruncationIsAnError) {
  const std::vector<std::string> texts = {lines_of(read_file("sdk/node_user_journey.otlp.jsonl")).at(1),
                                          read_file("jaeger/cassandra_otel_traces_01.json"),
                                          lines_of(read_file("sdk/py_odd_links.otlp.jsonl")).at(0)};
  JsonReader reader;
  JsonRequest request;
  for (const std::string& text : texts) {
    const std::size_t last = text.find_last_not_of(" \n");
    for (std::size_t size = 0; size <= last; ++size) {
      const Result<void> result = reader.read(std::string_view(text).substr(0, size), request);
      EXPECT_FALSE(result.ok()) << size;
      EXPECT_LE(result.error().offset(), size);
      EXPECT_TRUE(request.protobuf.empty());
    }
    EXPECT_TRUE(reader.read(text, request).ok());
  }
}

TEST(JsonGolden, EveryChangedByteGivesAnErrorOrARequest) {
  JsonReader reader;
  JsonRequest request;
  Decoded decoded;
  std::size_t good = 0;
  for (std::string text : {lines_of(read_file("sdk/node_user_journey.otlp.jsonl")).at(1),
                           value_text(R"({"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"\u00e9"}]}})")}) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      const char original = text[at];
      for (const char changed : {'"', '\\', '{', '}', '[', ']', ',', ':', '0', 'n', '-', '\0', '\n', '\x80'}) {
        text[at] = changed;
        if (!reader.read(text, request).ok()) continue;
        ++good;
        const Result<void> result = decode(request.protobuf, &request.marks, decoded);
        EXPECT_TRUE(result.ok()) << at << " " << changed;
        parsed(request.protobuf);
        std::string out;
        EXPECT_TRUE(append_json(request.protobuf, out).ok());
        EXPECT_TRUE(reader.read(out, request).ok());
      }
      text[at] = original;
    }
  }
  EXPECT_GT(good, 1000U);
}

}  // namespace
}  // namespace entail::otlp
