// Attribute values, as SDKs write them and as they should not.
#include <cmath>
#include <string>

#include "tests/otlp/json_case.hpp"
#include "wire/reader.hpp"

namespace entail::otlp {
namespace {

using Kind = AttributeView::Kind;

AttributeView only_attribute(const JsonCase& read) {
  const std::vector<AttributeView> attributes = read.attributes();
  EXPECT_EQ(attributes.size(), 1U);
  return attributes.empty() ? AttributeView{} : attributes[0];
}

TEST(JsonValue, ReadsIntegers_AsStringsOrNumbers) {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"0", 0},
      {R"("0")", 0},
      {"-0", 0},
      {"3", 3},
      {"3.0", 3},
      {"1e3", 1000},
      {R"("-42")", -42},
      {R"("9223372036854775807")", INT64_MAX},
      {"9223372036854775807", INT64_MAX},
      {"-9223372036854775808", INT64_MIN},
      {R"("-9223372036854775808")", INT64_MIN},
      {"1152921504606847000", 1152921504606847000},
      {"9007199254740993", 9007199254740993},
  };
  for (const auto& [text, value] : cases) {
    const JsonCase read(value_text(std::string(R"({"intValue":)") + text + "}"));
    const AttributeView attribute = only_attribute(read);
    EXPECT_EQ(attribute.kind, Kind::integer) << text;
    EXPECT_EQ(attribute.integer, value) << text;
    EXPECT_EQ(read.request.values_lost, 0U) << text;
    EXPECT_EQ(read.printed(), value_text(R"({"intValue":")" + std::to_string(value) + R"("})"));
  }
}

TEST(JsonValue, AnUnrepresentableValueLosesOnlyThatValue) {
  const char* const cases[] = {
      R"({"intValue":9223372036854776000})",      // 2^63 from JavaScript
      R"({"intValue":1.7976931348623157e+308})",  // Number.MAX_VALUE from JavaScript
      R"({"intValue":"9223372036854775808"})",    // 2^63 from Python
      R"({"intValue":-9223372036854775809})",
      R"({"intValue":"3.5"})",
      R"({"intValue":""})",
      R"({"intValue":"1\u0031"})",
      R"({"intValue":true})",
      R"({"intValue":{"low":1}})",
      R"({"stringValue":"\ud83d"})",
      R"({"stringValue":5})",
      R"({"stringValue":["a"]})",
      R"({"boolValue":"true"})",
      R"({"boolValue":1})",
      R"({"doubleValue":1e400})",
      R"({"doubleValue":"one"})",
      R"({"doubleValue":false})",
      R"({"bytesValue":"*"})",
      R"({"bytesValue":"\ud83d"})",
      R"({"bytesValue":5})",
      R"({"arrayValue":[1]})",
      R"({"kvlistValue":"x"})",
      R"("text")",
      "5",
      "[]",
      "true",
  };
  for (const char* value : cases) {
    const JsonCase read(value_text(value));
    ASSERT_TRUE(read.ok()) << value << " " << describe(read.error);
    EXPECT_EQ(read.request.values_lost, 1U) << value;
    EXPECT_EQ(read.printed(), span_text(R"("attributes":[{"key":"k"}])")) << value;
  }
}

TEST(JsonValue, PreservesTheRestOfTheRequest) {
  const JsonCase read(
      span_text(R"("name":"n","attributes":[{"key":"a","value":{"intValue":"1"}},)"
                R"({"key":"b","value":{"intValue":9223372036854776000}},)"
                R"({"key":"c","value":{"stringValue":"\ud83d"}},{"key":"d","value":{"boolValue":true}}],"kind":2)"));
  EXPECT_EQ(read.request.values_lost, 2U);
  EXPECT_EQ(read.printed(), span_text(R"("name":"n","kind":2,"attributes":[{"key":"a","value":{"intValue":"1"}},)"
                                      R"({"key":"b"},{"key":"c"},{"key":"d","value":{"boolValue":true}}])"));
}

TEST(JsonValue, ReadsDoubles) {
  const std::pair<const char*, double> cases[] = {{"0.1", 0.1},
                                                  {"72.5", 72.5},
                                                  {"5", 5.0},
                                                  {"-0.0", -0.0},
                                                  {R"("1.5")", 1.5},
                                                  {"5e-324", 5e-324},
                                                  {R"("Infinity")", HUGE_VAL},
                                                  {R"("-Infinity")", -HUGE_VAL},
                                                  {"1e-400", 0.0},
                                                  {"1.7976931348623157e+308", 1.7976931348623157e+308}};
  for (const auto& [text, value] : cases) {
    const JsonCase read(value_text(std::string(R"({"doubleValue":)") + text + "}"));
    const AttributeView attribute = only_attribute(read);
    EXPECT_EQ(attribute.kind, Kind::floating) << text;
    EXPECT_EQ(attribute.floating, value) << text;
    EXPECT_EQ(std::signbit(attribute.floating), std::signbit(value)) << text;
    EXPECT_EQ(only_attribute(JsonCase(read.printed())).floating, value) << text;
  }
  const JsonCase nan(value_text(R"({"doubleValue":"NaN"})"));
  EXPECT_TRUE(std::isnan(only_attribute(nan).floating));
  EXPECT_EQ(nan.printed(), value_text(R"({"doubleValue":"NaN"})"));
}

