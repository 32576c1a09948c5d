// BottomK: the k smallest groups of a set of links, and the first excluded key (G4: sort all keys, take k).
//
// The result is a pure function of the set of links added, whatever their order, repetition, or division into merged
// sketches: the ceiling is the k+1-st smallest key of the groups seen so far and only falls, so a link above it can
// neither be among the k nor be the first excluded one, now or later; and a sketch holds its k+1 smallest groups, which
// include all that it contributes to a union.
//
// Cost: one comparison for a link above the ceiling, which all but about (k+1) ln(n/k) of n links are in random order.
// A link below it costs a probe of a small table; each 3(k+1) new groups cost one nth_element over 4(k+1). In the worst
// order (keys falling all the time) that is a constant number of steps a link. Memory: at most 4(k+1) entries and
// 16(k+1) table slots, kept for the next span.
// Thread rule: Confined.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/check.hpp"
#include "base/random_seed.hpp"
#include "reservoir/link_key.hpp"

namespace entail::reservoir {

// Order: UniformOrder or ConsistentOrder (link_key.hpp).
template <class Order>
class BottomK {
 public:
  using Key = typename Order::Key;

  // Starts empty. REQUIRES k >= 1.
  void begin(std::uint32_t k) {
    ENTAIL_CHECK(k >= 1);
    k_ = k;
    ceiling_ = Order::kLast;
    links_.clear();
    slots_.assign(std::max<std::size_t>(slots_.size(), kSlotsMin), 0);
    settled_ = true;
  }

  void add(const Candidate& link) {
    if (Order::key(link) <= ceiling_) insert(link);
  }
  // A link with a larger key changes nothing, so the caller need not build a Candidate.
  const Key& ceiling() const noexcept { return ceiling_; }

  // Adds everything that the other has seen. REQUIRES the same k; keys that were made with the same seed.
  void merge(const BottomK& other) {
    ENTAIL_CHECK(k_ == other.k_);
    if (&other == this) return;
    for (const Candidate& link : other.links_) add(link);
  }

  // Sorts the result; more may be added afterwards.
  void settle() {
    if (settled_) return;
    if (links_.size() > held_max()) shrink();
    std::sort(links_.begin(), links_.end(), Order::before);
    index_links();
    settled_ = true;
  }

  // The k smallest, ascending, one link a group. REQUIRES that nothing was added since settle().
  std::span<const Candidate> members() const noexcept {
    ENTAIL_DCHECK(settled_);
    return {links_.data(), std::min<std::size_t>(links_.size(), k_)};
  }
  // The key of the k+1-st group, absent when there is none. REQUIRES that nothing was added since settle().
  std::optional<Key> first_excluded() const noexcept {
    ENTAIL_DCHECK(settled_);
    if (links_.size() <= k_) return std::nullopt;
    return Order::key(links_[k_]);
  }

  std::size_t held_bytes() const noexcept {
    return links_.capacity() * sizeof(Candidate) + slots_.capacity() * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::size_t kSlotsMin = 64;

  // The k and the first excluded one.
  std::size_t held_max() const noexcept { return std::size_t{k_} + 1; }

  void insert(const Candidate& link) {
    std::size_t slot = Order::group_hash(link, seed_) & (slots_.size() - 1);
    for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
      Candidate& held = links_[slots_[slot] - 1];
      if (!Order::same_group(held, link)) continue;
      if (!Order::before(link, held)) return;
      held = link;
      settled_ = false;
      return;
    }
    links_.push_back(link);
    slots_[slot] = static_cast<std::uint32_t>(links_.size());
    settled_ = false;
    if (links_.size() >= 4 * held_max()) {
      shrink();
      index_links();
    } else if (links_.size() * 2 > slots_.size()) {
      slots_.resize(slots_.size() * 2);
      index_links();
    }
  }

  // Drops all but the k+1 smallest. The caller indexes what is left.
  void shrink() {
    const auto last = links_.begin() + static_cast<std::ptrdiff_t>(k_);
    std::nth_element(links_.begin(), last, links_.end(), Order::before);
    links_.resize(held_max());
    ceiling_ = Order::key(links_[k_]);
  }

  void index_links() {
    std::fill(slots_.begin(), slots_.end(), 0);
    for (std::size_t i = 0; i < links_.size(); ++i) {
      std::size_t slot = Order::group_hash(links_[i], seed_) & (slots_.size() - 1);
      while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
      slots_[slot] = static_cast<std::uint32_t>(i + 1);
    }
  }

  std::uint64_t seed_ = base::random_seed();  // of group_hash, so that senders cannot choose links that collide
  std::uint32_t k_ = 1;
  Key ceiling_ = Order::kLast;
  bool settled_ = true;
  std::vector<Candidate> links_;      // one a group, in no order until settled
  std::vector<std::uint32_t> slots_;  // a power of two; position in links_ + 1, found by group_hash; 0 = empty
};

}  // namespace entail::reservoir
