// The memory of one dropped window, kept for a later one: pages that were touched once need not come from the system
// again, which zeroes them while a lane waits. Here they are zeroed a slice at a time, between two rotations.
//
// Thread rule: Confined (the tick thread's). Memory: one window of at most bytes_max.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "graph/window.hpp"

namespace entail::graph {

class SpareWindow {
 public:
  static constexpr std::uint64_t kSliceBytes = std::uint64_t{4} << 20;

  // 0: none is ever kept.
  explicit SpareWindow(std::uint64_t bytes_max) noexcept : bytes_max_(bytes_max) {}
  ~SpareWindow() { static_cast<void>(release()); }
  SpareWindow(const SpareWindow&) = delete;
  SpareWindow& operator=(const SpareWindow&) = delete;

  // Takes a window that nobody uses any more. False: it is too large, or there is one already.
  bool try_keep(Window* window) noexcept;
  // Zeroes an eighth of it, but not less than kSliceBytes, which take some tenths of a millisecond.
  void scrub() noexcept;
  // A window of what is kept, if that is zero throughout and has room for `capacity` nodes, but not much more; else
  // null.
  Window* make(std::uint64_t sequence, std::uint64_t capacity) noexcept;
  // Gives the memory back to the system; returns how much that was.
  std::uint64_t release() noexcept;

 private:
  static constexpr std::uint64_t kSliceCount = 8;
  static constexpr std::uint64_t kCapacityTimesMax = 2;  // of what is asked for: its index is zeroed as a whole

  const std::uint64_t bytes_max_;
  Window* window_ = nullptr;
  std::uint64_t slice_bytes_ = kSliceBytes;
  std::vector<std::span<std::byte>> touched_;  // still to be zeroed
};

}  // namespace entail::graph
