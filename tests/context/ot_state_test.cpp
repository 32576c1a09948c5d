// The `ot` member: the test cases of other implementations, threshold arithmetic around the two defects of the
// specification's sample code, and the rewriters against a reference that splits and joins strings.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "context/tracestate.hpp"

namespace entail::context {
namespace {

struct OtCase {
  std::string ot;
  std::optional<std::uint64_t> rv;
  std::optional<std::uint64_t> th;
};

constexpr std::nullopt_t kNone = std::nullopt;

TracestateError error_of(std::string_view text) { return parse_tracestate(text).error(); }

TEST(OtState, ReadsValidEntries) {
  const std::vector<OtCase> cases = {
      {"th:2", kNone, 0x20000000000000},
      {"th:ab", kNone, 0xab000000000000},
      {"th:abcdefabcdefab", kNone, 0xabcdefabcdefab},
      {"th:1000", kNone, 0x10000000000000},  // trailing zeros are legal
      {"th:0", kNone, 0},
      {"th:ffffffffffffff", kNone, 0xffffffffffffff},
      {"e100:1", kNone, kNone},
      {"e1:1;e2:2", kNone, kNone},
      {"th:2;extra:stuff", kNone, 0x20000000000000},
      {"extra:stuff;th:2", kNone, 0x20000000000000},
      {"e100:100;th:1;e101:101", kNone, 0x10000000000000},
      {"th:1;e100:100;e101:101", kNone, 0x10000000000000},
      {"e100:100;e101:101;th:1", kNone, 0x10000000000000},
      {"x:1;u:V", kNone, kNone},
      {"rv:22222222222222;extra:stuff", 0x22222222222222, kNone},
      {"extra:stuff;rv:22222222222222", 0x22222222222222, kNone},
      {"rv:ffffffffffffff", 0xffffffffffffff, kNone},
      {"rv:00000000000003;th:3;a:b", 3, 0x30000000000000},
      {"th:c;rv:d29d6a7215ced0;pn:abc", 0xd29d6a7215ced0, 0xc0000000000000},
      {"x:", kNone, kNone},
      {"x:0X1FFF;y:.-_-.;z:", kNone, kNone},
      {"x1y2z3:1-2-3;y1:y_1;xy:-;th:50", kNone, 0x50000000000000},
      {"thx:zz;rvx:1;t:1;r:2;xth:zz", kNone, kNone},
      {"x:" + std::string(254, '_'), kNone, kNone},
  };
  for (const OtCase& test : cases) {
    for (const std::string& text : {"ot=" + test.ot, " , foo=1 , ot=" + test.ot + " ,bar=2"}) {
      const auto ot = parse_tracestate(text);
      ASSERT_TRUE(ot.ok()) << text;
      EXPECT_EQ(ot->randomness, test.rv) << text;
      EXPECT_EQ(ot->threshold, test.th) << text;
    }
  }
}

TEST(OtState, RefusesMalformedEntries) {
  const std::vector<std::string> cases = {
      "th:1;",
      "x:1;",
      ";th:1",
      "th:1;;x:2",
      ":1;p:2",
      ":;p:2",
      ":;:",
      ":",
      "th",
      ";",
      "th:",
      "th:;p:1",
      "th:$",
      "th:0x1p+3",
      "th:14.5",
      "th:-1",
      "th:A",
      "th:FF",
      "th:1g",
      "1:1;u:V",
      "X:1;u:V",
      "x_y:1",
      "x y:1",
      " th:1",
      "th: 1",
      "th:1 ;x:1",
      "x:a:b",
      "x:a/b",
      "x:a@b",
      "x:a*b",
      "th:1;th:1",
      "x:1;y:2;x:1",
      "rv:3;p:2",
      "rv:",
      "rv:1234567890abc",    // 13 digits
      "rv:1234567890abcde",  // 15 digits
      "rv:1234567890ABCD",   // upper case
      "rv:fffffffffffffff",
      "rv:0000000000000g",
      "rv:11111111111111;rv:11111111111111",
      "th:ffffffffffffffff",  // 16 digits
      "th:100000000000000",   // 15 digits
  };
  for (const std::string& test : cases) EXPECT_EQ(error_of("ot=" + test), TracestateError::bad_ot) << test;
  EXPECT_EQ(error_of("ot="), TracestateError::bad_value);
  EXPECT_EQ(error_of("ot=th:1=p:2"), TracestateError::bad_value);
  EXPECT_EQ(error_of("ot=x:" + std::string(255, '_')), TracestateError::bad_value);
}

// Detects a duplicate at the end of as many entries as fit into 256 characters.
TEST(OtState, FindsDuplicatesAmongTheMostEntriesThatFit) {
  std::string text = "ot=";
  for (int i = 0; i < 26; ++i) text += std::string(1, static_cast<char>('a' + i)) + ":;";
  for (int i = 0; i < 42; ++i) text += std::string(1, static_cast<char>('a' + i % 26)) + (i < 26 ? "0" : "1") + ":;";
  EXPECT_EQ(error_of(text + "z9:"), TracestateError::none);
  EXPECT_EQ(error_of(text + "a0:"), TracestateError::bad_ot);
  EXPECT_EQ(error_of(text + "q:"), TracestateError::bad_ot);
}

// R is the low 56 bits of the ID read big-endian: bytes 9 to 15. Reading them little-endian is a known mistake.
TEST(OtState, RandomnessIsBigEndian) {
  const std::uint8_t bytes[16] = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
                                  0xee, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07};
  const TraceId id = base::load_trace_id(bytes);
  EXPECT_EQ(randomness(id.lo, {}), 0x01020304050607u);
  const auto ot = parse_tracestate("ot=rv:0f0e0d0c0b0a09");
  ASSERT_TRUE(ot.ok());
  EXPECT_EQ(randomness(id.lo, *ot), 0x0f0e0d0c0b0a09u);
}

TEST(Threshold, TextHasFourteenDigitsBeforeZerosAreStripped) {
  EXPECT_EQ(threshold_text(0), "0");
  EXPECT_EQ(threshold_text(0x80000000000000), "8");
  EXPECT_EQ(threshold_text(0xc0000000000000), "c");
  EXPECT_EQ(threshold_text(0xfd70a3d70a3d71), "fd70a3d70a3d71");
  EXPECT_EQ(threshold_text(kRandomnessMask), "ffffffffffffff");
  EXPECT_EQ(threshold_text(1), "00000000000001");
  // Without padding this one reads back as 0xfffffffffffff0.
  EXPECT_EQ(threshold_text((std::uint64_t{1} << 52) - 1), "0fffffffffffff");
}

// A probability near one, truncated to three digits, leaves only zeros: the text is "0", never empty.
TEST(Threshold, TextIsNeverEmpty) {
  const std::uint64_t threshold = threshold_of_percentage(99.99);
  EXPECT_GT(threshold, 0u);
  EXPECT_EQ(threshold_text(threshold & ~((std::uint64_t{1} << 44) - 1)), "0");
}

TEST(Threshold, TextReadsBackAsTheSameThreshold) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t threshold = ((random() & kRandomnessMask) >> (random() % 57)) << (random() % 8);
    if (threshold > kRandomnessMask) continue;
    const auto ot = parse_tracestate("ot=th:" + threshold_text(threshold));
    ASSERT_TRUE(ot.ok());
    ASSERT_EQ(ot->threshold, threshold);
  }
}

