// The scalars of an OTLP/JSON text, and the values that are skipped.
#include <algorithm>
#include <iterator>

#include "otlp/json_document.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"
#include "text/json_number.hpp"
#include "text/json_string.hpp"
#include "wire/reader.hpp"
#include "wire/varint.hpp"

namespace entail::otlp {
namespace {

// Room for the tag and length of a string, and for what copy_json_string may write behind its end.
constexpr std::size_t kStringSlack = 2 * wire::kVarintBytesMax + 8;

std::uint8_t* write_little_endian(std::uint8_t* out, std::uint64_t bits, int byte_count) noexcept {
  for (int i = 0; i < byte_count; ++i) *out++ = static_cast<std::uint8_t>(bits >> (8 * i));
  return out;
}

}  // namespace

// The NUL behind the text ends a scalar too, one inside does not.
bool JsonDocument::ends_scalar(const char* at) const noexcept {
  switch (*at) {
    case ',':
    case '}':
    case ']':
    case ':':
    case ' ':
    case '\t':
    case '\n':
    case '\r':
      return true;
    case '\0':
      return tokens_.at_end() && tokens_.offset(at) == tokens_.size();
    default:
      return false;
  }
}

bool JsonDocument::literal(const char* token, std::string_view spelling) {
  if (std::string_view(token, spelling.size()) != spelling || !ends_scalar(token + spelling.size())) return bad(token);
  return true;
}

// Skips a value. What is inside brackets is not checked beyond their nesting.
bool JsonDocument::skip(const char* token) {
  switch (*token) {
    case '"':
      return true;
    case 't':
      return literal(token, "true");
    case 'f':
      return literal(token, "false");
    case 'n':
      return literal(token, "null");
    case '{':
    case '[': {
      const Result<void> skipped = tokens_.skip(token);
      error_ = skipped.error();
      return skipped.ok();
    }
    default: {
      std::string_view ignored;
      return number_text(token, ignored);
    }
  }
}

// Keeps the places of the first faults.
void JsonDocument::note(JsonLoss::Reason reason, const char* token) {
  if (request_.faults.size() < kJsonFaultsMax) request_.faults.push_back({reason, tokens_.offset(token)});
}

// Counts the value that this one replaces.
void JsonDocument::note_replaced(const char* token) {
  ++request_.values_lost;
  note(JsonLoss::Reason::replaces, token);
}

// Skips and counts the value of an unknown key.
bool JsonDocument::skip_unknown(const char* token) {
  if (request_.unknown_keys++ < kUnknownKeyFaultsMax) note(JsonLoss::Reason::unknown_key, token);
  return skip(token);
}

// Skips and counts a value of the wrong type.
bool JsonDocument::lose(const char* token, JsonState& state) {
  ++request_.values_lost;
  state.lost = true;
  note(JsonLoss::Reason::wrong_type, token);
  return skip(token);
}

// Counts a value of the right type that protobuf cannot hold, and whose tokens are taken.
bool JsonDocument::lose_taken(const char* token, JsonState& state) {
  ++request_.values_lost;
  state.lost = true;
  note(JsonLoss::Reason::not_representable, token);
  return true;
}

bool JsonDocument::scalar(const JsonField& field, const char* token, JsonState& state) {
  switch (field.kind) {
    case JsonKind::string:
      return string(field, token, state);
    case JsonKind::identifier:
      return identifier(field, token, state);
    case JsonKind::bytes:
      return bytes(field, token, state);
    case JsonKind::boolean:
      return boolean(field, token, state);
    case JsonKind::floating:
      return floating(field, token, state);
    case JsonKind::int64:
    case JsonKind::int32:
    case JsonKind::uint32:
    case JsonKind::enumeration:
    case JsonKind::fixed64:
    case JsonKind::fixed32:
      return integer(field, token, state);
    case JsonKind::message:
      break;
  }
  return lose(token, state);
}

// Writes the tag of a field whose content is made from the string token, with room for both.
JsonDocument::OpenField JsonDocument::begin_bytes(const JsonField& field) {
  const std::size_t size_max = tokens_.taken_size();
  std::uint8_t* const length = wire::write_varint(writer_.room(size_max + kStringSlack), field.proto.tag());
  return {length, length + wire::varint_size(size_max)};
}

// Claims a field of which the tag and, with room left for the length, the content are written. The content is moved if
// its length takes fewer bytes than that of the raw text would.
bool JsonDocument::finish_bytes(OpenField place, const std::uint8_t* end) noexcept {
  const auto size = static_cast<std::size_t>(end - place.content);
  std::uint8_t* const begin = wire::write_varint(place.length, size);
  if (begin != place.content) std::memmove(begin, place.content, size);
  writer_.advance(begin + size);
  return true;
}

bool JsonDocument::string(const JsonField& field, const char* token, JsonState& state) {
  if (*token != '"') return lose(token, state);
  const OpenField place = begin_bytes(field);
  const auto end = text::copy_json_string(token + 1, place.content);
  if (end.ok()) return finish_bytes(place, *end);
  return end.error() == text::StringError::bad_escape ? bad(token) : lose_taken(token, state);
}

bool JsonDocument::identifier(const JsonField& field, const char* token, JsonState& state) {
  if (*token != '"') return lose(token, state);
  const auto bit = static_cast<std::uint8_t>(1U << field.proto.number);
  state.bad_ids &= static_cast<std::uint8_t>(~bit);
  const OpenField place = begin_bytes(field);
  if (tokens_.taken_size() > 2U * field.id_size && token[1 + 2 * field.id_size] == '"' &&
      text::decode_hex(token + 1, 2U * field.id_size, place.length + 1).ok()) [[likely]] {
    *place.length = field.id_size;
    writer_.advance(place.length + 1 + field.id_size);
    return true;
  }
  return malformed_identifier(field, token, place, state);
}

// An empty ID, hex with escapes, or an ID that is not hex of its length.
bool JsonDocument::malformed_identifier(const JsonField& field, const char* token, OpenField place, JsonState& state) {
  const auto copied = text::copy_json_string(token + 1, place.content);
  if (copied.error() == text::StringError::bad_escape) return bad(token);
  const char* const text = reinterpret_cast<const char*>(place.content);
  const auto size = copied.ok() ? static_cast<std::size_t>(*copied - place.content) : 0;
  const bool is_hex = copied.ok() && text::is_hex({text, size});
  if (is_hex && (size == 0 || size == 2U * field.id_size) && text::decode_hex(text, size, place.content).ok())
    return finish_bytes(place, place.content + size / 2);
  if (!is_hex) state.bad_ids |= static_cast<std::uint8_t>(1U << field.proto.number);
  ++request_.malformed_ids;
  note(JsonLoss::Reason::bad_id, token);
  std::uint8_t* const end = std::copy(std::begin(kMalformedId), std::end(kMalformedId), place.content);
  return finish_bytes(place, end);
}

bool JsonDocument::bytes(const JsonField& field, const char* token, JsonState& state) {
  if (*token != '"') return lose(token, state);
  const OpenField place = begin_bytes(field);
  const auto copied = text::copy_json_string(token + 1, place.content);
  if (copied.error() == text::StringError::bad_escape) return bad(token);
  if (!copied.ok()) return lose_taken(token, state);
  // Each output byte is written in front of the digits that are still to be read, so the text is decoded in place.
  const std::string_view digits(reinterpret_cast<const char*>(place.content),
                                static_cast<std::size_t>(*copied - place.content));
  const auto end = text::decode_base64(digits, place.content);
  return end.ok() ? finish_bytes(place, *end) : lose_taken(token, state);
}

bool JsonDocument::boolean(const JsonField& field, const char* token, JsonState& state) {
  if (*token != 't' && *token != 'f') return lose(token, state);
  if (!literal(token, *token == 't' ? "true" : "false")) return false;
  std::uint8_t* out = wire::write_varint(writer_.room(2 * wire::kVarintBytesMax), field.proto.tag());
  *out++ = *token == 't' ? 1 : 0;
  writer_.advance(out);
  return true;
}

// The text of a JSON number.
bool JsonDocument::number_text(const char* token, std::string_view& text) {
  text = tokens_.text_from(token);
  text = text.substr(0, text::json_number_size(text));
  if (text.empty() || !ends_scalar(token + text.size())) return bad(token);
  return true;
}

bool JsonDocument::enum_value(const JsonField& field, std::string_view text,
                              text::DecimalInteger& value) const noexcept {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (text != field.names[i]) continue;
    value = {.negative = false, .magnitude = i};
    return true;
  }
  return false;
}

