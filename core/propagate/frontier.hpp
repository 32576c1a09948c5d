// The neighbours of a trace that has more of them than max_links_followed, in one direction (docs/design.md 3.5): whom
// it carries a keep to, by name, and how many it refused. A name is a hash of the trace ID: records are forgotten, and
// their numbers used again. Thread rule: Confined (tick).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace entail::propagate {

// A set of names. Cost: one look-up some 5 ns in the cache; where a name lies depends on a number of this process, so
// that no choice of trace IDs makes it slow. Memory: 16 to 32 bytes a name.
class NameSet {
 public:
  bool contains(std::uint64_t name) const noexcept;
  // False: it was there. May throw std::bad_alloc.
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

// How many distinct names there were: exact up to kExactMax, then an estimate from the kExactMax smallest (their
// standard deviation is 1.6 %), which never falls. Names must be evenly spread. A name that comes again changes
// nothing. Memory: at most 8 bytes for each of kExactMax names.
class NameCount {
 public:
  static constexpr std::size_t kExactMax = 4096;

  // By how much count() has grown. May throw std::bad_alloc.
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
