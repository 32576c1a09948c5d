// Memory that lives for a while, straight from the system and back to it: what is freed is gone from the process, where
// malloc would keep tens of megabytes. Large arrays lie on huge pages: one page fault for 2 MiB. Pages, and an
// allocator for arrays of plain values.
//
// Thread rule: Immutable (no state of its own). Cost: of pages, and of an array of kPagesFrom bytes or more, a system
// call or three; of a smaller array malloc's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace entail::base {

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

constexpr std::size_t whole_pages(std::size_t bytes) noexcept { return (bytes + kPageBytes - 1) & ~(kPageBytes - 1); }

// Zeroed private pages; null when the system refuses. more_flags: of mmap. on_huge_page: they begin on a huge page, if
// there is room for that.
void* map_pages(std::size_t bytes, bool on_huge_page, int more_flags = 0) noexcept;
void unmap_pages(void* begin, std::size_t bytes) noexcept;
// Gives the pages of freed heap memory back to the system, where the C library keeps them (glibc).
// Cost: a walk over the heap's free chunks and a system call for each stretch of pages; for after much was freed.
void trim_heap() noexcept;
// Asks for huge pages; a wish, failure is no error. REQUIRES that `begin` is the start of a page.
void prefer_huge_pages(void* begin, std::size_t bytes) noexcept;
// Asks for small pages, where the host gives huge ones to all: so that what was not touched costs nothing.
void prefer_small_pages(void* begin, std::size_t bytes) noexcept;

// More than there can be.
constexpr std::size_t kBytesMax = PTRDIFF_MAX - kHugePageBytes;
// Whole pages for an array; without memory it fails as operator new does.
void* allocate_pages(std::size_t bytes);

// A standard allocator; without memory it fails as operator new does.
template <class T>
struct LargePageAllocator {
  using value_type = T;
  // From here on an array has pages of its own, and no part of malloc's heap.
  static constexpr std::size_t kPagesFrom = std::size_t{64} << 10;
  // Below two huge pages the zeroing of a whole one costs more than its page faults save.
  static constexpr std::size_t kLargeBytes = std::size_t{4} << 20;

  LargePageAllocator() = default;
  template <class U>
  LargePageAllocator(const LargePageAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor): a rebind

  // What an array costs when all of it was touched, malloc's own words excepted.
  static constexpr std::size_t bytes_for(std::size_t count) noexcept {
    const std::size_t bytes = count > kBytesMax / sizeof(T) ? kBytesMax : count * sizeof(T);
    return bytes < kPagesFrom ? bytes : whole_pages(bytes);
  }
  T* allocate(std::size_t count) {
    const std::size_t bytes = bytes_for(count);
    return static_cast<T*>(bytes < kPagesFrom ? ::operator new(bytes) : allocate_pages(bytes));
  }
  void deallocate(T* data, std::size_t count) noexcept {
    const std::size_t bytes = bytes_for(count);
    if (bytes < kPagesFrom) {
      ::operator delete(data);
    } else {
      unmap_pages(data, bytes);
    }
  }
  bool operator==(const LargePageAllocator&) const noexcept = default;
};

template <class T>
using LargeVector = std::vector<T, LargePageAllocator<T>>;

// The memory of a vector's array, elements that were never made included.
template <class T>
std::uint64_t array_bytes(const LargeVector<T>& values) noexcept {
  return LargePageAllocator<T>::bytes_for(values.capacity());
}

}  // namespace entail::base
