// The rules of retention and room as pure functions: when a trace is due, how long it is retained, how large windows
// are, and which traces and windows go when memory is short (docs/design.md 3.1, 3.7, 3.8). Thread rule: Immutable;
// ReleasePlan is a value.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>

#include "entail/types.hpp"
#include "graph/edge_cell.hpp"

namespace entail::engine {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// time + wait, but before kNever.
constexpr std::int64_t after(std::int64_t time_ns, std::int64_t wait_ns) noexcept {
  return time_ns > kNever - 1 - wait_ns ? kNever - 1 : time_ns + wait_ns;
}

// --- windows of the graph -------------------------------------------------------------------------------------------
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
constexpr std::uint64_t kSpareWindowsShare = 16;  // dropped windows up to this share of memory_limit are used again
// How long a window is written to.
constexpr std::int64_t window_time_ns(std::int64_t records_ns) noexcept {
  constexpr std::int64_t kWindowsPerRecordTime = 4;
  return std::max<std::int64_t>(records_ns / kWindowsPerRecordTime, kNanosPerSecond);
}
constexpr std::uint64_t kCapacityShare = 4;     // a window is full, and the next one larger, before this share is left
constexpr std::uint64_t kWindowBytesShare = 8;  // of memory_limit: nor does a window take more than this with its edges

// --- room -----------------------------------------------------------------------------------------------------------
// Room is made when less than this share of memory_limit is left, and until twice that is.
constexpr std::uint64_t kHeadroomShare = 16;

// How many bytes must be released: 0 while enough is left. `wanted`: the size of a request that found no room.
constexpr std::uint64_t bytes_to_release(std::uint64_t held, std::uint64_t limit, std::uint64_t wanted) noexcept {
  const std::uint64_t headroom = limit / kHeadroomShare;
  if (wanted == 0 && held < limit - headroom) return 0;
  const std::uint64_t free = std::max(2 * headroom, std::min(limit, wanted + headroom));
  return held > limit - free ? held - (limit - free) : 0;
}

// With more than this held, room is made ahead of need, a little in each tick, so that no tick has to make much. How
// many bytes are above it. The distance to the mark of bytes_to_release() is what one window takes (kWindowBytesShare).
constexpr std::uint64_t bytes_ahead(std::uint64_t held, std::uint64_t limit) noexcept {
  const std::uint64_t mark = limit - 3 * (limit / kHeadroomShare);
  return held > mark ? held - mark : 0;
}

struct WindowLoad {
  std::uint64_t node_count = 0;
  std::uint64_t holding_count = 0;  // traces that hold spans
  std::uint64_t record_count = 0;   // traces with a record, those among them
  std::uint64_t bytes = 0;
};
// Is a window worth closing early? Nodes of traces that hold spans are copied. While a request has to wait, up to half
// of them may be. Ahead of need there is time to evict the traces first, which are the next to go because the window is
// the oldest one; they are copied only where most nodes are of absent traces, which go before any trace is evicted.
constexpr bool is_worth_closing(const WindowLoad& load, bool urgent) noexcept {
  if (load.holding_count > load.node_count / 2) return false;
  return urgent || load.holding_count <= load.node_count / 8 || load.record_count <= load.node_count / 4;
}

// What would be released if traces were evicted one by one, before anything is done. Span bytes go by generations: when
// the last trace of one, and of all before it, has released its spans. Nodes and records are freed by window: when
// enough of a window's traces have released theirs to make it worth closing (urgent: a request is waiting).
class ReleasePlan {
 public:
  ReleasePlan(std::uint64_t needed_bytes, bool urgent) noexcept : needed_(needed_bytes), urgent_(urgent) {}

  // What closing it early releases: what all nodes but those of traces that hold spans take.
  static std::uint64_t released_by(const WindowLoad& load) noexcept;
  void add_window(unsigned slot, const WindowLoad& load) noexcept;
  // Bytes of each generation of the span store that could go, and how many traces hold each of them; both ascending.
  void set_generations(std::map<std::uint32_t, std::uint64_t> bytes, std::map<std::uint32_t, std::uint64_t> holders);

  bool is_enough() const noexcept { return released_ >= needed_; }
  std::uint64_t released() const noexcept { return released_; }
  // A trace that holds spans from `generation` on, and whose newest node is in the window of `slot`, releases them.
  void evict(unsigned slot, std::uint32_t generation) noexcept;
  // Is the window part of the plan?
  bool closes(unsigned slot) const noexcept { return windows_[slot].counted; }

 private:
  struct Window {
    WindowLoad load;
    bool counted = false;
  };
  static constexpr std::uint64_t kRecordBytes = 64;
  void count(Window& window) noexcept;
  void release_generations() noexcept;

  const std::uint64_t needed_;
  const bool urgent_;
  std::uint64_t released_ = 0;
  std::array<Window, graph::kWindowSlots> windows_{};
  std::map<std::uint32_t, std::uint64_t> bytes_;
  std::map<std::uint32_t, std::uint64_t> holders_;
};

}  // namespace entail::engine
