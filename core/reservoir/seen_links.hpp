// SeenLinks: which links of a span have occurred before (same trace and span ID, all 24 bytes compared).
//
// An open table of 8-byte slots over an array of the distinct IDs. A probe ends after kProbesMax slots; what finds no
// place there goes into an ordered map, so that IDs made to collide cost a logarithm, not a quadratic run (G7).
// Cost: one random slot a link, which prefetch() hides when it is called a few dozen links ahead. Memory: 24 bytes a
// distinct link and 12 to 24 of slots, kept for the next span until release().
// Thread rule: Confined.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "entail/types.hpp"

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
  // True if the link is new. hash: any function of the two IDs alone, well spread in its upper 32 bits.
  bool insert(TraceId trace_id, SpanId span_id, std::uint64_t hash) {
    if (links_.size() == links_max_) grow();
    std::uint64_t& first = slots_[hash >> shift_];
    if (first != 0) return probe({trace_id, span_id}, hash);
    first = word_of(hash);
    links_.push_back({trace_id, span_id});
    return true;
  }
  void prefetch(std::uint64_t hash) const noexcept { __builtin_prefetch(&slots_[hash >> shift_], 1); }

  std::size_t size() const noexcept { return links_.size(); }
  std::size_t held_bytes() const noexcept;
  // Gives the memory back. begin() must be called before the next use.
  void release() noexcept;

 private:
  static constexpr unsigned kProbesMax = 64;

  // What a slot holds of the next link.
  std::uint64_t word_of(std::uint64_t hash) const noexcept {
    return (hash & ~std::uint64_t{0xffffffff}) | (links_.size() + 1);
  }
  bool probe(const Link& link, std::uint64_t hash);
  bool place(std::uint64_t word) noexcept;
  void size_slots(std::size_t expected);
  void grow();

  std::vector<Link> links_;                // distinct, in order of arrival
  std::vector<std::uint64_t> slots_;       // a power of two: upper half of the hash, position in links_ + 1; 0 = empty
  std::map<Link, std::uint64_t> crowded_;  // the words of links that found no slot
  std::size_t links_max_ = 0;              // at which the table grows
  unsigned shift_ = 63;                    // hash >> shift_ is the first slot
};

}  // namespace entail::reservoir
