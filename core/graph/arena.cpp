#include "graph/arena.hpp"

namespace entail::graph {

Mapping Arena::reserve(bool many_edges) noexcept {
  constexpr std::uint64_t kBytesMax = (std::uint64_t{1} << 32) * kUnitBytes;
  constexpr std::uint64_t kBytesMin = 16ull << 20;
  Mapping mapping;
  for (std::uint64_t bytes = kBytesMax; bytes >= kBytesMin && mapping.data() == nullptr; bytes /= 4)
    mapping = Mapping::reserve(bytes);
  if (mapping.data() != nullptr) mapping.prefer_huge_pages(many_edges ? 0 : kHugePageBytes, mapping.bytes());
  return mapping;
}

}  // namespace entail::graph
