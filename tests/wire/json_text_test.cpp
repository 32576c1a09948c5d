#include "wire/json_text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "wire/base64.hpp"

namespace entail::wire {
namespace {

// Copies what stands between the quotes of a padded text.
std::string copied(const std::string& content, TextFault fault = TextFault::none) {
  const std::string raw = content + '"' + std::string(kJsonPadding, '\0');
  std::vector<std::uint8_t> out(content.size() + 16);
  const CopiedText result = copy_json_string(raw.data(), out.data());
  EXPECT_EQ(result.fault, fault) << content;
  EXPECT_EQ(raw_json_string(raw.data()), content);
  return std::string(reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(result.end - out.data()));
}

TEST(CopyJsonString, EveryLengthAndEscapePosition) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string plain(size, 'x');
    EXPECT_EQ(copied(plain), plain);
    for (std::size_t at = 0; at <= size; ++at) {
      std::string text = plain;
      std::string expected = plain;
      EXPECT_EQ(copied(text.insert(at, "\\\"")), expected.insert(at, "\""));
      text = plain;
      expected = plain;
      EXPECT_EQ(copied(text.insert(at, "\\\\")), expected.insert(at, "\\"));
    }
  }
}

TEST(CopyJsonString, Escapes) {
  EXPECT_EQ(copied(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(copied(R"(\u0041\u00e9\u20AC)"), "A\xc3\xa9\xe2\x82\xac");
  EXPECT_EQ(copied(R"(\ud83d\uDE00!)"), "\xf0\x9f\x98\x80!");
  EXPECT_EQ(copied(R"(\u0000)"), std::string(1, '\0'));
  EXPECT_EQ(copied(R"(\udbff\udfff)"), "\xf4\x8f\xbf\xbf");
}

TEST(CopyJsonString, LoneSurrogates) {
  for (const char* text : {R"(\ud83d)", R"(\ud83dx)", R"(\ud83d\n)", R"(\ud83d\ud83d)", R"(\ude00)", R"(a\udfffb)"}) {
    copied(text, TextFault::lone_surrogate);
  }
}

TEST(CopyJsonString, BadEscapes) {
  for (const char* text : {R"(\x)", R"(\u12)", R"(\u12g4)", R"(\ud83d\u12)", R"(\U0041)"}) {
    copied(text, TextFault::bad_escape);
  }
}

TEST(ScanJsonNumber, Grammar) {
  const auto size = [](const std::string& text) -> std::ptrdiff_t {
    const char* const end = scan_json_number(text.c_str());
    return end == nullptr ? -1 : end - text.c_str();
  };
  EXPECT_EQ(size("0"), 1);
  EXPECT_EQ(size("-0.5e+10,"), 8);
  EXPECT_EQ(size("12E3}"), 4);
  EXPECT_EQ(size("01"), 1);  // the zero ends the number, what follows does not belong to it
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
  EXPECT_EQ(scanned("18446744073709551615", number), 19);  // a digit is left, so the caller does not take it
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

TEST(Utf8, FirstFault) {
  EXPECT_EQ(utf8_valid_size("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 10U);
  // A byte that cannot begin, overlong, surrogate, beyond U+10FFFF, cut short, not continued.
  for (const char* bad : {"ab\x80", "ab\xc0\xaf", "ab\xe0\x9f\xbf", "ab\xed\xa0\x80", "ab\xf4\x90\x80\x80",
                          "ab\xf0\x9f\x98", "ab\xc3(", "ab\xff"}) {
    EXPECT_EQ(utf8_valid_size(bad), 2U) << bad;
  }
}

TEST(AppendJson, StringsAndDoubles) {
  std::string out;
  append_json_string("a\"b\\c\n\r\t\x01\x7f\xc3\xa9/<>&\xff\xe2\x82", out);
  EXPECT_EQ(out,
            "\"a\\\"b\\\\c\\n\\r\\t\\u0001\x7f\xc3\xa9/\\u003c\\u003e\\u0026\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
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

TEST(Base64, RoundTripAndAlphabets) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    std::string text;
    append_base64({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, text);
    EXPECT_EQ(text.size(), (bytes.size() + 2) / 3 * 4);
    std::vector<std::uint8_t> out(base64_decoded_size_max(text.size()));
    const std::uint8_t* const end = decode_base64(text, out.data());
    ASSERT_NE(end, nullptr);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(end - out.data())),
              bytes);
    bytes.push_back(static_cast<char>(i * 7));
  }
  const auto decoded = [](std::string_view text) -> std::string {
    std::uint8_t out[64];
    const std::uint8_t* const end = decode_base64(text, out);
    return end == nullptr ? "bad"
                          : std::string(reinterpret_cast<const char*>(out), static_cast<std::size_t>(end - out));
  };
  EXPECT_EQ(decoded("+/+/"), "\xfb\xff\xbf");
  EXPECT_EQ(decoded("-_-_"), "\xfb\xff\xbf");
  EXPECT_EQ(decoded("Zg=="), "f");
  EXPECT_EQ(decoded("Zg"), "f");
  EXPECT_EQ(decoded("Zm8"), "fo");
  EXPECT_EQ(decoded(""), "");
  for (const char* bad : {"Z", "Zg=", "Z===", "=", "Zm9v=", "Zm 9", "Zm\n9", "Zg==Zg==", "\xc3\xa9xx"}) {
    EXPECT_EQ(decoded(bad), "bad") << bad;
  }
}

}  // namespace
}  // namespace entail::wire
