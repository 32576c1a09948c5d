// From (digest, owner) to an index: which resource, or which scope of a resource, has these bytes. Open addressing, at
// most half full. A digest has no seed, so senders can find resources whose digests agree in some bits; the slot of a
// digest depends on a secret seed. Thread rule: Confined. Cost: usually one probe. Memory: 64 bytes an entry, kept by
// clear().
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/random_seed.hpp"

namespace entail::emit {

class DigestTable {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  // kNone if absent.
  std::uint32_t find(base::Digest digest, std::uint32_t owner) const noexcept {
    return slots_.empty() ? kNone : slots_[probe(digest, owner)].index;
  }

  // REQUIRES that the key is absent and index is not kNone.
  void insert(base::Digest digest, std::uint32_t owner, std::uint32_t index) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    slots_[probe(digest, owner)] = {digest, owner, index};
    ++count_;
  }

  void clear() noexcept {
    if (count_ != 0) slots_.assign(slots_.size(), Slot{});
    count_ = 0;
  }

 private:
  struct Slot {
    base::Digest digest;
    std::uint32_t owner = 0;
    std::uint32_t index = kNone;
  };

  // The key's slot, or the free slot for it. REQUIRES a free slot.
  std::size_t probe(base::Digest digest, std::uint32_t owner) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = base::table_hash({digest.low, digest.high ^ owner}, seed_) & mask;
    while (slots_[at].index != kNone && (slots_[at].digest != digest || slots_[at].owner != owner))
      at = (at + 1) & mask;
    return at;
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : 2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.index != kNone) slots_[probe(slot.digest, slot.owner)] = slot;
    }
  }

  std::uint64_t seed_ = base::random_seed();
  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace entail::emit
