// A mark for each page of a part of a window: was it touched? Of memory that serves one window after the other: is it
// resident, touched or not?
// Thread rule: mark() any thread; the others alone. Cost: one load a mark that is set. Memory: a byte a page, zero at
// birth.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sync/atomic.hpp"

namespace entail::graph {

class PageMarks {
 public:
  PageMarks() = default;
  // marks: a byte a page.
  explicit PageMarks(std::byte* marks) noexcept : marks_(reinterpret_cast<Mark*>(marks)) {}

  // True: it was neither marked nor resident, and the caller counts it.
  bool mark(std::uint64_t page) noexcept {
    Mark& mark = marks_[page];
    // Relaxed: it guards no data.
    if ((mark.load(std::memory_order_relaxed) & kMarked) != 0) return false;
    return mark.exchange(kMarked | kResident, std::memory_order_relaxed) == 0;
  }
  bool is_marked(std::uint64_t page) const noexcept {
    return (marks_[page].load(std::memory_order_relaxed) & kMarked) != 0;
  }
  // No page is marked any more; those that were are resident.
  void renew(std::uint64_t page_end) noexcept {
    for (std::uint64_t page = 0; page < page_end; ++page)
      if (is_marked(page)) marks_[page].store(kResident, std::memory_order_relaxed);
  }

 private:
  using Mark = sync::HardwareAtomic<std::uint8_t>;
  static constexpr std::uint8_t kMarked = 1;
  static constexpr std::uint8_t kResident = 2;
  Mark* marks_ = nullptr;
};

}  // namespace entail::graph
