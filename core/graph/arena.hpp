// The edge arena of a window: address space handed out in runs, never returned before the window is dropped.
//
// Offsets are 32 bits in units of 8 bytes; 0 is none. The address space is reserved once (32 GiB, less where the
// system allows less) and costs memory only where it is touched, so a run of any length is contiguous. A mark for each
// page says whether it was touched: that is the account.
// Thread rule: take() Protocol id_run; mark() any thread; at() any thread that may know the offset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "graph/mapping.hpp"
#include "graph/page_marks.hpp"
#include "graph/runs.hpp"

namespace entail::graph {

constexpr std::uint64_t kUnitBytes = 8;

class Arena {
 public:
  // In an arena of this size a huge page more is little (1/16). One of a large window begins with them.
  static constexpr std::uint64_t kHugeFrom = 16 * kHugePageBytes;

  // Address space for one; null data() when not even the smallest reservation is granted. The first `huge_from` bytes
  // stay on small pages. REQUIRES a multiple of kHugePageBytes.
  static Mapping reserve(std::uint64_t huge_from) noexcept;
  // REQUIRES zeroed memory, but for marks that renew_marks() has left, from reserve(huge_from).
  Arena(Mapping mapping, std::uint64_t huge_from) noexcept;
  bool ok() const noexcept { return base_ != nullptr; }
  // Its memory, for another; nothing else may be called afterwards.
  Mapping release() noexcept { return std::move(mapping_); }

  // A run of zeroed units, aligned to 64 bytes; 0 when the address space is spent. REQUIRES a multiple of 8.
  std::uint32_t take(std::uint64_t units) noexcept { return static_cast<std::uint32_t>(runs_.take(units, units_max_)); }
  // These units are written, or were. Returns the bytes of pages that were not marked, nor resident, before. Cost: a
  // load a page.
  std::uint64_t mark(std::uint64_t first_unit, std::uint64_t end_unit) noexcept;

  // Adds all pages that are marked. REQUIRES that the arena is no longer in use. May throw std::bad_alloc.
  void add_touched(std::vector<std::span<std::byte>>& ranges) const;
  // What was marked is resident from now on, and will be zero. REQUIRES as add_touched().
  void renew_marks() noexcept;

  template <class T>
  T* at(std::uint32_t offset) const noexcept {
    return reinterpret_cast<T*>(base_ + offset * kUnitBytes);
  }

 private:
  static std::uint64_t marks_begin(std::uint64_t mapping_bytes) noexcept;
  // Of pages that were given out.
  std::uint64_t page_end() const noexcept;

  Mapping mapping_;
  std::byte* const base_;
  const std::uint64_t huge_from_;
  const std::uint64_t units_max_;
  PageMarks marks_;  // one a small page; of a huge one that of its first small page
  UnitRuns<> runs_;
};

}  // namespace entail::graph
