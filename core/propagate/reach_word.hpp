// What stands of a trace's reach at its node: the reach word, which ingest looks at, and the hint byte.
// Inside the room propagate only. Thread rule: Immutable (pure functions).
#pragma once

#include <cstdint>

#include "entail/options.hpp"
#include "propagate/record.hpp"

namespace entail::propagate {

// The reach word of a node says beside "a keep carries on from here" how far the keeps had come, by layer, as a hint:
// it is read before anything else of the trace, and most edges of a dense graph lead to where a keep has been already.
// 0 hops in the word mean that the record must be asked.
constexpr unsigned kLayerBits = 7;
static_assert(kHopsMax < (1u << kLayerBits) && kLayers * kLayerBits < 32);
constexpr std::uint32_t kCarries = 1;  // and no hint

inline std::uint32_t word_of(const Reach& reach) noexcept {
  std::uint32_t word = kCarries;
  for (unsigned layer = 0; layer < kLayers; ++layer)
    word |= std::uint32_t{reach.hops[layer]} << (1 + layer * kLayerBits);
  return word;
}
inline std::uint32_t hops_in(std::uint32_t word, unsigned layer) noexcept {
  return word >> (1 + layer * kLayerBits) & ((1u << kLayerBits) - 1);
}
inline bool was_here(std::uint32_t word, unsigned layer, unsigned hops) noexcept {
  const std::uint32_t known = hops_in(word, layer);
  return known != 0 && known <= hops;
}

// The same once more in the node's hint byte, which costs no line of its own as a rule: four bits for each of the
// layers linked and linking; 0 where there are more hops than four bits hold. The other layers have none.
constexpr unsigned kHintBits = 4;
constexpr std::uint32_t kHintMax = (1u << kHintBits) - 1;

inline std::uint8_t hint_of(std::uint32_t word) noexcept {
  std::uint32_t hint = 0;
  for (const unsigned layer : {unsigned{kLinked}, unsigned{kLinking}}) {
    const std::uint32_t known = hops_in(word, layer);
    if (known <= kHintMax) hint |= known << (layer * kHintBits);
  }
  return static_cast<std::uint8_t>(hint);
}
inline bool was_here_by_hint(std::uint8_t hint, unsigned layer, unsigned hops) noexcept {
  const unsigned known = layer > kLinking ? 0 : unsigned{hint} >> (layer * kHintBits) & kHintMax;
  return known != 0 && known <= hops;
}

}  // namespace entail::propagate
