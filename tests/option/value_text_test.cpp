#include "option/value_text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace entail::option {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t duration_of(std::string_view text) {
  std::int64_t nanoseconds = -1;
  EXPECT_EQ(parse_duration(text, nanoseconds), Parsed::ok) << text;
  return nanoseconds;
}
Parsed duration_problem(std::string_view text) {
  std::int64_t nanoseconds = 0;
  return parse_duration(text, nanoseconds);
}
std::uint64_t size_of(std::string_view text) {
  std::uint64_t bytes = 1;
  EXPECT_EQ(parse_size(text, bytes), Parsed::ok) << text;
  return bytes;
}
Parsed size_problem(std::string_view text) {
  std::uint64_t bytes = 0;
  return parse_size(text, bytes);
}

TEST(Duration, DigitsMayBeGrouped) {
  EXPECT_EQ(duration_of("1m30s"), 90 * kSecond);
  EXPECT_EQ(duration_of("1_000ms"), kSecond);
  for (const char* text : {"", "_1s", "1_s", "1__0s", "10x"})
    EXPECT_EQ(duration_problem(text), Parsed::malformed) << text;
  EXPECT_EQ(duration_problem("10"), Parsed::no_unit);
  EXPECT_EQ(duration_problem("9223372036854775808ns"), Parsed::too_large);
}

TEST(Size, HasUnits) {
  EXPECT_EQ(size_of("256MiB"), 256ull << 20);
  EXPECT_EQ(size_of("512MB"), 512'000'000u);
  EXPECT_EQ(size_of("1.5GiB"), 3ull << 29);
  EXPECT_EQ(size_of("2 KiB"), 2048u);
  EXPECT_EQ(size_of("3kB"), 3000u);
  EXPECT_EQ(size_of("3KB"), 3000u);
  EXPECT_EQ(size_of("4TiB"), 4ull << 40);
  EXPECT_EQ(size_of("100_000"), 100'000u);
  EXPECT_EQ(size_of("17B"), 17u);
  EXPECT_EQ(size_of("0"), 0u);
  EXPECT_EQ(size_of("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
}

TEST(Size, RefusesTheRest) {
  for (const char* text : {"", "MiB", "-1", "1.5", "5M", "5 potatoes", "0x10", "1,5GiB", "5mib"})
    EXPECT_EQ(size_problem(text), Parsed::malformed) << text;
  EXPECT_EQ(size_problem("18446744073709551616"), Parsed::too_large);
  EXPECT_EQ(size_problem("17000000TiB"), Parsed::too_large);
}

TEST(Size, PrintsInTheLargestUnit) {
  for (const auto& [bytes, text] : {std::pair<std::uint64_t, const char*>{512ull << 20, "512MiB"},
                                    {512'000'000, "512MB"},
                                    {1000, "1kB"},
                                    {std::uint64_t{3} << 29, "1536MiB"},
                                    {1023, "1023"},
                                    {0, "0"}}) {
    EXPECT_EQ(format_size(bytes), text);
    EXPECT_EQ(size_of(text), bytes);
  }
}

TEST(Whole, HasUnderscoresAndBases) {
  for (const auto& [text, negative, magnitude] :
       {std::tuple("100_000", false, 100'000ull), std::tuple("-3", true, 3ull), std::tuple("+4", false, 4ull),
        std::tuple("0x1F", false, 31ull), std::tuple("0o17", false, 15ull), std::tuple("0b101", false, 5ull),
        std::tuple("-0", false, 0ull), std::tuple("007", false, 7ull),
        std::tuple("18446744073709551615", false, ~0ull)}) {
    WholeNumber number;
    ASSERT_EQ(parse_whole(text, number), Parsed::ok) << text;
    EXPECT_EQ(number.negative, negative) << text;
    EXPECT_EQ(number.magnitude, magnitude) << text;
  }
  WholeNumber number;
  for (const char* text : {"", "-", "1e3", "10.0", "ten", "_1", "1_", "1__0", "0x", "0xg", "1 2", "--1"})
    EXPECT_EQ(parse_whole(text, number), Parsed::malformed) << text;
  EXPECT_EQ(parse_whole("18446744073709551616", number), Parsed::too_large);
}

TEST(Number, IsFinite) {
  double value = 0;
  ASSERT_EQ(parse_number("1_000.5", value), Parsed::ok);
  EXPECT_EQ(value, 1000.5);
  ASSERT_EQ(parse_number("1e-3", value), Parsed::ok);
  EXPECT_EQ(value, 0.001);
  for (const char* text : {"nan", "inf", ".inf", "-inf", "1.5x", "", "50%"})
    EXPECT_NE(parse_number(text, value), Parsed::ok) << text;
  EXPECT_EQ(parse_number("1e999", value), Parsed::too_large);
}

TEST(Dollars, AreTheCollectors) {
  std::string out;
  ASSERT_TRUE(expand_dollars("a$$b$c$", out));
  EXPECT_EQ(out, "a$b$c$");
  ASSERT_TRUE(expand_dollars("$${env:X}", out));
  EXPECT_EQ(out, "${env:X}");
  EXPECT_FALSE(expand_dollars("a${env:X}", out));
  EXPECT_FALSE(expand_dollars("$$${X}", out));
}

}  // namespace
}  // namespace entail::option
