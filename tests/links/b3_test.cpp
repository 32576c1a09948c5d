// B3 in one header and in several: parsing, formatting and errors.
#include <gtest/gtest.h>

#include "tests/links/contexts.hpp"

namespace entail {
namespace {

using namespace links_test;
using enum ContextError;

const std::string kIds = std::string(kTraceHex) + "-" + std::string(kSpanHex);

ContextError b3_error(std::string_view text) { return error_of(parse_b3, text); }
ForeignContext b3(std::string_view text) { return read_by(parse_b3, text); }

TEST(B3, ReadsEveryState) {
  EXPECT_EQ(b3(kIds), foreign_of(SamplingState::deferred));
  EXPECT_EQ(b3(kIds + "-0"), foreign_of(SamplingState::denied));
  EXPECT_EQ(b3(kIds + "-1"), foreign_of(SamplingState::sampled));
  EXPECT_EQ(b3(kIds + "-d"), foreign_of(SamplingState::debug));
}

TEST(B3, DebugImpliesSampled) {
  EXPECT_EQ(b3(kIds + "-d").context.flags, kTraceFlagSampled);
  EXPECT_EQ(b3(kIds + "-0").context.flags, 0);
  EXPECT_EQ(b3(kIds).context.flags, 0);
}

TEST(B3, ReadsTheParent) {
  EXPECT_EQ(b3(kIds + "-1-" + std::string(kParentHex)), foreign_of(SamplingState::sampled, kParent));
  EXPECT_EQ(b3(kIds + "-1-0000000000000000"), foreign_of(SamplingState::sampled));
}

TEST(B3, PadsShortTraceIdsOnTheLeft) {
  EXPECT_EQ(b3("48485a3953bb6124-a2fb4a1d1a96d312-1"), foreign_of(SamplingState::sampled, {}, {0, 0x48485a3953bb6124}));
}

TEST(B3, ReadsADecisionAlone) {
  for (const auto& [text, sampling] :
       {std::pair{"0", SamplingState::denied}, {"1", SamplingState::sampled}, {"d", SamplingState::debug}}) {
    const ForeignContext parsed = b3(text);
    EXPECT_EQ(parsed.sampling, sampling);
    EXPECT_FALSE(parsed.context.is_valid());
    EXPECT_EQ(format_b3(parsed), text);
  }
}

TEST(B3, AcceptsWhitespaceAroundTheValueOnly) {
  EXPECT_EQ(b3(" \t" + kIds + "-1\t "), foreign_of(SamplingState::sampled));
  EXPECT_EQ(b3_error(kIds + " -1"), bad_span_id);
  EXPECT_EQ(b3_error(kIds + "-1\n"), bad_sampling);
}

TEST(B3, RefusesEmptyAndDash) {
  EXPECT_EQ(b3_error(""), too_short);
  EXPECT_EQ(b3_error(" "), too_short);
  EXPECT_EQ(b3_error("-"), bad_trace_id);
  EXPECT_EQ(b3_error("--"), bad_trace_id);
}

TEST(B3, RefusesBadTraceIds) {
  const std::string rest = "-a2fb4a1d1a96d312-1";
  for (const std::size_t size : {1u, 8u, 15u, 17u, 18u, 31u, 33u, 64u})
    EXPECT_EQ(b3_error(std::string(size, 'a') + rest), bad_trace_id) << size;
  EXPECT_EQ(b3_error("463AC35C9F6413AD48485A3953BB6124" + rest), bad_trace_id);
  EXPECT_EQ(b3_error("463ac35c9f6413ad48485a3953bb612g" + rest), bad_trace_id);
  EXPECT_EQ(b3_error("0x3ac35c9f6413ad48485a3953bb6124" + rest), bad_trace_id);
  EXPECT_EQ(b3_error("+63ac35c9f6413ad48485a3953bb6124" + rest), bad_trace_id);
  EXPECT_EQ(b3_error(std::string(32, '0') + rest), zero_trace_id);
  EXPECT_EQ(b3_error(std::string(16, '0') + rest), zero_trace_id);
}

// A span ID of 18 digits crashed another implementation.
TEST(B3, RefusesBadSpanIds) {
  const std::string trace = std::string(kTraceHex) + "-";
  for (const std::size_t size : {0u, 1u, 15u, 17u, 18u, 32u})
    EXPECT_EQ(b3_error(trace + std::string(size, 'a') + "-1"), bad_span_id) << size;
  EXPECT_EQ(b3_error(trace + "A2FB4A1D1A96D312-1"), bad_span_id);
  EXPECT_EQ(b3_error(trace + "0000000000000000-1"), zero_span_id);
  EXPECT_EQ(b3_error(std::string(kTraceHex)), missing_field);
  EXPECT_EQ(b3_error(trace), bad_span_id);
}

TEST(B3, RefusesBadStatesAndTrailingData) {
  for (const char* state : {"", "2", "D", "true", "false", "01", "-1"})
    EXPECT_EQ(b3_error(kIds + "-" + state), bad_sampling) << state;
  EXPECT_EQ(b3_error("2"), bad_sampling);
  EXPECT_EQ(b3_error("D"), bad_sampling);
  EXPECT_EQ(b3_error(kIds + "-1-"), bad_parent_id);
  EXPECT_EQ(b3_error(kIds + "-1-00200000000000"), bad_parent_id);
  EXPECT_EQ(b3_error(kIds + "-1-00200000000000AA"), bad_parent_id);
  EXPECT_EQ(b3_error(kIds + "-" + std::string(kParentHex)), bad_sampling);  // a parent requires a state before it
  EXPECT_EQ(b3_error(kIds + "-1-" + std::string(kParentHex) + "-1"), trailing_data);
}

TEST(B3, RefusesADelimiterFloodAtOnce) { EXPECT_EQ(b3_error(std::string(1 << 20, '-')), bad_trace_id); }

TEST(B3, Formats) {
  EXPECT_EQ(format_b3(foreign_of(SamplingState::deferred)), kIds);
  EXPECT_EQ(format_b3(foreign_of(SamplingState::denied)), kIds + "-0");
  EXPECT_EQ(format_b3(foreign_of(SamplingState::debug, kParent)), kIds + "-d-" + std::string(kParentHex));
  EXPECT_EQ(format_b3(foreign_of(SamplingState::sampled, {}, {0, 0x1f})),
            "0000000000000000000000000000001f-a2fb4a1d1a96d312-1");
  EXPECT_EQ(format_b3({}), "");
}

ForeignContext read_headers(std::vector<Header> headers) {
  const auto parsed = parse_b3_headers(headers);
  EXPECT_EQ(parsed.error(), none);
  return parsed.ok() ? *parsed : ForeignContext{};
}

ContextError headers_error(std::vector<Header> headers) { return parse_b3_headers(headers).error(); }

const Header kTraceHeader{"X-B3-TraceId", kTraceHex};
const Header kSpanHeader{"X-B3-SpanId", kSpanHex};

TEST(B3Headers, ReadsEveryState) {
  EXPECT_EQ(read_headers({kTraceHeader, kSpanHeader}), foreign_of(SamplingState::deferred));
  for (const char* text : {"1", "true"})
    EXPECT_EQ(read_headers({kTraceHeader, kSpanHeader, {"X-B3-Sampled", text}}), foreign_of(SamplingState::sampled));
  for (const char* text : {"0", "false"})
    EXPECT_EQ(read_headers({kTraceHeader, kSpanHeader, {"X-B3-Sampled", text}}), foreign_of(SamplingState::denied));
  EXPECT_EQ(read_headers({kTraceHeader, kSpanHeader, {"X-B3-Flags", "1"}}), foreign_of(SamplingState::debug));
  EXPECT_EQ(read_headers({kTraceHeader, kSpanHeader, {"X-B3-Flags", "1"}, {"X-B3-Sampled", "0"}}),
            foreign_of(SamplingState::debug));
  EXPECT_EQ(read_headers({kTraceHeader, kSpanHeader, {"X-B3-Flags", "0"}, {"X-B3-Sampled", "1"}}),
            foreign_of(SamplingState::sampled));
}

TEST(B3Headers, NamesMatchInAnyCase) {
  EXPECT_EQ(read_headers({{"x-b3-traceid", kTraceHex},
                          {"X-B3-SPANID", kSpanHex},
                          {"x-B3-parentSpanId", kParentHex},
                          {"X-b3-sampled", "1"}}),
            foreign_of(SamplingState::sampled, kParent));
}

TEST(B3Headers, FirstValueWins) {
  EXPECT_EQ(read_headers({kTraceHeader,
                          kSpanHeader,
                          {"x-b3-sampled", "1"},
                          {"x-b3-sampled", "0"},
                          {"x-b3-traceid", "00000000000000000000000000000001"}}),
            foreign_of(SamplingState::sampled));
}

TEST(B3Headers, ReadsADecisionAlone) {
  EXPECT_EQ(read_headers({{"X-B3-Sampled", "0"}}).sampling, SamplingState::denied);
  EXPECT_EQ(read_headers({{"X-B3-Flags", "1"}}).sampling, SamplingState::debug);
  EXPECT_FALSE(read_headers({{"X-B3-Sampled", "1"}}).context.is_valid());
}

TEST(B3Headers, RefusesIncompleteHeaders) {
  EXPECT_EQ(headers_error({}), no_context);
  EXPECT_EQ(headers_error({{"X-B3-TraceIds", kTraceHex}}), no_context);
  EXPECT_EQ(headers_error({kTraceHeader}), missing_field);
  EXPECT_EQ(headers_error({kSpanHeader}), missing_field);
  EXPECT_EQ(headers_error({{"X-B3-ParentSpanId", kParentHex}}), missing_field);
}

TEST(B3Headers, RefusesBadFields) {
  for (const char* bad : {"", "-", "0", "48485a3953bb612", "48485a3953bb61244", "48485A3953BB6124"}) {
    EXPECT_EQ(headers_error({{"X-B3-TraceId", bad}, kSpanHeader}), bad_trace_id) << bad;
    EXPECT_EQ(headers_error({kTraceHeader, {"X-B3-SpanId", bad}}), bad_span_id) << bad;
    EXPECT_EQ(headers_error({kTraceHeader, kSpanHeader, {"X-B3-ParentSpanId", bad}}), bad_parent_id) << bad;
  }
  EXPECT_EQ(headers_error({{"X-B3-TraceId", "0000000000000000"}, kSpanHeader}), zero_trace_id);
  EXPECT_EQ(headers_error({kTraceHeader, {"X-B3-SpanId", "0000000000000000"}}), zero_span_id);
  for (const char* bad : {"", "-", "2", "d", "True", "yes"})
    EXPECT_EQ(headers_error({kTraceHeader, kSpanHeader, {"X-B3-Sampled", bad}}), bad_sampling) << bad;
}

// W3C has only sampled and denied; foreign formats cannot express its other flags.
TEST(ToForeign, TranslatesTheSampledFlag) {
  EXPECT_EQ(to_foreign(context_of(kTrace, kSpan, kTraceFlagSampled | kTraceFlagRandom)).sampling,
            SamplingState::sampled);
  EXPECT_EQ(to_foreign(context_of(kTrace, kSpan, kTraceFlagRandom)).sampling, SamplingState::denied);
  const ForeignContext foreign = to_foreign(context_of(kTrace, kSpan, kTraceFlagSampled));
  EXPECT_EQ(foreign, foreign_of(SamplingState::sampled));
  EXPECT_EQ(format_b3(foreign), std::string(kTraceHex) + "-" + std::string(kSpanHex) + "-1");
}

TEST(B3Headers, Formats) {
  using Headers = HeadersOut;
  const std::string trace(kTraceHex);
  const std::string span(kSpanHex);
  EXPECT_EQ(format_b3_headers(foreign_of(SamplingState::deferred)),
            (Headers{{"X-B3-TraceId", trace}, {"X-B3-SpanId", span}}));
  EXPECT_EQ(format_b3_headers(foreign_of(SamplingState::denied, kParent)),
            (Headers{{"X-B3-TraceId", trace},
                     {"X-B3-SpanId", span},
                     {"X-B3-ParentSpanId", std::string(kParentHex)},
                     {"X-B3-Sampled", "0"}}));
  EXPECT_EQ(format_b3_headers(foreign_of(SamplingState::debug)),
            (Headers{{"X-B3-TraceId", trace}, {"X-B3-SpanId", span}, {"X-B3-Flags", "1"}}));
  EXPECT_EQ(format_b3_headers({}), Headers{});
}

TEST(B3, RoundTrips) {
  RandomContexts random(1);
  for (int i = 0; i < 20000; ++i) {
    ForeignContext made = random.foreign();
    const HeadersOut headers = format_b3_headers(made);
    std::vector<Header> carrier;
    for (const auto& [name, value] : headers) carrier.push_back({name, value});
    ASSERT_EQ(read_headers(carrier), made) << format_b3(made);
    if (made.sampling == SamplingState::deferred) made.parent_id = {};  // one header has no place for it
    ASSERT_EQ(b3(format_b3(made)), made) << format_b3(made);
  }
}

TEST(B3, RandomTextIsRefusedOrRoundTrips) {
  RandomContexts random(2);
  unsigned read = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = i % 2 == 0 ? random.text("0123456789abcdef-1d", 80) : format_b3(random.foreign());
    if (i % 2 == 1 && !text.empty() && random.below(2) == 0) text[random.below(text.size())] = '-';
    const auto parsed = parse_b3(text);
    if (!parsed.ok()) continue;
    ++read;
    const auto again = parse_b3(format_b3(*parsed));
    ASSERT_TRUE(again.ok()) << text;
    ASSERT_EQ(*parsed, *again) << text;
  }
  EXPECT_GT(read, 4000u);
}

}  // namespace
}  // namespace entail
