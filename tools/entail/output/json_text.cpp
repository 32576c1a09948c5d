#include "output/json_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace entail::cli {

void append_json_string(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {  // C1, which some terminals obey
      out += "\\u00";
      out += kHex[next >> 4];
      out += kHex[next & 15];
      ++i;
    } else {
      out += c;
    }
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
