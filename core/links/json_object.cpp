#include "links/json_object.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "text/hex.hpp"
#include "text/json_string.hpp"
#include "text/utf8.hpp"

namespace entail::links {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// The value of four hex digits. REQUIRES that they are at text[at].
std::uint32_t unit_at(std::string_view text, std::size_t at) noexcept {
  std::uint32_t unit = 0;
  for (std::size_t i = 0; i < 4; ++i) unit = unit << 4 | static_cast<std::uint32_t>(text::hex_digit(text[at + i]));
  return unit;
}

constexpr bool is_high_surrogate(std::uint32_t unit) noexcept { return unit >= 0xd800 && unit < 0xdc00; }
constexpr bool is_low_surrogate(std::uint32_t unit) noexcept { return unit >= 0xdc00 && unit < 0xe000; }

// Decodes the \u escape whose digits begin at text[at], or a surrogate pair of two. Advances `at` past it.
std::uint32_t decode_escape(std::string_view text, std::size_t& at) noexcept {
  constexpr std::uint32_t kReplacement = 0xfffd;
  const std::uint32_t first = unit_at(text, at);
  at += 4;
  if (is_low_surrogate(first)) return kReplacement;
  if (!is_high_surrogate(first)) return first;
  if (text.substr(at, 2) != "\\u" || !is_low_surrogate(unit_at(text, at + 2))) return kReplacement;
  const std::uint32_t second = unit_at(text, at + 2);
  at += 6;
  return 0x10000 + ((first - 0xd800) << 10 | (second - 0xdc00));
}

}  // namespace

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
  if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
  if (text_.size() - at_ < 4) return false;
  for (int i = 0; i < 4; ++i)
    if (text::hex_digit(text_[at_++]) < 0) return false;
  return true;
}

bool JsonObject::digits() noexcept {
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  return at_ > begin;
}

bool JsonObject::number() noexcept {
  const auto is_at = [this](char c) { return at_ < text_.size() && text_[at_] == c; };
  if (is_at('-')) ++at_;
  if (is_at('0'))
    ++at_;
  else if (!digits())
    return false;
  if (is_at('.')) {
    ++at_;
    if (!digits()) return false;
  }
  if (is_at('e') || is_at('E')) {
    ++at_;
    if (is_at('+') || is_at('-')) ++at_;
    if (!digits()) return false;
  }
  return true;
}

bool JsonObject::literal(std::string_view spelling) noexcept {
  if (text_.substr(at_, spelling.size()) != spelling) return false;
  at_ += spelling.size();
  return true;
}

void unescape_json(std::string_view content, std::string& out) {
  out.clear();
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t backslash = std::min(content.find('\\', at), content.size());
    out.append(content.substr(at, backslash - at));
    if (backslash == content.size()) return;
    at = backslash + 2;
    if (content[backslash + 1] == 'u') {
      std::uint8_t character[4];
      const std::uint8_t* const end = text::write_utf8(decode_escape(content, at), character);
      out.append(reinterpret_cast<const char*>(character), static_cast<std::size_t>(end - character));
    } else {
      out.push_back(text::simple_escape(content[backslash + 1]));
    }
  }
}

}  // namespace entail::links
