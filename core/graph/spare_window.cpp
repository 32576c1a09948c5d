#include "graph/spare_window.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace entail::graph {

bool SpareWindow::try_keep(Window* window) noexcept {
  if (window_ != nullptr || window->bytes() > bytes_max_) return false;
  try {
    touched_.clear();
    window->add_touched(touched_);
  } catch (const std::bad_alloc&) {
    return false;
  }
  window_ = window;
  slice_bytes_ = std::max(kSliceBytes, window->bytes() / kSliceCount);
  return true;
}

void SpareWindow::scrub() noexcept {
  for (std::uint64_t left = slice_bytes_; left != 0 && !touched_.empty();) {
    std::span<std::byte>& range = touched_.back();
    const std::uint64_t bytes = std::min<std::uint64_t>(left, range.size());
    std::memset(range.data(), 0, bytes);
    range = range.subspan(bytes);
    if (range.empty()) touched_.pop_back();
    left -= bytes;
  }
}

Window* SpareWindow::make(std::uint64_t sequence, std::uint64_t capacity) noexcept {
  if (window_ == nullptr || !touched_.empty()) return nullptr;
  if (window_->capacity() < capacity || window_->capacity() > kCapacityTimesMax * capacity) return nullptr;
  return Window::make_again(std::exchange(window_, nullptr), sequence);
}

std::uint64_t SpareWindow::release() noexcept {
  if (window_ == nullptr) return 0;
  const std::uint64_t bytes = window_->bytes();
  touched_.clear();
  Window::destroy(std::exchange(window_, nullptr));
  return bytes;
}

}  // namespace entail::graph
