#include "option/value_text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace entail::option {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t duration_of(std::string_view text) {
  const auto nanoseconds = parse_duration(text);
  EXPECT_TRUE(nanoseconds.ok()) << text;
  return nanoseconds.ok() ? *nanoseconds : -1;
}
std::uint64_t size_of(std::string_view text) {
  const auto bytes = parse_size(text);
  EXPECT_TRUE(bytes.ok()) << text;
  return bytes.ok() ? *bytes : 1;
}

TEST(Duration, DigitsMayBeGrouped) {
  EXPECT_EQ(duration_of("1m30s"), 90 * kSecond);
  EXPECT_EQ(duration_of("1_000ms"), kSecond);
  for (const char* text : {"", "_1s", "1_s", "1__0s", "10x"})
    EXPECT_EQ(parse_duration(text).error(), ValueError::malformed) << text;
  EXPECT_EQ(parse_duration("10").error(), ValueError::no_unit);
  EXPECT_EQ(parse_duration("9223372036854775808ns").error(), ValueError::too_large);
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
    EXPECT_EQ(parse_size(text).error(), ValueError::malformed) << text;
  EXPECT_EQ(parse_size("18446744073709551616").error(), ValueError::too_large);
  EXPECT_EQ(parse_size("17000000TiB").error(), ValueError::too_large);
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
    const auto number = parse_whole(text);
    ASSERT_TRUE(number.ok()) << text;
    EXPECT_EQ(number->negative, negative) << text;
    EXPECT_EQ(number->magnitude, magnitude) << text;
  }
  for (const char* text : {"", "-", "1e3", "10.0", "ten", "_1", "1_", "1__0", "0x", "0xg", "1 2", "--1"})
    EXPECT_EQ(parse_whole(text).error(), ValueError::malformed) << text;
  EXPECT_EQ(parse_whole("18446744073709551616").error(), ValueError::too_large);
}

TEST(Number, IsFinite) {
  ASSERT_TRUE(parse_number("1_000.5").ok() && parse_number("1e-3").ok());
  EXPECT_EQ(*parse_number("1_000.5"), 1000.5);
  EXPECT_EQ(*parse_number("1e-3"), 0.001);
  for (const char* text : {"nan", "inf", ".inf", "-inf", "1.5x", "", "50%"})
    EXPECT_FALSE(parse_number(text).ok()) << text;
  EXPECT_EQ(parse_number("1e999").error(), ValueError::too_large);
}

TEST(Dollars, AreTheCollectors) {
  const auto expanded = [](std::string_view text) {
    const auto out = expand_dollars(text);
    return out.ok() ? *out : "(unresolved)";
  };
  EXPECT_EQ(expanded("a$$b$c$"), "a$b$c$");
  EXPECT_EQ(expanded("$${env:X}"), "${env:X}");
  EXPECT_EQ(expanded("a${env:X}"), "(unresolved)");
  EXPECT_EQ(expanded("$$${X}"), "(unresolved)");
}

}  // namespace
}  // namespace entail::option
