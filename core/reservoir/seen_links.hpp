// SeenLinks: which links of a span have occurred before (same trace and span ID, all 24 bytes compared).
//
// For each link only its hash is stored; duplicates are determined when all links are there. A link that occurs twice
// sets a bit of a filter twice, as few others do: those enter a second filter, a third one checks the few that pass it,
// and only the rest is looked up exactly: by a fingerprint, and where two are equal by the IDs, which the caller still
// has. Equal IDs have equal hashes, so a filter has false positives but no false negatives. The exact table is one of
// 8-byte slots. A probe ends after kProbesMax slots; what does not fit goes into an ordered map, so that IDs made to
// collide cost a logarithm each, not quadratic time (G7). Cost: 8 bytes written in order, one bit of a filter of 2
// bytes a link, one sequential read of the hashes; the third filter's two bits for repeated links and at most one other
// in eleven; a random slot, prefetched, and two reads of the caller's memory for repeated links. Memory: 14 to 15 bytes
// a link, 4 more where bad ones lie between, and 16 to 28 for each that is looked up exactly; kept for the next span
// until release(). Thread rule: Confined.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "base/prefetch.hpp"
#include "entail/types.hpp"
#include "reservoir/scratch_array.hpp"

namespace entail::reservoir {

// The identity of a link within its span.
struct LinkIds {
  TraceId trace_id;
  SpanId span_id;
  auto operator<=>(const LinkIds&) const noexcept = default;
};
// The IDs of a link that was added, by its arrival index.
using IdsOf = std::function<LinkIds(std::uint32_t index)>;

class SeenLinks {
 public:
  // Starts empty, with room for `expected` links; it grows beyond as needed.
  void begin(std::size_t expected);
  // hash: any function of the two IDs alone, well spread in all of its bits. index: larger than that of the link
  // before.
  void add(std::uint64_t hash, std::uint32_t index) {
    if (count_ == capacity_) grow();
    hashes_[count_] = hash;
    if (index != count_) note_index(index);
    ++count_;
  }
  // Replaces what is in `indices` by those of the links that have the IDs of an earlier one, ascending.
  void find_duplicates(const IdsOf& ids, std::vector<std::uint32_t>& indices);

  std::size_t size() const noexcept { return count_; }
  std::size_t held_bytes() const noexcept;
  // Frees the memory. begin() must be called before the next use.
  void release() noexcept;

 private:
  static constexpr unsigned kProbesMax = 64;

  void grow();
  void note_index(std::uint32_t index);
  // From the first one that differs on all differ: an index is larger than the one before.
  std::uint32_t index_of(std::uint32_t position) const noexcept {
    return position < first_noted_ ? position : indices_[position];
  }
  bool mark_repeated(unsigned bits);
  std::size_t find_candidates(unsigned bits);
  std::size_t leave_paired(std::size_t candidate_count);
  bool find_by_hash(std::size_t candidate_count, const IdsOf& ids, std::vector<std::uint32_t>& indices);
  void find_by_ids(std::size_t candidate_count, const IdsOf& ids, std::vector<std::uint32_t>& indices);
  bool insert(std::uint32_t position, const IdsOf& ids);
  // The fingerprint is of those bits that the filters and the place of the slot have not judged by.
  std::uint64_t slot_word(std::uint32_t position) const noexcept {
    return (hashes_[position] << 24 & ~std::uint64_t{0xffffffff}) | (position + 1);
  }
  void prefetch_slot(std::size_t at, std::size_t candidate_count) const noexcept {
    if (at < candidate_count) base::prefetch(&slots_[hashes_[candidates_[at]] >> shift_]);
  }
  void size_slots(std::size_t links);

  std::uint32_t count_ = 0;
  std::uint32_t capacity_ = 0;
  std::uint32_t first_noted_ = UINT32_MAX;  // the first position whose index is another number
  ScratchArray<std::uint64_t> hashes_;      // in order of arrival
  ScratchArray<std::uint32_t> indices_;     // by position, from first_noted_ on
  ScratchArray<std::uint64_t> filter_;      // bits that a hash has set, by its upper bits
  ScratchArray<std::uint64_t> repeated_;    // by the lower bits of the hashes that found theirs set
  ScratchArray<std::uint64_t> once_;        // bits that candidates have set, and those that more than one has
  ScratchArray<std::uint64_t> twice_;
  ScratchArray<std::uint32_t> candidates_;    // positions that are to be looked up exactly
  ScratchArray<std::uint32_t> earlier_;       // of a link that was found again, the position of the first
  std::vector<std::uint64_t> slots_;          // a power of two: fingerprint, position + 1; 0 = empty
  std::map<LinkIds, std::uint32_t> crowded_;  // links that found no slot
  unsigned shift_ = 63;                       // hash >> shift_ is the first slot
};

}  // namespace entail::reservoir
