#include <cmath>
#include <string>

#include "tests/otlp/json_case.hpp"
#include "text/hex.hpp"

namespace entail::otlp {
namespace {

TEST(JsonRead, WritesTheBytesOfEachField) {
  const JsonCase read(R"({"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":{"boolValue":true}}]},
    "scopeSpans":[{"scope":{"name":"s"},"spans":[{"traceId":"000102030405060708090a0b0c0d0e0f","spanId":"1011121314151617",
    "name":"n","kind":3,"startTimeUnixNano":"1","endTimeUnixNano":2,"flags":257,"droppedLinksCount":300,
    "status":{"message":"m","code":2}}],"schemaUrl":"u"}]}]})");
  ASSERT_TRUE(read.ok());
  const char* const expected =
      "0a5a"  // resource_spans
      "0a09"
      "0a07"
      "0a0161"
      "12021001"  // resource, attribute, key, bool
      "124d"      // scope_spans
      "0a03"
      "0a0173"  // scope
      "1243"    // span
      "0a10000102030405060708090a0b0c0d0e0f"
      "12081011121314151617"
      "2a016e"
      "3003"
      "390100000000000000"
      "410200000000000000"
      "850101010000"
      "70ac02"
      "7a05"
      "12016d"
      "1802"
      "1a0175";  // schema_url of the scope
  std::string hex;
  text::append_hex(read.request.protobuf, hex);
  EXPECT_EQ(hex, expected);
  EXPECT_EQ(read.request.values_lost, 0U);
  EXPECT_TRUE(read.request.marks.empty());
}

TEST(JsonRead, CountsUnknownKeys) {
  const std::pair<std::string, std::uint64_t> cases[] = {
      {span_text(R"("name":"n")"), 0},
      {span_text(R"("name":"n","nom":"n","links":[{"x":{"traceId":"00"}}],"SpanId":null)"), 3},
      {R"({"resourceSpans":[],"partialSuccess":{}})", 1},
      {R"({"resourceSpans":[],"resourceLogs":[{}]})", 1},
      {value_text(R"({"stringValue":"v","uintValue":1})"), 1},
      {R"({"resource_spans":[{"scope_spans":[{"schema_url":"u"}]}]})", 0},
  };
  for (const auto& [text, count] : cases) {
    const JsonCase read(text);
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_EQ(read.request.unknown_keys, count) << text;
    EXPECT_EQ(read.request.values_lost, 0U) << text;
  }
}

TEST(JsonRead, RecognizesASignalByItsKey) {
  using Signal = Request::Signal;
  const std::pair<const char*, Signal> cases[] = {
      {"{}", Signal::traces},
      {" \n{ } \n", Signal::traces},
      {R"({"resourceSpans":[]})", Signal::traces},
      {R"({"resource_spans":null})", Signal::traces},
      {R"({"resourceLogs":[{"x":[1,{"y":"]"}]}]})", Signal::logs},
      {R"({"resourceMetrics":[]})", Signal::metrics},
      {R"({"resource_profiles":[],"dictionary":{}})", Signal::profiles},
      {R"({"resourceLogs":[],"resourceSpans":[]})", Signal::traces},
  };
  for (const auto& [text, signal] : cases) {
    const JsonCase read(text);
    EXPECT_TRUE(read.ok()) << text;
    EXPECT_EQ(read.request.signal, signal) << text;
    EXPECT_TRUE(read.request.protobuf.empty()) << text;
  }
}

