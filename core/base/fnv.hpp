// FNV-1a with 64 bits, a byte at a time: the Collector's hash of trace IDs, and the OTTL function FNV().
// Thread rule: Immutable (free functions only).
#pragma once

#include <cstdint>

namespace entail::base {

constexpr std::uint64_t kFnvStart = 0xcbf29ce484222325ULL;

constexpr std::uint64_t fnv_next(std::uint64_t state, std::uint8_t byte) noexcept {
  return (state ^ byte) * 0x100000001b3ULL;
}

}  // namespace entail::base
