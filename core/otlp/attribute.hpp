// KeyValue and AnyValue: the check that decode() makes of every attribute, so that AttributeCursor cannot fail later.
// Internal to the room. Thread rule: Confined (the reader's). Cost: a few compares for the common shape.
#pragma once

#include "otlp/decode.hpp"
#include "otlp/fields.hpp"
#include "wire/reader.hpp"

namespace entail::otlp {

using wire::Byte;
using wire::Reader;

// True if the `size` bytes before `end`, 1 to 8, are one varint. REQUIRES 8 readable bytes before `end`.
inline bool is_varint(const Byte* end, std::uint32_t size) noexcept {
  constexpr std::uint64_t kTopBits = 0x8080808080808080;
  constexpr std::uint64_t kContinued = kTopBits >> 8;  // in every byte but the last
  const unsigned unused_bits = 64 - 8 * size;
  return ((base::load_le64(end - 8) & kTopBits) ^ kContinued) >> unused_bits == 0;
}

// The value of a KeyValue that ends with it: tag, length and one scalar field, all of one-byte lengths. REQUIRES
// 2 <= value_size < 0x80, of the AnyValue message, whose tag is at `value`; and 8 readable bytes before its end.
inline bool is_plain_value(const Byte* value, std::uint32_t value_size) noexcept {
  // Most are strings: both tags and lengths as one word.
  constexpr std::uint32_t kStringHead = key_value_field::kValue.tag() | any_value_field::kString.tag() << 16;
  if (base::load_le32(value) == kStringHead + value_size * 0x01000100 - 0x02000000) return true;
  if (value[0] != key_value_field::kValue.tag() || value[1] != value_size) return false;
  switch (value[2]) {
    case any_value_field::kDouble.tag():
      return value_size == 9;
    case any_value_field::kBool.tag():
    case any_value_field::kInt.tag():
      return value_size <= 9 && is_varint(value + 2 + value_size, value_size - 1);
    default:
      return false;
  }
}

// True for the shape that every SDK writes for a short scalar attribute: key, then a value of one field, one-byte
// lengths that fill the message. False for others, valid or not: check_key_value() checks those.
inline bool is_plain_key_value(const Byte* at, std::uint32_t size) noexcept {
  if (size < 8 || size >= 0x80 || at[0] != key_value_field::kKey.tag()) return false;
  const std::uint32_t key_size = at[1];
  return key_size + 6 <= size && is_plain_value(at + 2 + key_size, size - 4 - key_size);
}

constexpr std::ptrdiff_t kPlainAttributeLeast = 8;  // tags and lengths around an empty key and an empty string

// The same for a field of any tag, which is an attribute if that is `tag`: where it ends, and the mark of its key.
// False also for one that ends behind `last`. REQUIRES kPlainAttributeLeast readable bytes at `field`, and all up to
// `last`.
template <std::uint32_t tag>
inline bool plain_attribute(const Byte* field, const Byte* last, const Byte*& behind, std::uint32_t& mark) noexcept {
  constexpr std::uint32_t kHead = tag | key_value_field::kKey.tag() << 16;  // around the first of two lengths
  if ((base::load_le32(field) & 0xff80ff) != kHead) return false;
  const std::size_t size = field[1];
  const std::size_t key_size = field[3];
  // Who walks a run waits for this alone. An integer, as no pointer may point there yet.
  const auto next = reinterpret_cast<std::uintptr_t>(field) + 2 + size;
  if (next > reinterpret_cast<std::uintptr_t>(last)) return false;
  const auto value_size = static_cast<std::ptrdiff_t>(size - key_size - 4);
  if (value_size < 2) return false;
  const Byte* const value = field + 4 + key_size;
  if (!is_plain_value(value, static_cast<std::uint32_t>(value_size))) return false;
  mark = key_mark(value, static_cast<std::uint32_t>(key_size));
  behind = reinterpret_cast<const Byte*>(next);
  return true;
}

// The mark of the key where the message holds one key, then one value, and nothing else; kNoKeyMark else, though the
// message may be good. REQUIRES that it was checked.
std::uint32_t mark_of_key_value(const Byte* at, std::uint32_t size) noexcept;

// Walks a KeyValue in [at, end); depth counts the AnyValues around it. False when a fault was kept.
bool check_key_value(Reader& reader, const Byte* at, const Byte* end, unsigned depth) noexcept;

// The same for the KeyValue of `size` bytes of an attribute.
inline bool check_attribute(Reader& reader, const Byte* at, std::uint32_t size) noexcept {
  return is_plain_key_value(at, size) || check_key_value(reader, at, at + size, 0);
}

// Walks a message, checks the KeyValues in its fields `attributes` and skips the rest.
bool check_attributes(Reader& reader, const Byte* at, const Byte* end, wire::Field attributes) noexcept;

}  // namespace entail::otlp