TEST(JsonRead, ReportsErrorOffsets) {
  struct Case {
    std::string text;
    ErrorCode code;
    std::uint64_t offset;
  };
  const Case cases[] = {
      {"", ErrorCode::bad_json, 0},
      {"   ", ErrorCode::bad_json, 0},
      {"this is not json at all", ErrorCode::bad_json, 0},
      {"{incomplete json", ErrorCode::bad_json, 1},
      {R"({"invalid": "not otlp json"})", ErrorCode::bad_shape, 0},
      {"[]", ErrorCode::bad_shape, 0},
      {R"( "text")", ErrorCode::bad_shape, 1},
      {"12", ErrorCode::bad_shape, 0},
      {"null", ErrorCode::bad_shape, 0},
      {"nul", ErrorCode::bad_json, 0},
      {R"({"resourceSpans":{}})", ErrorCode::bad_shape, 17},
      {R"({"resourceSpans":5})", ErrorCode::bad_shape, 17},
      {R"({"resourceSpans":[]} x)", ErrorCode::bad_json, 21},
      {R"({"resourceSpans":[]}{})", ErrorCode::bad_json, 20},
      {R"({"resourceSpans":[})", ErrorCode::bad_json, 18},
      {R"({"resourceSpans":[{}{}]})", ErrorCode::bad_json, 20},
      {R"({"resourceSpans":[{},]})", ErrorCode::bad_json, 21},
      {R"({"resourceSpans":[],})", ErrorCode::bad_json, 20},
      {R"({"resourceSpans" []})", ErrorCode::bad_json, 17},
      {R"({"a":[1},"resourceSpans":[]})", ErrorCode::bad_json, 7},
      {R"({"a":tru,"resourceSpans":[]})", ErrorCode::bad_json, 5},
      {R"({"a":01,"resourceSpans":[]})", ErrorCode::bad_json, 5},
      {R"({"resourceSpans":"unclosed)", ErrorCode::bad_json, 17},
      {"{\"resourceSpans\":\"line\nbreak\"}", ErrorCode::bad_json, 22},
      {"{\"resourceSpans\":[],\"x\":\"\xff\"}", ErrorCode::bad_utf8, 25},
      {span_text(R"("name":"\x")"), ErrorCode::bad_json, 51},
      {span_text(R"("kind":1x)"), ErrorCode::bad_json, 51},
      {span_text(R"("kind":nulL)"), ErrorCode::bad_json, 51},
      {std::string("{\"resourceSpans\":[],\"a\":1\0}", 27), ErrorCode::bad_json, 24},
  };
  for (const Case& expected : cases) {
    const JsonCase read(expected.text);
    EXPECT_EQ(read.error.code(), expected.code) << expected.text;
    EXPECT_EQ(read.error.offset(), expected.offset) << expected.text;
    EXPECT_TRUE(read.request.protobuf.empty()) << expected.text;
  }
}

TEST(JsonRead, ReadsIdsInEitherCase_AndAfterAttributes) {
  const JsonCase read(span_text(
      R"("links":[{"attributes":[],"spanId":"EEE19B7EC3C1B174","traceId":"5B8EFFF798038103D269B633813FC60C",)"
      R"("droppedAttributesCount":0,"flags":257}],"spanId":"eee19b7ec3c1b173","traceId":"5b8EFFf798038103d269B633813FC60c")"));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.hex_of(read.span().trace_id), "5b8efff798038103d269b633813fc60c");
  EXPECT_EQ(read.hex_of(read.span().span_id), "eee19b7ec3c1b173");
  ASSERT_EQ(read.links().size(), 1U);
  EXPECT_EQ(read.hex_of(read.links()[0].trace_id), "5b8efff798038103d269b633813fc60c");
  EXPECT_EQ(read.hex_of(read.links()[0].span_id), "eee19b7ec3c1b174");
  EXPECT_EQ(read.links()[0].flags, 257U);
  EXPECT_FALSE(read.span().bad_hex);
  EXPECT_FALSE(read.links()[0].bad_hex);
}

struct IdCase {
  const char* text;     // between the quotes
  std::string written;  // hex of the bytes
  bool bad_hex;
};
const std::string kMalformed = "00";  // kMalformedId

