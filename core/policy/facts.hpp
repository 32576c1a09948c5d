// What spans say to the policies: a few words that merge the same way in any order (docs/design.md 7, "Fold, don't
// rescan"). Thread rule: Confined (plain values).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "context/tracestate.hpp"
#include "entail/types.hpp"

namespace entail::policy {

constexpr unsigned kBitWordsMax = 4;  // at most 256 leaf conditions with a bit

using Bits = std::array<std::uint64_t, kBitWordsMax>;

inline void set_bit(Bits& bits, unsigned bit) noexcept { bits[bit / 64] |= std::uint64_t{1} << (bit % 64); }
inline void clear_bit(Bits& bits, unsigned bit) noexcept { bits[bit / 64] &= ~(std::uint64_t{1} << (bit % 64)); }
inline bool has_bit(const Bits& bits, unsigned bit) noexcept { return ((bits[bit / 64] >> (bit % 64)) & 1) != 0; }

// What the links of one span say, where policies ask about links.
struct LinkFacts {
  Bits bits{};
  std::uint64_t links = 0;  // with a good context
};

// What one span, with its resource, says. Also what a whole trace says, when merged.
struct Facts {
  Bits bits{};
  std::uint64_t start_min_ns = ~std::uint64_t{0};
  std::uint64_t end_max_ns = 0;
  std::uint64_t spans = 0;
  std::uint64_t bytes = 0;  // protobuf bytes of the spans' payloads
  // Protobuf bytes as the Collector counts them, the resources and scopes of its batches included; only where a policy
  // or maximum_trace_size_bytes reads it.
  std::uint64_t size = 0;
  std::uint64_t links = 0;                           // with a good context; counted only where link_count asks
  std::uint64_t randomness_min = ~std::uint64_t{0};  // smallest ot=rv; all ones = none
  std::uint32_t policy_errors = 0;                   // conditions that failed on this span; not kept with the trace

  // OpenTelemetry's randomness of the trace: the smallest ot=rv, else the low 56 bits of its ID.
  std::uint64_t randomness(TraceId id) const noexcept {
    return has_randomness() ? randomness_min : id.lo & context::kRandomnessMask;
  }
  bool has_randomness() const noexcept { return randomness_min <= context::kRandomnessMask; }

  void join(const LinkFacts& of_links) noexcept {
    for (unsigned word = 0; word < kBitWordsMax; ++word) bits[word] |= of_links.bits[word];
    links += of_links.links;
  }
  // Commutative and associative; Facts{} changes nothing. Counts add up, so a span is merged once.
  void merge(const Facts& other) noexcept {
    for (unsigned word = 0; word < kBitWordsMax; ++word) bits[word] |= other.bits[word];
    start_min_ns = std::min(start_min_ns, other.start_min_ns);
    end_max_ns = std::max(end_max_ns, other.end_max_ns);
    spans += other.spans;
    bytes += other.bytes;
    size += other.size;
    links += other.links;
    randomness_min = std::min(randomness_min, other.randomness_min);
  }
};

}  // namespace entail::policy
