#include "text/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace entail::text {
namespace {

TEST(Utf8, FirstFault) {
  EXPECT_EQ(utf8_valid_size("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 10U);
  // An invalid first byte, overlong, surrogate, beyond U+10FFFF, truncated, not continued.
  for (const char* bad : {"ab\x80", "ab\xc0\xaf", "ab\xe0\x9f\xbf", "ab\xed\xa0\x80", "ab\xf4\x90\x80\x80",
                          "ab\xf0\x9f\x98", "ab\xc3(", "ab\xff"}) {
    EXPECT_EQ(utf8_valid_size(bad), 2U) << bad;
  }
}

// Eight bytes at a time through ASCII: the first fault is found wherever it is.
TEST(Utf8, FirstFault_AtEveryPlace) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string ascii(size, 'x');
    EXPECT_EQ(utf8_valid_size(ascii), size);
    for (std::size_t at = 0; at <= size; ++at) {
      EXPECT_EQ(utf8_valid_size(std::string(ascii).insert(at, "\xff")), at);
      EXPECT_EQ(utf8_valid_size(std::string(ascii).insert(at, "\xc3\xa9")), size + 2);
    }
  }
}

TEST(Utf8, EachBadByteBecomesTheReplacementCharacter) {
  const auto repaired = [](std::string_view text) {
    std::string out = "before ";
    append_as_utf8(text, out);
    return out.substr(7);
  };
  EXPECT_EQ(repaired(""), "");
  EXPECT_EQ(repaired("caf\xc3\xa9 and a longer text"), "caf\xc3\xa9 and a longer text");
  EXPECT_EQ(repaired("\xff\xe2\x82z\xff"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd");
}

}  // namespace
}  // namespace entail::text