// The text never becomes other bytes or another text: it is printed as an empty ID.
void expect_printed(const JsonCase& read, const IdCase& expected) {
  const std::string printed = read.printed();
  const bool malformed = expected.written == kMalformed;
  EXPECT_NE(printed.find(malformed ? R"(Id":"")" : R"(Id":")" + expected.written + '"'), std::string::npos) << printed;
  EXPECT_EQ(JsonCase(printed).request.malformed_ids, 0U);
  EXPECT_EQ(JsonCase(printed).printed(), printed);
}

TEST(JsonRead, ReadsTraceIdsThatAreNotHexOfTheirLength) {
  const IdCase cases[] = {
      {"", "", false},
      {"0000000000000000", kMalformed, false},
      {"4142434445464748", kMalformed, false},
      {"ab", kMalformed, false},
      {"00", kMalformed, false},
      {"000102030405060708090a0b0c0d0e0f10", kMalformed, false},
      {"ABC", kMalformed, false},  // hex, but an odd number of digits
      {"000102030405060708090a0b0c0d0e0", kMalformed, false},
      {"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", kMalformed, true},
      {"zzzzzzzzzzzzzzzz", kMalformed, true},  // sixteen characters are no ID
      {"AAECAwQFBgcICQoLDA0ODw==", kMalformed, true},
      {"zz", kMalformed, true},
      {"0x01", kMalformed, true},
      {"000102030405060708090a0b0c0d0e0g", kMalformed, true},
      {"000102030405060708090a0b0c0d0e\\u0000f", kMalformed, true},
      {"00010203-0405-0607-0809-0a0b0c0d0e0f", kMalformed, true},
      {"\\ud83d", kMalformed, true},
      {"\\u0000", kMalformed, true},
      // An escape is the character that it denotes.
      {"000102030405060708090a0b0c0d0e0\\u0066", "000102030405060708090a0b0c0d0e0f", false},
  };
  for (const IdCase& expected : cases) {
    const std::string id = std::string(R"("traceId":")") + expected.text + '"';
    const JsonCase read(span_text(id + R"(,"spanId":"0000000000000001","links":[{)" + id + R"(},{"spanId":"01"}])"));
    ASSERT_TRUE(read.ok()) << expected.text;
    EXPECT_EQ(read.hex_of(read.span().trace_id), expected.written) << expected.text;
    EXPECT_EQ(read.span().bad_hex, expected.bad_hex) << expected.text;
    ASSERT_EQ(read.links().size(), 2U);
    EXPECT_EQ(read.hex_of(read.links()[0].trace_id), expected.written) << expected.text;
    EXPECT_EQ(read.links()[0].bad_hex, expected.bad_hex) << expected.text;
    EXPECT_FALSE(read.links()[1].bad_hex);
    EXPECT_EQ(read.request.marks.size(), expected.bad_hex ? 2U : 0U);
    EXPECT_EQ(read.request.values_lost, 0U);
    EXPECT_EQ(read.request.malformed_ids, expected.written == kMalformed ? 3U : 1U);
    expect_printed(read, expected);
  }
}

TEST(JsonRead, ReadsSpanIdsThatAreNotHexOfTheirLength) {
  const IdCase cases[] = {
      {"zzzzzzzz", kMalformed, true},         {"zzzzzzzzzzzzzzzz", kMalformed, true},
      {"AAECAwQFBgc=", kMalformed, true},     {"0000000000000000000000000000000a", kMalformed, false},
      {"7a7a7a7a7a7a7a7", kMalformed, false}, {"7A7a7A7a7A7a7A7a", "7a7a7a7a7a7a7a7a", false},
  };
  for (const IdCase& expected : cases) {
    const JsonCase read(span_text(std::string(R"("spanId":")") + expected.text + '"'));
    EXPECT_EQ(read.hex_of(read.span().span_id), expected.written);
    EXPECT_EQ(read.span().bad_hex, expected.bad_hex);
    expect_printed(read, expected);
  }
  // A malformed parent does not make the span bad.
  for (const char* const text : {"zzzzzzzz", "zzzzzzz", "ab", "AAECAwQFBgc="}) {
    const JsonCase parent(span_text(std::string(R"("parentSpanId":")") + text + '"'));
    EXPECT_EQ(parent.hex_of(parent.span().parent_span_id), kMalformed);
    EXPECT_FALSE(parent.span().bad_hex);
    EXPECT_TRUE(parent.span().malformed_parent);
  }
  EXPECT_FALSE(JsonCase(span_text(R"("parentSpanId":"")")).span().malformed_parent);
  // The last of repeated keys wins.
  EXPECT_FALSE(JsonCase(span_text(R"("traceId":"zz","traceId":"ab")")).span().bad_hex);
  EXPECT_TRUE(JsonCase(span_text(R"("traceId":"ab","traceId":"zz")")).span().bad_hex);
}

TEST(JsonRead, LeavesOutIdsOfAnotherType) {
  for (const char* const value : {"5", "{}", "[]", "true", "[\"0102030405060708\"]", "1e3"}) {
    const JsonCase read(span_text(std::string(R"("spanId":)") + value + R"(,"links":[{"traceId":)" + value + "}]"));
    ASSERT_TRUE(read.ok()) << value;
    EXPECT_EQ(read.span().span_id.size + read.links().at(0).trace_id.size, 0U) << value;
    EXPECT_EQ(read.request.values_lost, 2U) << value;
  }
  EXPECT_EQ(JsonCase(span_text(R"("spanId":null)")).request.values_lost, 0U);
}

// Every value of the wrong type costs that value alone, is counted, and has a place.
TEST(JsonRead, KeepsThePlacesOfLostValues) {
  using Reason = JsonLoss::Reason;
  struct Case {
    std::string text;
    Reason reason;
    std::string path;
  };
  const std::string span = "resourceSpans[0].scopeSpans[0].spans[0]";
  const Case cases[] = {
      {R"({"resourceSpans":[{"scopeSpans":{}}]})", Reason::wrong_type, "resourceSpans[0].scopeSpans"},
      {R"({"resourceSpans":[{},[],{}]})", Reason::wrong_type, "resourceSpans[1]"},
      {R"({"resourceSpans":[{"resource":5,"scopeSpans":[]}]})", Reason::wrong_type, "resourceSpans[0].resource"},
      {span_text(R"("name":"a,]}\"{","attributes":5)"), Reason::wrong_type, span + ".attributes"},
      {span_text(R"("startTimeUnixNano":[])"), Reason::wrong_type, span + ".startTimeUnixNano"},
      {span_text(R"("startTimeUnixNano":"-1")"), Reason::not_representable, span + ".startTimeUnixNano"},
      {span_text(R"("endTimeUnixNano":1.5)"), Reason::not_representable, span + ".endTimeUnixNano"},
      {span_text(R"("kind":"SPAN_KIND_OTHER")"), Reason::not_representable, span + ".kind"},
      {span_text(R"("kind":{})"), Reason::wrong_type, span + ".kind"},
      {span_text(R"("status":[])"), Reason::wrong_type, span + ".status"},
      {span_text(R"("status":{"code":true})"), Reason::wrong_type, span + ".status.code"},
      {span_text(R"("name":"\ud83d")"), Reason::not_representable, span + ".name"},
      {span_text(R"("events":[{},{"attributes":[{"key":5}]}])"), Reason::wrong_type,
       span + ".events[1].attributes[0].key"},
      {span_text(R"("links":[{"flags":"x"}])"), Reason::not_representable, span + ".links[0].flags"},
      {value_text(R"({"intValue":"9223372036854775808"})"), Reason::not_representable,
       span + ".attributes[0].value.intValue"},
      {value_text(R"({"boolValue":"true"})"), Reason::wrong_type, span + ".attributes[0].value.boolValue"},
      {value_text(R"({"doubleValue":"many"})"), Reason::not_representable, span + ".attributes[0].value.doubleValue"},
      {value_text(R"({"bytesValue":"***"})"), Reason::not_representable, span + ".attributes[0].value.bytesValue"},
      {value_text(R"({"arrayValue":{"values":[{},{},7]}})"), Reason::wrong_type,
       span + ".attributes[0].value.arrayValue.values[2]"},
      {span_text(R"("parent_span_id":"zz")"), Reason::bad_id, span + ".parent_span_id"},
      {span_text(R"("links":[{},{"traceId":"abc"}])"), Reason::bad_id, span + ".links[1].traceId"},
      {span_text(R"("nom":{"a":[1,2]})"), Reason::unknown_key, span + ".nom"},
      {R"({"resourceSpans":[],"resourceLogs":[]})", Reason::unknown_key, "resourceLogs"},
      {span_text(R"("name":"a","kind":1,"name":"b")"), Reason::replaces, span + ".name"},
      {span_text(R"("traceState":"a=1","trace_state":"a=2")"), Reason::replaces, span + ".trace_state"},
      {span_text(R"("status":{"code":2},"status":{"message":"m"})"), Reason::replaces, span + ".status"},
      {span_text(R"("links":[{"flags":1,"flags":2}])"), Reason::replaces, span + ".links[0].flags"},
      {value_text(R"({"stringValue":"a","intValue":1})"), Reason::replaces, span + ".attributes[0].value.intValue"},
      {span_text(R"("attributes":[{"key":"k","key":"l"}])"), Reason::replaces, span + ".attributes[0].key"},
  };
  JsonReader reader;
  JsonRequest request;
  for (const Case& expected : cases) {
    ASSERT_TRUE(reader.read(expected.text, request).ok()) << expected.text;
    ASSERT_EQ(request.faults.size(), 1U) << expected.text;
    EXPECT_EQ(request.faults[0].reason, expected.reason) << expected.text;
    EXPECT_EQ(reader.path(request.faults[0].offset), expected.path) << expected.text;
    EXPECT_EQ(request.values_lost + request.malformed_ids + request.unknown_keys, 1U) << expected.text;
  }
  // Of many the first are kept; unknown keys leave room for the others.
  std::string many;
  for (int i = 0; i < 20; ++i) many += R"({"nom":1},)";
  for (int i = 0; i < 20; ++i) many += R"({"name":1},)";
  ASSERT_TRUE(reader.read(span_text("\"events\":[" + many + "{}]"), request).ok());
  EXPECT_EQ(request.faults.size(), kJsonFaultsMax);
  EXPECT_EQ(request.unknown_keys + request.values_lost, 40U);
  EXPECT_EQ(reader.path(request.faults[kUnknownKeyFaultsMax].offset), span + ".events[20].name");
  // A good request has none. Nor has one whose arrays are in parts, or whose other value of a key is null.
  for (const char* const good : {R"("name":"n")", R"("links":[{}],"events":[],"links":[{}])",
                                 R"("name":null,"name":"n")", R"("name":"n","name":null)"}) {
    ASSERT_TRUE(reader.read(span_text(good), request).ok());
    EXPECT_TRUE(request.faults.empty()) << good;
  }
}

TEST(JsonRead, MovesMarks_WhenLengthsGrow) {
  for (const std::size_t size : {0U, 10U, 100U, 200U, 20'000U, 70'000U, 3'000'000U}) {
    const std::string name = R"("name":")" + std::string(size, 'n') + '"';
    const std::string bad_link = R"({"traceId":"zz","traceState":")" + std::string(size / 8, 's') + R"("})";
    const JsonCase read(
        R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"links":[{},)" + bad_link + R"(,{}],"traceId":"zz",)" + name +
        R"(},{}]},{"spans":[{"traceId":"yy"}]}]}, {"scopeSpans":[{"spans":[{},{"links":[)" + bad_link + "]}]}]}]}");
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read.request.marks.size(), 4U);
    EXPECT_TRUE(std::is_sorted(read.request.marks.begin(), read.request.marks.end()));
    std::vector<bool> spans;
    for (const SpanView& span : read.decoded.spans) spans.push_back(span.bad_hex);
    EXPECT_EQ(spans, (std::vector<bool>{true, false, true, false, false})) << size;
    std::vector<bool> links;
    for (std::size_t i = 0; i < read.decoded.spans.size(); ++i) {
      for (const LinkView& link : read.links(i)) links.push_back(link.bad_hex);
    }
    EXPECT_EQ(links, (std::vector<bool>{false, true, false, true})) << size;
  }
}

TEST(JsonRead, ReadsLongStringsAndManyLinks) {
  for (const std::size_t size : {126U, 127U, 128U, 129U, 16'383U, 16'384U, 2'097'152U}) {
    std::string name(size, 'x');
    EXPECT_EQ(JsonCase(span_text(R"("traceState":")" + name + '"')).span().trace_state.size, size);
    // Escapes make the decoded text shorter.
    name.replace(0, 1, "\\n");
    EXPECT_EQ(JsonCase(span_text(R"("traceState":")" + name + "\"  ")).span().trace_state.size, size);
  }
  std::string links;
  for (int i = 0; i < 20'000; ++i) {
    links += i == 0 ? "" : ",";
    links += R"({"traceId":"000102030405060708090a0b0c0d0e0f","spanId":"1011121314151617","flags":256})";
  }
  const JsonCase read(span_text(R"("links":[)" + links + "]"));
  EXPECT_EQ(read.decoded.link_count, 20'000U);
  EXPECT_EQ(read.span().payload.size, 20'000U * 35U);
}

TEST(JsonRead, HandlesUnknownNullAndSnakeCaseKeys) {
  const JsonCase read(
      R"({"unknown":{"resourceSpans":[1,2,{}]},"resource_spans":[{"scope_spans":[{"x":null,"spans":[null,
    {"trace_id":"000102030405060708090a0b0c0d0e0f","span_id":"1011121314151617","trace_state":"a=b","parentSpanId":null,
     "name":null,"attributes":null,"links":null,"status":null,"start_time_unix_nano":"7","end_time_unix_nano":9,
     "dropped_links_count":3,"unknown_key":[[{"traceId":"zz"}]],"a very long key that no message has, by far too long":1,
     "esc\u0061ped":true}]}]}]})");
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read.decoded.spans.size(), 1U);
  EXPECT_EQ(read.hex_of(read.span().trace_id), "000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(read.hex_of(read.span().span_id), "1011121314151617");
  EXPECT_EQ(read.bytes_of(read.span().trace_state), "a=b");
  EXPECT_EQ(read.span().start_ns, 7U);
  EXPECT_EQ(read.span().end_ns, 9U);
  EXPECT_EQ(read.span().dropped_links_count, 3U);
  EXPECT_EQ(read.request.values_lost, 0U);
  EXPECT_EQ(read.printed(),
            R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"000102030405060708090a0b0c0d0e0f",)"
            R"("spanId":"1011121314151617","traceState":"a=b","startTimeUnixNano":"7","endTimeUnixNano":"9",)"
            R"("droppedLinksCount":3}]}]}]})");
}

