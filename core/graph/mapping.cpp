#include "graph/mapping.hpp"

#include <sys/mman.h>

namespace entail::graph {

Mapping Mapping::reserve(std::uint64_t bytes) noexcept {
  Mapping mapping;
  const auto map = [&](void* hint) {
    return ::mmap(hint, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  };
  void* data = map(nullptr);
  if (data == MAP_FAILED) return mapping;
  const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(data);
  if (bytes >= 2 * kHugePageBytes && address % kHugePageBytes != 0) {
    // Below it there is room, as a rule; else it lies where it may.
    ::munmap(data, bytes);
    data = map(reinterpret_cast<void*>(address / kHugePageBytes * kHugePageBytes));
    if (data == MAP_FAILED) return mapping;
  }
  mapping.data_ = static_cast<std::byte*>(data);
  mapping.bytes_ = bytes;
  return mapping;
}

Mapping::~Mapping() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
}

void Mapping::prefer_huge_pages(std::uint64_t from, std::uint64_t to) noexcept {
#ifdef MADV_HUGEPAGE
  // Below two huge pages the zeroing of a whole one costs more than its page table entries save.
  const std::uint64_t first = round_up(from, kPageBytes);
  if (to > first && to - first >= 2 * kHugePageBytes) ::madvise(data_ + first, to - first, MADV_HUGEPAGE);
#else
  static_cast<void>(from);
  static_cast<void>(to);
#endif
}

}  // namespace entail::graph
