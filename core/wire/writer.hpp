// Appending protobuf fields to a buffer, with minimal varints. A nested message is written after its size is known:
// the *_size functions return the size of a whole field, tag and length included.
// Thread rule: Confined (the buffer's). Cost: growth of the buffer, nothing else.
#pragma once

#include <cstdint>
#include <vector>

#include "entail/types.hpp"
#include "wire/field.hpp"
#include "wire/varint.hpp"

namespace entail::wire {

using Buffer = std::vector<std::uint8_t>;

inline void append_varint(Buffer& out, std::uint64_t value) {
  std::uint8_t bytes[kVarintBytesMax];
  out.insert(out.end(), bytes, write_varint(bytes, value));
}

inline void append_bytes(Buffer& out, Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

constexpr std::size_t tag_size(std::uint32_t number) noexcept { return varint_size(std::uint64_t{number} << 3); }

// Sizes of whole fields.
inline std::size_t varint_field_size(std::uint32_t number, std::uint64_t value) noexcept {
  return tag_size(number) + varint_size(value);
}
inline std::size_t fixed64_field_size(std::uint32_t number) noexcept { return tag_size(number) + 8; }
inline std::size_t length_field_size(std::uint32_t number, std::size_t content_size) noexcept {
  return tag_size(number) + varint_size(content_size) + content_size;
}

inline void append_varint_field(Buffer& out, std::uint32_t number, std::uint64_t value) {
  append_varint(out, tag_of(number, WireType::varint));
  append_varint(out, value);
}
inline void append_fixed64_field(Buffer& out, std::uint32_t number, std::uint64_t value) {
  append_varint(out, tag_of(number, WireType::fixed64));
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}
inline void append_fixed32_field(Buffer& out, std::uint32_t number, std::uint32_t value) {
  append_varint(out, tag_of(number, WireType::fixed32));
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}
// Tag and length of a length-delimited field; its content follows.
inline void append_length_header(Buffer& out, std::uint32_t number, std::size_t content_size) {
  append_varint(out, tag_of(number, WireType::length));
  append_varint(out, content_size);
}
inline void append_bytes_field(Buffer& out, std::uint32_t number, Bytes content) {
  append_length_header(out, number, content.size());
  append_bytes(out, content);
}

}  // namespace entail::wire
