// Jaeger's uber-trace-id: parsing, formatting and errors.
#include <gtest/gtest.h>

#include "tests/links/contexts.hpp"

namespace entail {
namespace {

using namespace links_test;
using enum ContextError;

const std::string kIds = std::string(kTraceHex) + ":" + std::string(kSpanHex);

ContextError jaeger_error(std::string_view text) { return error_of(parse_jaeger, text); }
ForeignContext jaeger(std::string_view text) { return read_by(parse_jaeger, text); }

TEST(Jaeger, ReadsEveryState) {
  EXPECT_EQ(jaeger(kIds + ":0:0"), foreign_of(SamplingState::denied));
  EXPECT_EQ(jaeger(kIds + ":0:1"), foreign_of(SamplingState::sampled));
  EXPECT_EQ(jaeger(kIds + ":0:01"), foreign_of(SamplingState::sampled));
  EXPECT_EQ(jaeger(kIds + ":0:2"), foreign_of(SamplingState::debug));
  EXPECT_EQ(jaeger(kIds + ":0:3"), foreign_of(SamplingState::debug));
  EXPECT_EQ(jaeger(kIds + ":0:3").context.flags, kTraceFlagSampled);
}

// 4 is not used, 8 is "firehose", the others have no meaning.
TEST(Jaeger, IgnoresOtherFlags) {
  EXPECT_EQ(jaeger(kIds + ":0:8"), foreign_of(SamplingState::denied));
  EXPECT_EQ(jaeger(kIds + ":0:9"), foreign_of(SamplingState::sampled));
  EXPECT_EQ(jaeger(kIds + ":0:fc"), foreign_of(SamplingState::denied));
  EXPECT_EQ(jaeger(kIds + ":0:FD"), foreign_of(SamplingState::sampled));
}

TEST(Jaeger, ReadsTheParent) {
  EXPECT_EQ(jaeger(kIds + ":20000000000001:1"), foreign_of(SamplingState::sampled, kParent));
  EXPECT_EQ(jaeger(kIds + ":0000000000000000:1"), foreign_of(SamplingState::sampled));
}

TEST(Jaeger, PadsOnTheLeft) {
  ForeignContext expected = foreign_of(SamplingState::sampled, {}, {0, 0xdeadbeef});
  expected.context.span_id = {0x1f};
  EXPECT_EQ(jaeger("deadbeef:1f:0:1"), expected);
  EXPECT_EQ(jaeger("000000000000000000000000deadbeef:000000000000001f:00000000:01"), expected);
  expected.context.trace_id = {0x1, 0x0000000000000226};
  EXPECT_EQ(jaeger("10000000000000226:1f:0:1"), expected);
}

TEST(Jaeger, ReadsEitherCase) {
  EXPECT_EQ(jaeger("463AC35C9F6413AD48485A3953BB6124:A2FB4A1D1A96D312:0:1"), foreign_of(SamplingState::sampled));
}

TEST(Jaeger, ReadsPercentEncodedColons) {
  const std::string trace(kTraceHex);
  const std::string span(kSpanHex);
  EXPECT_EQ(jaeger(trace + "%3A" + span + "%3A0%3A1"), foreign_of(SamplingState::sampled));
  EXPECT_EQ(jaeger(trace + "%3a" + span + ":0%3A1"), foreign_of(SamplingState::sampled));
  EXPECT_EQ(jaeger_error(trace + "%3B" + span + ":0:1"), bad_separator);
  EXPECT_EQ(jaeger_error(trace + "%253A" + span + "%253A0%253A1"), bad_separator);
  EXPECT_EQ(jaeger_error(kIds + ":0:1%"), bad_flags);
}

TEST(Jaeger, RefusesZeroIds) {
  EXPECT_EQ(jaeger_error("0:1:0:1"), zero_trace_id);
  EXPECT_EQ(jaeger_error(std::string(32, '0') + ":1:0:1"), zero_trace_id);
  EXPECT_EQ(jaeger_error("1:0:0:1"), zero_span_id);
}

TEST(Jaeger, RefusesBadFields) {
  EXPECT_EQ(jaeger_error(":1:0:1"), bad_trace_id);
  EXPECT_EQ(jaeger_error(std::string(33, '1') + ":1:0:1"), bad_trace_id);
  EXPECT_EQ(jaeger_error("g:1:0:1"), bad_trace_id);
  EXPECT_EQ(jaeger_error("-1:1:0:1"), bad_trace_id);
  EXPECT_EQ(jaeger_error("0x1:1:0:1"), bad_trace_id);
  EXPECT_EQ(jaeger_error("1::0:1"), bad_span_id);
  EXPECT_EQ(jaeger_error("1:11111111111111111:0:1"), bad_span_id);
  EXPECT_EQ(jaeger_error("1:z:0:1"), bad_span_id);
  EXPECT_EQ(jaeger_error("1:1::1"), bad_parent_id);
  EXPECT_EQ(jaeger_error("1:1:11111111111111111:1"), bad_parent_id);
  EXPECT_EQ(jaeger_error("1:1:x:1"), bad_parent_id);
  EXPECT_EQ(jaeger_error("1:1:0:"), bad_flags);
  EXPECT_EQ(jaeger_error("1:1:0:001"), bad_flags);
  EXPECT_EQ(jaeger_error("1:1:0:+1"), bad_flags);
  EXPECT_EQ(jaeger_error("1:1:0:x"), bad_flags);
}

TEST(Jaeger, RefusesAWrongNumberOfFields) {
  EXPECT_EQ(jaeger_error(""), bad_separator);
  EXPECT_EQ(jaeger_error("1"), bad_separator);
  EXPECT_EQ(jaeger_error("1:1:0"), bad_separator);
  EXPECT_EQ(jaeger_error("1:1:0:1:0"), trailing_data);
  EXPECT_EQ(jaeger_error("1:1:0:1:"), trailing_data);
  EXPECT_EQ(jaeger_error("1:1:0:1%3A"), trailing_data);
  EXPECT_EQ(jaeger_error(std::string(1 << 20, ':')), too_long);
}

TEST(Jaeger, AcceptsWhitespaceAroundTheValueOnly) {
  EXPECT_EQ(jaeger(" " + kIds + ":0:1\t"), foreign_of(SamplingState::sampled));
  EXPECT_EQ(jaeger_error(kIds + ": 0:1"), bad_parent_id);
}

TEST(Jaeger, Formats) {
  EXPECT_EQ(format_jaeger(foreign_of(SamplingState::sampled)), kIds + ":0:01");
  EXPECT_EQ(format_jaeger(foreign_of(SamplingState::denied, kParent)), kIds + ":" + std::string(kParentHex) + ":00");
  EXPECT_EQ(format_jaeger(foreign_of(SamplingState::debug)), kIds + ":0:03");
  EXPECT_EQ(format_jaeger(foreign_of(SamplingState::deferred)), kIds + ":0:00");
  EXPECT_EQ(format_jaeger({}), "");
}

TEST(Jaeger, RoundTrips) {
  RandomContexts random(3);
  for (int i = 0; i < 20000; ++i) {
    ForeignContext made = random.foreign();
    const std::string text = format_jaeger(made);
    if (made.sampling == SamplingState::deferred) made.sampling = SamplingState::denied;
    ASSERT_EQ(jaeger(text), made) << text;
    std::string encoded;
    for (const char c : text) c == ':' ? encoded.append("%3A") : encoded.append(1, c);
    ASSERT_EQ(jaeger(encoded), made) << encoded;
  }
}

}  // namespace
}  // namespace entail