TEST(JsonRead, PreservesExplicitZeros) {
  const std::string text = span_text(
      R"("traceId":"","spanId":"","traceState":"","parentSpanId":"","flags":0,"name":"","kind":0,"startTimeUnixNano":"0",)"
      R"("endTimeUnixNano":"0","attributes":[{"key":"","value":{}},{}],"droppedAttributesCount":0,"droppedEventsCount":0,)"
      R"("droppedLinksCount":0,"status":{"code":0})");
  EXPECT_EQ(JsonCase(text).printed(), text);
  EXPECT_EQ(JsonCase(span_text(R"("status":{})")).printed(), span_text(R"("status":{})"));
}

TEST(JsonRead, ReadsEnums_AsNumbersOrNames) {
  const auto kind = [](const char* value) { return JsonCase(span_text(std::string(R"("kind":)") + value)).printed(); };
  EXPECT_EQ(kind("5"), span_text(R"("kind":5)"));
  EXPECT_EQ(kind(R"("SPAN_KIND_CONSUMER")"), span_text(R"("kind":5)"));
  EXPECT_EQ(kind("99"), span_text(R"("kind":99)"));
  EXPECT_EQ(kind("-1"), span_text(R"("kind":-1)"));
  EXPECT_EQ(kind(R"("SPAN_KIND_OTHER")"), span_text(""));
  EXPECT_EQ(kind("2147483648"), span_text(""));
  const JsonCase status(span_text(R"("status":{"code":"STATUS_CODE_ERROR"})"));
  EXPECT_EQ(status.span().status_code, 2U);
}

