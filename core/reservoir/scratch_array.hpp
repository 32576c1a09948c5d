// ScratchArray: memory for plain values that are written before they are read. A std::vector would zero it first.
// Thread rule: Confined. Cost: large_pages.hpp; reserve() copies the first `kept` values.
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>

#include "base/large_pages.hpp"

namespace entail::reservoir {

template <class T>
class ScratchArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  ScratchArray() = default;
  ScratchArray(const ScratchArray&) = delete;
  ScratchArray& operator=(const ScratchArray&) = delete;
  ~ScratchArray() { release(); }

  // Room for at least `count` values, of which the first `kept` stay. Without memory it fails as operator new does, and
  // is then unchanged.
  void reserve(std::size_t count, std::size_t kept) {
    if (count <= capacity_) return;
    T* const data = base::LargePageAllocator<T>().allocate(count);
    if (kept != 0) std::memcpy(static_cast<void*>(data), data_, kept * sizeof(T));
    release();
    data_ = data;
    capacity_ = count;
  }
  T* data() noexcept { return data_; }
  T& operator[](std::size_t at) noexcept { return data_[at]; }
  const T& operator[](std::size_t at) const noexcept { return data_[at]; }
  std::size_t capacity() const noexcept { return capacity_; }
  std::size_t held_bytes() const noexcept { return capacity_ * sizeof(T); }
  void release() noexcept {
    if (data_ != nullptr) base::LargePageAllocator<T>().deallocate(data_, capacity_);
    data_ = nullptr;
    capacity_ = 0;
  }

 private:
  T* data_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace entail::reservoir
