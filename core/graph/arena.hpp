// The edge arena of a window: address space handed out in runs, never taken back before the window goes.
//
// Offsets are 32 bits in units of 8 bytes; 0 is none. The address space is reserved once (32 GiB, less where the
// system allows less) and costs memory only where it is touched, so a run of any length is contiguous.
// Thread rule: take() Protocol id_run; at() any thread that may know the offset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "graph/mapping.hpp"
#include "graph/runs.hpp"

namespace entail::graph {

constexpr std::uint64_t kUnitBytes = 8;

class Arena {
 public:
  // Address space for one; null data() when not even the smallest reservation is granted. Unless many edges are
  // expected, its beginning stays on small pages, so that a small window stays small.
  static Mapping reserve(bool many_edges) noexcept;
  // REQUIRES zeroed memory.
  explicit Arena(Mapping mapping) noexcept
      : mapping_(std::move(mapping)), base_(mapping_.data()), units_max_(mapping_.bytes() / kUnitBytes) {}
  bool ok() const noexcept { return base_ != nullptr; }
  // All runs that were given out. REQUIRES that nobody calls take().
  std::span<std::byte> taken() const noexcept { return {base_, runs_.unit_end() * kUnitBytes}; }
  // Its memory, for another; nothing else may be called afterwards.
  Mapping release() noexcept { return std::move(mapping_); }

  // A run of zeroed units, aligned to 64 bytes; 0 when the address space is spent. REQUIRES a multiple of 8.
  std::uint32_t take(std::uint64_t units) noexcept { return static_cast<std::uint32_t>(runs_.take(units, units_max_)); }

  template <class T>
  T* at(std::uint32_t offset) const noexcept {
    return reinterpret_cast<T*>(base_ + offset * kUnitBytes);
  }

 private:
  Mapping mapping_;
  std::byte* const base_;
  const std::uint64_t units_max_;
  UnitRuns<> runs_;
};

}  // namespace entail::graph
