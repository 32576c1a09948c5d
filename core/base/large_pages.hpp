// Memory mapped directly from the system, for long-lived arrays of plain values. Freed memory leaves the process at
// once, where malloc would retain tens of megabytes. Large arrays use huge pages: one page fault per 2 MiB. Pages, and
// a standard allocator.
//
// Thread rule: Immutable (no state). Cost: one to three system calls for pages and for arrays of kPagesFrom bytes or
// more; malloc's for smaller arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace entail::base {

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

constexpr std::size_t whole_pages(std::size_t bytes) noexcept { return (bytes + kPageBytes - 1) & ~(kPageBytes - 1); }

// Zeroed private pages; nullptr if the system refuses. more_flags: of mmap. on_huge_page: aligned to a huge page, if
// the address space allows.
void* map_pages(std::size_t bytes, bool on_huge_page, int more_flags = 0) noexcept;
void unmap_pages(void* begin, std::size_t bytes) noexcept;
// Returns the pages of freed heap memory to the system, if the C library retains them (glibc). For use after large
// releases. Cost: a walk over the heap's free chunks and a system call for each range of pages.
void trim_heap() noexcept;
// Requests huge pages; a hint, so failure is not an error. REQUIRES that `begin` is page-aligned.
void prefer_huge_pages(void* begin, std::size_t bytes) noexcept;
// Requests small pages where the host uses huge ones by default, so that only pages that were faulted in cost memory.
void prefer_small_pages(void* begin, std::size_t bytes) noexcept;

// Larger than any possible array.
constexpr std::size_t kBytesMax = PTRDIFF_MAX - kHugePageBytes;
// Allocates whole pages for an array; fails like operator new.
void* allocate_pages(std::size_t bytes);

// A standard allocator; fails like operator new.
template <class T>
struct LargePageAllocator {
  using value_type = T;
  // Arrays of at least this size have their own pages; smaller ones come from malloc's heap.
  static constexpr std::size_t kPagesFrom = std::size_t{64} << 10;
  // Below two huge pages, zeroing a whole huge page costs more than the saved page faults.
  static constexpr std::size_t kLargeBytes = std::size_t{4} << 20;

  LargePageAllocator() = default;
  template <class U>
  LargePageAllocator(const LargePageAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor): a rebind

  // The memory of an array when all of it is faulted in, excluding malloc's header.
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

// The memory of a vector's array, unused capacity included.
template <class T>
std::uint64_t array_bytes(const LargeVector<T>& values) noexcept {
  return LargePageAllocator<T>::bytes_for(values.capacity());
}

}  // namespace entail::base