// Integers of all sizes: a number, or a string that holds one.
bool JsonDocument::integer(const JsonField& field, const char* token, JsonState& state) {
  text::DecimalInteger value;
  const bool quoted = *token == '"';
  const char* const plain_end = text::scan_plain_integer(token + quoted, value.magnitude);
  if (plain_end != nullptr && (quoted ? *plain_end == '"' : ends_scalar(plain_end))) {
    return write_integer(field, value) || lose_taken(token, state);
  }
  std::string_view text;
  if (*token == '"') {
    text = text::raw_json_string(token + 1);
  } else if (*token == '-' || (*token >= '0' && *token <= '9')) {
    if (!number_text(token, text)) return false;
  } else {
    return lose(token, state);
  }
  if (const auto parsed = text::parse_integer(text)) {
    value = *parsed;
  } else if (!enum_value(field, text, value)) {
    return lose_taken(token, state);
  }
  return write_integer(field, value) || lose_taken(token, state);
}

// False when the field cannot hold the value.
bool JsonDocument::write_integer(const JsonField& field, const text::DecimalInteger& value) {
  const std::uint64_t bits = value.negative ? 0 - value.magnitude : value.magnitude;
  const auto signed_fits = [&value](unsigned size) {
    const std::uint64_t limit = std::uint64_t{1} << (size - 1);
    return value.negative ? value.magnitude <= limit : value.magnitude < limit;
  };
  const bool is_unsigned = !value.negative || value.magnitude == 0;
  std::uint8_t* out = wire::write_varint(writer_.room(2 * wire::kVarintBytesMax), field.proto.tag());
  switch (field.kind) {
    case JsonKind::int64:
      if (!signed_fits(64)) return false;
      out = wire::write_varint(out, bits);
      break;
    case JsonKind::int32:
    case JsonKind::enumeration:
      if (!signed_fits(32)) return false;
      out = wire::write_varint(out, bits);
      break;
    case JsonKind::uint32:
      if (!is_unsigned || bits > UINT32_MAX) return false;
      out = wire::write_varint(out, bits);
      break;
    case JsonKind::fixed64:
      if (!is_unsigned) return false;
      out = write_little_endian(out, bits, 8);
      break;
    case JsonKind::fixed32:
      if (!is_unsigned || bits > UINT32_MAX) return false;
      out = write_little_endian(out, bits, 4);
      break;
    case JsonKind::string:
    case JsonKind::identifier:
    case JsonKind::bytes:
    case JsonKind::boolean:
    case JsonKind::floating:
    case JsonKind::message:
      return false;
  }
  writer_.advance(out);
  return true;
}

bool JsonDocument::floating(const JsonField& field, const char* token, JsonState& state) {
  std::string_view text;
  if (*token == '"') {
    text = text::raw_json_string(token + 1);
  } else if (*token == '-' || (*token >= '0' && *token <= '9')) {
    if (!number_text(token, text)) return false;
  } else {
    return lose(token, state);
  }
  const std::optional<double> value = text::parse_double(text);
  if (!value) return lose_taken(token, state);
  std::uint8_t* const out = wire::write_varint(writer_.room(2 * wire::kVarintBytesMax), field.proto.tag());
  writer_.advance(write_little_endian(out, std::bit_cast<std::uint64_t>(*value), 8));
  return true;
}

}  // namespace entail::otlp
