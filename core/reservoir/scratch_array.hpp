// ScratchArray: memory for plain values that are written before they are read, on huge pages where there is much of it.
//
// A std::vector of a million links is paid for by a page fault a 4 KiB, and zeroes what is going to be overwritten.
// Thread rule: Confined. Cost: none but the system's; reserve() copies what it is told to keep.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace entail::reservoir {

template <class T>
class ScratchArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  // Room for at least `count` values, of which the first `kept` stay. Throws std::bad_alloc, and is then unchanged.
  void reserve(std::size_t count, std::size_t kept) {
    if (count <= capacity_) return;
    const std::size_t bytes = (count * sizeof(T) + kPageBytes - 1) / kPageBytes * kPageBytes;
    Memory memory(allocate(bytes), Free{bytes});
    if (kept != 0) std::memcpy(memory.get(), memory_.get(), kept * sizeof(T));
    memory_ = std::move(memory);
    capacity_ = bytes / sizeof(T);
  }
  T* data() noexcept { return memory_.get(); }
  T& operator[](std::size_t at) noexcept { return memory_.get()[at]; }
  const T& operator[](std::size_t at) const noexcept { return memory_.get()[at]; }
  std::size_t capacity() const noexcept { return capacity_; }
  std::size_t held_bytes() const noexcept { return capacity_ * sizeof(T); }
  void release() noexcept {
    memory_.reset();
    capacity_ = 0;
  }

 private:
  static constexpr std::size_t kPageBytes = 4096;
  static constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

  struct Free {
    std::size_t bytes = 0;
    void operator()(T* data) const noexcept { ::munmap(data, bytes); }
  };
  using Memory = std::unique_ptr<T, Free>;

  static T* allocate(std::size_t bytes) {
    void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
    // A wish: failure is no error.
    if (bytes >= 2 * kHugePageBytes) ::madvise(data, bytes, MADV_HUGEPAGE);
#endif
    return static_cast<T*>(data);
  }

  Memory memory_;
  std::size_t capacity_ = 0;
};

}  // namespace entail::reservoir