TEST(Threshold, OfPercentage) {
  EXPECT_EQ(threshold_of_percentage(100), 0u);
  EXPECT_EQ(threshold_of_percentage(250), 0u);
  EXPECT_EQ(threshold_of_percentage(0), kThresholdCount);
  EXPECT_EQ(threshold_of_percentage(-1), kThresholdCount);
  EXPECT_EQ(threshold_of_percentage(std::nan("")), kThresholdCount);
  EXPECT_EQ(threshold_of_percentage(50), kThresholdCount / 2);
  EXPECT_EQ(threshold_of_percentage(25), 0xc0000000000000u);
  EXPECT_EQ(threshold_of_percentage(6.25), 0xf0000000000000u);
  EXPECT_EQ(threshold_of_percentage(1), 0xfd70a3d70a3d71u);
  EXPECT_EQ(threshold_of_percentage(10), 0xe6666666666666u);
  EXPECT_EQ(threshold_of_percentage(100 * 0x1p-56), kRandomnessMask);
}

TEST(EraseThreshold, RemovesTheEntryWhenNothingIsLeft) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"ot=th:8", ""},
      {" ot=th:8 ", ""},
      {" , ot=th:8 ,,", ""},
      {"ot=th:8,foo=1", "foo=1"},
      {"ot=th:8, foo=1", "foo=1"},
      {"foo=1,ot=th:8", "foo=1"},
      {"foo=1 , ot=th:8", "foo=1"},
      {"foo=1,ot=th:8,bar= 2", "foo=1,bar= 2"},
      {"foo=1, ot=th:8 , bar=2 ", "foo=1 , bar=2 "},
      {",ot=th:8,foo=1", ",foo=1"},
      {"foo=1,ot=th:8,", "foo=1,"},
      {"a@b=x, ot=th:fd70a3d70a3d71,z=y", "a@b=x,z=y"},
  };
  for (const auto& [text, expected] : cases) {
    bool changed = false;
    EXPECT_EQ(erase_threshold(text, &changed), expected) << text;
    EXPECT_TRUE(changed) << text;
  }
}

