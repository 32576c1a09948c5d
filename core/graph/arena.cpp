#include "graph/arena.hpp"

namespace entail::graph {

Arena::Arena() noexcept {
  constexpr std::uint64_t kBytesMax = (std::uint64_t{1} << 32) * kUnitBytes;
  constexpr std::uint64_t kBytesMin = 16ull << 20;
  for (std::uint64_t bytes = kBytesMax; bytes >= kBytesMin && base_ == nullptr; bytes /= 4) {
    mapping_ = Mapping::reserve(bytes);
    base_ = mapping_.data();
  }
  units_max_ = mapping_.bytes() / kUnitBytes;
  // The beginning stays on small pages, so that a small window stays small.
  if (ok()) mapping_.prefer_huge_pages(kHugePageBytes, mapping_.bytes());
}

}  // namespace entail::graph
