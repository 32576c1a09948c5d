#include "text/json_number.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace entail::text {
namespace {

TEST(JsonNumberSize, Grammar) {
  EXPECT_EQ(json_number_size("0"), 1U);
  EXPECT_EQ(json_number_size("-0.5e+10,"), 8U);
  EXPECT_EQ(json_number_size("12E3}"), 4U);
  EXPECT_EQ(json_number_size("01"), 1U);  // the zero ends the number, the rest does not belong to it
  for (const char* text : {"", "-", "+1", ".5", "1.", "1.e3", "1e", "1e+", "-a", "Infinity", "nan"}) {
    EXPECT_EQ(json_number_size(text), 0U) << text;
  }
}

struct IntegerCase {
  const char* text;
  bool ok;
  bool negative;
  std::uint64_t magnitude;
};

TEST(ParseInteger, ExactInEveryNotation) {
  const IntegerCase cases[] = {
      {"0", true, false, 0},
      {"-0", true, true, 0},
      {"18446744073709551615", true, false, UINT64_MAX},
      {"18446744073709551616", false, false, 0},
      {"-9223372036854775808", true, true, 1ULL << 63},
      {"3.0", true, false, 3},
      {"3.00000000000000000000000000000000000", true, false, 3},
      {"3e2", true, false, 300},
      {"3E+2", true, false, 300},
      {"300e-2", true, false, 3},
      {"0.5e1", true, false, 5},
      {"1.8446744073709551615e19", true, false, UINT64_MAX},
      {"1.8446744073709551616e19", false, false, 0},
      {"1.7976931348623157e+308", false, false, 0},
      {"0e999999999", true, false, 0},
      {"0.000", true, false, 0},
      {"1e99999999999999999999", false, false, 0},
      {"9007199254740993.0", true, false, 9007199254740993},
      {"3.5", false, false, 0},
      {"1e-1", false, false, 0},
      {"", false, false, 0},
      {"-", false, false, 0},
      {".", false, false, 0},
      {"1.2.3", false, false, 0},
      {" 1", false, false, 0},
      {"1 ", false, false, 0},
      {"+1", false, false, 0},
      {"0x10", false, false, 0},
      {"1e", false, false, 0},
      {"abc", false, false, 0},
  };
  for (const IntegerCase& expected : cases) {
    const std::optional<DecimalInteger> integer = parse_integer(expected.text);
    ASSERT_EQ(integer.has_value(), expected.ok) << expected.text;
    if (!expected.ok) continue;
    EXPECT_EQ(integer->negative, expected.negative) << expected.text;
    EXPECT_EQ(integer->magnitude, expected.magnitude) << expected.text;
  }
}

TEST(ScanPlainInteger, DigitsWithoutALeadingZero) {
  const auto scanned = [](const char* text, std::uint64_t& number) -> std::ptrdiff_t {
    const char* const end = scan_plain_integer(text, number);
    return end == nullptr ? -1 : end - text;
  };
  std::uint64_t number = 1;
  EXPECT_EQ(scanned("0,", number), 1);
  EXPECT_EQ(number, 0U);
  EXPECT_EQ(scanned("9999999999999999999\"", number), 19);
  EXPECT_EQ(number, 9999999999999999999U);
  EXPECT_EQ(scanned("18446744073709551615", number), 19);  // a digit is left, so the caller does not take it
  for (const char* text : {"", "-1", "00", "01", "x", "\""}) EXPECT_EQ(scanned(text, number), -1) << text;
}

TEST(ParseDouble, NumbersAndNames) {
  EXPECT_TRUE(std::isnan(parse_double("NaN").value()));
  EXPECT_EQ(parse_double("-Infinity"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_double("1.7976931348623157e+308"), std::numeric_limits<double>::max());
  EXPECT_EQ(parse_double("5e-324"), 5e-324);
  EXPECT_EQ(parse_double("-1e-400"), 0.0);
  EXPECT_TRUE(std::signbit(parse_double("-1e-400").value()));
  for (const char* text : {"1e400", "-1e400", "inf", "nan", "infinity", "", "x", "1,5", "1x", "+1", "--1"}) {
    EXPECT_FALSE(parse_double(text)) << text;
  }
}

TEST(AppendJsonDouble, ShortestAndNames) {
  std::string out;
  const std::pair<double, const char*> doubles[] = {{0.1, "0.1"},
                                                    {5.0, "5"},
                                                    {-0.0, "-0"},
                                                    {1e22, "1e+22"},
                                                    {std::nan(""), "\"NaN\""},
                                                    {HUGE_VAL, "\"Infinity\""},
                                                    {-HUGE_VAL, "\"-Infinity\""}};
  for (const auto& [value, text] : doubles) {
    out.clear();
    append_json_double(value, out);
    EXPECT_EQ(out, text);
  }
}

}  // namespace
}  // namespace entail::text
