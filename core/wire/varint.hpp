// Varints, minimal ones.
// Thread rule: Immutable (free functions only). Cost: a few instructions a byte.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace entail::wire {

constexpr int kVarintBytesMax = 10;

// Size of the minimal varint of value, 1..10 bytes.
constexpr std::size_t varint_size(std::uint64_t value) noexcept {
  return static_cast<std::size_t>((std::bit_width(value | 1) + 6) / 7);
}

// Writes the minimal varint; returns the end. REQUIRES varint_size(value) writable bytes.
inline std::uint8_t* write_varint(std::uint8_t* out, std::uint64_t value) noexcept {
  while (value >= 0x80) {
    *out++ = static_cast<std::uint8_t>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<std::uint8_t>(value);
  return out;
}

}  // namespace entail::wire
