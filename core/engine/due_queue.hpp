// Pending traces by deadline. A trace whose deadline is brought forward, or that is decided early, leaves its old entry
// behind; when such entries outnumber the others, they are swept out, so that the queue is bounded by what is pending.
// Thread rule: Confined (tick). Cost: amortised constant for each entry.
#pragma once

#include <cstdint>
#include <map>

#include "base/large_pages.hpp"
#include "propagate/record.hpp"

namespace entail::engine {

// Queues are swept when stale entries outnumber the live ones by far.
constexpr bool is_mostly_stale(std::uint64_t entry_count, std::uint64_t live_count) noexcept {
  constexpr std::uint64_t kStaleMax = 4096;
  return entry_count > 2 * live_count + kStaleMax;
}

class DueQueue {
 public:
  using RecordId = propagate::RecordId;

  void add(std::int64_t deadline_ns, RecordId id) {
    by_deadline_[deadline_ns].push_back(id);
    ++count_;
  }
  // f(deadline_ns, ids) for all deadlines up to `now_ns`, ascending; then they are gone.
  template <class F>
  void take_until(std::int64_t now_ns, F&& f) {
    for (auto entry = by_deadline_.begin(); entry != by_deadline_.end() && entry->first <= now_ns;) {
      f(entry->first, entry->second);
      count_ -= entry->second.size();
      entry = by_deadline_.erase(entry);
    }
  }
  // Keeps the entries for which is_live(deadline_ns, id), if there are many more than `live_count`.
  template <class F>
  void sweep(std::uint64_t live_count, F&& is_live) {
    if (!is_mostly_stale(count_, live_count)) return;
    for (auto entry = by_deadline_.begin(); entry != by_deadline_.end();) {
      base::LargeVector<RecordId> live;
      for (const RecordId id : entry->second)
        if (is_live(entry->first, id)) live.push_back(id);
      count_ -= entry->second.size() - live.size();
      entry->second = std::move(live);
      entry = entry->second.empty() ? by_deadline_.erase(entry) : std::next(entry);
    }
  }
  // Vectors have up to twice the room of their entries.
  std::uint64_t bytes() const noexcept {
    constexpr std::uint64_t kDeadlineBytes = 128;
    return count_ * 2 * sizeof(RecordId) + by_deadline_.size() * kDeadlineBytes;
  }

 private:
  std::map<std::int64_t, base::LargeVector<RecordId>> by_deadline_;
  std::uint64_t count_ = 0;
};

}  // namespace entail::engine
