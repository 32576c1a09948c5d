// Recycles the memory of dropped windows: pages that were faulted in once need not come from the system again, which
// zeroes them while a lane waits. They are zeroed here a slice at a time, between two rotations. Several windows are
// kept, because their sizes alternate when one batch needs more than the rest of the traffic.
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

  // Takes an unused window for recycling. False: it does not fit beside those kept already.
  bool try_recycle(Window* window) noexcept;
  // Zeroes an eighth of one window, but at least kSliceBytes; takes some tenths of a millisecond.
  void scrub() noexcept;
  // A zeroed window for `capacity` nodes, in the smallest memory that fits; null if none fits, or only much larger
  // ones.
  Window* make(std::uint64_t sequence, std::uint64_t capacity) noexcept;
  // Unmaps windows that make() did not choose kPassesMax times; returns the bytes released.
  std::uint64_t release_unwanted() noexcept;
  // Unmaps all windows; returns their bytes.
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
  std::vector<Spare> spares_;  // in order of arrival
};

}  // namespace entail::graph
