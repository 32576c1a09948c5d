// Which keys a window does not have: a Bloom filter whose bits for one key lie in one word, so that a question costs
// one line, of an array eight times smaller than the index (F. Putze, P. Sanders, J. Singler, "Cache-, Hash- and
// Space-Efficient Bloom Filters", 2007).
//
// Guarantees: a key that was added may be there. Of others, about one in twenty may, too.
// Thread rule: Confined (the tick thread's), readers beside each other.
#pragma once

#include <cstdint>

#include "base/prefetch.hpp"

namespace entail::graph {

class KeyFilter {
 public:
  static constexpr std::uint64_t words_for(std::uint64_t keys) noexcept { return keys / kKeysAWord + 1; }

  KeyFilter() = default;
  // words: count zeroed ones, 1 <= count <= 2^32; they outlive the filter.
  KeyFilter(std::uint64_t* words, std::uint64_t count) noexcept : words_(words), count_(count) {}

  void add(std::uint64_t hash) noexcept { words_[word(hash)] |= bits(hash); }
  bool may_have(std::uint64_t hash) const noexcept { return (~words_[word(hash)] & bits(hash)) == 0; }
  void prefetch(std::uint64_t hash) const noexcept { base::prefetch(&words_[word(hash)]); }
  std::uint64_t bytes() const noexcept { return count_ * sizeof(std::uint64_t); }

 private:
  static constexpr std::uint64_t kKeysAWord = 8;

  // The word by the high half of the hash, four of its bits by the low one.
  std::uint64_t word(std::uint64_t hash) const noexcept { return ((hash >> 32) * count_) >> 32; }
  static std::uint64_t bits(std::uint64_t hash) noexcept {
    const auto bit = [hash](unsigned shift) { return std::uint64_t{1} << (hash >> shift & 63); };
    return bit(0) | bit(6) | bit(12) | bit(18);
  }

  std::uint64_t* words_ = nullptr;
  std::uint64_t count_ = 0;
};

}  // namespace entail::graph
