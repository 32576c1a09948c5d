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

// The value of a KeyValue that ends with it: tag, length and one scalar field, all of one-byte lengths. REQUIRES
// 2 <= value_size < 0x80, of the AnyValue message, whose tag is at `value`; and 8 readable bytes before its end.
inline bool is_plain_value(const Byte* value, std::uint32_t value_size) noexcept {
  // Most are strings: both tags and lengths as one word.
  constexpr std::uint32_t kStringHead = tag_of(2, WireType::length) | tag_of(1, WireType::length) << 16;
  const std::uint32_t head = base::load_le32(value);
  if (head == kStringHead + value_size * 0x01000100 - 0x02000000) return true;
  if ((head & 0xffff) != (tag_of(2, WireType::length) | value_size << 8)) return false;
  switch (value[2]) {
    case tag_of(4, WireType::fixed64):
      return value_size == 9;
    case tag_of(2, WireType::varint):
    case tag_of(3, WireType::varint):
      return value_size <= 9 && is_varint(value + 2 + value_size, value_size - 1);
    default:
      return false;
  }
}

// True for the shape that every SDK writes for a short scalar attribute: key, then a value of one field, one-byte
// lengths that fill the message. False says nothing: check_key_value() decides then.
inline bool is_plain_key_value(const Byte* at, std::uint32_t size) noexcept {
  if (size < 8 || size >= 0x80 || at[0] != tag_of(1, WireType::length)) return false;
  const std::uint32_t key_size = at[1];
  return key_size + 6 <= size && is_plain_value(at + 2 + key_size, size - 4 - key_size);
}

// The same for an attribute field whose length is at `at`: its end, and the mark of its key; null if it is not plain.
inline const Byte* plain_attribute(const Byte* at, const Byte* end, std::uint32_t& mark) noexcept {
  constexpr std::ptrdiff_t kLeast = 7;  // an empty key and an empty string
  constexpr std::uint32_t kHead = tag_of(1, WireType::length) << 8;  // between two lengths of a byte each
  if (end - at < kLeast) return nullptr;
  const std::uint32_t size = at[0];
  const std::uint32_t key_size = at[2];
  const std::uint32_t after_value_head = size - key_size - 6;  // wraps where the value has no such head
  if ((base::load_le32(at) & 0x80ff80) != kHead || after_value_head > 0x7f || end - at <= size) return nullptr;
  const Byte* const value = at + 3 + key_size;
  if (!is_plain_value(value, after_value_head + 2)) return nullptr;
  mark = key_mark(value, key_size);
  return at + 1 + size;
}

// The mark of the key where the message holds one key, then one value, and nothing else; kNoKeyMark else, though the
// message may be good. REQUIRES that it was checked.
std::uint32_t mark_of_key_value(const Byte* at, std::uint32_t size) noexcept;

// Walks a KeyValue in [at, end); depth counts the AnyValues around it. False when a fault was kept.
bool check_key_value(Reader& reader, const Byte* at, const Byte* end, unsigned depth) noexcept;

// Walks a message, checks the KeyValues in its fields `number` and skips the rest.
bool check_attributes(Reader& reader, const Byte* at, const Byte* end, std::uint32_t number) noexcept;

}  // namespace entail::wire
