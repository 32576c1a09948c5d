#include "policy/batch_limits.hpp"

#include <algorithm>

#include "context/tracestate.hpp"

namespace entail::policy {

namespace {

std::uint64_t randomness_of(const BatchItem* item) noexcept { return item->facts.randomness(item->id); }

}  // namespace

std::uint64_t take_batch(Bucket& bucket, std::vector<const BatchItem*> batch, std::int64_t now_ns) {
  const std::uint64_t budget = bucket.tokens.tokens(now_ns);
  const auto cost_of = [&](const BatchItem* item) { return item->facts.*bucket.amount; };
  // A trace that costs more than a full bucket never passes; it must not block the others.
  std::erase_if(batch, [&](const BatchItem* item) { return cost_of(item) > bucket.tokens.burst(); });
  std::ranges::stable_sort(batch, std::ranges::greater{}, randomness_of);
  std::uint64_t taken = 0;
  std::size_t kept = 0;
  while (kept < batch.size() && cost_of(batch[kept]) <= budget - taken) taken += cost_of(batch[kept++]);
  std::uint64_t threshold = 0;
  if (kept < batch.size()) {
    // A threshold cannot tell traces of equal randomness apart.
    const std::uint64_t refused = randomness_of(batch[kept]);
    while (kept > 0 && randomness_of(batch[kept - 1]) == refused) taken -= cost_of(batch[--kept]);
    threshold = kept == 0 ? context::kThresholdCount : refused + 1;
  }
  bucket.tokens.try_take(taken, now_ns);
  return threshold;
}

}  // namespace entail::policy
