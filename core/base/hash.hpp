// The hashes of the project, each for its purpose. Thread rule: Immutable.
#pragma once

#include <cstdint>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

#include "base/bytes.hpp"

namespace entail::base {

// The sampling hash H (docs/design.md 4.1): XXH3-64, seeded, over the 24 wire bytes trace ID, span ID. It must never
// change: its order decides which links are emitted, and its thresholds are compared across versions of the library.
// Specialised for this length and for IDs in registers: the library function needs the bytes in memory and takes three
// times as long (tests/base compares the two).
inline std::uint64_t sampling_hash(TraceId trace_id, SpanId span_id, std::uint64_t seed) noexcept {
  __extension__ using Wide = unsigned __int128;
  // XXH3's default secret, 8 bytes each, and 24 times its first prime.
  constexpr std::uint64_t kSecret[4] = {0xbe4ba423396cfeb8ULL, 0x1cad21f72c81017cULL, 0xdb979083e96dd4deULL,
                                        0x1f67b3b7a4a44072ULL};
  constexpr std::uint64_t kStart = 24 * 0x9e3779b185ebca87ULL;
  const auto fold = [](std::uint64_t a, std::uint64_t b) {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  // The first 16 and the last 16 bytes, as little-endian words.
  const std::uint64_t middle = __builtin_bswap64(trace_id.lo);
  std::uint64_t hash = kStart +
                       fold(__builtin_bswap64(trace_id.hi) ^ (kSecret[0] + seed), middle ^ (kSecret[1] - seed)) +
                       fold(middle ^ (kSecret[2] + seed), __builtin_bswap64(span_id.value) ^ (kSecret[3] - seed));
  hash = (hash ^ (hash >> 37)) * 0x165667919e3779f9ULL;
  return hash ^ (hash >> 32);
}

// The trace table's hash: XXH3-64, seeded, over the 16 bytes of the ID in memory. It may change between versions:
// no output depends on it. All bits are well mixed, also for IDs that are not random (tests/graph/table_hash_test.cpp).
// The sum beside the product prevents an ID whose half equals its mask from making all others with that half collide.
// A sender that knows the seed can still construct collisions, as with every hash of this speed.
// Cost: about 1 ns.
inline std::uint64_t table_hash(TraceId id, std::uint64_t seed) noexcept {
  __extension__ using Wide = unsigned __int128;
  // Two words each of XXH3's default secret, combined.
  const std::uint64_t a = id.hi ^ (0x6782737bea4239b9ULL + seed);
  const std::uint64_t b = id.lo ^ (0xaf56bc3b0996523aULL - seed);
  const Wide product = static_cast<Wide>(a) * b;
  const auto folded = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  std::uint64_t hash = sizeof id + __builtin_bswap64(a) + b + folded;
  hash = (hash ^ (hash >> 37)) * 0x165667919e3779f9ULL;
  return hash ^ (hash >> 32);
}

// Identifies resources and scopes by content. 128 bits, so equal hashes are treated as equal bytes.
struct Digest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  constexpr auto operator<=>(const Digest&) const noexcept = default;
};
inline Digest digest(std::span<const std::uint8_t> bytes) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

}  // namespace entail::base
