// Conditions evaluated on spans: paths, comparisons, arithmetic, functions, and errors.
#include <gtest/gtest.h>

#include "otlp/decode.hpp"
#include "tests/policy/ottl.hpp"

namespace entail::policy {
namespace {

std::string list_field(const std::string& key, const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) list += bytes_field(1, value);
  return bytes_field(9, bytes_field(1, key) + bytes_field(2, bytes_field(5, list)));
}
std::string map_field(const std::string& key, const std::string& members) {
  return bytes_field(9, bytes_field(1, key) + bytes_field(2, bytes_field(6, members)));
}

SpanSpec rich() {
  SpanSpec span;
  span.start_ns = 1'000'000'000;
  span.end_ns = 2'500'000'000;
  span.status = 2;
  span.flags = 0x101;
  span.trace_state = "vendor=x,ot=th:8";
  span.attributes = {{"text", std::string("Hello")}, {"int", std::int64_t{42}},      {"double", 2.5}, {"bool", true},
                     {"empty", Missing{}},           {"text", std::string("second")}};
  span.raw = varint_field(6, 2) + varint_field(10, 3) + varint_field(12, 4) + varint_field(14, 5) +
             bytes_field(15, bytes_field(2, "boom") + varint_field(3, 2)) +
             list_field("list", {any_value(std::string("a")), any_value(std::int64_t{7})}) +
             map_field("map", bytes_field(1, key_value("k", std::string("v")))) +
             bytes_field(9, bytes_field(1, "bytes") + bytes_field(2, bytes_field(7, "\x0a\xff")));
  span.resource = {{"service.name", std::string("cart")}, {"text", std::string("of the resource")}};
  return span;
}

struct Case {
  const char* condition;
  const char* answer;
};

void check(const std::vector<Case>& cases, const SpanSpec& span = rich()) {
  for (const Case& one : cases) EXPECT_EQ(result_of(one.condition, span), one.answer) << one.condition;
}

TEST(OttlEvaluation, ReadsEveryPath) {
  check({{R"(name == "span")", "yes"},
         {R"(span.name == "span")", "yes"},
         {"kind == SPAN_KIND_SERVER", "yes"},
         {R"(kind.string == "Server")", "yes"},
         {"start_time_unix_nano == 1000000000", "yes"},
         {"end_time_unix_nano == 2500000000", "yes"},
         {"UnixNano(start_time) == 1000000000 and UnixMilli(end_time) == 2500", "yes"},
         {"status.code == STATUS_CODE_ERROR", "yes"},
         {R"(status.message == "boom")", "yes"},
         {R"(trace_state == "vendor=x,ot=th:8")", "yes"},
         {R"(trace_state["vendor"] == "x" and trace_state["none"] == "")", "yes"},
         {R"(trace_id.string == "11111111111111111111111111111111")", "yes"},
         {R"(span_id.string == "2222222222222222")", "yes"},
         {R"(parent_span_id.string == "0000000000000000" and IsEmpty(parent_span_id))", "yes"},
         {R"(trace_id == TraceID("11111111111111111111111111111111") and span_id != parent_span_id)", "yes"},
         {R"(Len(attributes) == 9 and attributes["map"] == {"k": "v"} and IsMap(resource.attributes))", "yes"},
         {R"(Len(events) == 0 and IsList(links) and events != nil)", "yes"},
         {R"(attributes["none"][0]["x"] == nil)", "yes"},
         {R"(attributes["empty"][0] == nil)", "error"},
         {"dropped_attributes_count == 3 and dropped_events_count == 4 and dropped_links_count == 5", "yes"},
         {"flags == 257", "yes"},
         {R"(resource.attributes["service.name"] == "cart")", "yes"},
         {R"(attributes["service.name"] == nil)", "yes"},
         {R"(attributes["text"] == "Hello")", "yes"},
         {R"(attributes["list"][0] == "a" and attributes["list"][1] == 7)", "yes"},
         {R"(attributes["map"]["k"] == "v" and attributes["map"]["x"] == nil)", "yes"},
         {R"(attributes["bytes"] == 0x0aff)", "yes"},
         {R"(attributes["empty"] == nil and attributes["missing"] == nil)", "yes"},
         {R"(instrumentation_scope.name == "" and scope.attributes["k"] == nil)", "yes"}});
}

TEST(OttlEvaluation, ReadsTheScope) {
  const std::string scope =
      bytes_field(1, bytes_field(1, "lib") + bytes_field(2, "1.2") + bytes_field(3, key_value("k", std::int64_t{1})));
  const std::string bytes = bytes_field(1, bytes_field(2, scope + bytes_field(2, SpanSpec{}.bytes())));
  otlp::Decoded decoded;
  ASSERT_TRUE(otlp::decode(bytes_of(bytes), nullptr, decoded).ok());
  const auto policies = compile_ok(options_of({conditions(
      {R"(instrumentation_scope.name == "lib" and scope.version == "1.2" and instrumentation_scope.attributes["k"] == 1)"})}));
  Facts facts;
  policies->match_span(decoded, decoded.spans[0], Bits{}, facts);
  EXPECT_TRUE(has_bit(facts.bits, 0));
}

TEST(OttlEvaluation, ComparesLikeKinds) {
  check({{R"(attributes["int"] == 42.0)", "yes"},
         {R"(attributes["double"] > 2)", "yes"},
         {R"(attributes["double"] <= 2)", "no"},
         {R"(attributes["int"] == "42")", "no"},
         {R"(attributes["int"] != "42")", "yes"},
         {R"(attributes["text"] > 1)", "no"},
         {R"(attributes["missing"] < 1)", "no"},
         {R"(attributes["missing"] != 1)", "yes"},
         {R"(attributes["text"] >= "Hello" and attributes["text"] < "Hellp")", "yes"},
         {R"(attributes["bool"] == true and attributes["bool"] > false)", "yes"},
         {R"(attributes["bool"] == 1)", "no"},
         {R"(nil == attributes["missing"])", "yes"},
         {R"(attributes["list"] != nil and attributes["map"] != nil)", "yes"},
         {R"(attributes["list"] == attributes["list"] and attributes["list"] == ["a", 7])", "yes"},
         {R"(attributes["list"] == ["a", 7.0] or attributes["list"] < ["b"])", "no"},
         {R"(start_time < end_time and end_time != 2500000000)", "yes"}});
}

TEST(OttlEvaluation, EvaluatesArithmetic) {
  check({{R"(attributes["int"] + 1 == 43 and 7 / 2 == 3 and 2 * 3 - 1 == 5)", "yes"},
         {R"(attributes["double"] * 2 == 5)", "yes"},
         {R"(1 + attributes["double"] / 2.5 == 2.0)", "yes"},
         {R"(end_time - start_time == Duration("1.5s"))", "yes"},
         {R"(start_time + Duration("1500ms") == end_time)", "yes"},
         {R"(Duration("1h") - Duration("59m") == Duration("1m0s"))", "yes"},
         {R"(attributes["int"] / 0 == 1)", "error"},
         {R"(attributes["double"] / 0.0 == 1)", "error"},
         {R"(attributes["missing"] + 1 == 1)", "error"},
         {R"(attributes["text"] + 1 == 1)", "error"},
         {R"(9223372036854775807 + attributes["int"] < 0)", "yes"},
         {R"(-9223372036854775808 / (attributes["int"] - 43) < 0)", "yes"}});
}

TEST(OttlEvaluation, CombinesInOrder_AndStopsEarly) {
  check({{R"(kind == 2 or attributes["missing"] + 1 == 1)", "yes"},
         {R"(attributes["missing"] + 1 == 1 or kind == 2)", "error"},
         {R"(kind == 3 and attributes["missing"] + 1 == 1)", "no"},
         {R"(kind == 3 or kind == 2 and not (name == "x"))", "yes"},
         {R"(not kind == 3)", "yes"},
         {R"((kind == 2 or kind == 3) and false)", "no"}});
}

// {"k0": 0, "k1": 1, ...}: the numbers from first to last, up or down.
std::string map_literal(int first, int last) {
  std::string map;
  for (int i = first;; i += first < last ? 1 : -1) {
    map += (map.empty() ? "{" : ", ") + ("\"k" + std::to_string(i)) + "\": " + std::to_string(i);
    if (i == last) return map + "}";
  }
}

TEST(OttlEvaluation, ComparesMapsOfEverySizeInAnyOrder) {
  for (const int last : {2, 15, 16, 17, 200}) {
    SCOPED_TRACE(last);
    const std::string map = map_literal(0, last);
    std::string changed = map_literal(last, 0);
    EXPECT_EQ(result_of(map + " == " + changed, rich()), "yes");
    EXPECT_EQ(result_of(map + " == " + map_literal(1, last + 1), rich()), "no");
    EXPECT_EQ(result_of(map + " == " + map_literal(0, last - 1), rich()), "no");
    changed.replace(changed.find(": 0}"), 4, ": 9}");
    EXPECT_EQ(result_of(map + " == " + changed, rich()), "no");
  }
}

// G7, G10: what would take exponentially many steps, or many to the power of the depth, is an error.
TEST(OttlEvaluation, FailsWhenItTakesTooManySteps) {
  std::string path = "//a";
  for (int depth = 0; depth < 24; ++depth) path = "//a[" + path + "]";
  EXPECT_EQ(result_of("GetXML(\"<r><a/><a/></r>\", \"" + path + "\") != \"\"", rich()), "error");
  EXPECT_EQ(result_of("GetXML(\"<r><a/><a/></r>\", \"//a[//a]\") == \"<a></a><a></a>\"", rich()), "yes");

  std::string items = "x";
  for (int i = 1; i < 60; ++i) items += ",x";
  const std::string list = "Split(\"" + items + "\", \",\")";
  const auto any = [&](int depth) {
    std::string body = "false";
    for (int i = 0; i < depth; ++i) body = "Any(" + list + ", (k" + std::to_string(i) + ", v) => " + body + ")";
    return body;
  };
  EXPECT_EQ(result_of(any(2), rich()), "no");
  EXPECT_EQ(result_of(any(4), rich()), "error");
}

// G10: an XML text has at most 64 KiB, whichever converter reads it.
TEST(OttlEvaluation, FailsForLargeXml) {
  for (const std::size_t size : {std::size_t{65536}, std::size_t{65537}}) {
    SpanSpec span;
    span.attributes = {{"xml", "<a>" + std::string(size - 7, 'x') + "</a>"}};
    for (const std::string converter : {"ParseXML", "ParseSimplifiedXML"})
      EXPECT_EQ(result_of("Len(" + converter + "(attributes[\"xml\"])) > 0", span), size == 65536 ? "yes" : "error");
  }
}

TEST(OttlEvaluation, CallsTextFunctions) {
  check(
      {{R"(IsMatch(attributes["text"], "l+o$") and not IsMatch(name, "^pan"))", "yes"},
       {R"(IsMatch(attributes["int"], "^42$") and IsMatch(attributes["double"], "^2\\.5$"))", "yes"},
       {R"(IsMatch(attributes["bool"], "true") and IsMatch(attributes["bytes"], "^0aff$"))", "yes"},
       {R"(IsMatch(attributes["missing"], ".*"))", "no"},
       {R"(IsMatch(attributes["list"], "^.\"a\",7.$") and IsMatch(attributes["map"], "\"k\""))", "yes"},
       {R"(HasPrefix(name, "sp") and HasSuffix(name, "an") and not HasPrefix(name, "an"))", "yes"},
       {R"(HasPrefix(attributes["missing"], "a"))", "error"},
       {R"(HasSuffix(attributes["int"], "2"))", "error"},
       {R"(Len(name) == 4 and Len(attributes["list"]) == 2 and Len(attributes["map"]) == 1)", "yes"},
       {R"(Len(attributes["int"]) == 2)", "error"},
       {R"(Concat([name, attributes["int"], attributes["missing"], attributes["double"]], "-") == "span-42-<nil>-2.5")",
        "yes"},
       {R"(Concat(attributes["list"], "") == "a7")", "yes"},
       {R"(Substring(name, 1, 2) == "pa")", "yes"},
       {R"(Substring(name, 3, 2) == "n")", "error"},
       {R"(ToUpperCase(attributes["text"]) == "HELLO" and ToLowerCase(attributes["text"]) == "hello")", "yes"},
       {R"(ContainsValue(attributes["list"], "a") and ContainsValue(attributes["list"], 7.0))", "yes"},
       {R"(ContainsValue(["x", attributes["text"]], "Hello"))", "yes"},
       {R"(ContainsValue(attributes["text"], "H"))", "error"},
       {R"(attributes["list"][2] == nil)", "error"},
       {R"(attributes["text"]["k"] == nil)", "error"}});
}

