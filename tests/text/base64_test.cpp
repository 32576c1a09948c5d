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

TEST(Base64, AVariantHasItsAlphabetAndItsPadding) {
  const std::uint8_t bytes[] = {0xfb, 0xff, 0xbf, 0xfb};
  struct Case {
    Base64 variant;
    std::string_view text;
  };
  const Case cases[] = {
      {{false, true}, "+/+/+w=="}, {{false, false}, "+/+/+w"}, {{true, true}, "-_-_-w=="}, {{true, false}, "-_-_-w"}};
  for (const Case& written : cases) {
    std::string text;
    append_base64(bytes, text, written.variant);
    EXPECT_EQ(text, written.text);
    for (const Case& read : cases) {
      std::uint8_t out[16];
      const auto end = decode_base64(written.text, read.variant, out);
      EXPECT_EQ(end.ok(), &read == &written) << written.text;
      if (end.ok()) {
        EXPECT_EQ(std::string(out, *end), std::string(std::begin(bytes), std::end(bytes)));
      }
    }
  }
}

}  // namespace
}  // namespace entail::text
