// The reach of a trace, as one word at its newest node: how far the keeps have come that reached it, by layer, and
// whether its own spreads. Ingest reads kCarries of it (graph/late_edge.hpp); the rest is the tick thread's. Beside it
// a hint byte. Inside the room propagate only. Thread rule: Immutable (pure functions).
#pragma once

#include <cstdint>

#include "entail/options.hpp"
#include "graph/late_edge.hpp"

namespace entail::propagate {

// Which keep a hop count belongs to. In component mode the hops of both directions are in layer linked.
// The certain layers count only origins that are not kept by dice alone (docs/design.md 3.11); unused if none
// may be.
enum Layer : unsigned { kLinked = 0, kLinking = 1, kDeterministicLinked = 2, kDeterministicLinking = 3, kLayers = 4 };

// WORD reach (32 bits; hops are over at least one edge, and only fall)
//   bit 0       kCarries: a keep carries on from here, or would if the trace were not absent
//   bits 1-24   hops from the nearest origin, six bits for each layer; 0 = no keep came
//   bit 25      the trace is an origin itself: its own keep spreads
//   bit 26      and not by dice alone
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
// The trace's own keep spreads in this layer.
constexpr bool is_origin(std::uint32_t word, unsigned layer) noexcept {
  return (word & (layer < kDeterministicLinked ? kIsOrigin : kIsDeterministicOrigin)) != 0;
}

// The hops once more in the node's hint byte, which costs no line of its own as a rule, and most edges of a dense graph
// lead to where a keep has been already: four bits for each of the layers linked and linking; 0 where there are more
// hops than four bits hold, or none came. The other layers have none.
constexpr unsigned kHintBits = 4;
constexpr unsigned kHintMax = (1u << kHintBits) - 1;

constexpr std::uint8_t hint_of(std::uint32_t word) noexcept {
  unsigned hint = 0;
  for (const unsigned layer : {unsigned{kLinked}, unsigned{kLinking}})
    if (const unsigned hops = hops_in(word, layer); hops <= kHintMax) hint |= hops << (layer * kHintBits);
  return static_cast<std::uint8_t>(hint);
}
// Asked of many hints: has a keep of this layer been here, with as few hops?
class HintFilter {
 public:
  constexpr HintFilter(unsigned layer, unsigned hops) noexcept
      : shift_(layer <= kLinking ? layer * kHintBits : 8), hops_(hops) {}
  constexpr bool is_no_farther(std::uint8_t hint) const noexcept {
    const unsigned known = unsigned{hint} >> shift_ & kHintMax;
    return known - 1 < hops_;  // 0 becomes the largest number
  }

 private:
  unsigned shift_;  // past the hint for layers that it says nothing of
  unsigned hops_;
};

}  // namespace entail::propagate
