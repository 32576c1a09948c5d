#include "text/duration.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace entail::text {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t duration_of(std::string_view text) {
  const auto parsed = parse_duration(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed.ok() ? parsed.value() : -1;
}
DurationError problem_of(std::string_view text) { return parse_duration(text).error(); }

TEST(Duration, IsGo) {
  EXPECT_EQ(duration_of("10s"), 10 * kSecond);
  EXPECT_EQ(duration_of("1m30s"), 90 * kSecond);
  EXPECT_EQ(duration_of("1h2m3s"), 3723 * kSecond);
  EXPECT_EQ(duration_of("500ms"), kSecond / 2);
  EXPECT_EQ(duration_of("1.5h"), 5400 * kSecond);
  EXPECT_EQ(duration_of(".5s"), kSecond / 2);
  EXPECT_EQ(duration_of("7us"), 7000);
  EXPECT_EQ(duration_of("7µs"), 7000);
  EXPECT_EQ(duration_of("7μs"), 7000);
  EXPECT_EQ(duration_of("9ns"), 9);
  EXPECT_EQ(duration_of("0"), 0);
  EXPECT_EQ(duration_of("0s"), 0);
  EXPECT_EQ(duration_of("-2s"), -2 * kSecond);
  EXPECT_EQ(duration_of("+2s"), 2 * kSecond);
  EXPECT_EQ(duration_of("-0"), 0);
  EXPECT_EQ(duration_of("1.s"), kSecond);
  EXPECT_EQ(duration_of("1.9999999999999999999s"), 2 * kSecond - 1);
  EXPECT_EQ(duration_of("9223372036854775807ns"), std::numeric_limits<std::int64_t>::max());
}

TEST(Duration, RefusesWhatGoRefuses) {
  for (const char* text :
       {"", "s", "10 s", "10x", "1h30", "--1s", "ten", "10s ", "1s,5", "1.s.", "_1s", "1_s", "1_000ms", "0.0", "."})
    EXPECT_NE(parse_duration(text).error(), DurationError::none) << text;
  EXPECT_EQ(problem_of("10"), DurationError::no_unit);
  EXPECT_EQ(problem_of("0.0"), DurationError::no_unit);
  EXPECT_EQ(problem_of("1.5"), DurationError::no_unit);
  EXPECT_EQ(problem_of("9223372036854775808ns"), DurationError::too_large);
  EXPECT_EQ(problem_of("9999999999999h"), DurationError::too_large);
  EXPECT_EQ(problem_of("99999999999999999999s"), DurationError::too_large);
}

TEST(Duration, PrintsInOneUnit) {
  EXPECT_EQ(format_duration(60 * kSecond), "60s");
  EXPECT_EQ(format_duration(90 * kSecond), "90s");
  EXPECT_EQ(format_duration(3600 * kSecond), "1h");
  EXPECT_EQ(format_duration(1'500'000), "1500us");
  EXPECT_EQ(format_duration(0), "0s");
  EXPECT_EQ(format_duration(-kSecond), "-1s");
  for (const std::int64_t value :
       {std::int64_t{1}, std::int64_t{999}, 86400 * kSecond, std::numeric_limits<std::int64_t>::max()})
    EXPECT_EQ(duration_of(format_duration(value)), value);
}

}  // namespace
}  // namespace entail::text