TEST(JsonRead, AValueOfTheWrongTypeLosesOnlyThatValue) {
  struct Case {
    const char* members;
    const char* left;
    std::uint64_t lost;
  };
  const Case cases[] = {
      {R"("name":5,"kind":1)", R"("kind":1)", 1},
      {R"("traceId":7,"spanId":["x"],"parentSpanId":{"a":"b"},"kind":1)", R"("kind":1)", 3},
      {R"("kind":true,"flags":"x","droppedLinksCount":-1,"droppedEventsCount":4294967296,"flags":1.5)", "", 5},
      {R"("startTimeUnixNano":"","endTimeUnixNano":-1,"startTimeUnixNano":18446744073709551616)", "", 3},
      {R"("attributes":{"key":"k"},"links":"x","events":7,"status":[],"kind":1)", R"("kind":1)", 4},
      {R"("links":[5,"x",[],{"flags":1}],"events":[true])", R"("links":[{"flags":1}])", 4},
      {R"("attributes":[{"key":5,"value":{"boolValue":true}}])", R"("attributes":[{"value":{"boolValue":true}}])", 1},
      {R"("attributes":[{"key":"k","value":"text"}])", R"("attributes":[{"key":"k"}])", 1},
  };
  for (const Case& expected : cases) {
    const JsonCase read(span_text(expected.members));
    ASSERT_TRUE(read.ok()) << expected.members << " " << describe(read.error);
    EXPECT_EQ(read.printed(), span_text(expected.left)) << expected.members;
    EXPECT_EQ(read.request.values_lost, expected.lost) << expected.members;
  }
}

