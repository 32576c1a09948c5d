// Memory that lives for a while, on huge pages: one page fault for 2 MiB. Pages from the system, and an allocator for
// large arrays of plain values.
//
// Thread rule: Immutable (no state of its own). Cost: of pages a system call or three; of an array malloc's, and a
// system call for a block of kLargeBytes or more.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace entail::base {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

// Zeroed private pages; null when the system refuses. more_flags: of mmap. on_huge_page: they begin on a huge page, if
// there is room for that.
void* map_pages(std::size_t bytes, bool on_huge_page, int more_flags = 0) noexcept;
// Asks for huge pages; a wish, failure is no error. REQUIRES that `begin` is the start of a page.
void prefer_huge_pages(void* begin, std::size_t bytes) noexcept;

// A standard allocator; without memory it fails as operator new does.
template <class T>
struct LargePageAllocator {
  using value_type = T;
  // Below two huge pages the zeroing of a whole one costs more than its page faults save.
  static constexpr std::size_t kLargeBytes = std::size_t{4} << 20;

  LargePageAllocator() = default;
  template <class U>
  LargePageAllocator(const LargePageAllocator<U>&) noexcept {}

  T* allocate(std::size_t count) {
    constexpr std::size_t kBytesMax = PTRDIFF_MAX - kHugePageBytes;  // more than there can be: operator new says so
    const std::size_t bytes = count > kBytesMax / sizeof(T) ? kBytesMax : count * sizeof(T);
    if (bytes < kLargeBytes) return static_cast<T*>(::operator new(bytes));
    // The rest behind the last whole huge page lies on one, too, if it fills half of it.
    const std::size_t huge_bytes = (bytes + kHugePageBytes / 2) & ~(kHugePageBytes - 1);
    void* const data = ::operator new(std::max(bytes, huge_bytes), std::align_val_t{kHugePageBytes});
    prefer_huge_pages(data, huge_bytes);
    return static_cast<T*>(data);
  }
  void deallocate(T* data, std::size_t count) noexcept {
    if (count * sizeof(T) < kLargeBytes) {
      ::operator delete(data);
    } else {
      ::operator delete(data, std::align_val_t{kHugePageBytes});
    }
  }
  bool operator==(const LargePageAllocator&) const noexcept = default;
};

template <class T>
using LargeVector = std::vector<T, LargePageAllocator<T>>;

}  // namespace entail::base
