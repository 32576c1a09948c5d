#include "text/base64.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace entail::text {
namespace {

TEST(Base64, RoundTripAndAlphabets) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    std::string text;
    append_base64({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, text);
    EXPECT_EQ(text.size(), (bytes.size() + 2) / 3 * 4);
    std::vector<std::uint8_t> out(base64_decoded_size_max(text.size()));
    const auto end = decode_base64(text, out.data());
    ASSERT_TRUE(end.ok());
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(*end - out.data())),
              bytes);
    bytes.push_back(static_cast<char>(i * 7));
  }
  const auto decoded = [](std::string_view text) -> std::string {
    std::uint8_t out[64];
    const auto end = decode_base64(text, out);
    if (!end.ok()) return end.error() == Base64Error::bad_digit ? "bad digit" : "wrong length";
    return std::string(reinterpret_cast<const char*>(out), static_cast<std::size_t>(*end - out));
  };
  EXPECT_EQ(decoded("+/+/"), "\xfb\xff\xbf");
  EXPECT_EQ(decoded("-_-_"), "\xfb\xff\xbf");
  EXPECT_EQ(decoded("Zg=="), "f");
  EXPECT_EQ(decoded("Zg"), "f");
  EXPECT_EQ(decoded("Zm8"), "fo");
  EXPECT_EQ(decoded(""), "");
  for (const char* bad : {"Zg=", "Z===", "Zm 9", "Zm\n9", "Zg==Zg==", "\xc3\xa9xx"}) {
    EXPECT_EQ(decoded(bad), "bad digit") << bad;
  }
  for (const char* bad : {"Z", "=", "Zm9v=", "Zm9vZ"}) EXPECT_EQ(decoded(bad), "wrong length") << bad;
}

}  // namespace
}  // namespace entail::text
