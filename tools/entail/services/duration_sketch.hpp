// Durations, counted in buckets that grow with them: a quantile is off by at most 3.2 %.
//
// Up to 32 ns exact; then 16 buckets for each power of two. Thread rule: Confined. Memory: 8 bytes for each bucket up
// to the largest duration, at most 7.7 KiB.
#pragma once

#include <cstdint>
#include <vector>

namespace entail::cli {

class DurationSketch {
 public:
  void add(std::uint64_t ns);
  std::uint64_t count() const noexcept { return count_; }
  // The smallest value that at least `percent` of all do not exceed, as the middle of its bucket. 0 without values.
  std::uint64_t percentile(unsigned percent) const noexcept;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
};

}  // namespace entail::cli
