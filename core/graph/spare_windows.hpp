// The memory of dropped windows, kept for later ones: pages that were touched once need not come from the system again,
// which zeroes them while a lane waits. Here they are zeroed a slice at a time, between two rotations. Windows of
// several sizes take turns where one batch needs more than what comes otherwise, so that several are kept.
//
// Thread rule: Confined (the tick thread's). Memory: windows of at most bytes_max together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "graph/window.hpp"

namespace entail::graph {

class SpareWindows {
 public:
  static constexpr std::uint64_t kSliceBytes = std::uint64_t{4} << 20;
  static constexpr unsigned kPassesMax = 4;

  // 0: none is ever kept.
  explicit SpareWindows(std::uint64_t bytes_max) noexcept : bytes_max_(bytes_max) {}
  ~SpareWindows() { static_cast<void>(release()); }
  SpareWindows(const SpareWindows&) = delete;
  SpareWindows& operator=(const SpareWindows&) = delete;

  // Takes a window that nobody uses any more. False: it is too large beside those that are kept.
  bool try_keep(Window* window) noexcept;
  // Zeroes an eighth of one of them, but not less than kSliceBytes, which take some tenths of a millisecond.
  void scrub() noexcept;
  // A window of the smallest memory that is zero throughout and has room for `capacity` nodes, but not much more; else
  // null.
  Window* make(std::uint64_t sequence, std::uint64_t capacity) noexcept;
  // Gives memory back to the system that make() has passed over kPassesMax times; returns how much that was.
  std::uint64_t release_unwanted() noexcept;
  // The same of all memory.
  std::uint64_t release() noexcept;

 private:
  static constexpr std::uint64_t kSliceCount = 8;
  static constexpr std::uint64_t kCapacityTimesMax = 2;  // of what is asked for: its index is zeroed as a whole

  struct Spare {
    Window* window;
    std::vector<std::span<std::byte>> touched;  // still to be zeroed
    unsigned passes = 0;                        // calls of make() that did not take it
  };

  const std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;    // of all spares
  std::vector<Spare> spares_;  // in the order in which they came
};

}  // namespace entail::graph
