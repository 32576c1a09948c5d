// The OTLP trace messages as OTLP/JSON names them: one table for the JSON reader, the JSON printer and repair().
//
// Field order is that of the .proto files, which is the order in which the Collector prints. Fields that are not here
// are unknown to both: skipped when read, left out when printed.
// Thread rule: Immutable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "wire/field.hpp"

namespace entail::otlp {

enum class JsonKind : std::uint8_t {
  string,
  identifier,  // bytes, as hex
  bytes,       // bytes, as base64
  boolean,
  int64,
  int32,
  uint32,
  enumeration,
  fixed64,
  fixed32,
  floating,
  message,
};

enum class JsonMessage : std::uint8_t {
  none,
  request,
  resource_spans,
  resource,
  entity_ref,
  scope_spans,
  scope,
  span,
  event,
  link,
  status,
  key_value,
  any_value,
  array_value,
  key_value_list,
};

// A name and the quote behind it as three little-endian words with masks, so that a key is compared in a few
// instructions. REQUIRES 24 readable bytes where it is compared.
class JsonName {
 public:
  constexpr JsonName() = default;
  constexpr explicit JsonName(std::string_view name) {
    for (std::size_t i = 0; i <= name.size(); ++i) {
      const auto c = static_cast<unsigned char>(i < name.size() ? name[i] : '"');
      words_[i / 8] |= std::uint64_t{c} << (i % 8 * 8);
      masks_[i / 8] |= std::uint64_t{0xff} << (i % 8 * 8);
    }
  }
  // True if the name and a quote are at `key`.
  bool stands_at(const char* key) const noexcept {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(key);
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < 3; ++i) difference |= (base::load_le64(bytes + 8 * i) ^ words_[i]) & masks_[i];
    return difference == 0;
  }

 private:
  std::uint64_t words_[3] = {};
  std::uint64_t masks_[3] = {};
};
constexpr std::size_t kJsonNameSizeMax = 23;

struct JsonField {
  std::string_view name;  // lowerCamelCase
  JsonName key = {};      // the same
  wire::Field proto = {};
  JsonKind kind = JsonKind::string;
  bool repeated = false;
  JsonMessage message = JsonMessage::none;       // of JsonKind::message
  std::uint8_t id_size = 0;                      // of JsonKind::identifier: bytes of a valid one
  std::span<const std::string_view> names = {};  // of JsonKind::enumeration, by value
};

constexpr unsigned kJsonFieldNumberMax = 16;
constexpr unsigned kJsonFieldsMax = 16;

struct JsonSchema {
  JsonMessage message = JsonMessage::none;
  std::span<const JsonField> fields;
  // Bytes that a message of this type usually needs for its length; another size costs moving the message once.
  std::uint8_t length_size = 1;
  // By field number: index into fields + 1, 0 for unknown ones.
  std::array<std::uint8_t, kJsonFieldNumberMax + 1> index_by_number{};

  // The field of this number; null for unknown ones.
  const JsonField* find(std::uint32_t number) const noexcept {
    const unsigned index = number > kJsonFieldNumberMax ? 0 : index_by_number[number];
    return index == 0 ? nullptr : &fields[index - 1];
  }
};

const JsonSchema& json_schema(JsonMessage message) noexcept;

constexpr wire::WireType wire_type_of(JsonKind kind) noexcept {
  switch (kind) {
    case JsonKind::string:
    case JsonKind::identifier:
    case JsonKind::bytes:
    case JsonKind::message:
      return wire::WireType::length;
    case JsonKind::boolean:
    case JsonKind::int64:
    case JsonKind::int32:
    case JsonKind::uint32:
    case JsonKind::enumeration:
      return wire::WireType::varint;
    case JsonKind::fixed64:
    case JsonKind::floating:
      return wire::WireType::fixed64;
    case JsonKind::fixed32:
      return wire::WireType::fixed32;
  }
  return wire::WireType::length;
}

}  // namespace entail::otlp
