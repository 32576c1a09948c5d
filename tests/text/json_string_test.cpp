#include "text/json_string.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace entail::text {
namespace {

// Copies the contents of the quotes in a padded text.
std::string copied(const std::string& content, StringError error = StringError::none) {
  const std::string raw = content + '"' + std::string(kJsonPadding, '\0');
  std::vector<std::uint8_t> out(content.size() + 16);
  const auto end = copy_json_string(raw.data(), out.data());
  EXPECT_EQ(end.error(), error) << content;
  EXPECT_EQ(raw_json_string(raw.data()), content);
  if (!end.ok()) return {};
  return std::string(reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(*end - out.data()));
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
    copied(text, StringError::lone_surrogate);
  }
}

TEST(CopyJsonString, BadEscapes) {
  for (const char* text : {R"(\x)", R"(\u12)", R"(\u12g4)", R"(\ud83d\u12)", R"(\U0041)"}) {
    copied(text, StringError::bad_escape);
  }
}

TEST(AppendJsonString, EscapesAndReplacesBadUtf8) {
  std::string out;
  append_json_string("a\"b\\c\n\r\t\x01\x7f\xc3\xa9/<>&\xff\xe2\x82", out, JsonEscapes::html);
  EXPECT_EQ(out,
            "\"a\\\"b\\\\c\\n\\r\\t\\u0001\x7f\xc3\xa9/\\u003c\\u003e\\u0026\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(AppendJsonString, LeavesHtmlAlone) {
  std::string out;
  append_json_string("a\"\\\n<>&\x1f\xc3\xa9", out, JsonEscapes::required);
  EXPECT_EQ(out, "\"a\\\"\\\\\\n<>&\\u001f\xc3\xa9\"");
}

TEST(AppendUnescaped, AnyDocument) {
  const auto unescaped = [](const std::string& content) {
    const std::string quoted = content + '"';
    std::string out = "before ";
    append_unescaped(std::string_view(quoted).substr(0, content.size()), out);
    return out.substr(7);
  };
  EXPECT_EQ(unescaped(""), "");
  EXPECT_EQ(unescaped("plain"), "plain");
  EXPECT_EQ(unescaped(R"(a\\\n\"\u0041\\)"), "a\\\n\"A\\");
  EXPECT_EQ(unescaped(R"(\ud83d\uDE00!)"), "\xf0\x9f\x98\x80!");
  EXPECT_EQ(unescaped(R"(\ud83dx\ud83d\u0041)"), "\xef\xbf\xbdx\xef\xbf\xbd\x41");
  EXPECT_EQ(unescaped(R"(end\udfff)"), "end\xef\xbf\xbd");
  EXPECT_EQ(unescaped(R"(end\ud83d)"), "end\xef\xbf\xbd");
}

}  // namespace
}  // namespace entail::text
