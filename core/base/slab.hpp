// Slab<T>: objects with small integer IDs, in blocks that never move. 0 is no ID. References stay valid until remove();
// IDs are reused. Growing copies nothing. Thread rule: Confined.
// Memory: a new object goes into the lowest block with room. An empty block is returned to the system, except one for
// every eight in use, so that ticks that remove and add equally many objects make no system calls. A slab shrinks as
// far as the remaining objects allow: a single one keeps its block of 4096.
// Cost: two loads to find an object; about 5 ns for add() and remove(); add() may skip a word for each 2^18 objects.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/large_pages.hpp"

namespace entail::base {

template <class T>
class Slab {
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__ || sizeof(T) >= 64);  // such a block is page-aligned

 public:
  using Id = std::uint32_t;
  static constexpr std::size_t kBlockCount = std::size_t{1} << 12;
  // The number of the block of an object, for data kept per block elsewhere.
  static constexpr std::size_t block_of(Id id) noexcept { return id / kBlockCount; }

  Slab() = default;
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab() {
    for (Block& block : blocks_)
      if (block.objects != nullptr) free_block(block);
  }

  // Adds a default T. Throws std::bad_alloc without any change.
  Id add() {
    const std::size_t at = block_with_room();
    if (blocks_[at].objects == nullptr) make_block(at);
    Block& block = blocks_[at];
    if (block.live_count == 0 && at != 0) use_empty(at);
    const auto at_word = static_cast<std::size_t>(std::countr_zero(block.word_bits));
    std::uint64_t& word = block.free_bits[at_word];
    const std::size_t place = at_word * 64 + static_cast<std::size_t>(std::countr_zero(word));
    word &= word - 1;
    if (word == 0) block.word_bits &= block.word_bits - 1;
    if (++block.live_count == capacity(at)) room_bits_[at / 64] &= ~bit(at);
    ++live_;
    return static_cast<Id>(at * kBlockCount + place);
  }
  // REQUIRES that the object exists.
  void remove(Id id) noexcept {
    (*this)[id] = T{};
    const std::size_t at = block_of(id);
    Block& block = blocks_[at];
    const std::size_t word = id % kBlockCount / 64;
    block.free_bits[word] |= bit(id);
    block.word_bits |= bit(word);
    room_bits_[at / 64] |= bit(at);
    first_room_ = std::min(first_room_, at / 64);
    --live_;
    // The first block stays, so that a slab in occasional use does not allocate it again and again.
    if (--block.live_count == 0 && at != 0) retain_or_free(at);
  }
  T& operator[](Id id) noexcept { return blocks_[id / kBlockCount].objects[id % kBlockCount]; }
  const T& operator[](Id id) const noexcept { return blocks_[id / kBlockCount].objects[id % kBlockCount]; }

