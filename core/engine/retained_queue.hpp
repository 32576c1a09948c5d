// Retained traces, first dropped first, and by the end of their retention. With one window for all traces the two
// orders are one. A trace whose retention ends before that of one dropped earlier is in a second queue, too, by
// deadline. Entries whose trace is not retained any more are skipped, and removed when they outnumber the others.
// Thread rule: Confined (tick). Cost: amortised constant for each entry.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/page_queue.hpp"
#include "engine/due_queue.hpp"
#include "propagate/record.hpp"

namespace entail::engine {

class RetainedQueue {
 public:
  using RecordId = propagate::RecordId;

  void add(RecordId id, std::int64_t end_ns) {
    by_drop_.push_back({id, end_ns});
    if (end_ns < latest_end_ns_) early_.add(end_ns, id);
    latest_end_ns_ = std::max(latest_end_ns_, end_ns);
  }
  // The first dropped; 0: none. is_live(id, end_ns): it is retained, until then.
  template <class IsLive>
  RecordId first(IsLive&& is_live) {
    while (!by_drop_.empty() && !is_live(by_drop_.front().id, by_drop_.front().end_ns)) by_drop_.pop_front();
    return by_drop_.empty() ? 0 : by_drop_.front().id;
  }
  // REQUIRES that first() has found one.
  void pop_first() noexcept { by_drop_.pop_front(); }
  // Appends all whose retention has ended.
  template <class IsLive>
  void take_ended(std::int64_t now_ns, std::vector<RecordId>& ended, IsLive&& is_live) {
    for (; !by_drop_.empty() && by_drop_.front().end_ns <= now_ns; by_drop_.pop_front())
      if (is_live(by_drop_.front().id, by_drop_.front().end_ns)) ended.push_back(by_drop_.front().id);
    early_.take_until(now_ns, [&](std::int64_t end_ns, const auto& ids) {
      for (const RecordId id : ids)
        if (is_live(id, end_ns)) ended.push_back(id);
    });
  }
  // f(id) for each, first dropped first, while it returns true. False: it did not.
  template <class IsLive, class F>
  bool for_each_while(IsLive&& is_live, F&& f) const {
    for (std::size_t i = 0; i < by_drop_.size(); ++i)
      if (is_live(by_drop_[i].id, by_drop_[i].end_ns) && !f(by_drop_[i].id)) return false;
    return true;
  }
  template <class IsLive>
  void sweep(std::uint64_t live_count, IsLive&& is_live) {
    if (is_mostly_stale(by_drop_.size(), live_count))
      by_drop_.erase_if([&](const Entry& entry) { return !is_live(entry.id, entry.end_ns); });
    early_.sweep(live_count, [&](std::int64_t end_ns, RecordId id) { return is_live(id, end_ns); });
  }
  std::uint64_t bytes() const noexcept { return by_drop_.bytes() + early_.bytes(); }

 private:
  struct Entry {
    RecordId id;
    std::int64_t end_ns;
  };
  base::PageQueue<Entry> by_drop_;
  DueQueue early_;
  std::int64_t latest_end_ns_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace entail::engine
