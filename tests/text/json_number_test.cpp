#include "text/json_number.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace entail::text {
namespace {

TEST(ScanJsonNumber, Grammar) {
  const auto size = [](const std::string& text) -> std::ptrdiff_t {
    const char* const end = scan_json_number(text.c_str());
    return end == nullptr ? -1 : end - text.c_str();
  };
  EXPECT_EQ(size("0"), 1);
  EXPECT_EQ(size("-0.5e+10,"), 8);
  EXPECT_EQ(size("12E3}"), 4);
  EXPECT_EQ(size("01"), 1);  // the zero ends the number, the rest does not belong to it
  for (const char* text : {"", "-", "+1", ".5", "1.", "1.e3", "1e", "1e+", "-a", "Infinity", "nan"}) {
    EXPECT_EQ(size(text), -1) << text;
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
    DecimalInteger integer;
    EXPECT_EQ(parse_integer(expected.text, integer), expected.ok) << expected.text;
    if (!expected.ok) continue;
    EXPECT_EQ(integer.negative, expected.negative) << expected.text;
    EXPECT_EQ(integer.magnitude, expected.magnitude) << expected.text;
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
  EXPECT_EQ(scanned("18446744073709551615", number), 19);  // a digit is left over, so the caller rejects it
  for (const char* text : {"", "-1", "00", "01", "x", "\""}) EXPECT_EQ(scanned(text, number), -1) << text;
}

TEST(ParseDouble, NumbersAndNames) {
  double value = 0;
  EXPECT_TRUE(parse_double("NaN", value));
  EXPECT_TRUE(std::isnan(value));
  EXPECT_TRUE(parse_double("-Infinity", value));
  EXPECT_EQ(value, -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(parse_double("1.7976931348623157e+308", value));
  EXPECT_EQ(value, std::numeric_limits<double>::max());
  EXPECT_TRUE(parse_double("5e-324", value));
  EXPECT_EQ(value, 5e-324);
  EXPECT_TRUE(parse_double("-1e-400", value));
  EXPECT_TRUE(value == 0 && std::signbit(value));
  for (const char* text : {"1e400", "-1e400", "inf", "nan", "infinity", "", "x", "1,5", "1x", "+1", "--1"}) {
    EXPECT_FALSE(parse_double(text, value)) << text;
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
