// SeenLinks: which links of a span have occurred before (same trace and span ID, all 24 bytes compared).
//
// Links are only written down as they come; the answer is found when all are there. A link that occurs twice sets a bit
// of a filter twice, and few others do: those are noted in a second filter, and only what that lets pass is looked up
// exactly. Equal IDs have equal hashes, so both filters can only let too much through, never too little.
// The exact table is one of 8-byte slots. A probe ends after kProbesMax slots; what finds no place there goes into an
// ordered map, so that IDs made to collide cost a logarithm, not a quadratic run (G7).
// Cost: 32 bytes written in order, one bit of a filter of 2 bytes a link, one sequential read of the hashes; a random
// slot, prefetched, for repeated links and at most one other in eleven. Memory: 38 to 39 bytes a link, and 12 to 24 for
// each that is looked up exactly; kept for the next span until release(). Thread rule: Confined.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "entail/types.hpp"
#include "reservoir/scratch_array.hpp"

namespace entail::reservoir {

class SeenLinks {
  struct Link {
    TraceId trace_id;
    SpanId span_id;
    auto operator<=>(const Link&) const noexcept = default;
  };

 public:
  // Starts empty, with room for `expected` links; it grows beyond as needed.
  void begin(std::size_t expected);
  // hash: any function of the two IDs alone, well spread in all of its bits. index: larger than that of the link
  // before.
  void add(TraceId trace_id, SpanId span_id, std::uint64_t hash, std::uint32_t index) {
    if (count_ == capacity_) grow();
    hashes_[count_] = hash;
    links_[count_] = {trace_id, span_id};
    if (index - count_ != gap_) note_gap(index);
    ++count_;
  }
  // Replaces what is in `indices` by those of the links that have the IDs of an earlier one, ascending.
  void find_duplicates(std::vector<std::uint32_t>& indices);

  std::size_t size() const noexcept { return count_; }
  std::size_t held_bytes() const noexcept;
  // Gives the memory back. begin() must be called before the next use.
  void release() noexcept;

 private:
  static constexpr unsigned kProbesMax = 64;
  // From this position on, a link's index is its position + gap.
  struct Gap {
    std::uint32_t position = 0;
    std::uint32_t gap = 0;
  };

  void grow();
  void note_gap(std::uint32_t index);
  bool mark_repeated(unsigned bits);
  std::size_t find_candidates(unsigned bits);
  bool insert(std::uint32_t position);
  void size_slots(std::size_t links);

  std::uint32_t count_ = 0;
  std::uint32_t capacity_ = 0;
  std::uint32_t gap_ = 0;
  ScratchArray<std::uint64_t> hashes_;  // in order of arrival, as the links are
  ScratchArray<Link> links_;
  std::vector<Gap> gaps_;
  ScratchArray<std::uint64_t> filter_;      // bits that a hash has set, by its upper bits
  ScratchArray<std::uint64_t> repeated_;    // by the lower bits of the hashes that found theirs set
  ScratchArray<std::uint32_t> candidates_;  // positions that are to be looked up exactly
  std::vector<std::uint64_t> slots_;        // a power of two: upper half of the hash, position + 1; 0 = empty
  std::map<Link, std::uint32_t> crowded_;   // links that found no slot
  unsigned shift_ = 63;                     // hash >> shift_ is the first slot
};

}  // namespace entail::reservoir
