#include "services/duration_sketch.hpp"

#include <bit>
#include <cstddef>

namespace entail::cli {
namespace {

constexpr unsigned kSubBits = 4;
constexpr std::uint64_t kExact = std::uint64_t{2} << kSubBits;  // below it a bucket is one value

// The buckets of a power of two follow those of the one before: bucket = 16 * shift + (ns >> shift), where the shift
// leaves five bits.
std::size_t bucket_of(std::uint64_t ns) noexcept {
  if (ns < kExact) return static_cast<std::size_t>(ns);
  const unsigned shift = static_cast<unsigned>(std::bit_width(ns)) - (kSubBits + 1);
  return (std::size_t{shift} << kSubBits) + static_cast<std::size_t>(ns >> shift);
}

std::uint64_t middle_of(std::size_t bucket) noexcept {
  if (bucket < kExact) return bucket;
  const auto shift = static_cast<unsigned>(bucket >> kSubBits) - 1;
  const std::uint64_t least = (bucket - (std::uint64_t{shift} << kSubBits)) << shift;
  return least + ((std::uint64_t{1} << shift) - 1) / 2;
}

}  // namespace

void DurationSketch::add(std::uint64_t ns) {
  const std::size_t bucket = bucket_of(ns);
  if (counts_.size() <= bucket) counts_.resize(bucket + 1);
  ++counts_[bucket];
  ++count_;
}

std::uint64_t DurationSketch::percentile(unsigned percent) const noexcept {
  const std::uint64_t rank = count_ / 100 * percent + (count_ % 100 * percent + 99) / 100;
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (counts_[bucket] != 0 && seen >= rank) return middle_of(bucket);
  }
  return 0;
}

}  // namespace entail::cli