TEST(EraseThreshold, KeepsTheOtherSubEntries) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"ot=th:8;rv:11111111111111", "ot=rv:11111111111111"},
      {"ot=rv:11111111111111;th:8", "ot=rv:11111111111111"},
      {"ot=a:;th:8;b:C", "ot=a:;b:C"},
      {"z=1 , ot=th:0;p:2 ,y=2", "z=1 , ot=p:2 ,y=2"},
  };
  for (const auto& [text, expected] : cases) {
    bool changed = false;
    EXPECT_EQ(erase_threshold(text, &changed), expected) << text;
    EXPECT_TRUE(changed) << text;
  }
}

TEST(EraseThreshold, ReturnsTextWithoutThresholdOrMalformedTextUnchanged) {
  for (const std::string text : {"", " ", "foo=1", "ot=rv:11111111111111", "foo=th:8", "ot=th:8,foo", "ot=th:8;th:9",
                                 "ot=th:8;", "ot=th:8,ot=th:8", "ot=th:G", "OT=th:8", "state.2", "ot=xth:8"}) {
    bool changed = true;
    EXPECT_EQ(erase_threshold(text, &changed), text);
    EXPECT_FALSE(changed) << text;
  }
}

TEST(RaiseThreshold, TakesTheGreaterThreshold) {
  const std::uint64_t c = 0xc0000000000000;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "ot=th:c"},
      {" , ", "ot=th:c"},
      {"foo=1", "ot=th:c,foo=1"},
      {"foo=1, bar=2 ", "ot=th:c,foo=1, bar=2 "},
      {"ot=th:8", "ot=th:c"},
      {"ot=th:0", "ot=th:c"},
      {"ot=th:bfffffffffffff", "ot=th:c"},
      {"ot=rv:11111111111111", "ot=rv:11111111111111;th:c"},
      {"ot=a:;th:8;b:C", "ot=a:;th:c;b:C"},
      {"z=1 , ot=th:8;p:2 ,y=2", "z=1 , ot=th:c;p:2 ,y=2"},
  };
  for (const auto& [text, expected] : cases) {
    bool changed = false;
    EXPECT_EQ(raise_threshold(text, c, &changed), expected) << text;
    EXPECT_TRUE(changed) << text;
  }
  bool changed = false;
  EXPECT_EQ(raise_threshold("foo=1", 0, &changed), "ot=th:0,foo=1");
  EXPECT_TRUE(changed);
}

TEST(RaiseThreshold, NeverLowersAndReturnsMalformedTextUnchanged) {
  for (const std::string text : {"ot=th:c", "ot=th:c00", "ot=th:c0000000000001", "ot=a:b;th:ff", "ot=th:8,foo",
                                 "ot=th:8;", "ot=th:G", "state.2"}) {
    bool changed = true;
    EXPECT_EQ(raise_threshold(text, 0xc0000000000000, &changed), text);
    EXPECT_FALSE(changed) << text;
  }
}

