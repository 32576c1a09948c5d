// The short way for the attributes that most of a request is made of: {"key":K,"value":{KIND:V}} with short strings,
// integers or booleans. Everything else takes the long way, which gives the same bytes.
#include "otlp/fields.hpp"
#include "otlp/json_document.hpp"
#include "text/json_number.hpp"
#include "text/json_string.hpp"
#include "wire/reader.hpp"
#include "wire/varint.hpp"

namespace entail::otlp {
namespace {

constexpr JsonName kKey("key");
constexpr JsonName kValue("value");
constexpr JsonName kStringValue("stringValue");
constexpr JsonName kIntValue("intValue");
constexpr JsonName kBoolValue("boolValue");

constexpr std::size_t kTokenCount = 12;
// Tags and lengths around both strings of an attribute take 8 bytes; a message below 128 bytes has a length of one.
constexpr std::size_t kTextSizeMax = 127 - 8;
constexpr auto kKeyTag = static_cast<std::uint8_t>(key_value_field::kKey.tag());
constexpr auto kValueTag = static_cast<std::uint8_t>(key_value_field::kValue.tag());
constexpr auto kStringTag = static_cast<std::uint8_t>(any_value_field::kString.tag());
constexpr auto kBoolTag = static_cast<std::uint8_t>(any_value_field::kBool.tag());
constexpr auto kIntTag = static_cast<std::uint8_t>(any_value_field::kInt.tag());

}  // namespace

// Writes the attribute whose bracket is `token`, and takes its tokens. False, with nothing changed, if it is not plain.
bool JsonDocument::plain_attribute(const JsonField& field, const char* token) {
  if (*token != '{' || !tokens_.has(kTokenCount)) return false;
  const char* const name = tokens_.peek(2);
  const char* const kind = tokens_.peek(7);
  const char* const value = tokens_.peek(9);
  const char* const close = tokens_.peek(10);
  const auto differs = [this](std::size_t i, char expected) { return static_cast<int>(*tokens_.peek(i)) ^ expected; };
  const int mismatch = differs(0, '"') | differs(1, ':') | differs(2, '"') | differs(3, ',') | differs(4, '"') |
                       differs(5, ':') | differs(6, '{') | differs(7, '"') | differs(8, ':') | differs(10, '}') |
                       differs(11, '}');
  const auto text_size = static_cast<std::size_t>((tokens_.peek(3) - name) + (close - value));
  if (mismatch != 0 || text_size > kTextSizeMax || !kKey.stands_at(tokens_.peek(0) + 1) ||
      !kValue.stands_at(tokens_.peek(4) + 1)) {
    return false;
  }

  std::uint8_t* const begin = writer_.room(kTextSizeMax + 64);
  begin[0] = static_cast<std::uint8_t>(field.proto.tag());
  begin[2] = kKeyTag;
  const auto key_end = text::copy_json_string(name + 1, begin + 4);
  if (!key_end.ok()) return false;
  std::uint8_t* const any = *key_end;
  begin[3] = static_cast<std::uint8_t>(any - (begin + 4));
  any[0] = kValueTag;
  std::uint8_t* end = nullptr;
  if (*value == '"' && kStringValue.stands_at(kind + 1)) {
    any[2] = kStringTag;
    const auto text_end = text::copy_json_string(value + 1, any + 4);
    if (!text_end.ok()) return false;
    end = *text_end;
    any[3] = static_cast<std::uint8_t>(end - (any + 4));
  } else if (kIntValue.stands_at(kind + 1)) {
    any[2] = kIntTag;
    end = plain_integer(value, any + 3);
    if (end == nullptr) return false;
  } else if (kBoolValue.stands_at(kind + 1)) {
    const std::string_view spelling = *value == 't' ? "true" : "false";
    if (std::string_view(value, spelling.size()) != spelling || !ends_scalar(value + spelling.size())) return false;
    any[2] = kBoolTag;
    any[3] = *value == 't' ? 1 : 0;
    end = any + 4;
  } else {
    return false;
  }
  any[1] = static_cast<std::uint8_t>(end - (any + 2));
  begin[1] = static_cast<std::uint8_t>(end - (begin + 2));
  writer_.advance(end);
  tokens_.take_many(kTokenCount);
  return true;
}

// A non-negative integer, as a number or a string, written as a varint; nullptr for others.
std::uint8_t* JsonDocument::plain_integer(const char* token, std::uint8_t* out) const noexcept {
  std::uint64_t number = 0;
  const bool quoted = *token == '"';
  const char* const end = text::scan_plain_integer(token + quoted, number);
  if (end == nullptr || !(quoted ? *end == '"' : ends_scalar(end)) || number > std::uint64_t{INT64_MAX}) return nullptr;
  return wire::write_varint(out, number);
}

}  // namespace entail::otlp