TEST(JsonRead, ALoneSurrogateLosesOnlyItsField) {
  const JsonCase read(
      span_text(R"("name":"a\ud83db","traceState":"\ude00","kind":1,"status":{"message":"\ud83d","code":2},)"
                R"("attributes":[{"key":"k","value":{"stringValue":"\ud83d"}},{"key":"\ud83d"},{"key":"last"}])"));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.request.values_lost, 5U);
  EXPECT_EQ(read.printed(), span_text(R"("kind":1,"attributes":[{"key":"k"},{},{"key":"last"}],"status":{"code":2})"));
}

TEST(JsonRead, RecoversAfterAnError_AndAfterAnotherSignal) {
  JsonReader reader;
  JsonRequest request;
  const std::string good = span_text(R"("traceId":"zz","name":7)");
  ASSERT_TRUE(reader.read(good, request).ok());
  const std::vector<std::uint8_t> bytes = request.protobuf;
  EXPECT_FALSE(reader.read("{", request).ok());
  EXPECT_TRUE(request.protobuf.empty() && request.marks.empty());
  EXPECT_EQ(request.values_lost, 0U);
  ASSERT_TRUE(reader.read(R"({"resourceLogs":[]})", request).ok());
  EXPECT_EQ(request.signal, Request::Signal::logs);
  ASSERT_TRUE(reader.read(std::string(100'000, ' ') + good, request).ok());
  EXPECT_EQ(request.signal, Request::Signal::traces);
  EXPECT_EQ(request.protobuf, bytes);
  EXPECT_EQ(request.values_lost, 1U);
  EXPECT_EQ(request.marks.size(), 1U);
}

}  // namespace
}  // namespace entail::otlp
