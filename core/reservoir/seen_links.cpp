#include "reservoir/seen_links.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace entail::reservoir {
namespace {

constexpr std::size_t kSlotsMin = 64;

}  // namespace

// At most two slots of three are taken.
void SeenLinks::size_slots(std::size_t expected) {
  const std::size_t count = std::bit_ceil(std::max(kSlotsMin, expected + expected / 2 + 1));
  slots_.assign(count, 0);
  shift_ = 64 - static_cast<unsigned>(std::countr_zero(count));
  links_max_ = count / 3 * 2;
}

void SeenLinks::begin(std::size_t expected) {
  links_.clear();
  links_.reserve(expected);
  crowded_.clear();
  size_slots(expected);
}

bool SeenLinks::probe(const Link& link, std::uint64_t hash) {
  const std::uint64_t word = word_of(hash);
  std::size_t slot = hash >> shift_;
  for (unsigned count = 0; count < kProbesMax; ++count) {
    const std::uint64_t held = slots_[slot];
    if (held == 0) {
      slots_[slot] = word;
      links_.push_back(link);
      return true;
    }
    if ((held ^ word) >> 32 == 0 && links_[(held & 0xffffffff) - 1] == link) return false;
    slot = (slot + 1) & (slots_.size() - 1);
  }
  // Nothing is ever taken out of a slot, so a link that once found its slots full finds them full again until grow().
  if (!crowded_.emplace(link, word).second) return false;
  links_.push_back(link);
  return true;
}

bool SeenLinks::place(std::uint64_t word) noexcept {
  std::size_t slot = word >> shift_;
  for (unsigned count = 0; count < kProbesMax; ++count) {
    if (slots_[slot] == 0) {
      slots_[slot] = word;
      return true;
    }
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return false;
}

void SeenLinks::grow() {
  const std::vector<std::uint64_t> old_slots = std::move(slots_);
  const std::map<Link, std::uint64_t> old_crowded = std::move(crowded_);
  crowded_.clear();
  size_slots(old_slots.size());
  const auto put = [this](std::uint64_t word) {
    if (!place(word)) crowded_.emplace(links_[(word & 0xffffffff) - 1], word);
  };
  for (const std::uint64_t word : old_slots)
    if (word != 0) put(word);
  for (const auto& [link, word] : old_crowded) put(word);
}

std::size_t SeenLinks::held_bytes() const noexcept {
  // A map node: its value, three pointers and a colour.
  constexpr std::size_t kNodeBytes = sizeof(std::pair<const Link, std::uint64_t>) + 4 * sizeof(void*);
  return links_.capacity() * sizeof(Link) + slots_.capacity() * sizeof(std::uint64_t) + crowded_.size() * kNodeBytes;
}

void SeenLinks::release() noexcept {
  // Assigning {} would keep the capacity.
  links_ = std::vector<Link>();
  slots_ = std::vector<std::uint64_t>();
  links_max_ = 0;
  crowded_.clear();
}

}  // namespace entail::reservoir
