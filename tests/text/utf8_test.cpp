#include "text/utf8.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace entail::text
