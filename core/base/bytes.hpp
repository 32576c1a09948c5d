// Bytes as text and as big-endian and little-endian words. No allocation, no exceptions.
// Thread rule: Immutable (free functions only).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "entail/types.hpp"

namespace entail::base {

inline std::string_view text_of(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::uint64_t load_be64(const std::uint8_t* bytes) noexcept {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}

inline std::uint64_t load_le64(const std::uint8_t* bytes) noexcept {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
}

inline std::uint32_t load_le32(const std::uint8_t* bytes) noexcept {
  std::uint32_t word;
  std::memcpy(&word, bytes, sizeof word);
  return std::endian::native == std::endian::little ? word : __builtin_bswap32(word);
}

inline void store_be64(std::uint8_t* bytes, std::uint64_t value) noexcept {
  const std::uint64_t word = std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
  std::memcpy(bytes, &word, sizeof word);
}

inline std::uint32_t load_le16(const std::uint8_t* bytes) noexcept {
  std::uint16_t word;
  std::memcpy(&word, bytes, sizeof word);
  return std::endian::native == std::endian::little ? word : __builtin_bswap16(word);
}

// Compares `size` bytes. For short keys, where a call of memcmp costs more than the comparison.
inline bool equal_bytes(const std::uint8_t* a, const std::uint8_t* b, std::size_t size) noexcept {
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8)
      if (load_le64(a + at) != load_le64(b + at)) return false;
    return load_le64(a + size - 8) == load_le64(b + size - 8);
  }
  if (size >= 4) return load_le32(a) == load_le32(b) && load_le32(a + size - 4) == load_le32(b + size - 4);
  for (std::size_t at = 0; at < size; ++at)
    if (a[at] != b[at]) return false;
  return true;
}
inline bool equal_text(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && equal_bytes(bytes_of(a).data(), bytes_of(b).data(), a.size());
}

// REQUIRES 16 readable bytes.
inline TraceId load_trace_id(const std::uint8_t* bytes) noexcept { return {load_be64(bytes), load_be64(bytes + 8)}; }
// REQUIRES 8 readable bytes.
inline SpanId load_span_id(const std::uint8_t* bytes) noexcept { return {load_be64(bytes)}; }
// Of a span_id or parent_span_id field; zero if it has another length.
inline SpanId span_id_of(Bytes field) noexcept {
  return field.size() == sizeof(SpanId) ? load_span_id(field.data()) : SpanId{};
}

inline void store_trace_id(std::uint8_t* bytes, TraceId id) noexcept {
  store_be64(bytes, id.hi);
  store_be64(bytes + 8, id.lo);
}

}  // namespace entail::base