// Other members are never removed, and no value exceeds its limit.
TEST(RaiseThreshold, ReturnsAFullTracestateUnchanged) {
  std::string full = "m0=0";
  for (int i = 1; i < 31; ++i) full += ",m" + std::to_string(i) + "=" + std::to_string(i);
  bool changed = false;
  EXPECT_EQ(raise_threshold(full, 1, &changed), "ot=th:00000000000001," + full);
  EXPECT_TRUE(changed);
  full += ",last=1";
  EXPECT_EQ(raise_threshold(full, 1, &changed), full);
  EXPECT_FALSE(changed);

  const std::string longest = "ot=x:" + std::string(254 - 5, 'y');  // ";th:8" still fits, ";th:81" does not
  EXPECT_EQ(raise_threshold(longest, 0x80000000000000, &changed), longest + ";th:8");
  EXPECT_TRUE(changed);
  EXPECT_EQ(raise_threshold(longest, 0x81000000000000, &changed), longest);
  EXPECT_FALSE(changed);
  EXPECT_EQ(raise_threshold(longest + ";th:8", 0x81000000000000, &changed), longest + ";th:8");
  EXPECT_FALSE(changed);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

std::string join(const std::vector<std::string>& parts, char separator) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i == 0 ? "" : std::string(1, separator)) + parts[i];
  return text;
}

// Random valid tracestates without optional whitespace, rewritten by splitting and joining.
TEST(Rewriters, MatchSplittingAndJoining) {
  std::mt19937_64 random(11);
  const auto below = [&random](std::uint64_t bound) { return random() % bound; };
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::string> members;
    const std::uint64_t others = below(5);
    for (std::uint64_t i = 0; i < others; ++i)
      members.push_back("k" + std::to_string(i) + "=th:8;" + std::to_string(below(100)));
    std::vector<std::string> entries;
    for (std::uint64_t i = below(3); i-- > 0;)
      entries.push_back("x" + std::to_string(i) + ":" + std::to_string(below(1000)));
    const bool has_threshold = below(4) != 0;
    const std::uint64_t old_threshold = below(4) == 0 ? 0 : random() & kRandomnessMask;
    std::size_t at = 0;
    if (has_threshold) {
      at = below(entries.size() + 1);
      entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(at), "th:" + threshold_text(old_threshold));
    }
    const std::size_t ot_at = below(members.size() + 1);
    const auto with_ot = [&](const std::vector<std::string>& ot_entries) {
      std::vector<std::string> all = members;
      const auto at_ot = all.begin() + static_cast<std::ptrdiff_t>(ot_at);
      if (!ot_entries.empty()) all.insert(at_ot, "ot=" + join(ot_entries, ';'));
      return join(all, ',');
    };
    const std::string text = with_ot(entries);

    std::vector<std::string> erased = entries;
    if (has_threshold) erased.erase(erased.begin() + static_cast<std::ptrdiff_t>(at));
    bool changed = false;
    ASSERT_EQ(erase_threshold(text, &changed), with_ot(erased)) << text;
    ASSERT_EQ(changed, has_threshold) << text;

    const std::uint64_t threshold = random() & kRandomnessMask;
    std::vector<std::string> raised = entries;
    const std::string entry = "th:" + threshold_text(threshold);
    if (!has_threshold)
      raised.push_back(entry);
    else if (old_threshold < threshold)
      raised[at] = entry;
    std::string expected = with_ot(raised);
    if (entries.empty()) expected = members.empty() ? "ot=" + entry : "ot=" + entry + "," + join(members, ',');
    ASSERT_EQ(raise_threshold(text, threshold, &changed), expected) << text;
    ASSERT_EQ(changed, expected != text) << text;
    ASSERT_EQ(split(expected, ',').size(), members.size() + 1);
  }
}

}  // namespace
}  // namespace entail::context
