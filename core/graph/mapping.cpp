#include "graph/mapping.hpp"

#include <sys/mman.h>

namespace entail::graph {

Mapping Mapping::reserve(std::uint64_t bytes) noexcept {
  Mapping mapping;
  void* const data = base::map_pages(bytes, bytes >= 2 * kHugePageBytes, MAP_NORESERVE);
  if (data == nullptr) return mapping;
  mapping.data_ = static_cast<std::byte*>(data);
  mapping.bytes_ = bytes;
  return mapping;
}

Mapping::~Mapping() {
  if (data_ != nullptr) base::unmap_pages(data_, bytes_);
}

void Mapping::prefer_huge_pages(std::uint64_t from, std::uint64_t to) noexcept {
  // Below two huge pages the zeroing of a whole one costs more than its page table entries save.
  const std::uint64_t first = round_up(from, kPageBytes);
  if (to > first && to - first >= 2 * kHugePageBytes) base::prefer_huge_pages(data_ + first, to - first);
}

void Mapping::prefer_small_pages(std::uint64_t from, std::uint64_t to) noexcept {
  base::prefer_small_pages(data_ + from, to - from);
}

}  // namespace entail::graph
