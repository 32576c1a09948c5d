// The public W3C functions: parsing, formatting and errors of traceparent, and the check of tracestate.
#include <gtest/gtest.h>

#include <random>

#include "entail/context.hpp"
#include "tests/links/contexts.hpp"

namespace entail {
namespace {

using enum ContextError;
using links_test::context_of;

TEST(PublicTraceparent, RoundTrips) {
  std::mt19937_64 random(6);
  for (int i = 0; i < 20000; ++i) {
    const TraceId trace_id{i % 3 == 0 ? 0 : random(), (random() >> (i % 64)) | 1};
    const SpanContext made = context_of(trace_id, {(random() >> (i % 64)) | 1}, static_cast<std::uint8_t>(i % 4));
    const auto parsed = parse_traceparent(format_traceparent(made));
    ASSERT_TRUE(parsed.ok());
    ASSERT_EQ(*parsed, made);
  }
  EXPECT_EQ(format_traceparent({}), "");
}

TEST(PublicTraceparent, ReportsTheError) {
  const std::string valid = "00-463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-01";
  const auto changed = [&](std::size_t at, std::string_view by) {
    return std::string(valid).replace(at, by.size(), by);
  };
  const auto error = [](std::string_view text) { return parse_traceparent(text).error(); };
  ASSERT_EQ(error(valid), none);
  EXPECT_EQ(*parse_traceparent(valid), context_of({0x463ac35c9f6413ad, 0x48485a3953bb6124}, {0xa2fb4a1d1a96d312}, 1));
  EXPECT_EQ(error(""), too_short);
  EXPECT_EQ(error(changed(0, "0x")), bad_version);
  EXPECT_EQ(error(changed(0, "ff")), forbidden_version);
  EXPECT_EQ(error(changed(3, "X")), bad_trace_id);
  EXPECT_EQ(error(changed(3, std::string(32, '0'))), zero_trace_id);
  EXPECT_EQ(error(changed(36, "X")), bad_span_id);
  EXPECT_EQ(error(changed(36, std::string(16, '0'))), zero_span_id);
  EXPECT_EQ(error(changed(53, "X")), bad_flags);
  EXPECT_EQ(error(changed(35, "_")), bad_separator);
  EXPECT_EQ(error(valid + "-x"), trailing_data);
}

TEST(PublicTraceState, FollowsTheLevelTwoGrammar) {
  for (const char* valid : {"", " ", "a=1", "foo@=1", "a=1,,b=2", "ot=xx", "a=1,a=2"})
    EXPECT_TRUE(check_trace_state(valid).ok());
  for (const char* bad : {"a", "A=1", "a=", "ot=th:0,ot=th:8", "a=\x80"})
    EXPECT_EQ(check_trace_state(bad).error(), bad_trace_state);
  EXPECT_TRUE(check_trace_state(std::string(32768, ' ')).ok());
  EXPECT_EQ(check_trace_state(std::string(32769, ' ')).error(), bad_trace_state);
}

}  // namespace
}  // namespace entail