TEST(JsonValue, PreservesEmptyValues) {
  // Go omits the type of empty bytes, Node writes null for NaN and the infinities.
  for (const char* value : {"{}", R"({"doubleValue":null})", R"({"stringValue":null,"unknown":1})"}) {
    const JsonCase read(value_text(value));
    EXPECT_EQ(only_attribute(read).kind, Kind::none) << value;
    EXPECT_EQ(read.request.values_lost, 0U) << value;
    EXPECT_EQ(read.printed(), value_text("{}")) << value;
  }
  EXPECT_EQ(JsonCase(value_text("null")).printed(), span_text(R"("attributes":[{"key":"k"}])"));
}

TEST(JsonValue, ReadsStringsBytesAndBooleans) {
  const JsonCase text(value_text(R"({"stringValue":"\u00fc\n\"\\ <é> \ud83d\ude00"})"));
  EXPECT_EQ(text.bytes_of(only_attribute(text).string), "\xc3\xbc\n\"\\ <\xc3\xa9> \xf0\x9f\x98\x80");
  EXPECT_EQ(text.printed(),
            value_text("{\"stringValue\":\"\xc3\xbc\\n\\\"\\\\ \\u003c\xc3\xa9\\u003e \xf0\x9f\x98\x80\"}"));
  EXPECT_EQ(JsonCase(value_text(R"({"bytesValue":"AAAwOQ"})")).printed(), value_text(R"({"bytesValue":"AAAwOQ=="})"));
  EXPECT_EQ(JsonCase(value_text(R"({"bytesValue":"-_\/\u002b"})")).printed(), value_text(R"({"bytesValue":"+//+"})"));
  EXPECT_EQ(JsonCase(value_text(R"({"bytesValue":""})")).printed(), value_text(R"({"bytesValue":""})"));
  EXPECT_EQ(only_attribute(JsonCase(value_text(R"({"boolValue":false})"))).integer, 0);
  EXPECT_EQ(only_attribute(JsonCase(value_text(R"({"boolValue":true})"))).kind, Kind::boolean);
}

TEST(JsonValue, ReadsArraysAndMaps) {
  const std::string nested =
      R"({"arrayValue":{"values":[{"stringValue":"a"},{},{"kvlistValue":{"values":[{"key":"x","value":{"intValue":"1"}},)"
      R"({"key":"y","value":{"arrayValue":{}}}]}}]}})";
  EXPECT_EQ(JsonCase(value_text(nested)).printed(), value_text(nested));
  // A lost element leaves an empty place in an array; a lost value in a map leaves its key.
  const JsonCase lost(
      value_text(R"({"arrayValue":{"values":[{"intValue":1},{"intValue":"x"},7,null,{"boolValue":true}]}})"));
  EXPECT_EQ(lost.request.values_lost, 2U);
  EXPECT_EQ(lost.printed(), value_text(R"({"arrayValue":{"values":[{"intValue":"1"},{},{},{},{"boolValue":true}]}})"));
  const JsonCase map(
      value_text(R"({"kvlistValue":{"values":[{"key":"a","value":{"intValue":"x"}},null,{"key":"b"}]}})"));
  EXPECT_EQ(map.request.values_lost, 1U);
  EXPECT_EQ(map.printed(), value_text(R"({"kvlistValue":{"values":[{"key":"a"},{"key":"b"}]}})"));
}

// Plain attributes take the reader's fast path; an unknown member in front forces the slow one.
TEST(JsonValue, TheFastPathGivesTheSameBytes) {
  std::vector<std::string> values = {R"({"stringValue":""})",
                                     R"({"stringValue":"\u00e9\n"})",
                                     R"({"stringValue":"\ud83d"})",
                                     R"({"stringValue":5})",
                                     R"({"stringValue":"a","intValue":1})",
                                     R"({"intValue":0})",
                                     R"({"intValue":"0"})",
                                     R"({"intValue":"00"})",
                                     R"({"intValue":-1})",
                                     R"({"intValue":"-1"})",
                                     R"({"intValue":3.0})",
                                     R"({"intValue":"9223372036854775807"})",
                                     R"({"intValue":9223372036854775808})",
                                     R"({"intValue":99999999999999999999})",
                                     R"({"intValue":""})",
                                     R"({"intValue":{}})",
                                     R"({"boolValue":true})",
                                     R"({"boolValue":false})",
                                     R"({"boolValue":"true"})",
                                     R"({"doubleValue":0.5})",
                                     R"({"bytesValue":"AA=="})",
                                     R"({"arrayValue":{}})",
                                     R"({"int_value":"1"})",
                                     "{}",
                                     "null"};
  for (std::size_t size = 100; size < 140; ++size)
    values.push_back(R"({"stringValue":")" + std::string(size, 's') + R"("})");
  for (const std::string& value : values) {
    for (const char* key :
         {R"("k")", R"("")", R"("a\"b")", R"("\ud83d")", "7", R"("a.rather.long.key.of.an.attribute")"}) {
      const std::string rest = std::string(R"("key":)") + key + R"(,"value":)" + value + "}";
      const JsonCase plain(span_text(R"("attributes":[{)" + rest + "]"));
      const JsonCase spaced(span_text(R"("attributes": [ { )" + rest + " ]"));
      const JsonCase slow(span_text(R"("attributes":[{"x":null,)" + rest + "]"));
      EXPECT_EQ(plain.request.protobuf, slow.request.protobuf) << rest;
      EXPECT_EQ(spaced.request.protobuf, slow.request.protobuf) << rest;
      EXPECT_EQ(plain.request.values_lost, slow.request.values_lost) << rest;
      EXPECT_FALSE(slow.request.protobuf.empty()) << rest;
    }
  }
  for (const char* bad :
       {R"({"stringValue":"\x"})", R"({"intValue":01})", R"({"intValue":1x})", R"({"boolValue":truefalse})"}) {
    EXPECT_EQ(JsonCase(value_text(bad)).error.code(), ErrorCode::bad_json) << bad;
  }
}

TEST(JsonValue, TheLastOfSeveralMembersWins) {
  const JsonCase read(value_text(R"({"stringValue":"a","intValue":"1"})"));
  EXPECT_EQ(only_attribute(read).kind, Kind::integer);
  EXPECT_EQ(read.printed(), value_text(R"({"intValue":"1"})"));
  EXPECT_EQ(JsonCase(value_text(R"({"arrayValue":{"values":[{}]},"intValue":"1","arrayValue":{}})")).printed(),
            value_text(R"({"arrayValue":{}})"));
}

// depth nested values, each in an array or a map, the innermost an int.
std::string nested_value(unsigned depth, bool map) {
  std::string open;
  std::string close;
  for (unsigned i = 1; i < depth; ++i) {
    open += map ? R"({"kvlistValue":{"values":[{"key":"k","value":)" : R"({"arrayValue":{"values":[)";
    close += map ? "}]}}" : "]}}";
  }
  return open + R"({"intValue":"1"})" + close;
}

TEST(JsonValue, DepthIsBounded) {
  for (const bool map : {false, true}) {
    for (const unsigned depth : {1U, 7U, 8U, 9U, 99U, wire::kDepthMax}) {
      const std::string text = value_text(nested_value(depth, map));
      const JsonCase read(text);
      EXPECT_EQ(read.request.values_lost, 0U) << depth;
      EXPECT_EQ(read.printed(), text);
    }
    for (const unsigned depth : {wire::kDepthMax + 1, wire::kDepthMax + 2, 100'000U}) {
      const JsonCase read(value_text(nested_value(depth, map)));
      ASSERT_TRUE(read.ok());
      EXPECT_EQ(read.request.values_lost, 1U) << depth;
      EXPECT_EQ(JsonCase(read.printed()).request.protobuf, read.request.protobuf);
    }
  }
  const std::string brackets(1'000'000, '[');
  EXPECT_FALSE(JsonCase(value_text(brackets)).ok());
  EXPECT_FALSE(JsonCase("{\"x\":" + brackets).ok());
  EXPECT_FALSE(JsonCase(brackets).ok());
  const std::string closed = brackets + std::string(brackets.size(), ']');
  EXPECT_EQ(JsonCase(value_text(closed)).request.values_lost, 1U);
  EXPECT_TRUE(JsonCase("{\"resourceSpans\":[],\"x\":" + closed + "}").ok());
}

TEST(JsonValue, ReadsLongStringsInDeepNesting) {
  const std::string inner = R"({"intValue":"1"})";
  for (const std::size_t size : {100U, 200U, 100'000U, 3'000'000U}) {
    std::string text = value_text(nested_value(wire::kDepthMax, true));
    text.replace(text.find(inner), inner.size(), R"({"stringValue":")" + std::string(size, 's') + R"("})");
    EXPECT_EQ(JsonCase(text).printed(), text);
  }
}

}  // namespace
}  // namespace entail::otlp
