#include "reservoir/seen_links.hpp"

#include <algorithm>
#include <bit>

#include "base/check.hpp"

namespace entail::reservoir {
namespace {

constexpr std::size_t kLinksMin = 64;
constexpr unsigned kFilterBitsMin = 10;     // as a power of two
constexpr unsigned kFilterShift = 4;        // 8 to 16 bits a link: one link in 16 or more finds another's bit set
constexpr unsigned kRepeatedShift = 2;      // the second filter is this much smaller
constexpr std::size_t kFewShare = 4;        // candidates are few below one link in as many
constexpr unsigned kPairedShift = 4;        // 16 to 32 bits a candidate
constexpr unsigned kPairedFrom = 20;        // the lowest bit of the hash that leave_paired() looks at
constexpr std::size_t kPrefetchAhead = 24;  // candidates ahead of a look-up

}  // namespace

void SeenLinks::begin(std::size_t expected) {
  count_ = 0;
  first_noted_ = UINT32_MAX;
  hashes_.reserve(std::max(expected, kLinksMin), 0);
  capacity_ = static_cast<std::uint32_t>(std::min<std::size_t>(hashes_.capacity(), UINT32_MAX));
}

void SeenLinks::grow() {
  ENTAIL_CHECK(count_ < UINT32_MAX);
  hashes_.reserve(2 * std::size_t{count_} + kLinksMin, count_);
  capacity_ = static_cast<std::uint32_t>(std::min<std::size_t>(hashes_.capacity(), UINT32_MAX));
}

void SeenLinks::note_index(std::uint32_t index) {
  if (first_noted_ == UINT32_MAX) first_noted_ = count_;
  indices_.reserve(capacity_, first_noted_ == count_ ? 0 : count_);
  indices_[count_] = index;
}

// The first filter. Marks in the second one what is met again; returns whether there was any. No branch depends on a
// hash: one link in sixteen would be mispredicted.
bool SeenLinks::mark_repeated(unsigned bits) {
  const unsigned shift = 64 - bits;
  std::uint64_t* const filter = filter_.data();
  const std::uint64_t* const hashes = hashes_.data();
  std::uint32_t* const met = candidates_.data();
  std::size_t met_count = 0;
  for (std::uint32_t i = 0; i < count_; ++i) {
    const std::uint64_t at = hashes[i] >> shift;
    const std::uint64_t word = filter[at >> 6];
    filter[at >> 6] = word | (std::uint64_t{1} << (at & 63));
    met[met_count] = i;
    met_count += (word >> (at & 63)) & 1;
  }
  const std::uint64_t mask = (std::uint64_t{1} << (bits - kRepeatedShift)) - 1;
  std::uint64_t* const repeated = repeated_.data();
  for (std::size_t i = 0; i < met_count; ++i) {
    const std::uint64_t hash = hashes[met[i]];
    repeated[(hash & mask) >> 6] |= std::uint64_t{1} << (hash & 63);
  }
  return met_count != 0;
}

// Both the first of equal links and those that repeat it have the bit of their hash set in the second filter.
std::size_t SeenLinks::find_candidates(unsigned bits) {
  const std::uint64_t mask = (std::uint64_t{1} << (bits - kRepeatedShift)) - 1;
  const std::uint64_t* const repeated = repeated_.data();
  const std::uint64_t* const hashes = hashes_.data();
  std::uint32_t* const candidates = candidates_.data();
  std::size_t found = 0;
  for (std::uint32_t i = 0; i < count_; ++i) {
    candidates[found] = i;
    found += (repeated[(hashes[i] & mask) >> 6] >> (hashes[i] & 63)) & 1;
  }
  return found < count_ / kFewShare ? leave_paired(found) : found;
}

// Of few candidates, leaves those whose bits between the ones that the filters have judged by are another's, too.
std::size_t SeenLinks::leave_paired(std::size_t candidate_count) {
  const auto bits = static_cast<unsigned>(std::bit_width(candidate_count)) + kPairedShift;
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  const std::size_t words = (mask >> 6) + 1;
  once_.reserve(words, 0);
  twice_.reserve(words, 0);
  std::fill_n(once_.data(), words, 0);
  std::fill_n(twice_.data(), words, 0);
  const auto bit_of = [&](std::size_t i) { return (hashes_[candidates_[i]] >> kPairedFrom) & mask; };
  for (std::size_t i = 0; i < candidate_count; ++i) {
    const std::uint64_t at = bit_of(i);
    const std::uint64_t bit = std::uint64_t{1} << (at & 63);
    twice_[at >> 6] |= once_[at >> 6] & bit;
    once_[at >> 6] |= bit;
  }
  std::size_t left = 0;
  for (std::size_t i = 0; i < candidate_count; ++i) {
    const std::uint64_t at = bit_of(i);
    candidates_[left] = candidates_[i];
    left += (twice_[at >> 6] >> (at & 63)) & 1;
  }
  return left;
}

// At most two slots of three are taken.
void SeenLinks::size_slots(std::size_t links) {
  const std::size_t count = std::bit_ceil(links + links / 2 + 1);
  slots_.assign(count, 0);
  shift_ = count == 1 ? 63 : 64 - static_cast<unsigned>(std::countr_zero(count));
}

void SeenLinks::find_duplicates(const IdsOf& ids, std::vector<std::uint32_t>& indices) {
  indices.clear();
  const auto bits =
      std::max(kFilterBitsMin, static_cast<unsigned>(std::bit_width(std::size_t{count_})) + kFilterShift - 1);
  const std::size_t words = std::size_t{1} << (bits - 6);
  filter_.reserve(words, 0);
  repeated_.reserve(words >> kRepeatedShift, 0);
  std::fill_n(filter_.data(), words, 0);
  std::fill_n(repeated_.data(), words >> kRepeatedShift, 0);
  candidates_.reserve(std::size_t{count_} + 1, 0);
  if (!mark_repeated(bits)) return;
  if (!find_by_hash(find_candidates(bits), ids, indices)) find_by_ids(find_candidates(bits), ids, indices);
}

// Takes equal fingerprints for equal links, and reads their IDs when all are there: then one read of the caller's
// memory does not wait for another. False: they are not equal, or too many lie beside each other; nothing is found yet.
bool SeenLinks::find_by_hash(std::size_t candidate_count, const IdsOf& ids, std::vector<std::uint32_t>& indices) {
  size_slots(candidate_count);
  earlier_.reserve(candidate_count, 0);
  std::size_t found = 0;
  for (std::size_t i = 0; i < candidate_count; ++i) {
    prefetch_slot(i + kPrefetchAhead, candidate_count);
    const std::uint32_t position = candidates_[i];
    const std::uint64_t word = slot_word(position);
    std::size_t slot = hashes_[position] >> shift_;
    for (unsigned count = 0; slots_[slot] != 0 && (slots_[slot] ^ word) >> 32 != 0; ++count) {
      if (count == kProbesMax) return false;
      slot = (slot + 1) & (slots_.size() - 1);
    }
    if (slots_[slot] == 0) {
      slots_[slot] = word;
      continue;
    }
    candidates_[found] = position;
    earlier_[found++] = static_cast<std::uint32_t>(slots_[slot]) - 1;
  }
  bool equal = true;
  for (std::size_t i = 0; i < found; ++i) equal &= ids(index_of(earlier_[i])) == ids(index_of(candidates_[i]));
  if (!equal) return false;
  indices.reserve(found);
  for (std::size_t i = 0; i < found; ++i) indices.push_back(index_of(candidates_[i]));
  return true;
}

// For hashes that collide, by chance or because they were made to.
void SeenLinks::find_by_ids(std::size_t candidate_count, const IdsOf& ids, std::vector<std::uint32_t>& indices) {
  crowded_.clear();
  size_slots(candidate_count);
  for (std::size_t i = 0; i < candidate_count; ++i) {
    prefetch_slot(i + kPrefetchAhead, candidate_count);
    if (!insert(candidates_[i], ids)) indices.push_back(index_of(candidates_[i]));
  }
}

// True if the link is new.
bool SeenLinks::insert(std::uint32_t position, const IdsOf& ids) {
  const std::uint64_t word = slot_word(position);
  std::size_t slot = hashes_[position] >> shift_;
  for (unsigned count = 0; count < kProbesMax; ++count) {
    const std::uint64_t held = slots_[slot];
    if (held == 0) {
      slots_[slot] = word;
      return true;
    }
    const auto earlier = static_cast<std::uint32_t>(held) - 1;
    if ((held ^ word) >> 32 == 0 && ids(index_of(earlier)) == ids(index_of(position))) return false;
    slot = (slot + 1) & (slots_.size() - 1);
  }
  // Nothing is ever taken out of a slot, so a link that once found its slots full finds them full again.
  return crowded_.emplace(ids(index_of(position)), position).second;
}

std::size_t SeenLinks::held_bytes() const noexcept {
  // A map node: its value, three pointers and a colour.
  constexpr std::size_t kNodeBytes = sizeof(std::pair<const LinkIds, std::uint32_t>) + 4 * sizeof(void*);
  return hashes_.held_bytes() + indices_.held_bytes() + filter_.held_bytes() + repeated_.held_bytes() +
         once_.held_bytes() + twice_.held_bytes() + candidates_.held_bytes() + earlier_.held_bytes() +
         slots_.capacity() * sizeof(std::uint64_t) + crowded_.size() * kNodeBytes;
}

void SeenLinks::release() noexcept {
  hashes_.release();
  indices_.release();
  filter_.release();
  repeated_.release();
  once_.release();
  twice_.release();
  candidates_.release();
  earlier_.release();
  // Assigning {} would keep the capacity.
  slots_ = std::vector<std::uint64_t>();
  crowded_.clear();
  count_ = capacity_ = 0;
}

}  // namespace entail::reservoir
