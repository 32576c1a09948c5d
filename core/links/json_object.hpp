// The members of one JSON object (RFC 8259), strictly: a stored context is short and comes from anywhere, so it is
// checked whole, brackets, numbers, escapes and UTF-8 included, whatever is asked of it. Internal to the room.
//
// Thread rule: Confined. Cost: one pass; no allocation, no recursion beyond kJsonDepthMax.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "entail/context.hpp"

namespace entail::links {

constexpr unsigned kJsonDepthMax = 16;  // objects and arrays around a value, the outermost included

enum class JsonKind : std::uint8_t { string, number, boolean, null, object, array };

struct JsonMember {
  std::string_view key;    // between its quotes, escapes as they stand
  std::string_view value;  // of a string: between its quotes, escapes as they stand; else all of its text
  JsonKind kind = JsonKind::null;
};

class JsonObject {
 public:
  explicit JsonObject(std::string_view text) noexcept;
  // The next member in order. False at the end of the object, or at an error: error() tells which. The text behind the
  // object was checked when it returns false without an error.
  bool next(JsonMember& member) noexcept;
  ContextError error() const noexcept { return error_; }

 private:
  bool fail(ContextError error) noexcept {
    if (error_ == ContextError::none) error_ = error;
    return false;
  }
  void skip_blanks() noexcept;
  bool take(char c) noexcept;
  bool value(JsonMember& member, unsigned depth) noexcept;
  bool object(unsigned depth) noexcept;
  bool array(unsigned depth) noexcept;
  bool string(std::string_view& content) noexcept;
  bool escape() noexcept;
  bool number() noexcept;
  bool digits() noexcept;
  bool word(std::string_view spelling) noexcept;
  bool finish() noexcept;

  std::string_view text_;
  std::size_t at_ = 0;
  bool begun_ = false;
  ContextError error_ = ContextError::none;
};

// What the string means: `out` is replaced. A lone surrogate becomes U+FFFD. REQUIRES a string that JsonObject gave.
void unescape_json(std::string_view content, std::string& out);

}  // namespace entail::links
