#include "graph/arena.hpp"

#include <algorithm>

namespace entail::graph {
namespace {

constexpr std::uint64_t kHugePagePages = kHugePageBytes / kPageBytes;

}  // namespace

std::uint64_t Arena::marks_begin(std::uint64_t mapping_bytes) noexcept {
  return mapping_bytes - round_up(mapping_bytes / kPageBytes, kHugePageBytes);
}

Mapping Arena::reserve(std::uint64_t huge_from) noexcept {
  constexpr std::uint64_t kBytesMax = (std::uint64_t{1} << 32) * kUnitBytes;
  constexpr std::uint64_t kBytesMin = 16ull << 20;
  Mapping mapping;
  for (std::uint64_t bytes = kBytesMax; bytes >= kBytesMin && mapping.data() == nullptr; bytes /= 4)
    mapping = Mapping::reserve(bytes);
  if (mapping.data() == nullptr) return mapping;
  mapping.prefer_small_pages(0, mapping.bytes());
  mapping.prefer_huge_pages(huge_from, marks_begin(mapping.bytes()));
  return mapping;
}

Arena::Arena(Mapping mapping, std::uint64_t huge_from) noexcept
    : mapping_(std::move(mapping)),
      base_(mapping_.data()),
      huge_from_(huge_from),
      units_max_(base_ == nullptr ? 0 : marks_begin(mapping_.bytes()) / kUnitBytes),
      marks_(base_ == nullptr ? nullptr : base_ + marks_begin(mapping_.bytes())) {}

std::uint64_t Arena::page_end() const noexcept {
  return round_up(runs_.unit_end() * kUnitBytes, kPageBytes) / kPageBytes;
}

std::uint64_t Arena::mark(std::uint64_t first_unit, std::uint64_t end_unit) noexcept {
  std::uint64_t bytes = 0;
  std::uint64_t at = first_unit * kUnitBytes;
  for (const std::uint64_t end = end_unit * kUnitBytes; at < end;) {
    const std::uint64_t unit = at < huge_from_ ? kPageBytes : kHugePageBytes;
    at -= at % unit;
    if (marks_.mark(at / kPageBytes)) bytes += unit;
    at += unit;
  }
  return bytes;
}

void Arena::add_touched(std::vector<std::span<std::byte>>& ranges) const {
  const std::uint64_t end = page_end();
  for (std::uint64_t page = 0; page < end;) {
    const std::uint64_t pages = page * kPageBytes < huge_from_ ? 1 : kHugePagePages;
    if (marks_.is_marked(page)) {
      std::byte* const begin = base_ + page * kPageBytes;
      if (!ranges.empty() && ranges.back().data() + ranges.back().size() == begin) {
        ranges.back() = {ranges.back().data(), ranges.back().size() + pages * kPageBytes};
      } else {
        ranges.emplace_back(begin, pages * kPageBytes);
      }
    }
    page += pages;
  }
}

void Arena::renew_marks() noexcept { marks_.renew(page_end()); }

}  // namespace entail::graph
