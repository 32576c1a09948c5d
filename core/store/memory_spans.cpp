#include "store/memory_spans.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/check.hpp"
#include "base/large_pages.hpp"
#include "base/prefetch.hpp"
#include "store/generation.hpp"
#include "store/span_entry.hpp"

namespace entail::store {
namespace {

constexpr unsigned kSpansPrefetched = 8;    // of each slot
constexpr unsigned kBytesPrefetched = 512;  // of each span, with its entry: all of them together fit the first cache

HeldSpan view_of(const SpanEntry& entry) noexcept {
  return {entry.payload(), &*entry.scope, entry.truncated(), entry.link_count()};
}

// f(entry) may link the entry elsewhere.
template <class Entry, class F>
void for_each_entry(Entry* first, F&& f) {
  for (Entry* entry = first; entry != nullptr;) {
    Entry* const next = entry->next;
    f(*entry);
    entry = next;
  }
}

}  // namespace

void MemorySpans::take(SpanSlot& slot, TakenSpans& taken) {
  taken.parts_.push_back({&slot, slot.list_.take()});
  taken.has_unadopted_ |= taken.parts_.back().spans.was_touched;
}

void MemorySpans::put_back(TakenSpans& taken) {
  for (const TakenSpans::Part& part : taken.parts_)
    for_each_entry(part.spans.first,
                   [&](SpanEntry& entry) { part.slot->list_.put_back(&entry, entry.link_count() != 0); });
  taken.clear();
}

SpanTotals MemorySpans::count(const TakenSpans& taken) const {
  SpanTotals totals;
  for (const TakenSpans::Part& part : taken.parts_) {
    if (!part.spans.has_links && part.spans.is_counted()) {
      totals.spans += part.spans.count;
      continue;
    }
    for_each_entry(part.spans.first, [&](const SpanEntry& entry) {
      ++totals.spans;
      totals.links += entry.link_count();
    });
  }
  return totals;
}

void MemorySpans::visit(const TakenSpans& taken, const std::function<void(const HeldSpan&)>& f) const {
  for (const TakenSpans::Part& part : taken.parts_)
    for_each_entry(part.spans.first, [&](const SpanEntry& entry) { f(view_of(entry)); });
}

void MemorySpans::visit_truncated(const SpanSlot& slot, const std::function<void(const TruncatedSpan&)>& f) const {
  for_each_entry(slot.list_.first(), [&](const SpanEntry& entry) {
    if (entry.truncated() != nullptr) f(*entry.truncated());
  });
}

void MemorySpans::move(SpanSlot& from, SpanSlot& to, const std::function<void(TruncatedSpan&)>& f) {
  for_each_entry(from.list_.take().first, [&](SpanEntry& entry) {
    if (entry.truncated() != nullptr) f(*entry.truncated());
    to.list_.put_back(&entry, entry.link_count() != 0);
  });
}

// A node's spans lie apart, in the order of their arrival, and each says where the next is: one list after the other
// would be one cache miss after the other. So the lists of many nodes are walked side by side first.
void MemorySpans::prefetch(std::span<const SpanSlot* const> slots) const {
  ENTAIL_DCHECK(slots.size() <= kPrefetchedTogether);
  std::array<const SpanEntry*, kPrefetchedTogether> next{};
  const auto fetch = [](const SpanEntry* entry) {
    const auto* begin = reinterpret_cast<const std::byte*>(entry);
    for (unsigned at = 0; at < kBytesPrefetched; at += sync::kCacheLineBytes) base::prefetch(begin + at);
  };
  for (std::size_t i = 0; i < slots.size(); ++i) {
    next[i] = slots[i]->list_.first();
    if (next[i] != nullptr) fetch(next[i]);
  }
  for (unsigned span = 1; span < kSpansPrefetched; ++span) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (next[i] == nullptr) continue;
      next[i] = next[i]->next;
      if (next[i] != nullptr) fetch(next[i]);
    }
  }
}

void MemorySpans::hold(std::uint32_t generation) { ++holders_[generation]; }

void MemorySpans::release(std::uint32_t generation) {
  const auto holders = holders_.find(generation);
  if (--holders->second == 0) holders_.erase(holders);
}

void MemorySpans::reclaim(std::uint64_t lanes_generation) {
  const std::uint64_t held = holders_.empty() ? GenerationClock<>::kIdle : holders_.begin()->first;
  store_.reclaim(std::min(lanes_generation, held));
  store_.trim(bounds_.pooled_bytes_max);
  if (store_.heap_bytes_freed() <= bounds_.freed_heap_bytes_max) return;
  base::trim_heap();
  store_.heap_bytes_freed() = 0;
}

// Generations that a lane may still write to, or holds up, release nothing however many traces release theirs.
std::map<std::uint32_t, std::uint64_t> MemorySpans::bytes_by_generation(std::uint64_t lanes_generation) {
  std::map<std::uint32_t, std::uint64_t> bytes = store_.bytes_by_generation();
  constexpr std::uint64_t kLast = std::numeric_limits<std::uint32_t>::max();
  bytes.erase(bytes.lower_bound(static_cast<std::uint32_t>(std::min(lanes_generation, kLast))), bytes.end());
  return bytes;
}

std::uint64_t MemorySpans::account_bytes() const noexcept {
  constexpr std::uint64_t kMapNodeBytes = 64;
  return holders_.size() * kMapNodeBytes;
}

}  // namespace entail::store
