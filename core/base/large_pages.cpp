#include "base/large_pages.hpp"

#include <sys/mman.h>

#include <cstdint>

namespace entail::base {

void* map_pages(std::size_t bytes, bool on_huge_page, int more_flags) noexcept {
  const auto map = [&](void* hint) {
    return ::mmap(hint, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | more_flags, -1, 0);
  };
  void* pages = map(nullptr);  // beside others of its kind it lies well
  const auto address = reinterpret_cast<std::uintptr_t>(pages);
  if (pages != MAP_FAILED && on_huge_page && address % kHugePageBytes != 0) {
    // Below it there is room, as a rule; else it lies where it may.
    ::munmap(pages, bytes);
    pages = map(reinterpret_cast<void*>(address / kHugePageBytes * kHugePageBytes));
  }
  return pages == MAP_FAILED ? nullptr : pages;
}

void prefer_huge_pages(void* begin, std::size_t bytes) noexcept {
#ifdef MADV_HUGEPAGE
  static_cast<void>(::madvise(begin, bytes, MADV_HUGEPAGE));
#else
  static_cast<void>(begin);
  static_cast<void>(bytes);
#endif
}

}  // namespace entail::base
