// traceparent: the cases of the W3C conformance suite by its names, then cases beyond the suite.
#include "context/traceparent.hpp"

#include <gtest/gtest.h>

#include <string>

namespace entail::context {
namespace {

constexpr TraceId kTrace{0x1234567890123456, 0x7890123456789012};
constexpr SpanId kParent{0x1234567890123456};
const std::string kTraceHex = "12345678901234567890123456789012";
const std::string kParentHex = "1234567890123456";
const std::string kBody = kTraceHex + "-" + kParentHex;
const std::string kSound = "00-" + kBody + "-01";

ContextError error_of(std::string_view text) { return parse_traceparent(text).error(); }

// The parsed header; an empty one, and a failure, if it is refused.
Traceparent parsed_of(std::string_view text, TracestateLevel level = TracestateLevel::two) {
  const auto parsed = parse_traceparent(text, level);
  EXPECT_EQ(parsed.error(), ContextError::none) << text;
  return parsed.ok() ? *parsed : Traceparent{};
}

void expect_read(std::string_view text, std::uint8_t version = 0, std::uint8_t flags = 1) {
  EXPECT_EQ(parsed_of(text), (Traceparent{kTrace, kParent, flags, version})) << text;
}

std::string printed(const Traceparent& traceparent, TracestateLevel level = TracestateLevel::two) {
  const auto text = format_traceparent(traceparent, level);
  return {text.begin(), text.end()};
}

using enum ContextError;

TEST(W3cTraceparent, both_traceparent_and_tracestate_missing) { EXPECT_EQ(error_of(""), too_short); }

TEST(W3cTraceparent, traceparent_included_tracestate_missing) { expect_read(kSound); }

// HTTP libraries join two headers with a comma. The result is not a traceparent, and the trace restarts.
TEST(W3cTraceparent, traceparent_duplicated) {
  EXPECT_EQ(error_of(kSound + "," + kSound), trailing_data);
  EXPECT_EQ(error_of(kSound + ", " + kSound), trailing_data);
}

TEST(W3cTraceparent, traceparent_version_0x00) {
  EXPECT_EQ(error_of(kSound + "."), trailing_data);
  EXPECT_EQ(error_of(kSound + "-what-the-future-will-be-like"), trailing_data);
}

TEST(W3cTraceparent, traceparent_version_0xcc) {
  expect_read("cc-" + kBody + "-01", 0xcc);
  expect_read("cc-" + kBody + "-01-what-the-future-will-be-like", 0xcc);
  EXPECT_EQ(error_of("cc-" + kBody + "-01.what-the-future-will-be-like"), trailing_data);
}

TEST(W3cTraceparent, traceparent_version_0xff) {
  EXPECT_EQ(error_of("ff-" + kBody + "-01"), forbidden_version);
  EXPECT_EQ(error_of("ff-" + kBody + "-01-more"), forbidden_version);
  expect_read("fe-" + kBody + "-01", 0xfe);
}

TEST(W3cTraceparent, traceparent_version_illegal_characters) {
  EXPECT_EQ(error_of(".0-" + kBody + "-01"), bad_version);
  EXPECT_EQ(error_of("0.-" + kBody + "-01"), bad_version);
}

TEST(W3cTraceparent, traceparent_version_too_long) {
  EXPECT_EQ(error_of("000-" + kBody + "-01"), bad_separator);
  EXPECT_EQ(error_of("0000-" + kBody + "-01"), bad_separator);
}

TEST(W3cTraceparent, traceparent_version_too_short) { EXPECT_EQ(error_of("0-" + kBody + "-01"), too_short); }

TEST(W3cTraceparent, traceparent_trace_id_all_zero) {
  EXPECT_EQ(error_of("00-00000000000000000000000000000000-" + kParentHex + "-01"), zero_trace_id);
  EXPECT_EQ(error_of("00-00000000000000000000000000000001-" + kParentHex + "-01"), none);
  EXPECT_EQ(error_of("00-80000000000000000000000000000000-" + kParentHex + "-01"), none);
}

TEST(W3cTraceparent, traceparent_trace_id_illegal_characters) {
  EXPECT_EQ(error_of("00-.2345678901234567890123456789012-" + kParentHex + "-01"), bad_trace_id);
  EXPECT_EQ(error_of("00-1234567890123456789012345678901.-" + kParentHex + "-01"), bad_trace_id);
}

TEST(W3cTraceparent, traceparent_trace_id_too_long) {
  EXPECT_EQ(error_of("00-123456789012345678901234567890123-" + kParentHex + "-01"), bad_separator);
}

TEST(W3cTraceparent, traceparent_trace_id_too_short) {
  EXPECT_EQ(error_of("00-1234567890123456789012345678901-" + kParentHex + "-01"), too_short);
  EXPECT_EQ(error_of("cc-1234567890123456789012345678901-" + kParentHex + "-01-"), bad_trace_id);
}

TEST(W3cTraceparent, traceparent_parent_id_all_zero) {
  EXPECT_EQ(error_of("00-" + kTraceHex + "-0000000000000000-01"), zero_span_id);
}

TEST(W3cTraceparent, traceparent_parent_id_illegal_characters) {
  EXPECT_EQ(error_of("00-" + kTraceHex + "-.234567890123456-01"), bad_span_id);
  EXPECT_EQ(error_of("00-" + kTraceHex + "-123456789012345.-01"), bad_span_id);
}

TEST(W3cTraceparent, traceparent_parent_id_too_long) {
  EXPECT_EQ(error_of("00-" + kTraceHex + "-12345678901234567-01"), bad_separator);
}

TEST(W3cTraceparent, traceparent_parent_id_too_short) {
  EXPECT_EQ(error_of("00-" + kTraceHex + "-123456789012345-01"), too_short);
  EXPECT_EQ(error_of("cc-" + kTraceHex + "-123456789012345-01-"), bad_span_id);
}

TEST(W3cTraceparent, traceparent_trace_flags_illegal_characters) {
  EXPECT_EQ(error_of("00-" + kBody + "-.0"), bad_flags);
  EXPECT_EQ(error_of("00-" + kBody + "-0."), bad_flags);
}

TEST(W3cTraceparent, traceparent_trace_flags_too_long) { EXPECT_EQ(error_of("00-" + kBody + "-001"), trailing_data); }

TEST(W3cTraceparent, traceparent_trace_flags_too_short) { EXPECT_EQ(error_of("00-" + kBody + "-1"), too_short); }

TEST(W3cTraceparent, traceparent_ows_handling) {
  for (const auto* before : {"", " ", "\t", "\t "})
    for (const auto* behind : {"", " ", "\t", " \t"}) expect_read(before + kSound + behind);
  EXPECT_EQ(error_of("\n" + kSound), bad_version);
  EXPECT_EQ(error_of(kSound + "\r"), trailing_data);
}

TEST(W3cTraceparent, propagates_random_flag) {
  const Traceparent parsed = parsed_of("00-" + kBody + "-03");
  EXPECT_EQ(parsed.flags, kFlagSampled | kFlagRandom);
  EXPECT_EQ(printed(parsed), "00-" + kBody + "-03");
  EXPECT_EQ(printed(parsed_of("00-" + kBody + "-02")), "00-" + kBody + "-02");
}

TEST(W3cTraceparent, multiple_requests_with_illegal_traceparent) {
  EXPECT_EQ(error_of("00-00000000000000000000000000000000-1234567890123456-01"), zero_trace_id);
}

// Unknown bits are neither reported nor propagated; Level 1 defines one bit less.
TEST(Traceparent, FlagsUnknownToTheLevelAreCleared) {
  EXPECT_EQ(parsed_of("00-" + kBody + "-ff").flags, 3);
  EXPECT_EQ(parsed_of("00-" + kBody + "-ff", TracestateLevel::strict_one).flags, 1);
  Traceparent parsed = parsed_of("00-" + kBody + "-fc");
  EXPECT_EQ(parsed.flags, 0);
  parsed.flags = 0xff;
  EXPECT_EQ(printed(parsed), "00-" + kBody + "-03");
  EXPECT_EQ(printed(parsed, TracestateLevel::strict_one), "00-" + kBody + "-01");
}

// Upper case is legal in OTLP/JSON but not here; nor are signs and prefixes, which number parsers accept.
TEST(Traceparent, OnlyLowerCaseHexDigits) {
  const std::string trace = "00-abcdefabcdefabcdefabcdefabcdefab-" + kParentHex + "-01";
  EXPECT_EQ(error_of(trace), none);
  for (std::size_t i = 3; i < 35; ++i) {
    std::string upper = trace;
    upper[i] = static_cast<char>(upper[i] - 'a' + 'A');
    EXPECT_EQ(error_of(upper), bad_trace_id) << i;
  }
  EXPECT_EQ(error_of("00-" + kTraceHex + "-1234567890ABCDEF-01"), bad_span_id);
  EXPECT_EQ(error_of("0A-" + kBody + "-01"), bad_version);
  EXPECT_EQ(error_of("00-" + kBody + "-0A"), bad_flags);
  EXPECT_EQ(error_of("00-" + kBody + "-+f"), bad_flags);
  EXPECT_EQ(error_of("00-" + kBody + "--1"), bad_flags);
  EXPECT_EQ(error_of("00-0x345678901234567890123456789012-" + kParentHex + "-01aa"), bad_trace_id);
}

TEST(Traceparent, EachSeparatorMustBeADash) {
  for (const std::size_t at : {2u, 35u, 52u}) {
    std::string text = kSound;
    text[at] = '_';
    EXPECT_EQ(error_of(text), bad_separator) << at;
  }
}

// Every single-character change of a valid header is refused, or yields another valid header that round trips.
TEST(Traceparent, EverySubstitutionIsRefusedOrRoundTrips) {
  for (std::size_t at = 0; at < kSound.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string text = kSound;
      text[at] = static_cast<char>(c);
      const auto parsed = parse_traceparent(text);
      if (!parsed.ok()) continue;
      ASSERT_TRUE((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || text == kSound) << text;
      if (at < 2 || at >= 53) continue;  // formatted with version 00 and without unknown flags
      EXPECT_EQ(printed(*parsed), text);
    }
  }
}

TEST(Traceparent, EveryPrefixIsTooShort) {
  for (std::size_t size = 0; size < kSound.size(); ++size)
    EXPECT_EQ(error_of(kSound.substr(0, size)), too_short) << size;
}

TEST(Traceparent, HigherVersionIsFormattedAsZero) {
  const Traceparent parsed = parsed_of("12-" + kBody + "-01-x");
  EXPECT_EQ(parsed.version, 0x12);
  EXPECT_EQ(printed(parsed), kSound);
}

TEST(Traceparent, FormatsLeadingZeros) {
  EXPECT_EQ(printed({{0, 1}, {2}, 0, 0}), "00-00000000000000000000000000000001-0000000000000002-00");
}

}  // namespace
}  // namespace entail::context
