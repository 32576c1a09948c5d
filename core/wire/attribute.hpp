// KeyValue and AnyValue: the check that decode() makes of every attribute, so that AttributeCursor cannot fail later.
// Inside the room wire only. Thread rule: Confined (the reader's). Cost: a few compares for the common shape.
#pragma once

#include "wire/reader.hpp"

namespace entail::wire {

// True if the `size` bytes before `end`, 1 to 8, are one varint. REQUIRES 8 readable bytes before `end`.
inline bool is_varint(const Byte* end, std::uint32_t size) noexcept {
  constexpr std::uint64_t kContinued = 0x0080808080808080;  // in every byte but the last
  const unsigned unused_bits = 64 - 8 * size;
  return (base::load_le64(end - 8) & (kContinued | std::uint64_t{1} << 63)) >> unused_bits == kContinued >> unused_bits;
}

// True for the shape that every SDK writes for a short scalar attribute: key, then a value of one field, one-byte
// lengths that fill the message. False says nothing: check_key_value() decides then.
inline bool is_plain_key_value(const Byte* at, std::uint32_t size) noexcept {
  if (size < 4 || size >= 0x80 || at[0] != tag_of(1, WireType::length)) return false;
  const std::uint32_t key_size = at[1];
  if (key_size + 4 > size) return false;
  const Byte* value = at + 2 + key_size;
  const std::uint32_t value_size = size - 4 - key_size;
  if (base::load_le16(value) != (tag_of(2, WireType::length) | value_size << 8)) return false;
  if (value_size < 2) return value_size == 0;
  value += 2;
  switch (value[0]) {
    case tag_of(1, WireType::length):
      return value[1] == value_size - 2;
    case tag_of(4, WireType::fixed64):
      return value_size == 9;
    case tag_of(2, WireType::varint):
    case tag_of(3, WireType::varint):
      return value_size <= 9 && size >= 8 && is_varint(value + value_size, value_size - 1);
    default:
      return false;
  }
}

// Walks a KeyValue in [at, end); depth counts the AnyValues around it. False when a fault was kept.
bool check_key_value(Reader& reader, const Byte* at, const Byte* end, unsigned depth) noexcept;

// Walks a message, checks the KeyValues in its fields `number` and skips the rest.
bool check_attributes(Reader& reader, const Byte* at, const Byte* end, std::uint32_t number) noexcept;

}  // namespace entail::wire
