// The reach of a trace, one word at its newest node: the hops of the keeps that reached it, by layer, and whether its
// own keep propagates. Ingest reads only kCarries (graph/late_edge.hpp); the rest belongs to the tick thread. A hint
// byte repeats the hops. Private to propagate. Thread rule: Immutable (pure functions).
#pragma once

#include <cstdint>

#include "entail/options.hpp"
#include "graph/late_edge.hpp"

namespace entail::propagate {

// Which keep a hop count belongs to. In component mode the hops of both directions are in layer linked. The
// deterministic layers count only origins that a non-probabilistic policy keeps (docs/design.md 3.11); they are unused
// until an origin is kept by probabilistic policies alone.
enum Layer : unsigned { kLinked = 0, kLinking = 1, kDeterministicLinked = 2, kDeterministicLinking = 3, kLayers = 4 };

// WORD reach (32 bits; hops are over at least one edge, and only fall)
//   bit 0       kCarries: a keep propagates from here, or would if the trace were not absent
//   bits 1-24   hops from the nearest origin, six bits for each layer; 0 = no keep arrived
//   bit 25      the trace is an origin: its own keep propagates
//   bit 26      and a non-probabilistic policy keeps it
using graph::kCarries;
constexpr unsigned kLayerBits = 6;
constexpr std::uint32_t kHopsMask = (1u << kLayerBits) - 1;
static_assert(kHopsMax <= kHopsMask && kLayers * kLayerBits == 24);
constexpr std::uint32_t kAllHops = ((1u << kLayers * kLayerBits) - 1) << 1;
constexpr std::uint32_t kIsOrigin = 1u << 25;
constexpr std::uint32_t kIsDeterministicOrigin = 1u << 26;

constexpr unsigned hops_in(std::uint32_t word, unsigned layer) noexcept {
  return word >> (1 + layer * kLayerBits) & kHopsMask;
}
constexpr std::uint32_t with_hops(std::uint32_t word, unsigned layer, unsigned hops) noexcept {
  const unsigned shift = 1 + layer * kLayerBits;
  return (word & ~(kHopsMask << shift)) | hops << shift;
}
// True if the trace's own keep propagates in this layer.
constexpr bool is_origin(std::uint32_t word, unsigned layer) noexcept {
  return (word & (layer < kDeterministicLinked ? kIsOrigin : kIsDeterministicOrigin)) != 0;
}

// A copy of the hops in the node's hint byte, which usually needs no cache line of its own: in a dense graph most edges
// lead to traces that the keep has reached already. Four bits for each of the layers linked and linking; 0 if the hops
// do not fit or no keep arrived. The other layers have no hint.
constexpr unsigned kHintBits = 4;
constexpr unsigned kHintMax = (1u << kHintBits) - 1;

constexpr std::uint8_t hint_of(std::uint32_t word) noexcept {
  unsigned hint = 0;
  for (const unsigned layer : {unsigned{kLinked}, unsigned{kLinking}})
    if (const unsigned hops = hops_in(word, layer); hops <= kHintMax) hint |= hops << (layer * kHintBits);
  return static_cast<std::uint8_t>(hint);
}
// Tests many hints: has a keep of this layer arrived with as few hops or fewer?
class HintFilter {
 public:
  constexpr HintFilter(unsigned layer, unsigned hops) noexcept
      : shift_(layer <= kLinking ? layer * kHintBits : 8), hops_(hops) {}
  constexpr bool is_no_farther(std::uint8_t hint) const noexcept {
    const unsigned known = unsigned{hint} >> shift_ & kHintMax;
    return known - 1 < hops_;  // 0 becomes the largest number
  }

 private:
  unsigned shift_;  // past the hint for layers that have none
  unsigned hops_;
};

}  // namespace entail::propagate
