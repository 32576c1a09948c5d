#include "graph/forwarding.hpp"

#include <algorithm>

namespace entail::graph {

std::size_t Forwarding::at_least(std::uint64_t sequence) const noexcept {
  const auto found =
      std::lower_bound(closed_.begin(), closed_.end(), sequence,
                       [](const Closed& window, std::uint64_t wanted) { return window.sequence < wanted; });
  return static_cast<std::size_t>(found - closed_.begin());
}

void Forwarding::open(std::uint64_t sequence) {
  closed_.emplace(closed_.begin() + static_cast<std::ptrdiff_t>(at_least(sequence)))->sequence = sequence;
  closing_sequence_ = sequence;
}

void Forwarding::put(base::LargeVector<Entry>& table, std::uint32_t offset, std::uint64_t target) const noexcept {
  const std::size_t mask = table.size() - 1;
  std::size_t i = start(offset, mask);
  while (table[i].offset != 0 && table[i].offset != offset) i = (i + 1) & mask;
  table[i] = {offset, target};
}

void Forwarding::add(std::uint32_t offset, EdgeCell target) {
  Closed& window = closed_[at_least(closing_sequence_)];
  if (2 * (window.count + 1) > window.table.size()) {
    constexpr std::size_t kSizeMin = 16;
    base::LargeVector<Entry> larger(std::max(kSizeMin, 2 * window.table.size()));
    for (const Entry& entry : window.table)
      if (entry.offset != 0) put(larger, entry.offset, entry.target);
    bytes_ += (larger.size() - window.table.size()) * sizeof(Entry);
    window.table = std::move(larger);
  }
  put(window.table, offset, target.word);
  ++window.count;
}

void Forwarding::close(std::uint64_t newest_sequence) noexcept {
  const auto window = closed_.begin() + static_cast<std::ptrdiff_t>(at_least(closing_sequence_));
  if (window->count == 0)
    closed_.erase(window);
  else
    window->needed_until = newest_sequence;
}

EdgeCell Forwarding::find(EdgeCell cell) const noexcept {
  if (closed_.empty()) return {};
  // A cell has the low 16 bits of a sequence number; the windows here are less than 2^16 apart.
  const std::uint64_t first = closed_.front().sequence;
  const std::uint64_t sequence = first + static_cast<std::uint16_t>(cell.sequence() - first);
  const std::size_t at = at_least(sequence);
  if (at == closed_.size() || closed_[at].sequence != sequence || closed_[at].table.empty()) return {};
  const base::LargeVector<Entry>& table = closed_[at].table;
  const std::size_t mask = table.size() - 1;
  for (std::size_t i = start(cell.offset(), mask); table[i].offset != 0; i = (i + 1) & mask)
    if (table[i].offset == cell.offset()) return {table[i].target};
  return {};
}

void Forwarding::prune(std::uint64_t oldest_live_sequence) noexcept {
  std::erase_if(closed_, [&](const Closed& window) {
    if (window.needed_until >= oldest_live_sequence) return false;
    bytes_ -= window.table.size() * sizeof(Entry);
    return true;
  });
}

}  // namespace entail::graph
