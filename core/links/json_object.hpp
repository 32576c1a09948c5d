// A strict parser for one JSON object (RFC 8259). Stored contexts are short and untrusted, so the whole text is
// validated, unknown members included: brackets, numbers, escapes and UTF-8. Internal to the room.
//
// text::JsonTokens, which otlp reads with, is made for megabytes: it copies the text into a padded buffer and builds an
// index of it, both allocated. A stored context has some 150 bytes and is read where it is; only escapes, numbers and
// UTF-8 are shared (core/text).
//
// Thread rule: Confined. Cost: one pass; no allocation, no recursion beyond kJsonDepthMax.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "entail/context.hpp"

namespace entail::links {

constexpr unsigned kJsonDepthMax = 16;  // nested objects and arrays, the outermost included

enum class JsonKind : std::uint8_t { string, number, boolean, null, object, array };

struct JsonMember {
  std::string_view key;    // without its quotes, still escaped: text::append_unescaped()
  std::string_view value;  // a string without its quotes, still escaped; any other value as its whole text
  JsonKind kind = JsonKind::null;
};

class JsonObject {
 public:
  explicit JsonObject(std::string_view text) noexcept;
  // Reads the next member. Returns false at the end and at the first error; result() says which. After a
  // success nothing but whitespace follows the object.
  bool next(JsonMember& member) noexcept;
  // bad_json or too_deep.
  Result<void, ContextError> result() const noexcept {
    if (error_ != ContextError::none) return error_;
    return {};
  }

 private:
  bool fail(ContextError error) noexcept {
    if (error_ == ContextError::none) error_ = error;
    return false;
  }
  void skip_whitespace() noexcept;
  // Skips whitespace, then consumes c if it is next.
  bool consume(char c) noexcept;
  bool value(JsonMember& member, unsigned depth) noexcept;
  bool object(unsigned depth) noexcept;
  bool array(unsigned depth) noexcept;
  bool string(std::string_view& content) noexcept;
  bool escape() noexcept;
  bool number() noexcept;
  bool literal(std::string_view spelling) noexcept;
  bool finish() noexcept;  // requires the end of the text; always returns false

  std::string_view text_;
  std::size_t at_ = 0;
  bool started_ = false;
  ContextError error_ = ContextError::none;
};

}  // namespace entail::links
