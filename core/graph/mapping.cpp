#include "graph/mapping.hpp"

#include <sys/mman.h>

namespace entail::graph {

Mapping Mapping::reserve(std::uint64_t bytes) noexcept {
  Mapping mapping;
  const std::uint64_t slack = bytes < 2 * kHugePageBytes ? 0 : kHugePageBytes;
  void* found =
      ::mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (found == MAP_FAILED) return mapping;
  auto* data = static_cast<std::byte*>(found);
  if (slack != 0) {
    const std::uint64_t before = (kHugePageBytes - reinterpret_cast<std::uintptr_t>(data)) % kHugePageBytes;
    if (before != 0) ::munmap(data, before);
    data += before;
    const std::uint64_t size = round_up(bytes, kPageBytes);
    if (bytes + slack - before > size) ::munmap(data + size, bytes + slack - before - size);
  }
  mapping.data_ = data;
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
