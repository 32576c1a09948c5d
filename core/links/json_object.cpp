#include "links/json_object.hpp"

#include "text/hex.hpp"
#include "text/json_number.hpp"
#include "text/json_string.hpp"
#include "text/utf8.hpp"

namespace entail::links {
JsonObject::JsonObject(std::string_view text) noexcept : text_(text) {
  if (text::utf8_valid_size(text) != text.size()) fail(ContextError::bad_json);
}

void JsonObject::skip_whitespace() noexcept {
  constexpr std::string_view kWhitespace = " \t\n\r";
  while (at_ < text_.size() && kWhitespace.find(text_[at_]) != std::string_view::npos) ++at_;
}

bool JsonObject::consume(char c) noexcept {
  skip_whitespace();
  if (at_ == text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

bool JsonObject::finish() noexcept {
  skip_whitespace();
  if (at_ != text_.size()) fail(ContextError::bad_json);
  return false;
}

bool JsonObject::next(JsonMember& member) noexcept {
  if (error_ != ContextError::none) return false;
  if (!started_) {
    started_ = true;
    if (!consume('{')) return fail(ContextError::bad_json);
    if (consume('}')) return finish();
  } else {
    if (consume('}')) return finish();
    if (!consume(',')) return fail(ContextError::bad_json);
  }
  return consume('"') && string(member.key) && consume(':') && value(member, 1) ? true : fail(ContextError::bad_json);
}

// depth: objects and arrays that enclose the value.
bool JsonObject::value(JsonMember& member, unsigned depth) noexcept {
  skip_whitespace();
  if (at_ == text_.size()) return false;
  const std::size_t begin = at_;
  bool is_valid = false;
  switch (text_[at_]) {
    case '"':
      ++at_;
      member.kind = JsonKind::string;
      return string(member.value);
    case '{':
      member.kind = JsonKind::object;
      is_valid = object(depth);
      break;
    case '[':
      member.kind = JsonKind::array;
      is_valid = array(depth);
      break;
    case 't':
      member.kind = JsonKind::boolean;
      is_valid = literal("true");
      break;
    case 'f':
      member.kind = JsonKind::boolean;
      is_valid = literal("false");
      break;
    case 'n':
      member.kind = JsonKind::null;
      is_valid = literal("null");
      break;
    default:
      member.kind = JsonKind::number;
      is_valid = number();
  }
  member.value = text_.substr(begin, at_ - begin);
  return is_valid;
}

bool JsonObject::object(unsigned depth) noexcept {
  if (depth == kJsonDepthMax) return fail(ContextError::too_deep);
  ++at_;
  if (consume('}')) return true;
  JsonMember inner;
  do {
    if (!consume('"') || !string(inner.key) || !consume(':') || !value(inner, depth + 1)) return false;
  } while (consume(','));
  return consume('}');
}

bool JsonObject::array(unsigned depth) noexcept {
  if (depth == kJsonDepthMax) return fail(ContextError::too_deep);
  ++at_;
  if (consume(']')) return true;
  JsonMember inner;
  do {
    if (!value(inner, depth + 1)) return false;
  } while (consume(','));
  return consume(']');
}

// Starts after the opening quote and consumes the closing one.
bool JsonObject::string(std::string_view& content) noexcept {
  const std::size_t begin = at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (static_cast<unsigned char>(c) < 0x20) return false;
    ++at_;
    if (c == '"') {
      content = text_.substr(begin, at_ - 1 - begin);
      return true;
    }
    if (c == '\\' && !escape()) return false;
  }
  return false;
}

bool JsonObject::escape() noexcept {
  if (at_ == text_.size()) return false;
  const char c = text_[at_++];
  if (c != 'u') return text::simple_escape(c) != 0;
  if (text_.size() - at_ < 4) return false;
  for (int i = 0; i < 4; ++i)
    if (text::hex_digit(text_[at_++]) < 0) return false;
  return true;
}

bool JsonObject::number() noexcept {
  const std::size_t size = text::json_number_size(text_.substr(at_));
  at_ += size;
  return size != 0;
}

bool JsonObject::literal(std::string_view spelling) noexcept {
  if (text_.substr(at_, spelling.size()) != spelling) return false;
  at_ += spelling.size();
  return true;
}

}  // namespace entail::links
