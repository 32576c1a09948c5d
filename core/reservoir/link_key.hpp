// The keys of docs/design.md 4.1 and the two orders of links that the sketches are made of.
//
// Both orders are total over distinct links: where keys tie (by chance or on purpose) the IDs decide, so that a sample
// never depends on arrival. Thread rule: Immutable (plain data and pure functions).
#pragma once

#include <compare>
#include <cstdint>
#include <tuple>

#include "base/hash.hpp"
#include "context/tracestate.hpp"
#include "entail/types.hpp"

namespace entail::reservoir {

// The key C, smaller first: traces that consistent samplers keep (large R) come first.
struct ConsistentKey {
  std::uint64_t inverse_randomness = 0;  // 2^56 - 1 - R
  std::uint64_t hash = 0;                // H
  constexpr auto operator<=>(const ConsistentKey&) const noexcept = default;
};
constexpr ConsistentKey consistent_key(std::uint64_t randomness, std::uint64_t hash) noexcept {
  return {context::kRandomnessMask - (randomness & context::kRandomnessMask), hash};
}

// A link with a good context, as the sketches hold it.
struct Candidate {
  ConsistentKey key;  // key.hash is H
  TraceId trace_id;
  SpanId span_id;
  std::uint32_t index = 0;   // arrival index within the span
  std::uint32_t offset = 0;  // where its field lies in the caller's bytes
  std::uint32_t size = 0;
};

// U: over links, by H. Links with the same trace and span ID are one; the earliest arrival represents them.
struct UniformOrder {
  using Key = std::uint64_t;
  static constexpr Key kLast = ~std::uint64_t{0};
  static Key key(const Candidate& link) noexcept { return link.key.hash; }
  // Not the sampling hash itself: its seed is public, so links whose hashes share some bits are easy to find.
  static std::uint64_t group_hash(const Candidate& link, std::uint64_t seed) noexcept {
    return (link.key.hash * (seed | 1)) >> 32;
  }
  static bool same_group(const Candidate& a, const Candidate& b) noexcept {
    return a.trace_id == b.trace_id && a.span_id == b.span_id;
  }
  static bool before(const Candidate& a, const Candidate& b) noexcept {
    return std::tie(a.key.hash, a.trace_id, a.span_id, a.index) < std::tie(b.key.hash, b.trace_id, b.span_id, b.index);
  }
};

// C: over linked traces, by (2^56 - 1 - R, H). The smallest of its links represents a trace.
struct ConsistentOrder {
  using Key = ConsistentKey;
  static constexpr Key kLast{~std::uint64_t{0}, ~std::uint64_t{0}};
  static Key key(const Candidate& link) noexcept { return link.key; }
  static std::uint64_t group_hash(const Candidate& link, std::uint64_t seed) noexcept {
    return base::table_hash(link.trace_id, seed);
  }
  static bool same_group(const Candidate& a, const Candidate& b) noexcept { return a.trace_id == b.trace_id; }
  static bool before(const Candidate& a, const Candidate& b) noexcept {
    return std::tie(a.key, a.trace_id, a.span_id, a.index) < std::tie(b.key, b.trace_id, b.span_id, b.index);
  }
};

}  // namespace entail::reservoir
