#include "engine/release_plan.hpp"

#include <utility>

namespace entail::engine {

void ReleasePlan::add_window(unsigned slot, const WindowLoad& load) noexcept {
  windows_[slot] = {load, false};
  count(windows_[slot]);
}

std::uint64_t ReleasePlan::released_by(const WindowLoad& load) noexcept {
  if (load.node_count == 0) return 0;
  return load.bytes / load.node_count * (load.node_count - std::min(load.node_count, load.holding_count)) +
         (load.record_count - load.holding_count) * kRecordBytes;
}

void ReleasePlan::count(Window& window) noexcept {
  const WindowLoad& load = window.load;
  if (load.node_count == 0 || window.counted || !is_worth_closing(load, urgent_)) return;
  window.counted = true;
  released_ += released_by(load);
}

void ReleasePlan::set_generations(std::map<std::uint32_t, std::uint64_t> bytes,
                                  std::map<std::uint32_t, std::uint64_t> holders) {
  bytes_ = std::move(bytes);
  holders_ = std::move(holders);
  release_generations();
}

void ReleasePlan::release_generations() noexcept {
  for (auto next = bytes_.begin(); next != bytes_.end() && (holders_.empty() || next->first < holders_.begin()->first);
       next = bytes_.erase(next))
    released_ += next->second;
}

void ReleasePlan::evict(unsigned slot, std::uint32_t generation) noexcept {
  Window& window = windows_[slot];
  --window.load.holding_count;
  if (window.counted) {
    released_ += window.load.bytes / window.load.node_count + kRecordBytes;
  } else {
    count(window);
  }
  const auto holder = holders_.find(generation);
  if (holder == holders_.end() || --holder->second != 0) return;
  const bool was_first = holder == holders_.begin();
  holders_.erase(holder);
  if (was_first) release_generations();
}

}  // namespace entail::engine
