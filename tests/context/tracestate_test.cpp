// tracestate: the list grammar. The cases of the W3C conformance suite by its names (several headers are joined by
// commas, as callers do), then both levels, the limits and hostile sizes.
#include "context/tracestate.hpp"

#include <gtest/gtest.h>

#include <string>

namespace entail::context {
namespace {

using enum TracestateError;
constexpr TracestateLevel kStrict = TracestateLevel::strict_one;

TracestateError error_of(std::string_view text, TracestateLevel level = TracestateLevel::two) {
  return parse_tracestate(text, level).error();
}

std::string value_of(std::string_view text, std::string_view key) {
  const auto value = tracestate_value(text, key);
  return value ? std::string(*value) : "(absent)";
}

std::string members(int first, int last) {
  std::string text;
  for (int i = first; i <= last; ++i) {
    const std::string number = (i < 10 ? "0" : "") + std::to_string(i);
    text += (text.empty() ? "bar" : ",bar") + number + "=" + number;
  }
  return text;
}

std::string letters(std::size_t count, char letter) { return std::string(count, letter); }

TEST(W3cTracestate, tracestate_included_traceparent_included) {
  EXPECT_EQ(error_of("foo=1,bar=2"), none);
  EXPECT_EQ(value_of("foo=1,bar=2", "foo"), "1");
  EXPECT_EQ(value_of("foo=1,bar=2", "bar"), "2");
  EXPECT_EQ(value_of("foo=1,bar=2", "fo"), "(absent)");
}

TEST(W3cTracestate, tracestate_empty_header) {
  EXPECT_EQ(error_of(""), none);
  EXPECT_EQ(value_of("foo=1,", "foo"), "1");
  EXPECT_EQ(value_of(",foo=1", "foo"), "1");
  EXPECT_EQ(value_of("", "foo"), "(absent)");
  EXPECT_EQ(value_of("", ""), "(absent)");
}

TEST(W3cTracestate, tracestate_multiple_headers_different_keys) {
  const std::string joined = "foo=1,bar=2,rojo=1,congo=2,baz=3";
  EXPECT_EQ(error_of(joined), none);
  EXPECT_EQ(value_of(joined, "rojo"), "1");
  EXPECT_EQ(value_of(joined, "congo"), "2");
  EXPECT_EQ(value_of(joined, "baz"), "3");
}

TEST(W3cTracestate, tracestate_duplicated_keys) {
  for (const auto* text : {"foo=1,foo=1", "foo=1,foo=2", "foo=1,bar=2,foo=1", "foo=1, foo=2"}) {
    EXPECT_EQ(error_of(text), none) << text;
    EXPECT_EQ(value_of(text, "foo"), "1") << text;
    EXPECT_EQ(error_of(text, kStrict), duplicate_key) << text;
  }
  EXPECT_EQ(error_of("foo=1,fo=1,fooo=1"), none);
}

TEST(W3cTracestate, tracestate_all_allowed_characters) {
  const std::string key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
  std::string value;
  for (char c = 0x20; c < 0x7f; ++c)
    if (c != ',' && c != '=') value += c;
  EXPECT_EQ(value_of(key + "=" + value, key), value);
  EXPECT_EQ(value_of(key + "@a-z0-9_-*/=" + value, key + "@a-z0-9_-*/"), value);
  EXPECT_EQ(error_of(key + "=" + value, kStrict), none);
}

TEST(W3cTracestate, tracestate_ows_handling) {
  for (const auto* text :
       {"foo=1 \t , \t bar=2, \t baz=3", "foo=1\t \t,\t \tbar=2,\t \tbaz=3", " foo=1,bar=2,baz=3",
        "\tfoo=1,bar=2,baz=3", "foo=1,bar=2,baz=3 ", "foo=1,bar=2,baz=3\t", "\t foo=1,bar=2,baz=3 \t"}) {
    EXPECT_EQ(value_of(text, "foo"), "1") << text;
    EXPECT_EQ(value_of(text, "bar"), "2") << text;
    EXPECT_EQ(value_of(text, "baz"), "3") << text;
  }
}

TEST(W3cTracestate, tracestate_key_illegal_characters) {
  for (const auto* text :
       {"foo =1", "FOO=1", "foo.bar=1", "f\xc3\xb6=1", "-foo=1", "_foo=1", "*foo=1", "/foo=1", "f\to=1", "=1"})
    EXPECT_EQ(error_of(text), bad_key) << text;
}

// The suite's expectations for Level 2; Level 1 refuses all of these.
TEST(W3cTracestate, tracestate_key_illegal_vendor_format) {
  for (const auto* text : {"foo@=1,bar=2", "foo@@bar=1,bar=2", "foo@bar@baz=1,bar=2"}) {
    EXPECT_EQ(value_of(text, "bar"), "2") << text;
    EXPECT_EQ(error_of(text, kStrict), bad_key) << text;
  }
  EXPECT_EQ(error_of("@foo=1,bar=2"), bad_key);
  EXPECT_EQ(error_of("@foo=1,bar=2", kStrict), bad_key);
  EXPECT_EQ(error_of("foo@bar=1,bar=2", kStrict), none);
}

TEST(W3cTracestate, tracestate_member_count_limit) {
  EXPECT_EQ(error_of(members(1, 32)), none);
  EXPECT_EQ(value_of(members(1, 32), "bar32"), "32");
  EXPECT_EQ(error_of(members(1, 33)), too_many_members);
  EXPECT_EQ(value_of(members(1, 33), "bar01"), "(absent)");
}

TEST(W3cTracestate, tracestate_key_length_limit) {
  EXPECT_EQ(error_of("foo=1," + letters(256, 'z') + "=1"), none);
  EXPECT_EQ(error_of("foo=1," + letters(257, 'z') + "=1"), bad_key);
  const std::string longest = "foo=1," + letters(241, 't') + "@" + letters(14, 'v') + "=1";
  EXPECT_EQ(error_of(longest), none);
  EXPECT_EQ(error_of(longest, kStrict), none);
  // Level 2 has no tenants: only the limit of 256 characters for the whole key applies.
  for (const std::string& text : {"foo=1," + letters(242, 't') + "@v=1", "foo=1,t@" + letters(15, 'v') + "=1"}) {
    EXPECT_EQ(error_of(text), none);
    EXPECT_EQ(error_of(text, kStrict), bad_key);
  }
}

TEST(W3cTracestate, tracestate_value_illegal_characters) {
  EXPECT_EQ(error_of("foo=bar=baz"), bad_value);
  EXPECT_EQ(error_of("foo=,bar=3"), bad_value);
  EXPECT_EQ(error_of("foo= ,bar=3"), bad_value);
  EXPECT_EQ(error_of("foo=a\tb"), bad_value);
  EXPECT_EQ(error_of("foo=a\x7f"
                     "b"),
            bad_value);
  EXPECT_EQ(error_of("foo=\xc3\xa4"), bad_value);
  EXPECT_EQ(error_of(std::string("foo=a\0b", 7)), bad_value);
}

TEST(W3cTracestate, ctor_with_string) {
  EXPECT_EQ(error_of("foobarbaz"), missing_equals);
  EXPECT_EQ(error_of("foo=1,bar,baz=3"), missing_equals);
}

TEST(W3cTracestate, value_length_limit) {
  EXPECT_EQ(value_of("foo=" + letters(256, 'x'), "foo"), letters(256, 'x'));
  EXPECT_EQ(error_of("foo=" + letters(257, 'x')), bad_value);
}

TEST(Tracestate, LeadingSpacesBelongToTheValueAndTrailingOnesDoNot) {
  EXPECT_EQ(value_of("foo=  a b ,bar=1", "foo"), "  a b");
}

TEST(Tracestate, KeysMayBeginWithADigitOnlyWhereTheLevelSaysSo) {
  EXPECT_EQ(error_of("1a=b"), none);
  EXPECT_EQ(error_of("1a=b", kStrict), bad_key);
  EXPECT_EQ(error_of("1a@b=c", kStrict), none);
  EXPECT_EQ(error_of("1a@1b=c"), none);
  EXPECT_EQ(error_of("1a@1b=c", kStrict), bad_key);
}

// Empty members are valid list members in the grammar: they count toward the 32.
TEST(Tracestate, EmptyMembersCount) {
  EXPECT_EQ(error_of(",,,"), none);
  EXPECT_EQ(error_of(" , \t,"), none);
  EXPECT_EQ(error_of(std::string(31, ',')), none);
  EXPECT_EQ(error_of(std::string(32, ',')), too_many_members);
  EXPECT_EQ(error_of("foo=1" + std::string(31, ',')), none);
  EXPECT_EQ(error_of("foo=1" + std::string(32, ',')), too_many_members);
}

// A malformed ot member hides no other member; an error of the list takes precedence.
TEST(Tracestate, BadOtHidesNoOtherMember) {
  EXPECT_EQ(error_of("foo=1,ot=th:x,bar=2"), bad_ot);
  EXPECT_EQ(value_of("foo=1,ot=th:x,bar=2", "bar"), "2");
  EXPECT_EQ(value_of("foo=1,ot=th:x,bar=2", "ot"), "th:x");
  EXPECT_EQ(error_of("ot=th:x,foo"), missing_equals);
  EXPECT_EQ(error_of("ot=th:x,ot=th:y"), duplicate_key);
  EXPECT_EQ(error_of("xot=th:x,ot@a=th:x"), none);
}

// Hostile sizes fail early or in one pass: a quadratic step would take minutes.
TEST(Tracestate, HostileSizesAreRefused) {
  const std::size_t size = 16 << 20;
  EXPECT_EQ(error_of(std::string(size, ',')), too_many_members);
  EXPECT_EQ(error_of(std::string(size, '=')), bad_key);
  EXPECT_EQ(error_of(std::string(size, 'a')), missing_equals);
  EXPECT_EQ(error_of(std::string(size, ' ')), none);
  EXPECT_EQ(error_of("a=" + std::string(size, 'b')), bad_value);
  EXPECT_EQ(error_of("ot=" + std::string(size, ';')), bad_value);
}

// As the Collector's policies read it.
TEST(Tracestate, TheCollectorCountsNoEmptyMembers_AndRejectsBlankOnes) {
  const auto value = [](std::string_view text) { return tracestate_value(text, "b", TracestateLevel::collector); };
  EXPECT_EQ(value("a=1,,b=2,"), "2");
  EXPECT_EQ(value(" a=1,\tb=2 \t"), "2");
  EXPECT_FALSE(value("a=1, ,b=2").has_value());
  EXPECT_FALSE(value("a=1,a=2,b=2").has_value()) << "keys are unique";
  EXPECT_FALSE(value("1a=1,b=2").has_value()) << "a key of Level 2";
  EXPECT_FALSE(value("a =1,b=2").has_value());
  std::string members = "b=2";
  for (int i = 1; i < 32; ++i) members += ",k" + std::to_string(i) + "=1";
  EXPECT_EQ(value(members + ",,,"), "2") << "32 members";
  EXPECT_FALSE(value(members + ",k=1").has_value()) << "33 members";
}

}  // namespace
}  // namespace entail::context
