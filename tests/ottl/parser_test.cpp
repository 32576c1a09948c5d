// Valid conditions, and the errors of invalid ones: the offset, the message, the suggestions.
#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "ottl/program.hpp"

namespace entail::ottl {
namespace {

Fault fault_of(const std::string& condition, Context context = Context::span) {
  const Result<Program, Fault> program = compile(condition, context);
  EXPECT_FALSE(program.ok()) << condition;
  const Fault fault = program.error();
  EXPECT_LE(fault.offset, condition.size()) << condition;
  EXPECT_FALSE(fault.text.empty()) << condition;
  return fault;
}

TEST(OttlParser, AcceptsConditionsOfRealConfigurations) {
  for (const char* condition : {R"(attributes["k"] == "v")",
                                R"(attributes["k"] != nil)",
                                R"(attributes["http.status_code"] >= 500)",
                                R"(resource.attributes["service.name"] == "cart")",
                                R"(name == "GET /")",
                                "kind == SPAN_KIND_SERVER",
                                "status.code == STATUS_CODE_ERROR",
                                "span.status.code == 2",
                                R"(IsMatch(name, "^GET .*"))",
                                R"(IsMatch(attributes["code"], "5.."))",
                                "not IsRootSpan()",
                                "IsRootSpan() and not IsRootSpan()",
                                "true",
                                R"((name == "a" or name == "b") and not (kind == 3))",
                                R"(end_time - start_time > Duration("1m30s"))",
                                R"(end_time_unix_nano - start_time_unix_nano >= 1000)",
                                R"(attributes["a"]["b"][0] == 1)",
                                R"(trace_state["vendor"] == "x")",
                                R"(instrumentation_scope.name == "lib" or scope.version != "1")",
                                R"(Concat([name, "x", 1], "-") == "a")",
                                R"(ContainsValue(["a", "b"], attributes["k"]))",
                                R"(-1.5e-3 < attributes["x"] + 2 * (3 - 1))",
                                R"(attributes["id"] == 0x00FF)",
                                R"("a\"\\b" == name)",
                                R"(Len(attributes["list"]) > 0)",
                                R"(1 - -1 == 2)",
                                R"(IsMatch("name", "x") or IsMatch(name, kind.string))",
                                R"(IsMatch(pattern="x", target=name))",
                                R"(attributes != nil and events != links and status == status)",
                                R"(attributes["a"] == ["x", {"k": [1, nil]}])",
                                R"(attributes[attributes["k"]][name] == -kind)",
                                R"(ParseJSON(attributes["j"])["a"][0] == 1)",
                                R"(Any(attributes["l"], (_, v) => v["id"] == 1 or (v == nil and true)))",
                                R"(When(() => kind == 2, "server", "other") == "server")",
                                R"(Find(attributes["l"], (k, _) => k == 1, (_, v) => v) != nil)",
                                R"(Substring(name, 0, 1, utf8_safe=true) == "a")",
                                R"(name == "\x41\u00e9\101")",
                                R"(Len(name))"}) {
    EXPECT_EQ(compile(condition, Context::span).error().text, "") << condition;
  }
  for (const char* condition : {R"(name == "exception")", R"(spanevent.name == "x")", R"(span.name == "x")",
                                R"(attributes["exception.type"] == "T" and span.attributes["k"] == 1)",
                                "time - span.start_time > Duration(\"1s\")", "dropped_attributes_count == 0"}) {
    EXPECT_EQ(compile(condition, Context::spanevent).error().text, "") << condition;
  }
}

struct Refused {
  const char* condition;
  std::size_t offset;
  const char* text;
};

void expect_refused(std::span<const Refused> cases) {
  for (const Refused& refused : cases) {
    const Fault fault = fault_of(refused.condition);
    EXPECT_EQ(fault.offset, refused.offset) << refused.condition << ": " << fault.text;
    EXPECT_NE(fault.text.find(refused.text), std::string::npos) << refused.condition << ": " << fault.text;
  }
}

TEST(OttlParser, RefusesInvalidCalls_WithTheirOffsets) {
  const Refused cases[] = {
      {R"(IsMatch(target=name, "a"))", 21, "an argument without a name follows one with a name"},
      {R"(IsMatch(target=name, target=name))", 28, "this argument is given twice"},
      {R"(IsMatch(text=name, pattern="a"))", 8, "no argument has this name: IsMatch(target, pattern)"},
      {R"(HasPrefix(1, "a"))", 10, "expected a text: HasPrefix(target, prefix)"},
      {R"(Hours(1) > 1)", 6, "expected a duration"},
      {R"(Int("abc") == 1)", 4, "expected another value"},
      {R"(Trim(name, attributes["k"]) == "")", 11, "expected a text in double quotes: Trim(target, [replacement])"},
      {R"(Substring(name, 0, 1, 1) == "")", 22, "expected true or false"},
      {R"(Coalesce([]) == 1)", 9, "at least one value"},
      {R"(UserAgent(name)["os.name"] == "x")", 0, "UserAgent is not supported"},
      {R"(Decode(name, "shift_jis") == "x")", 13, "the encoding 'shift_jis' is not supported"},
      {R"x(GetXML(name, "count(//a)") == "x")x", 13, "this XPath is not supported"},
      {R"(ExtractGrokPatterns(name, "%{HTTPD:x}", true) == nil)", 26, "HTTPD is not built in"},
      {R"(Format("%z", [1]) == "x")", 7, "the verb %z is not supported"},
      {R"(Time(name, "%Q") == nil)", 11, "unknown directive '%Q'"},
      {R"(Time(name, "%Y", "Nowhere/Land") == nil)", 17, "no time zone of this name"},
      {R"(TraceID("12") == trace_id)", 8, "expected 16 bytes, or 32 hexadecimal digits"},
      {R"(Any(attributes["l"], (v) => v == 1))", 21, "takes 2 parameters"},
      {R"(Any(attributes["l"], name))", 21, "expected a lambda"},
      {R"(Any(attributes["l"], (v, v) => v == 1))", 25, "is named twice"},
      {R"(Any(attributes["l"], (k, v) => (x) => x))", 31, "a lambda cannot give another lambda"},
      {R"(Any(attributes["l"], (k, v) => v.x == 1))", 32, "what is inside a parameter"},
      {R"((v) => v == 1)", 0, "a lambda can only be an argument"},
      {R"({"a" 1} == nil)", 5, "expected ':'"},
      {R"({a: 1} == nil)", 1, "expected a key in double quotes"},
      {R"(attributes[1.5] == 1)", 11, "expected a key in double quotes"},
      {R"(name["x"] == "y")", 4, "'name' has no parts"},
      {R"(trace_state["a"]["b"] == "y")", 12, "an entry of the tracestate has no parts"},
      {R"(otelcol.client.addr == "x")", 0, "'otelcol.client.addr' is not supported"},
      {R"("a" + 1 == 2)", 0, "'+' needs numbers"},
      {R"((name == "a") == true)", 1, "a condition cannot be compared"},
  };
  expect_refused(cases);
}

TEST(OttlParser, RefusesInvalidConditions_WithTheirOffsets) {
  const Refused cases[] = {
      {"", 0, "the condition is empty"},
      {"name", 0, "this is a text, not a condition; compare it"},
      {R"(attributes["k"])", 0, "a value alone is not a condition"},
      {R"(name == "a)", 8, "the text has no closing quote"},
      {"name = \"a\"", 5, "'=' is written '=='"},
      {"name == 'a'", 8, "a string is written in double quotes"},
      {R"(name == "a" && kind == 1)", 12, "'&&' is written 'and'"},
      {R"(name == "a" || kind == 1)", 12, "'||' is written 'or'"},
      {R"(!IsRootSpan())", 0, "'!' is written 'not'"},
      {R"(name == "a\d")", 10, "unknown escape"},
      {"nme == 1", 0, "unknown path 'nme'"},
      {R"(span_properties["x"] == 1)", 0, "unknown path 'span_properties'"},
      {R"(resource["service.name"] == "x")", 0, "'resource' alone says nothing"},
      {R"(attributes.k == 1)", 0, "unknown path 'attributes.k'"},
      {R"(attributes[0] == 1)", 11, "the key of an attribute is a text"},
      {R"(attributes["k" == 1)", 15, "expected ']'"},
      {R"(spanevent.name == "x")", 0, "conditions on span events belong in the list 'spanevent'"},
      {R"(IsMach(name, "x"))", 0, "unknown function 'IsMach'"},
      {R"(isMatch(name, "x"))", 0, "'isMatch' is not a function that a condition may call"},
      {R"(set(attributes["a"], 1))", 0, "'set' is not a function"},
      {R"("status.code" == "2")", 0, "'status.code' in quotes is a text; without quotes it is the path"},
      {R"(IsMatch(name, "("))", 14, "bad regular expression '('"},
      {R"(IsMatch(name))", 12, "an argument is missing: IsMatch("},
      {R"(IsMatch(name, "a", "b"))", 19, "too many arguments"},
      {R"(name == "a" and kind)", 16, "this is a number, not a condition"},
      {R"(not name)", 4, "this is a text, not a condition"},
      {R"(1 == 1 == 1)", 7, "comparisons cannot be chained"},
      {R"(name == "a" name == "b")", 12, "expected and, or, a comparison, or the end"},
      {R"((name == "a")", 12, "expected ')'"},
      {R"(name == )", 8, "the condition ends where a value is missing"},
      {R"(name == STATUS_ERROR)", 8, "'STATUS_ERROR' is not the name of a constant"},
      {R"(attributes["x"] > 5s)", 18, "numbers have no units"},
      {R"(attributes["x"] > 99999999999999999999)", 18, "more than 64 bits"},
      {"name == @", 8, "'@' has no meaning here"},
      {R"(0x123 == attributes["x"])", 0, "an even number of digits"},
      {R"(IsRootSpan == true)", 0, "a function is called with parentheses"},
      {R"(Len({"k": [[{"a": 1}]]}) == 1)", 10, "a map cannot hold this value"},
  };
  expect_refused(cases);
  EXPECT_NE(fault_of("IsRootSpan()", Context::spanevent).text.find("not on span events"), std::string::npos);
  EXPECT_NE(fault_of("kind == 1", Context::spanevent).text.find("unknown path 'kind'"), std::string::npos);
}

TEST(OttlParser, SuggestsNearMatches) {
  const auto offers = [](const std::string& condition, std::string_view candidate) {
    const Fault fault = fault_of(condition);
    return std::find(fault.candidates.begin(), fault.candidates.end(), candidate) != fault.candidates.end();
  };
  EXPECT_TRUE(offers("nme == 1", "name"));
  EXPECT_TRUE(offers(R"(IsMach(name, "x"))", "IsMatch"));
  EXPECT_TRUE(offers("status.code == STATUS_CODE_EROR", "STATUS_CODE_ERROR"));
}

TEST(OttlParser, BoundsSizeAndDepth) {
  EXPECT_NE(fault_of(std::string(kConditionBytesMax + 1, ' ')).text.find("bytes"), std::string::npos);
  EXPECT_NE(fault_of(std::string(4000, '(') + "true" + std::string(4000, ')')).text.find("too deep"),
            std::string::npos);
  std::string sum = "1";
  for (int i = 0; i < 1000; ++i) sum += "+1";
  EXPECT_NE(fault_of(sum + " == 1").text.find("too deep"), std::string::npos);
  std::string calls;
  for (int i = 0; i < 500; ++i) calls += "String(";
  EXPECT_NE(fault_of(calls).text.find("too deep"), std::string::npos);
  for (const char* open : {"[", "[1 + [", "[true, [", "Concat([", "[("}) {
    std::string lists;
    for (int i = 0; i < 1000; ++i) lists += open;
    EXPECT_NE(fault_of(lists).text.find("too deep"), std::string::npos) << open;
  }
  std::string many = "kind == 0";
  for (int i = 0; i < 500; ++i) many += " or kind == " + std::to_string(i);  // wide, not deep
  EXPECT_EQ(compile(many, Context::span).error().text, "");
}

}  // namespace
}  // namespace entail::ottl
