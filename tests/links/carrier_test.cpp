// extract_context(): the W3C conformance cases about headers, then carriers with several formats.
#include <gtest/gtest.h>

#include <map>

#include "tests/links/contexts.hpp"

namespace entail {
namespace {

using namespace links_test;
using enum ContextError;

const std::string kTraceparent = "00-463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-01";
const std::string kB3 = "0000000000000000000000000000000b-000000000000000b-1";
const std::string kJaeger = "c:c:0:1";
const std::string kXray = "Root=1-00000000-00000000000000000000000a;Parent=000000000000000a;Sampled=1";
const std::vector<Header> kB3Headers = {
    {"X-B3-TraceId", "00000000000000000000000000000bbb"}, {"X-B3-SpanId", "0000000000000bbb"}, {"X-B3-Sampled", "1"}};

struct Extracted {
  SpanContext context;
  Extraction met;
};

Extracted extracted(const std::vector<Header>& headers) {
  Extracted result{untouched(), {}};
  const auto extraction = extract_context(headers, result.context);
  EXPECT_EQ(extraction.error(), none);
  if (extraction.ok()) result.met = *extraction;
  return result;
}

ContextError extract_error(const std::vector<Header>& headers) {
  SpanContext context = untouched();
  const auto extraction = extract_context(headers, context);
  EXPECT_FALSE(extraction.ok());
  EXPECT_EQ(context, untouched());
  return extraction.error();
}

std::string trace_state_of(const std::vector<Header>& headers) { return extracted(headers).context.trace_state; }

TEST(W3cCarrier, both_traceparent_and_tracestate_missing) { EXPECT_EQ(extract_error({}), no_context); }

TEST(W3cCarrier, traceparent_included_tracestate_missing) {
  const Extracted result = extracted({{"traceparent", kTraceparent}});
  EXPECT_EQ(result.context, context_of());
  EXPECT_EQ(result.met, (Extraction{ContextFormat::w3c, none, none}));
}

TEST(W3cCarrier, traceparent_duplicated) {
  EXPECT_EQ(extract_error({{"traceparent", kTraceparent}, {"traceparent", kTraceparent}}), duplicate_header);
  EXPECT_EQ(extract_error({{"traceparent", kTraceparent}, {"x", "y"}, {"TraceParent", "bad"}}), duplicate_header);
}

TEST(W3cCarrier, traceparent_header_name) {
  EXPECT_EQ(
      extract_error({{"trace-parent", kTraceparent}, {"trace.parent", kTraceparent}, {"tracepare\xb5t", kTraceparent}}),
      no_context);
}

TEST(W3cCarrier, traceparent_header_name_valid_casing) {
  for (const char* name : {"TraceParent", "TrAcEpArEnT", "TRACEPARENT"})
    EXPECT_EQ(extracted({{name, kTraceparent}}).context, context_of()) << name;
}

TEST(W3cCarrier, traceparent_ows_handling) {
  EXPECT_EQ(extracted({{"traceparent", " " + kTraceparent + " \t"}}).context, context_of());
}

TEST(W3cCarrier, tracestate_included_traceparent_missing) {
  EXPECT_EQ(extract_error({{"tracestate", "foo=1"}}), no_context);
}

TEST(W3cCarrier, tracestate_included_traceparent_included) {
  EXPECT_EQ(trace_state_of({{"traceparent", kTraceparent}, {"tracestate", "foo=1,bar=2"}}), "foo=1,bar=2");
}

TEST(W3cCarrier, tracestate_header_name) {
  EXPECT_EQ(trace_state_of({{"traceparent", kTraceparent}, {"trace-state", "foo=1"}, {"trace.state", "foo=1"}}), "");
}

TEST(W3cCarrier, tracestate_header_name_valid_casing) {
  for (const char* name : {"TraceState", "TrAcEsTaTe", "TRACESTATE"})
    EXPECT_EQ(trace_state_of({{"traceparent", kTraceparent}, {name, "foo=1"}}), "foo=1") << name;
}

TEST(W3cCarrier, tracestate_empty_header) {
  EXPECT_EQ(trace_state_of({{"traceparent", kTraceparent}, {"tracestate", ""}}), "");
  EXPECT_EQ(trace_state_of({{"traceparent", kTraceparent}, {"tracestate", "foo=1"}, {"tracestate", ""}}), "foo=1");
  EXPECT_EQ(trace_state_of({{"traceparent", kTraceparent}, {"tracestate", " "}, {"tracestate", "foo=1"}}), "foo=1");
}

TEST(W3cCarrier, tracestate_multiple_headers_different_keys) {
  EXPECT_EQ(trace_state_of({{"tracestate", "foo=1"},
                            {"traceparent", kTraceparent},
                            {"Tracestate", " bar=2 , rojo=1 "},
                            {"TRACESTATE", "congo=3"}}),
            "foo=1,bar=2 , rojo=1,congo=3");
}

// The requests of the suite: what comes twice is passed on as it came.
TEST(W3cCarrier, tracestate_duplicated_keys) {
  const Header traceparent = {"traceparent", kTraceparent};
  EXPECT_EQ(trace_state_of({traceparent, {"tracestate", "foo=1,foo=1"}}), "foo=1,foo=1");
  EXPECT_EQ(trace_state_of({traceparent, {"tracestate", "foo=1,foo=2"}}), "foo=1,foo=2");
  EXPECT_EQ(trace_state_of({traceparent, {"tracestate", "foo=1"}, {"tracestate", "foo=1"}}), "foo=1,foo=1");
  EXPECT_EQ(trace_state_of({traceparent, {"tracestate", "foo=1"}, {"tracestate", "foo=2"}}), "foo=1,foo=2");
}

// A bad tracestate is dropped; the traceparent is kept.
TEST(W3cCarrier, tracestate_that_is_bad_never_invalidates_traceparent) {
  const std::vector<std::string> cases = {"ot=th:0,ot=th:8", "foo =1", "FOO=1", "foo=bar=baz",
                                          "foo=\x01",        "foo",    "foo="};
  for (const std::string& bad : cases) {
    const Extracted result = extracted({{"traceparent", kTraceparent}, {"tracestate", bad}});
    EXPECT_EQ(result.context, context_of()) << bad;
    EXPECT_EQ(result.met.trace_state, bad_trace_state) << bad;
  }
  const Extracted twice =
      extracted({{"traceparent", kTraceparent}, {"tracestate", "ot=th:0"}, {"tracestate", "ot=th:8"}});
  EXPECT_EQ(twice.met.trace_state, bad_trace_state);
}

TEST(W3cCarrier, tracestate_member_count_limit) {
  std::vector<Header> headers = {{"traceparent", kTraceparent}};
  std::vector<std::string> members;
  for (int i = 0; i < 33; ++i) members.push_back("k" + std::to_string(i) + "=1");
  for (int i = 0; i < 32; ++i) headers.push_back({"tracestate", members[static_cast<std::size_t>(i)]});
  EXPECT_EQ(extracted(headers).met.trace_state, none);
  headers.push_back({"tracestate", members[32]});
  EXPECT_EQ(extracted(headers).met.trace_state, bad_trace_state);
}

// The limit applies to all headers together.
TEST(W3cCarrier, tracestate_of_many_headers_has_a_limit) {
  std::vector<Header> headers = {{"traceparent", kTraceparent}};
  const std::string blank(1000, ',');
  for (int i = 0; i < 100000; ++i) headers.push_back({"tracestate", blank});
  const Extracted result = extracted(headers);
  EXPECT_EQ(result.context, context_of());
  EXPECT_EQ(result.met.trace_state, bad_trace_state);
  EXPECT_LT(result.context.trace_state.capacity(), 1000u);
}

TEST(W3cCarrier, multiple_requests_with_illegal_traceparent) {
  EXPECT_EQ(extract_error({{"traceparent", "00-00000000000000000000000000000000-1234567890123456-01"}}), zero_trace_id);
  EXPECT_EQ(extract_error({{"traceparent", ""}}), too_short);
}

TEST(W3cCarrier, propagates_random_flag) {
  EXPECT_EQ(extracted({{"traceparent", "00-463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-ff"}}).context.flags,
            kTraceFlagSampled | kTraceFlagRandom);
}

std::uint64_t low_of(const std::vector<Header>& headers) { return extracted(headers).context.trace_id.lo; }

TEST(Carrier, ReadsEachFormatInAnyCaseOfItsName) {
  EXPECT_EQ(low_of({{"B3", kB3}}), 0xbu);
  EXPECT_EQ(low_of(kB3Headers), 0xbbbu);
  EXPECT_EQ(low_of({{"Uber-Trace-Id", kJaeger}}), 0xcu);
  EXPECT_EQ(low_of({{"x-amzn-TRACE-id", kXray}}), 0xau);
  EXPECT_EQ(extracted({{"b3", kB3}}).met.format, ContextFormat::b3);
  EXPECT_EQ(extracted(kB3Headers).met.format, ContextFormat::b3_headers);
  EXPECT_EQ(extracted({{"uber-trace-id", kJaeger}}).met.format, ContextFormat::jaeger);
  EXPECT_EQ(extracted({{"X-Amzn-Trace-Id", kXray}}).met.format, ContextFormat::xray);
}

// W3C, b3, X-B3, Jaeger, X-Ray: removes the first format in turn, for any order of the headers.
TEST(Carrier, FormatPrecedenceIgnoresHeaderOrder) {
  const std::vector<std::vector<Header>> formats = {{{"traceparent", kTraceparent}},
                                                    {{"b3", kB3}},
                                                    kB3Headers,
                                                    {{"uber-trace-id", kJaeger}},
                                                    {{"x-amzn-trace-id", kXray}}};
  const std::uint64_t expected[] = {kTrace.lo, 0xb, 0xbbb, 0xc, 0xa};
  for (std::size_t first = 0; first < formats.size(); ++first) {
    std::vector<Header> forward;
    std::vector<Header> backward;
    for (std::size_t i = first; i < formats.size(); ++i) {
      forward.insert(forward.end(), formats[i].begin(), formats[i].end());
      backward.insert(backward.begin(), formats[i].begin(), formats[i].end());
    }
    EXPECT_EQ(low_of(forward), expected[first]);
    EXPECT_EQ(low_of(backward), expected[first]);
  }
}

TEST(Carrier, FallsBackFromABadFormatAndReportsIt) {
  const Extracted result =
      extracted({{"traceparent", "00-bad"}, {"tracestate", "a=1"}, {"b3", "x"}, {"uber-trace-id", kJaeger}});
  EXPECT_EQ(result.context.trace_id.lo, 0xcu);
  EXPECT_EQ(result.context.trace_state, "");  // it belongs to the traceparent
  EXPECT_EQ(result.met, (Extraction{ContextFormat::jaeger, too_short, none}));
  EXPECT_EQ(extract_error({{"b3", "x"}, {"uber-trace-id", ""}}), bad_sampling);
}

// The single header may hold only a decision; the X-B3 headers must not override it.
TEST(Carrier, AValidB3HeaderHidesTheXB3Headers) {
  std::vector<Header> headers = kB3Headers;
  headers.push_back({"b3", "0"});
  EXPECT_EQ(extract_error(headers), no_ids);
  headers.back().value = "x";
  EXPECT_EQ(low_of(headers), 0xbbbu);
}

TEST(Carrier, ATraceWithoutASpanIsNoContext) {
  EXPECT_EQ(extract_error({{"x-amzn-trace-id", "Root=1-00000000-00000000000000000000000a;Sampled=1"}}), no_ids);
  EXPECT_EQ(extract_error({{"x-b3-sampled", "1"}}), no_ids);
}

TEST(Carrier, UsesTheFirstOfDuplicateHeaders) {
  EXPECT_EQ(low_of({{"b3", kB3}, {"b3", "0000000000000001-0000000000000001-1"}}), 0xbu);
  EXPECT_EQ(low_of({{"uber-trace-id", kJaeger}, {"uber-trace-id", "1:1:0:1"}}), 0xcu);
}

TEST(Carrier, IgnoresBaggage) {
  EXPECT_EQ(extract_error({{"baggage", "traceparent=" + kTraceparent}, {"uberctx-x", "1"}}), no_context);
}

}  // namespace
}  // namespace entail
