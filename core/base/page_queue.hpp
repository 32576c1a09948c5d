// PageQueue<T>: a FIFO queue of plain values in page-sized chunks, each returned to the system as soon as it is empty.
// So a queue that was long costs nothing once it is short again, and an empty one almost nothing.
// References are valid until the next push_back(), pop_front() or erase_if().
// Thread rule: Confined. Cost: about 2 ns for push and pop, and a system call per kChunkCount. Memory: bytes().
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/large_pages.hpp"

namespace entail::base {

template <class T>
class PageQueue {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 1024);
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

 public:
  static constexpr std::size_t kChunkBytes = std::size_t{64} << 10;
  static constexpr std::size_t kChunkCount = kChunkBytes / sizeof(T);
  // A queue that stays short needs no page of its own.
  static constexpr std::size_t kSmallCount = 1024 / sizeof(T);

  PageQueue() = default;
  PageQueue(const PageQueue&) = delete;
  PageQueue& operator=(const PageQueue&) = delete;
  ~PageQueue() { clear(); }

  // Throws std::bad_alloc without any change.
  void push_back(const T& value) {
    const T copy = value;  // it may be an element of the queue
    if (front_ + size_ == room()) make_room();
    new (place(front_ + size_)) T(copy);
    ++size_;
  }
  // REQUIRES !empty().
  T& front() noexcept { return *place(front_); }
  const T& front() const noexcept { return *place(front_); }
  void pop_front() noexcept {
    ++front_;
    --size_;
    if (size_ == 0) {
      become_empty();
    } else if (front_ == kChunkCount) {
      unmap_pages(chunks_[first_chunk_], kChunkBytes);
      front_ = 0;
      ++first_chunk_;
      forget_chunks();
    }
  }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  // The i-th oldest, from 0 for the front. REQUIRES i < size().
  T& operator[](std::size_t i) noexcept { return *place(front_ + i); }
  const T& operator[](std::size_t i) const noexcept { return *place(front_ + i); }
  // Calls f(T&) for every element, from the front. f must not modify the queue.
  template <class F>
  void for_each(F&& f) {
    for (std::size_t i = 0; i < size_; ++i) f((*this)[i]);
  }

  // Removes the elements for which predicate(const T&) is true, keeping the order of the others. Returns their number.
  template <class Predicate>
  std::size_t erase_if(Predicate&& predicate) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      const T value = (*this)[i];
      if (predicate(value)) continue;
      if (kept != i) (*this)[kept] = value;
      ++kept;
    }
    const std::size_t gone = std::exchange(size_, kept) - kept;
    if (size_ == 0) {
      become_empty();
    } else if (small_ == nullptr) {
      const std::size_t needed = first_chunk_ + (front_ + size_ + kChunkCount - 1) / kChunkCount;
      for (; chunks_.size() > needed; chunks_.pop_back()) unmap_pages(chunks_.back(), kChunkBytes);
    }
    return gone;
  }
  // Frees all memory.
  void clear() noexcept {
    for (std::size_t i = first_chunk_; i < chunks_.size(); ++i) unmap_pages(chunks_[i], kChunkBytes);
    std::vector<T*>().swap(chunks_);
    ::operator delete(std::exchange(small_, nullptr));
    first_chunk_ = front_ = size_ = 0;
  }

  // All memory allocated.
  std::uint64_t bytes() const noexcept {
    return (chunks_.size() - first_chunk_) * kChunkBytes + chunks_.capacity() * sizeof(T*) +
           (small_ == nullptr ? 0 : kSmallCount * sizeof(T));
  }

 private:
  T* place(std::size_t at) const noexcept {
    return small_ != nullptr ? small_ + at : chunks_[first_chunk_ + at / kChunkCount] + at % kChunkCount;
  }
  // An index that counts from the start of the first chunk.
  std::size_t room() const noexcept {
    return small_ != nullptr ? kSmallCount : (chunks_.size() - first_chunk_) * kChunkCount;
  }
  void make_room() {
    if (small_ == nullptr && chunks_.empty()) {
      small_ = static_cast<T*>(::operator new(kSmallCount * sizeof(T)));
    } else if (small_ != nullptr && size_ <= kSmallCount / 2) {
      std::memmove(static_cast<void*>(small_), small_ + front_, size_ * sizeof(T));
      front_ = 0;
    } else {
      if (chunks_.size() == chunks_.capacity()) chunks_.reserve(2 * chunks_.size() + 4);
      auto* const chunk = static_cast<T*>(allocate_pages(kChunkBytes));
      if (small_ != nullptr) {
        std::memcpy(static_cast<void*>(chunk), small_ + front_, size_ * sizeof(T));
        ::operator delete(std::exchange(small_, nullptr));
        front_ = 0;
      }
      chunks_.push_back(chunk);
    }
  }
  // A short queue keeps its memory, because it becomes empty again and again.
  void become_empty() noexcept {
    front_ = 0;
    if (small_ == nullptr) clear();
  }
  // The directory is compacted when half of it is unused.
  void forget_chunks() noexcept {
    if (first_chunk_ * 2 < chunks_.size()) return;
    chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(first_chunk_));
    first_chunk_ = 0;
  }

  T* small_ = nullptr;  // used instead of chunks while the queue is short
  std::vector<T*> chunks_;
  std::size_t first_chunk_ = 0;  // earlier ones are freed
  std::size_t front_ = 0;        // index of the oldest, from the start of the first chunk
  std::size_t size_ = 0;
};

}  // namespace entail::base
