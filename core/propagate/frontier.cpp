#include "propagate/frontier.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/random_seed.hpp"

namespace entail::propagate {
namespace {

constexpr std::size_t kSlotsFirst = 16;

// Multiply-shift hashing: with a random factor any two names collide with a probability of at most 2 / slot count.
std::uint64_t factor() noexcept {
  static const std::uint64_t drawn = base::random_seed() | 1;
  return drawn;
}

}  // namespace

// The name's slot, or the free slot for it. REQUIRES a free slot.
std::size_t NameSet::slot_of(std::uint64_t name) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = static_cast<std::size_t>((name * factor()) >> (64 - std::countr_zero(slots_.size())));
  while (slots_[at] != 0 && slots_[at] != name) at = (at + 1) & mask;
  return at;
}

bool NameSet::contains(std::uint64_t name) const noexcept {
  if (name == 0) return has_zero_;
  return !slots_.empty() && slots_[slot_of(name)] != 0;
}

bool NameSet::insert(std::uint64_t name) {
  if (contains(name)) return false;
  if (2 * (count_ + 1) > slots_.size()) grow();
  if (name == 0)
    has_zero_ = true;
  else
    slots_[slot_of(name)] = name;
  ++count_;
  return true;
}

void NameSet::grow() {
  NameSet larger;
  larger.slots_.resize(std::max(kSlotsFirst, 2 * slots_.size()));
  for (const std::uint64_t name : slots_)
    if (name != 0) larger.slots_[larger.slot_of(name)] = name;
  slots_.swap(larger.slots_);
}

std::uint64_t NameCount::add(std::uint64_t name) {
  const auto place = std::lower_bound(smallest_.begin(), smallest_.end(), name);
  if (place != smallest_.end() && *place == name) return 0;
  std::uint64_t count = count_ + 1;
  if (smallest_.size() < kExactMax) {
    smallest_.insert(place, name);
  } else {
    if (place != smallest_.end()) {
      std::move_backward(place, smallest_.end() - 1, smallest_.end());
      *place = name;
    }
    // The first name that does not fit is known to be new; later ones only if they are below the largest kept.
    count = std::max(count_ == kExactMax ? count : count_, estimate());
  }
  return count - std::exchange(count_, count);
}

// Of n uniform names in [0, 2^64) the k-th smallest lies near k / n of the range; k - 1 makes the estimate unbiased.
std::uint64_t NameCount::estimate() const noexcept {
  constexpr double kRange = 18446744073709551616.0;
  const double share = (static_cast<double>(smallest_.back()) + 1) / kRange;
  return static_cast<std::uint64_t>(static_cast<double>(kExactMax - 1) / share);
}

}  // namespace entail::propagate
