#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/request_impl.hpp"
#include "entail/entail.hpp"

namespace entail {
namespace {

std::string request_of(const std::string& spans) {
  return R"({"resourceSpans":[{"scopeSpans":[{"spans":[)" + spans + "]}]}]}";
}

std::string span(const char* start, const char* end) {
  return std::string(R"({"startTimeUnixNano":")") + start + R"(","endTimeUnixNano":")" + end + R"("})";
}

TEST(Request, ReportsEndTimesThatAdvanceTheClock) {
  struct Case {
    std::string spans;
    std::int64_t end_time_max_ns;
  };
  const Case cases[] = {
      {"", 0},
      {span("0", "0"), 0},
      {span("5", "5"), 5},
      {span("5", "4"), 0},  // before the start
      {span("0", "9223372036854775807"), INT64_MAX},
      {span("0", "9223372036854775808"), 0},  // 2^63
      {span("18446744073709551615", "18446744073709551615"), 0},
      {span("1", "7") + "," + span("9", "8") + "," + span("2", "3") + "," + span("0", "10000000000000000000"), 7},
      {R"({"traceId":"zz","endTimeUnixNano":4})", 4},
  };
  Request request;
  for (const Case& expected : cases) {
    ASSERT_TRUE(request.parse_json(request_of(expected.spans)).ok());
    EXPECT_EQ(request.end_time_max_ns(), expected.end_time_max_ns) << expected.spans;
    // The same in protobuf.
    const std::vector<std::uint8_t> bytes(request.protobuf().begin(), request.protobuf().end());
    Request other;
    ASSERT_TRUE(other.parse_protobuf(bytes).ok());
    EXPECT_EQ(other.end_time_max_ns(), expected.end_time_max_ns) << expected.spans;
    EXPECT_EQ(other.span_count(), request.span_count());
    EXPECT_EQ(other.protobuf().data(), bytes.data());
  }
}

TEST(Request, ReportsSignalsAndLosses) {
  Request request;
  ASSERT_TRUE(request.parse_json(R"({"resourceMetrics":[{}]})").ok());
  EXPECT_EQ(request.signal(), Request::Signal::metrics);
  EXPECT_EQ(request.span_count(), 0U);
  EXPECT_TRUE(request.protobuf().empty());
  ASSERT_TRUE(request.parse_json(request_of(R"({"name":5,"kind":"x"},{})")).ok());
  EXPECT_EQ(request.signal(), Request::Signal::traces);
  EXPECT_EQ(request.span_count(), 2U);
  EXPECT_EQ(request.values_lost(), 2U);
  const Bytes none;
  ASSERT_TRUE(request.parse_protobuf(none).ok());
  EXPECT_EQ(request.values_lost(), 0U);
  EXPECT_EQ(request.span_count(), 0U);
}

TEST(Request, IsEmptyAfterAnError) {
  Request request;
  ASSERT_TRUE(request.parse_json(request_of(span("1", "2"))).ok());
  EXPECT_EQ(request.parse_json("{\"resourceSpans\":[").error(), Error(ErrorCode::bad_json, 18));
  EXPECT_EQ(request.span_count(), 0U);
  EXPECT_EQ(request.end_time_max_ns(), 0);
  EXPECT_TRUE(request.protobuf().empty());
  ASSERT_TRUE(request.parse_json(request_of(span("1", "2"))).ok());
  const std::vector<std::uint8_t> truncated = {0x0a, 0x05};
  EXPECT_FALSE(request.parse_protobuf(truncated).ok());
  EXPECT_EQ(request.span_count(), 0U);
  EXPECT_EQ(request.end_time_max_ns(), 0);
  EXPECT_TRUE(request.protobuf().empty());
}

TEST(Request, KeepsItsBytes_WhenMoved) {
  Request first;
  ASSERT_TRUE(first.parse_json(request_of(span("1", "2"))).ok());
  const std::vector<std::uint8_t> bytes(first.protobuf().begin(), first.protobuf().end());
  Request second = std::move(first);
  EXPECT_EQ(second.span_count(), 1U);
  EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), second.protobuf().begin(), second.protobuf().end()));
  std::string text;
  ASSERT_TRUE(append_otlp_json(second.protobuf(), text).ok());
  EXPECT_EQ(text, request_of(span("1", "2")));
}

}  // namespace
}  // namespace entail
