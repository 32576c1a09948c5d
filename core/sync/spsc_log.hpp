// A log from one producer to one consumer: the lane's holder pushes, the ticking thread drains.
//
// Each entry is drained once, in the order of push(), and is visible to the consumer from push() on. push() cannot
// fail: reserve() allocates beforehand. Memory: what is not drained yet, plus the room reserved, plus one spare chunk;
// chunks never written cost no pages.
//
// Thread rule: Protocol spsc_log. Cost: push one release store (a plain store on x86); drain one load a chunk.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <type_traits>

#include "base/check.hpp"
#include "base/large_pages.hpp"
#include "sync/atomic.hpp"

namespace entail::sync {

struct SpscLogOrders {
  static constexpr auto own = std::memory_order_relaxed;      // the producer reads back its own counter
  static constexpr auto publish = std::memory_order_release;  // of entries by the counter, of chunks by next
  static constexpr auto observe = std::memory_order_acquire;  // pairs with publish
};

// PROTOCOL spsc_log: entries in chunks, chunks in a list.
//   words    chunk.filled_count, chunk.next      plain  chunk.items[i]
//   producer P1 if the last chunk is full: last.next.store(spare, publish); last = spare
//            P2 items[n] = entry    P3 filled_count.store(n + 1, publish)
//   consumer C1 n = filled_count.load(observe); take items[taken, n)
//            C2 if the chunk is full and all taken: next.load(observe); not null: free the chunk, continue with next
//   S1  items below filled_count are complete and never change.
//   S2  the producer does not access a chunk again after P1 linked the next one, so C2 may free it.
//   progress  wait-free both.
//   proved by tests/interleave/spsc_log_test.cpp (chunks of 1, exhaustive); mutant publish=relaxed must fail.
template <class T, class Sync = HardwareSync, class Orders = SpscLogOrders, std::uint64_t kChunkItems = 1024>
class SpscLog {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  SpscLog() = default;
  SpscLog(const SpscLog&) = delete;
  SpscLog& operator=(const SpscLog&) = delete;
  ~SpscLog() {
    while (first_ != nullptr) {
      Chunk* next = first_->next.load(Orders::observe);
      free_chunk(first_);
      first_ = next;
    }
    free_chunk(spare_);
  }

  // Producer. Makes room for that many push() calls. False: out of memory; entries pushed before are kept.
  bool reserve(std::uint64_t entries) noexcept {
    const std::uint64_t left = last_->capacity - last_->filled_count.load(Orders::own);
    if (left + (spare_ == nullptr ? 0 : spare_->capacity) >= entries) return true;
    Chunk* larger = make_chunk(std::max(entries - left, kChunkItems));
    if (larger == nullptr) return false;
    free_chunk(spare_);
    spare_ = larger;
    return true;
  }

  // Producer. REQUIRES room from reserve().
  void push(T entry) noexcept {
    std::uint64_t filled = last_->filled_count.load(Orders::own);
    if (filled == last_->capacity) {
      ENTAIL_CHECK(spare_ != nullptr);
      last_->next.store(spare_, Orders::publish);
      last_ = spare_;
      spare_ = nullptr;
      filled = 0;
    }
    last_->items[filled].set(entry);
    last_->filled_count.store(filled + 1, Orders::publish);
  }

  // Consumer. Calls f(T) for every entry pushed so far. f may not drain the same log. An exception from f passes
  // through, and the next drain repeats the entry.
  template <class F>
  void drain(F&& f) {
    for (;;) {
      const std::uint64_t filled = first_->filled_count.load(Orders::observe);
      for (; taken_ < filled; ++taken_) f(first_->items[taken_].get());
      if (filled < first_->capacity) return;
      Chunk* next = first_->next.load(Orders::observe);
      if (next == nullptr) return;
      free_chunk(first_);
      first_ = next;
      taken_ = 0;
    }
  }

 private:
  using Item = typename Sync::template Plain<T>;
  struct Chunk {
    typename Sync::template Atomic<Chunk*> next{nullptr};
    typename Sync::template Atomic<std::uint64_t> filled_count{0};
    std::uint64_t capacity = 0;
    Item* items = nullptr;
  };

  static Chunk* make_chunk(std::uint64_t capacity) noexcept {
    const std::uint64_t size = sizeof(Chunk) + capacity * sizeof(Item);
    void* bytes = has_pages(capacity) ? base::map_pages(size, false) : std::malloc(size);
    if (bytes == nullptr) return nullptr;
    static_assert(sizeof(Chunk) % alignof(Item) == 0 && alignof(Chunk) <= alignof(std::max_align_t));
    auto* chunk = std::construct_at(static_cast<Chunk*>(bytes));
    chunk->capacity = capacity;
    chunk->items = reinterpret_cast<Item*>(chunk + 1);
    if constexpr (!std::is_trivially_default_constructible_v<Item>)  // the model's; else the pages stay untouched
      for (std::uint64_t i = 0; i < capacity; ++i) std::construct_at(&chunk->items[i]);
    return chunk;
  }
  void free_chunk(Chunk* chunk) noexcept {
    if (chunk == nullptr || chunk == &origin_) return;
    if constexpr (!std::is_trivially_destructible_v<Item>) std::destroy_n(chunk->items, chunk->capacity);
    const std::uint64_t capacity = chunk->capacity;
    std::destroy_at(chunk);
    if (has_pages(capacity))
      base::unmap_pages(chunk, sizeof(Chunk) + capacity * sizeof(Item));
    else
      std::free(chunk);
  }
  // Memory that a large request reserved is freed at once; little of it was written.
  static constexpr bool has_pages(std::uint64_t capacity) noexcept {
    constexpr std::uint64_t kPagesFrom = 64 << 10;
    return capacity * sizeof(Item) >= kPagesFrom;
  }

  Chunk origin_;            // full from the start with no items, so that both ends have a chunk
  Chunk* last_ = &origin_;  // producer
  Chunk* spare_ = nullptr;  // producer
  alignas(kCacheLineBytes) Chunk* first_ = &origin_;  // consumer
  std::uint64_t taken_ = 0;                           // consumer
};

}  // namespace entail::sync
