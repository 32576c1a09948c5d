// Address space from the system: zero at birth, paid for page by page when touched, gone at once when unmapped.
// Thread rule: Confined. Cost: a system call or three.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/large_pages.hpp"

namespace entail::graph {

using base::kHugePageBytes;
using base::kPageBytes;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) noexcept {
  return (value + unit - 1) / unit * unit;
}

class Mapping {
 public:
  Mapping() = default;
  // Zeroed, without a promise of swap behind it; from 4 MiB on it begins on a huge page if it can. Null data() when the
  // system refuses.
  static Mapping reserve(std::uint64_t bytes) noexcept;
  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Mapping();

  std::byte* data() const noexcept { return data_; }
  std::uint64_t bytes() const noexcept { return bytes_; }
  // Asks for 2 MiB pages in [from, to) where that is worth it; a wish, failure is no error.
  void prefer_huge_pages(std::uint64_t from, std::uint64_t to) noexcept;
  // Asks for 4 KiB pages, on hosts that give huge ones to all.
  void prefer_small_pages(std::uint64_t from, std::uint64_t to) noexcept;

 private:
  std::byte* data_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace entail::graph
