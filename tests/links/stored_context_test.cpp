// Contexts stored as JSON: parsing, formatting and errors; and the names of all context errors.
#include <gtest/gtest.h>

#include <set>

#include "tests/links/contexts.hpp"

namespace entail {
namespace {

using namespace links_test;
using enum ContextError;

const std::string kIdMembers = R"("traceId":"463ac35c9f6413ad48485a3953bb6124","spanId":"a2fb4a1d1a96d312")";

std::string with(std::string_view members) { return "{" + kIdMembers + "," + std::string(members) + "}"; }

SpanContext stored(std::string_view json) {
  const auto parsed = parse_stored_context(json);
  EXPECT_EQ(parsed.error(), none) << json;
  return parsed.ok() ? *parsed : SpanContext{};
}

ContextError stored_error(std::string_view json) {
  const auto parsed = parse_stored_context(json);
  EXPECT_FALSE(parsed.ok()) << json;
  return parsed.error();
}

SpanContext with_state(std::string_view trace_state) {
  SpanContext context = context_of();
  context.trace_state = trace_state;
  return context;
}

TEST(StoredContext, ReadsAllMembers) {
  EXPECT_EQ(stored(with(R"("traceFlags":1,"traceState":"a=1,b=2")")), with_state("a=1,b=2"));
  EXPECT_EQ(stored(" {\n\t\"spanId\" : \"a2fb4a1d1a96d312\" ,\r\"traceFlags\": 1 , \"traceId\":"
                   "\"463ac35c9f6413ad48485a3953bb6124\" } "),
            context_of());
  EXPECT_EQ(stored("{" + kIdMembers + "}"), context_of(kTrace, kSpan, 0));
}

TEST(StoredContext, ReadsEitherCaseAndExactLengths) {
  EXPECT_EQ(stored(R"({"traceId":"463AC35C9F6413AD48485A3953BB6124","spanId":"A2FB4A1D1A96D312","traceFlags":1})"),
            context_of());
  const auto error = [](std::string_view trace, std::string_view span) {
    return stored_error("{\"traceId\":" + std::string(trace) + ",\"spanId\":" + std::string(span) + "}");
  };
  const std::string trace = "\"" + std::string(kTraceHex) + "\"";
  const std::string span = "\"" + std::string(kSpanHex) + "\"";
  for (const char* bad :
       {"\"\"", "\"48485a3953bb6124\"", "\"463ac35c9f6413ad48485a3953bb612\"", "\"463ac35c9f6413ad48485a3953bb61244\"",
        "\"463ac35c9f6413ad48485a3953bb612x\"", "1", "null", "\"\\u003463ac35c9f6413ad48485a3953bb6124\""})
    EXPECT_EQ(error(bad, span), bad_trace_id) << bad;
  for (const char* bad : {"\"\"", "\"a2fb4a1d1a96d31\"", "\"a2fb4a1d1a96d3122\"", "\"a2fb4a1d1a96d31x\"", "[]", "null"})
    EXPECT_EQ(error(trace, bad), bad_span_id) << bad;
  EXPECT_EQ(error("\"00000000000000000000000000000000\"", span), zero_trace_id);
  EXPECT_EQ(error(trace, "\"0000000000000000\""), zero_span_id);
}

TEST(StoredContext, ReadsFlagsAsNumberOrHex) {
  for (const auto& [text, flags] :
       {std::pair{"0", 0}, {"1", 1}, {"3", 3}, {"255", 255}, {"\"01\"", 1}, {"\"1\"", 1}, {"\"fF\"", 255}, {"null", 0}})
    EXPECT_EQ(stored(with("\"traceFlags\":" + std::string(text))).flags, flags) << text;
  for (const char* text : {"256", "-1", "1.0", "1e0", "0001", "\"\"", "\"001\"", "\"0x\"", "\"+1\"", "true", "[1]"}) {
    const ContextError error = stored_error(with("\"traceFlags\":" + std::string(text)));
    EXPECT_EQ(error, std::string_view(text) == "0001" ? bad_json : bad_flags) << text;
  }
}

TEST(StoredContext, KeepsTheTraceStateAsItIs) {
  EXPECT_EQ(stored(with(R"("traceState":"")")).trace_state, "");
  EXPECT_EQ(stored(with(R"("traceState":null)")).trace_state, "");
  EXPECT_EQ(stored(with(R"("traceState":"a=\"\\\/\u0041")")).trace_state, "a=\"\\/A");
  EXPECT_EQ(stored(with(R"("traceState":"\b\f\n\r\t")")).trace_state, "\b\f\n\r\t");
  EXPECT_EQ(stored(with(R"("traceState":"\u00e4\u20ac\ud83d\ude00")")).trace_state, "\u00e4\u20ac\U0001f600");
  EXPECT_EQ(stored(with(R"("traceState":"\ud83d|\ude00|\ud83dx|\ud83d\n|\ud83d\u0041")")).trace_state,
            "\ufffd|\ufffd|\ufffdx|\ufffd\n|\ufffdA");
}

// Some programs serialise an object by mistake: it is kept as JSON, which is never a valid tracestate.
TEST(StoredContext, ATraceStateThatIsNotAStringIsNeverValid) {
  for (const char* json : {R"({"_internalState":{}})", "[]", "[1,2]", "1", "true", R"({"a=1":"b=2"})"}) {
    const std::string trace_state = stored(with("\"traceState\":" + std::string(json))).trace_state;
    EXPECT_EQ(trace_state, json);
    EXPECT_EQ(check_trace_state(trace_state).error(), bad_trace_state) << json;
  }
}

TEST(StoredContext, IsRemoteByDefault) {
  EXPECT_TRUE(stored(with(R"("isRemote":true)")).is_remote);
  EXPECT_TRUE(stored(with(R"("isRemote":"false")")).is_remote);
  EXPECT_FALSE(stored(with(R"("isRemote":false)")).is_remote);
}

TEST(StoredContext, IgnoresOtherMembers) {
  EXPECT_EQ(stored(with(R"("x":[1,-2.5e+3,0,{"y":[true,false,null,"\u0000"]},{}],"traceFlags":1,"":"")")),
            context_of());
  EXPECT_EQ(stored(with(R"("TraceId":"x","trace_id":"y","traceFlags":1)")), context_of());
}

TEST(StoredContext, ReadsEscapedKeys) {
  EXPECT_EQ(stored(R"({"trace\u0049d":"463ac35c9f6413ad48485a3953bb6124","spanId":"a2fb4a1d1a96d312"})").trace_id,
            kTrace);
}

TEST(StoredContext, ReadsStoredCarriers) {
  const std::string traceparent = R"("traceparent":"00-463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-01")";
  EXPECT_EQ(stored("{" + traceparent + "}"), context_of());
  EXPECT_EQ(stored("{" + traceparent + R"(,"tracestate":"a=1"})"), with_state("a=1"));
  EXPECT_EQ(stored_error(R"({"traceparent":"00-463AC35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-01"})"), bad_trace_id);
  EXPECT_EQ(stored_error(R"({"traceparent":1})"), bad_version);
  EXPECT_EQ(stored_error("{" + traceparent + "," + kIdMembers + "}"), duplicate_field);
}

TEST(StoredContext, RefusesMissingIds) {
  EXPECT_EQ(stored_error("{}"), missing_field);
  EXPECT_EQ(stored_error(R"({"traceId":"463ac35c9f6413ad48485a3953bb6124"})"), missing_field);
  EXPECT_EQ(stored_error(R"({"spanId":"a2fb4a1d1a96d312"})"), missing_field);
  EXPECT_EQ(stored_error(with(kIdMembers)), duplicate_field);
  EXPECT_EQ(stored_error(with(R"("traceFlags":1,"traceFlags":1)")), duplicate_field);
}

TEST(StoredContext, RefusesAnythingButOneObject) {
  const std::string valid = "{" + kIdMembers + "}";
  for (const std::string& json : std::vector<std::string>{"",
                                                          " ",
                                                          "null",
                                                          "[]",
                                                          "\"x\"",
                                                          valid + "x",
                                                          valid + valid,
                                                          "{" + kIdMembers,
                                                          "{" + kIdMembers + ",}",
                                                          "{," + kIdMembers + "}",
                                                          "{x:1}",
                                                          "{\"x\"}",
                                                          "{\"x\":}",
                                                          "{\"x\" 1}",
                                                          with("\"x\":01"),
                                                          with("\"x\":+1"),
                                                          with("\"x\":1."),
                                                          with("\"x\":.5"),
                                                          with("\"x\":1e"),
                                                          with("\"x\":-"),
                                                          with("\"x\":tru"),
                                                          with("\"x\":True"),
                                                          with("\"x\":NaN"),
                                                          with("\"x\":'y'"),
                                                          with("\"x\":\"\n\""),
                                                          with("\"x\":\"\\x\""),
                                                          with("\"x\":\"\\u12g4\""),
                                                          with("\"x\":\"\\"),
                                                          with("\"x\":[1,]"),
                                                          with("\"x\":[1 2]"),
                                                          with("\"x\":[}"),
                                                          with("\"x\":{]"),
                                                          with("\"x\":\"\x80\""),
                                                          with("\"x\":\"\xed\xa0\x80\""),
                                                          "\xef\xbb\xbf" + valid,
                                                          with("/**/\"x\":1")})
    EXPECT_EQ(stored_error(json), bad_json) << json;
}

TEST(StoredContext, EveryPrefixIsRefused) {
  const std::string valid = with(R"("traceFlags":1,"traceState":"a=1","x":[{"y":-1.5e3}])");
  EXPECT_EQ(stored(valid), with_state("a=1"));
  for (std::size_t size = 0; size < valid.size(); ++size) EXPECT_EQ(stored_error(valid.substr(0, size)), bad_json);
}

TEST(StoredContext, HasLimits) {
  const auto nested = [](std::size_t depth) {
    return with("\"x\":" + std::string(depth, '[') + std::string(depth, ']'));
  };
  EXPECT_EQ(stored(nested(15)).trace_id, kTrace);
  EXPECT_EQ(stored_error(nested(16)), too_deep);
  EXPECT_EQ(stored_error(with("\"x\":" + std::string(60000, '['))), too_deep);
  const std::string head = with("\"x\":\"\"");
  const std::string at_limit = with("\"x\":\"" + std::string(65536 - head.size(), 'x') + "\"");
  ASSERT_EQ(at_limit.size(), 65536u);
  EXPECT_EQ(stored(at_limit).trace_id, kTrace);
  EXPECT_EQ(stored_error(at_limit + " "), too_long);
}

TEST(StoredContext, Formats) {
  SpanContext context = context_of();
  EXPECT_EQ(format_stored_context(context), with(R"("traceFlags":1)"));
  context.trace_state = "a=\"1\\";
  context.is_remote = false;
  EXPECT_EQ(format_stored_context(context), with(R"("traceFlags":1,"traceState":"a=\"1\\","isRemote":false)"));
  EXPECT_EQ(format_stored_context({}), "");
}

SpanContext random_context(RandomContexts& random) {
  SpanContext made = context_of(random.trace_id(), random.span_id(), static_cast<std::uint8_t>(random.below(256)));
  for (std::uint64_t i = random.below(4); i > 0; --i)
    made.trace_state += (made.trace_state.empty() ? "k" : ",k") + std::to_string(i) + "=\"\\<&/ x";
  return made;
}

TEST(StoredContext, RoundTrips) {
  RandomContexts random(5);
  for (int i = 0; i < 20000; ++i) {
    SpanContext made = random_context(random);
    made.is_remote = random.below(2) == 0;
    ASSERT_EQ(stored(format_stored_context(made)), made) << format_stored_context(made);
  }
}

TEST(ContextErrors, HaveTheNamesOfTheirEnumerators) {
  std::set<std::string_view> names;
  std::set<std::string_view> texts;
  for (unsigned i = 0; i < kContextErrorCount; ++i) {
    names.insert(context_error_name(static_cast<ContextError>(i)));
    texts.insert(describe(static_cast<ContextError>(i)));
  }
  EXPECT_EQ(names.size(), kContextErrorCount);
  EXPECT_EQ(texts.size(), kContextErrorCount);
#define EXPECT_NAME(error) EXPECT_EQ(context_error_name(error), #error)
  EXPECT_NAME(none);
  EXPECT_NAME(no_context);
  EXPECT_NAME(no_ids);
  EXPECT_NAME(duplicate_header);
  EXPECT_NAME(too_short);
  EXPECT_NAME(too_long);
  EXPECT_NAME(bad_separator);
  EXPECT_NAME(bad_version);
  EXPECT_NAME(forbidden_version);
  EXPECT_NAME(trailing_data);
  EXPECT_NAME(bad_trace_id);
  EXPECT_NAME(zero_trace_id);
  EXPECT_NAME(bad_span_id);
  EXPECT_NAME(zero_span_id);
  EXPECT_NAME(bad_parent_id);
  EXPECT_NAME(bad_sampling);
  EXPECT_NAME(bad_flags);
  EXPECT_NAME(missing_field);
  EXPECT_NAME(duplicate_field);
  EXPECT_NAME(bad_json);
  EXPECT_NAME(too_deep);
  EXPECT_NAME(bad_trace_state);
  EXPECT_NAME(bad_key);
  EXPECT_NAME(bad_attribute);
  EXPECT_NAME(duplicate_attribute);
  EXPECT_NAME(too_many_attributes);
  EXPECT_NAME(no_room);
  EXPECT_NAME(out_of_memory);
  EXPECT_NAME(not_found);
#undef EXPECT_NAME
  EXPECT_EQ(context_error_name(static_cast<ContextError>(kContextErrorCount)), "unknown");
}

}  // namespace
}  // namespace entail