TEST(OttlEvaluation, ConvertsAndChecksKinds) {
  check(
      {{R"(Int("12") == 12 and Int(attributes["double"]) == 2 and Int(attributes["bool"]) == 1)", "yes"},
       {R"(Int(attributes["missing"]) == nil and Int(attributes["list"]) == 1)", "error"},
       {R"(Int(attributes["text"]) == 1)", "error"},
       {R"(Double("1.5") == 1.5 and Double(attributes["int"]) == 42.0)", "yes"},
       {R"(String(attributes["int"]) == "42" and String(attributes["missing"]) == nil and String(1.0) == "1")", "yes"},
       {R"(String(1000000.0 * 1000000.0 * 1000000.0 * 1000.0) == "1e+21" and String(0.0000001) == "1e-07")", "yes"},
       {R"(Bool("true") and Bool(1) and not Bool(0.0))", "yes"},
       {R"(Bool(attributes["text"]))", "error"},
       {R"(IsString(name) and IsInt(kind) and IsDouble(2.5) and IsBool(attributes["bool"]))", "yes"},
       {R"(IsList(attributes["list"]) and IsMap(attributes["map"]) and not IsString(attributes["missing"]))", "yes"},
       {R"(Seconds(end_time - start_time) == 1.5 and Milliseconds(end_time - start_time) == 1500)", "yes"},
       {R"(Microseconds(Duration("2ms")) == 2000 and Nanoseconds(Duration("1us")) == 1000)", "yes"},
       {R"(Hours(Duration("90m")) == 1.5 and Minutes(Duration("90s")) == 1.5)", "yes"},
       {R"(UnixSeconds(end_time) == 2 and UnixMicro(start_time) == 1000000)", "yes"}});
}

