// How large the windows of the graph are, and how long they are written to (docs/design.md 3.7). Thread rule:
// Immutable.
#pragma once

#include <algorithm>
#include <cstdint>

#include "entail/types.hpp"

namespace entail::engine {

// Windows grow up to this many nodes, unless one request needs more. Sixteen of them hold more than memory_limit if
// their traces have spans (300 bytes each and more). Of absent traces alone they would not; so that slots do not run
// out first, windows are larger when many are live.
constexpr std::uint64_t window_nodes_max(std::uint64_t memory_limit_bytes, unsigned live_windows) noexcept {
  const std::uint64_t nodes = std::max<std::uint64_t>(memory_limit_bytes / 2048, 1 << 13);
  return live_windows < 10 ? nodes : live_windows < 13 ? 2 * nodes : 4 * nodes;
}
// The first window, and the smallest later one. Its index is touched all over, whatever the window holds; so no more
// than what a burst between two ticks may bring, or what a small memory_limit gives anyway.
constexpr std::uint64_t window_nodes_first(std::uint64_t memory_limit_bytes) noexcept {
  const std::uint64_t nodes_max = window_nodes_max(memory_limit_bytes, 1);
  return std::clamp<std::uint64_t>(nodes_max / 16, std::min<std::uint64_t>(nodes_max / 4, 1 << 16), 1 << 20);
}
// How long a window is written to.
constexpr std::int64_t window_time_ns(std::int64_t records_ns) noexcept {
  constexpr std::int64_t kWindowsPerRecordTime = 4;
  return std::max<std::int64_t>(records_ns / kWindowsPerRecordTime, kNanosPerSecond);
}
// A window is full, and the next one larger, before this share of its capacity is left.
constexpr std::uint64_t kCapacityShare = 4;

}  // namespace entail::engine
