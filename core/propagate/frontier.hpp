// The neighbours of a trace that has more than max_links_followed of them in one direction (docs/design.md 3.5): the
// names of those it propagates to, and the number of those refused. A name is a hash of the trace ID, because record
// numbers are reused. Thread rule: Confined (tick).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace entail::propagate {

// A set of names. Cost: about 5 ns for a cached look-up. Slots depend on a random number of the process, so that chosen
// trace IDs cannot make look-ups slow. Memory: 16 to 32 bytes a name.
class NameSet {
 public:
  bool contains(std::uint64_t name) const noexcept;
  // False: it is in the set already. May throw std::bad_alloc.
  bool insert(std::uint64_t name);
  std::size_t size() const noexcept { return count_; }
  std::uint64_t bytes() const noexcept { return slots_.capacity() * sizeof(std::uint64_t); }

 private:
  std::size_t slot_of(std::uint64_t name) const noexcept;
  void grow();

  std::vector<std::uint64_t> slots_;  // a power of two, at most half full; 0: free
  std::size_t count_ = 0;
  bool has_zero_ = false;
};

// Counts distinct names: exactly up to kExactMax, then by an estimate from the kExactMax smallest (standard deviation
// 1.6 %) that never falls. Names must be uniformly distributed. A repeated name changes nothing. Memory: at most 8
// bytes for each of kExactMax names.
class NameCount {
 public:
  static constexpr std::size_t kExactMax = 4096;

  // Returns by how much count() grew. May throw std::bad_alloc.
  std::uint64_t add(std::uint64_t name);
  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t bytes() const noexcept { return smallest_.capacity() * sizeof(std::uint64_t); }

 private:
  std::uint64_t estimate() const noexcept;

  std::vector<std::uint64_t> smallest_;  // ascending
  std::uint64_t count_ = 0;
};

struct Frontier {
  NameSet followed;
  NameCount refused;
  std::uint64_t bytes() const noexcept { return followed.bytes() + refused.bytes(); }
};

}  // namespace entail::propagate
