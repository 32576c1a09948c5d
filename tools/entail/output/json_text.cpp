#include "output/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "output/shown_text.hpp"

namespace entail::cli {
namespace {

void append_escape(std::uint32_t code_point, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[code_point >> shift & 15];
}

// Appends the character that the text begins with, escaped unless it is harmless, and removes it from the text.
void take_character(std::string_view& text, std::string& out) {
  constexpr std::uint32_t kReplacement = 0xfffd;
  const Character character = first_character(text);
  if (character.size == 0)
    append_escape(kReplacement, out);
  else if (is_harmless(character.code_point))
    out += text.substr(0, character.size);
  else
    append_escape(character.code_point, out);
  text.remove_prefix(std::max<std::size_t>(character.size, 1));
}

bool is_plain(char c) noexcept { return c >= 0x20 && c < 0x7f; }

}  // namespace

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const char c = text[0];
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (is_plain(c)) {
      out += c;
    } else {
      take_character(text, out);
      continue;
    }
    text.remove_prefix(1);
  }
  out += '"';
}

void JsonText::separate() {
  if (comma_due_) text_ += ',';
  comma_due_ = true;
}

JsonText& JsonText::open(char bracket) {
  separate();
  text_ += bracket;
  comma_due_ = false;
  return *this;
}

JsonText& JsonText::close(char bracket) {
  text_ += bracket;
  comma_due_ = true;
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  separate();
  append_json_string(name, text_);
  text_ += ':';
  comma_due_ = false;
  return *this;
}

JsonText& JsonText::raw(std::string_view json) {
  separate();
  text_ += json;
  return *this;
}

// Outside of its strings JSON has no characters beyond ASCII, and of the control characters only white space, which its
// strings do not have.
JsonText& JsonText::raw_from_outside(std::string_view json) {
  separate();
  while (!json.empty()) {
    const char c = json[0];
    const bool is_space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!is_space && !is_plain(c)) {
      take_character(json, text_);
      continue;
    }
    text_ += is_space ? ' ' : c;
    json.remove_prefix(1);
  }
  return *this;
}

JsonText& JsonText::value(std::string_view text) {
  separate();
  append_json_string(text, text_);
  return *this;
}

JsonText& JsonText::value(std::uint64_t number) { return raw(std::to_string(number)); }

JsonText& JsonText::value(double number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), std::isfinite(number) ? number : 0.0);
  return raw({digits.data(), static_cast<std::size_t>(end.ptr - digits.data())});
}

JsonText& JsonText::value(bool truth) { return raw(truth ? "true" : "false"); }

JsonText& JsonText::newline() {
  if (comma_due_) text_ += ',';
  comma_due_ = false;
  text_ += '\n';
  return *this;
}

}  // namespace entail::cli
