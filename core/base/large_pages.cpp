#include "base/large_pages.hpp"

#include <sys/mman.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <cstdint>

namespace entail::base {

void* map_pages(std::size_t bytes, bool on_huge_page, int more_flags) noexcept {
  const auto map = [&](void* hint) {
    return ::mmap(hint, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | more_flags, -1, 0);
  };
  void* pages = map(nullptr);  // next to similar mappings
  const auto address = reinterpret_cast<std::uintptr_t>(pages);
  if (pages != MAP_FAILED && on_huge_page && address % kHugePageBytes != 0) {
    // There is usually room below it; otherwise the system chooses the address.
    ::munmap(pages, bytes);
    pages = map(reinterpret_cast<void*>(address / kHugePageBytes * kHugePageBytes));
  }
  return pages == MAP_FAILED ? nullptr : pages;
}

void unmap_pages(void* begin, std::size_t bytes) noexcept { ::munmap(begin, bytes); }

void prefer_huge_pages(void* begin, std::size_t bytes) noexcept {
#ifdef MADV_HUGEPAGE
  static_cast<void>(::madvise(begin, bytes, MADV_HUGEPAGE));
#else
  static_cast<void>(begin);
  static_cast<void>(bytes);
#endif
}

void prefer_small_pages(void* begin, std::size_t bytes) noexcept {
#ifdef MADV_NOHUGEPAGE
  static_cast<void>(::madvise(begin, bytes, MADV_NOHUGEPAGE));
#else
  static_cast<void>(begin);
  static_cast<void>(bytes);
#endif
}

void* allocate_pages(std::size_t bytes) {
  const bool is_large = bytes >= LargePageAllocator<std::byte>::kLargeBytes;
  void* const data = map_pages(bytes, is_large);
  if (data == nullptr) return ::operator new(kBytesMax);  // fails with its own error
  // The parts before the first and after the last whole huge page stay on small pages, so that the array costs no more
  // than its size.
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  const std::uintptr_t first = (begin + kHugePageBytes - 1) & ~(kHugePageBytes - 1);
  const std::uintptr_t last = (begin + bytes) & ~(kHugePageBytes - 1);
  if (is_large && last > first) prefer_huge_pages(reinterpret_cast<void*>(first), last - first);
  return data;
}

void trim_heap() noexcept {
#ifdef __GLIBC__
  static_cast<void>(::malloc_trim(0));
#endif
}

}  // namespace entail::base
