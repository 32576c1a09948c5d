#include "graph/spare_windows.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace entail::graph {

bool SpareWindows::try_recycle(Window* window) noexcept {
  const std::uint64_t bytes = window->bytes();
  if (bytes > bytes_max_ - bytes_) return false;
  try {
    Spare spare{window, {}};
    window->add_touched(spare.touched);
    spares_.push_back(std::move(spare));
  } catch (const std::bad_alloc&) {
    return false;
  }
  bytes_ += bytes;
  return true;
}

void SpareWindows::scrub() noexcept {
  const auto spare = std::ranges::find_if(spares_, [](const Spare& kept) { return !kept.touched.empty(); });
  if (spare == spares_.end()) return;
  for (std::uint64_t left = std::max(kSliceBytes, spare->window->bytes() / kSliceCount);
       left != 0 && !spare->touched.empty();) {
    std::span<std::byte>& range = spare->touched.back();
    const std::uint64_t bytes = std::min<std::uint64_t>(left, range.size());
    std::memset(range.data(), 0, bytes);
    range = range.subspan(bytes);
    if (range.empty()) spare->touched.pop_back();
    left -= bytes;
  }
}

Window* SpareWindows::make(std::uint64_t sequence, std::uint64_t capacity) noexcept {
  auto best = spares_.end();
  for (auto spare = spares_.begin(); spare != spares_.end(); ++spare) {
    ++spare->passes;
    const std::uint64_t has = spare->window->capacity();
    if (!spare->touched.empty() || has < capacity || has > kCapacityTimesMax * capacity) continue;
    if (best == spares_.end() || has < best->window->capacity()) best = spare;
  }
  if (best == spares_.end()) return nullptr;
  Window* const window = best->window;
  bytes_ -= window->bytes();
  spares_.erase(best);
  return Window::make_again(window, sequence);
}

std::uint64_t SpareWindows::release_unwanted() noexcept {
  std::uint64_t bytes = 0;
  std::erase_if(spares_, [&](const Spare& spare) {
    if (spare.passes < kPassesMax) return false;
    bytes += spare.window->bytes();
    Window::destroy(spare.window);
    return true;
  });
  bytes_ -= bytes;
  return bytes;
}

std::uint64_t SpareWindows::release() noexcept {
  for (const Spare& spare : spares_) Window::destroy(spare.window);
  spares_.clear();
  return std::exchange(bytes_, 0);
}

}  // namespace entail::graph