  // For an ID that add() returned at some time: nullptr if its block was returned to the system, else the object, or a
  // default T{} if it was removed.
  const T* find(Id id) const noexcept {
    const Block& block = blocks_[block_of(id)];
    return block.objects == nullptr ? nullptr : &block.objects[id % kBlockCount];
  }
  // Calls f(Id) for every object. f must not add or remove any.
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t at = 0; at < blocks_.size(); ++at) {
      if (blocks_[at].live_count == 0) continue;
      for (std::size_t place = at == 0 ? 1 : 0; place < kBlockCount; ++place)
        if ((blocks_[at].free_bits[place / 64] & bit(place)) == 0) f(static_cast<Id>(at * kBlockCount + place));
    }
  }

  // REQUIRES that the block has had an object.
  bool has_objects(std::size_t block) const noexcept { return blocks_[block].live_count != 0; }
  std::size_t live_count() const noexcept { return live_; }
  // All memory allocated.
  std::uint64_t bytes() const noexcept {
    return block_count_ * kBlockBytes + blocks_.capacity() * sizeof(Block) +
           room_bits_.capacity() * sizeof(std::uint64_t) + empty_.capacity() * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::size_t kWords = kBlockCount / 64;
  static_assert(kWords == 64);  // one bit each in Block::word_bits
  static constexpr std::size_t kUsedPerEmpty = 8;
  using Allocator = LargePageAllocator<T>;
  static constexpr std::uint64_t kBlockBytes = Allocator::bytes_for(kBlockCount) + kWords * sizeof(std::uint64_t);

  struct Block {
    T* objects = nullptr;  // all constructed
    std::unique_ptr<std::uint64_t[]> free_bits;
    std::uint64_t word_bits = 0;  // which words of free_bits are not zero
    std::uint32_t live_count = 0;
    std::uint32_t empty_place = 0;  // index in empty_
  };

  static constexpr std::uint64_t bit(std::size_t number) noexcept { return std::uint64_t{1} << (number % 64); }
  // 0 is no ID.
  static constexpr std::size_t capacity(std::size_t block) noexcept {
    return block == 0 ? kBlockCount - 1 : kBlockCount;
  }

  // The lowest block with room, which may have to be allocated.
  std::size_t block_with_room() {
    while (first_room_ < room_bits_.size() && room_bits_[first_room_] == 0) ++first_room_;
    if (first_room_ < room_bits_.size())
      return first_room_ * 64 + static_cast<std::size_t>(std::countr_zero(room_bits_[first_room_]));
    blocks_.resize(blocks_.size() + 64);
    room_bits_.push_back(~std::uint64_t{0});
    return first_room_ * 64;
  }
  void make_block(std::size_t at) {
    if (!empty_.empty()) {
      const std::uint32_t other = empty_.back();  // a higher one: this one is the lowest with room
      std::swap(blocks_[at].objects, blocks_[other].objects);
      std::swap(blocks_[at].free_bits, blocks_[other].free_bits);
      blocks_[at].word_bits = ~std::uint64_t{0};
      blocks_[at].empty_place = blocks_[other].empty_place;
      empty_.back() = static_cast<std::uint32_t>(at);
      return;
    }
    empty_.reserve(block_count_ / kUsedPerEmpty + 3);  // so that remove() never allocates
    auto bits = std::make_unique<std::uint64_t[]>(kWords);
    Block& block = blocks_[at];
    block.objects = Allocator().allocate(kBlockCount);
    std::uninitialized_value_construct_n(block.objects, kBlockCount);
    std::fill_n(bits.get(), kWords, ~std::uint64_t{0});
    if (at == 0) bits[0] &= ~std::uint64_t{1};
    block.free_bits = std::move(bits);
    block.word_bits = ~std::uint64_t{0};
    ++block_count_;
    if (at != 0) add_empty(at);
  }
  void add_empty(std::size_t at) noexcept {
    blocks_[at].empty_place = static_cast<std::uint32_t>(empty_.size());
    empty_.push_back(static_cast<std::uint32_t>(at));
  }
  void use_empty(std::size_t at) noexcept {
    const std::uint32_t place = blocks_[at].empty_place;
    empty_[place] = empty_.back();
    blocks_[empty_[place]].empty_place = place;
    empty_.pop_back();
  }
  void retain_or_free(std::size_t at) noexcept {
    add_empty(at);
    while (empty_.size() > 1 + (block_count_ - empty_.size()) / kUsedPerEmpty) {
      free_block(blocks_[empty_.back()]);
      empty_.pop_back();
    }
  }
  void free_block(Block& block) noexcept {
    std::destroy_n(block.objects, kBlockCount);
    Allocator().deallocate(std::exchange(block.objects, nullptr), kBlockCount);
    block.free_bits.reset();
    --block_count_;
  }

  std::vector<Block> blocks_;
  std::vector<std::uint64_t> room_bits_;  // one bit per block: not full, or not allocated
  std::size_t first_room_ = 0;            // all earlier words of room_bits_ are zero
  std::size_t block_count_ = 0;           // blocks that have memory
  std::vector<std::uint32_t> empty_;      // blocks with memory and no object, except the first
  std::size_t live_ = 0;
};

}  // namespace entail::base
