// JSON text built piece by piece: commas and quotes are put where they belong. Thread rule: Confined.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entail::cli {

// The string with its quotes. Escaped are also the characters that shown_text() replaces; every byte of what is not
// UTF-8 becomes U+FFFD.
void append_json_string(std::string_view text, std::string& out);

class JsonText {
 public:
  JsonText& begin_object() { return open('{'); }
  JsonText& end_object() { return close('}'); }
  JsonText& begin_array() { return open('['); }
  JsonText& end_array() { return close(']'); }
  JsonText& key(std::string_view name);
  JsonText& value(std::string_view text);
  JsonText& value(const char* text) { return value(std::string_view(text)); }
  JsonText& value(const std::string& text) { return value(std::string_view(text)); }
  JsonText& value(std::uint64_t number);
  JsonText& value(std::uint32_t number) { return value(std::uint64_t{number}); }
  JsonText& value(double number);
  JsonText& value(bool truth);
  JsonText& null() { return raw("null"); }
  template <class T>
  JsonText& value(const std::optional<T>& held) {
    return held ? value(*held) : null();
  }
  // Text that is JSON already.
  JsonText& raw(std::string_view json);
  // The same for JSON from outside: it becomes one line, and what stands in its strings is escaped as value() does.
  JsonText& raw_from_outside(std::string_view json);
  template <class T>
  JsonText& field(std::string_view name, const T& held) {
    return key(name).value(held);
  }
  // A line break for the eye, before another element or member.
  JsonText& newline();

  std::string take() { return std::move(text_); }

 private:
  JsonText& open(char bracket);
  JsonText& close(char bracket);
  void separate();

  std::string text_;
  bool comma_due_ = false;
};

}  // namespace entail::cli
