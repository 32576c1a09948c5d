#include "output/shown_text.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>

#include "output/json_text.hpp"

namespace entail::cli {
namespace {

TEST(ShownText, KeepsText_AndReplacesTerminalControls) {
  struct Case {
    const char* text;
    const char* shown;
  };
  for (const Case& expected : {
           Case{"", ""},
           Case{"plain ~ text", "plain ~ text"},
           Case{"Grüße, 漢字, 🦊", "Grüße, 漢字, 🦊"},
           Case{"\x1b[31mred\x07\r\n\t\x7f", "?[31mred?????"},
           Case{"\xc2\x9b"
                "31m",
                "??31m"},  // C1: CSI in one character
           Case{"a\xe2\x80\xae"
                "b\xe2\x81\xa6",
                "a???b???"},  // reverses the direction of writing
           Case{"a\xe2\x80\xa8"
                "b",
                "a???b"},                                              // a line separator
           Case{"\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf", "?????????"},  // overlong
           Case{"\xed\xa0\x80\xf4\x90\x80\x80\xff", "????????"},       // a surrogate, beyond the last, no UTF-8
           Case{"cut \xe6\xbc", "cut ??"},
           Case{"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"},
       })
    EXPECT_EQ(shown_text(expected.text), expected.shown);
}

TEST(ShownText, TruncatesBetweenCharacters) {
  EXPECT_EQ(shown_text("abcdef", 6), "abcdef");
  EXPECT_EQ(shown_text("abcdefg", 6), "abcdef...");
  EXPECT_EQ(shown_text("ab漢字", 8), "ab漢字");
  EXPECT_EQ(shown_text("ab漢字", 7), "ab漢...");
  EXPECT_EQ(shown_text("ab漢字", 4), "ab...");
}

TEST(ShownText, IsJsonWithoutControls_ForAnyBytes) {
  std::mt19937_64 random(5);
  simdjson::dom::parser parser;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 12, '\0');
    // High bytes often, so that multi-byte sequences occur.
    for (char& byte : bytes) byte = static_cast<char>(random() % 3 == 0 ? random() : 0x80 | random());
    const std::string shown = shown_text(bytes);
    EXPECT_EQ(shown.size(), bytes.size());
    std::string json = "[";
    append_json_string(shown, json);
    json += "]";
    ASSERT_TRUE(parser.parse(json).error() == simdjson::SUCCESS) << round;
    for (const char c : shown) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << round;
    EXPECT_EQ(shown_text(shown), shown);
  }
}

// What shown_text() replaces is escaped in JSON: nothing is lost, and nothing reaches a terminal.
TEST(JsonText, EscapesWhatTerminalsObey_ForAnyBytes) {
  std::string text;
  append_json_string("\x7f\u0085\u202e\u2066\u200f\u061c\u2028\u2029é🦊\xff", text);
  EXPECT_EQ(text, R"("\u007f\u0085\u202e\u2066\u200f\u061c\u2028\u2029é🦊\ufffd")");
  std::mt19937_64 random(6);
  simdjson::dom::parser parser;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 12, '\0');
    // Often the first bytes of C1, line separators and what turns the direction of writing.
    for (char& byte : bytes) byte = "\xc2\xd8\xe2\x80\x81\xa6\xae\x9c\"\\\n"[random() % 11];
    if (!bytes.empty() && random() % 2 == 0) bytes[random() % bytes.size()] = static_cast<char>(random());
    std::string json = "[";
    append_json_string(bytes, json);
    json += "]";
    EXPECT_EQ(shown_text(json), json) << round;
    std::string_view back;
    ASSERT_EQ(parser.parse(json).at(0).get(back), simdjson::SUCCESS) << json;
    EXPECT_EQ(back, utf8_text(bytes, std::string_view::npos)) << round;
  }
}

TEST(JsonText, EscapesInJsonFromOutside) {
  JsonText json;
  json.begin_array().raw_from_outside("{\"a\u202e\":\t[\"\u009b\x7f\", \"\\n\\u001bé\"]}\r").value("b").end_array();
  EXPECT_EQ(json.take(), R"([{"a\u202e": ["\u009b\u007f", "\n\u001bé"]} ,"b"])");
}

}  // namespace
}  // namespace entail::cli
