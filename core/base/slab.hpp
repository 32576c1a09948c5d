// Slab<T>: objects named by small numbers, in blocks that never move, with a free list. 0 names nothing.
// References stay valid until remove(). Growing copies nothing. Thread rule: Confined. Cost: two loads to find one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace entail::base {

template <class T>
class Slab {
 public:
  using Id = std::uint32_t;

  // A fresh T; throws std::bad_alloc.
  Id add() {
    if (!free_.empty()) {
      const Id id = free_.back();
      free_.pop_back();
      ++live_;
      return id;
    }
    if ((end_ >> kBlockBits) >= blocks_.size()) blocks_.push_back(std::make_unique<T[]>(kBlockCount));
    free_.reserve((blocks_.size() << kBlockBits) + 1);  // so that remove() never allocates
    ++live_;
    return end_++;
  }
  void remove(Id id) noexcept {
    (*this)[id] = T{};
    free_.push_back(id);
    --live_;
  }
  T& operator[](Id id) noexcept { return blocks_[id >> kBlockBits][id & (kBlockCount - 1)]; }
  const T& operator[](Id id) const noexcept { return blocks_[id >> kBlockBits][id & (kBlockCount - 1)]; }

  // Names ever handed out lie in [1, end()).
  Id end() const noexcept { return end_; }
  std::size_t live_count() const noexcept { return live_; }
  std::uint64_t live_bytes() const noexcept { return live_ * sizeof(T); }
  std::uint64_t bytes() const noexcept {
    return blocks_.size() * kBlockCount * sizeof(T) + free_.capacity() * sizeof(Id);
  }

 private:
  static constexpr unsigned kBlockBits = 12;
  static constexpr std::size_t kBlockCount = std::size_t{1} << kBlockBits;
  std::vector<std::unique_ptr<T[]>> blocks_;
  std::vector<Id> free_;
  Id end_ = 1;
  std::size_t live_ = 0;
};

}  // namespace entail::base