TEST(OttlEvaluation, RootSpansHaveNoParent) {
  EXPECT_EQ(result_of("IsRootSpan()", rich()), "yes");
  SpanSpec zero = rich();
  zero.raw += bytes_field(4, std::string(8, '\0'));
  EXPECT_EQ(result_of("IsRootSpan()", zero), "yes");
  SpanSpec child = rich();
  child.raw += bytes_field(4, std::string(8, '\x33'));
  EXPECT_EQ(result_of("IsRootSpan()", child), "no");
  EXPECT_EQ(result_of(R"(parent_span_id.string == "3333333333333333")", child), "yes");
}

TEST(OttlEvaluation, WhatAConditionMakesIsBounded) {
  SpanSpec span;
  span.attributes = {{"long", std::string(3'000'000, 'a')}};
  EXPECT_EQ(result_of(R"(HasPrefix(ToUpperCase(attributes["long"]), "AAA"))", span), "yes");
  const std::string five = R"([attributes["long"], attributes["long"], attributes["long"], attributes["long"], "b"])";
  EXPECT_EQ(result_of("Len(Concat(" + five + R"(, "")) == 12000001)", span), "yes");
  EXPECT_EQ(
      result_of("Len(Concat([Concat(" + five + R"(, ""), attributes["long"], attributes["long"]], "")) > 0)", span),
      "error");
}

TEST(OttlEvaluation, TimeAndChanceComeFromTheMoment) {
  const auto policies = compile_ok(
      options_of({conditions({R"(Now() == Unix(1700000000) and UUID() == UUID())"}),
                  conditions({R"(HasPrefix(UUIDv7(), "018bcfe5-6800-7"))"}, {}, OttlErrorMode::ignore, "v7")}));
  const std::string bytes = request_bytes({SpanSpec{}});
  otlp::Decoded decoded;
  ASSERT_TRUE(otlp::decode(bytes_of(bytes), nullptr, decoded).ok());
  Facts facts;
  policies->match_span(decoded, decoded.spans[0], Bits{}, facts, {1'700'000'000'000'000'000, 1});
  EXPECT_FALSE(has_bit(facts.bits, 0)) << "two calls give two IDs";
  EXPECT_TRUE(has_bit(facts.bits, 1));
}

}  // namespace
}  // namespace entail::policy
