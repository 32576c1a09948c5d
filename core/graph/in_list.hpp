// The in-edges of a node: the first inline in its row, more in chunks of a cache line, many at once in blocks.
//
// Order among edges: none promised. A cell that reads 0 is not yet written: skip it; its writer will see the node's
// reach if a keep left meanwhile (PROTOCOL late_edge).
#pragma once

#include <cstdint>
#include <span>

#include "base/prefetch.hpp"
#include "graph/late_edge.hpp"
#include "sync/atomic.hpp"

namespace entail::graph {

struct InListOrders : LateEdgeOrders {
  static constexpr auto peek = std::memory_order_relaxed;  // a guess that saves an RMW; the RMW decides
  static constexpr auto fill = std::memory_order_relaxed;  // into a chunk that is unreachable before `publish`
};

// The header before the cells of a chunk or block. 8 bytes; they never change once it is reachable.
template <class Sync = sync::HardwareSync>
struct InChunk {
  typename Sync::template Plain<std::uint32_t> next;      // the chunk behind this one, 0 = last
  typename Sync::template Plain<std::uint32_t> capacity;  // cells
};

// PROTOCOL in_append: how an edge becomes visible at the node it points to.
//   words    first (the inline cell), head (offset of the newest chunk), cells[i]: 0 until written once
//   plain    chunk.next, chunk.capacity
//   append   A1  first.load(peek) == 0: first.compare_exchange(0 -> cell, publish); won: done
//            A2  h = head.load(observe); h != 0 and h is no block, for each i with cells[i].load(peek) == 0:
//            A3    cells[i].compare_exchange(0 -> cell, publish); won: done; lost: the next i
//            A4  else a new chunk: next = h, capacity, cells[0] = cell (fill), the others are 0; the first chunk of a
//                node is a small one, since most nodes have few in-edges
//            A5    head.compare_exchange(h -> new, publish, observe); won: done; lost: keep the chunk, from A2
//   block    B1  a full chunk of its own size: cells (fill)    B2 as A5, until it is won
//   read     R1  first.load(observe)    R2 h = head.load(observe), then by next: cells[i].load(observe); skip 0
//   C1  a cell has one writer (A1, A3: one CAS from 0 is won; A4: not yet reachable), and is written once.
//   C2  a reachable chunk is complete but for cells that are 0. Every A5 is a release, and an RMW of the release
//       sequences of all earlier ones: a thread that has loaded head may read next and capacity of the whole chain.
//   progress  lock-free: A3 is lost only when another edge went in, and so is A5: then A3 will find room but for other
//       writers. At most one CAS a cell and chunk.
//   proved by tests/interleave/in_append_test.cpp (2 writers + reader, chunks of 1 and 2 cells, exhaustive); mutant
//   publish=relaxed must fail. late_edge over it: late_edge_test.cpp. stress: tests/graph/graph_stress_test.cpp
//
// Chunks is where chunks live: take_chunk(n) gives one with n cells, all 0 but perhaps the first; recycle_chunk(offset,
// n) takes back one that was not used; take_block(n) gives one of any size; chunk(offset), cells(offset) are its parts.
template <unsigned kFirstCells, unsigned kCells, class Sync = sync::HardwareSync, class Orders = InListOrders>
struct InList {
  using Cell = typename Sync::template Atomic<std::uint64_t>;
  using Head = typename Sync::template Atomic<std::uint32_t>;

  template <class Chunks>
  static void append(Cell& first, Head& head, std::uint64_t word, Chunks& chunks) noexcept {
    if (first.load(Orders::peek) == 0) {
      std::uint64_t empty = 0;
      if (first.compare_exchange(empty, word, Orders::publish, Orders::peek)) return;
    }
    std::uint32_t mine = 0;
    unsigned mine_cells = 0;
    std::uint32_t seen = head.load(Orders::observe);
    for (;;) {
      if (seen != 0 && try_cells(seen, word, chunks)) {
        if (mine != 0) chunks.recycle_chunk(mine, mine_cells);
        return;
      }
      if (mine == 0) {
        mine_cells = seen == 0 ? kFirstCells : kCells;
        mine = chunks.take_chunk(mine_cells);
      }
      auto& chunk = chunks.chunk(mine);
      chunk.next.set(seen);
      chunk.capacity.set(mine_cells);
      chunks.cells(mine)[0].store(word, Orders::fill);
      if (head.compare_exchange(seen, mine, Orders::publish, Orders::observe)) return;
    }
  }

  // The reference of the block. REQUIRES words.size() >= 1.
  template <class Chunks>
  static std::uint32_t append_block(Head& head, std::span<const std::uint64_t> words, Chunks& chunks) noexcept {
    const std::uint32_t mine = chunks.take_block(words.size());
    auto& chunk = chunks.chunk(mine);
    auto* cells = chunks.cells(mine);
    for (std::size_t i = 0; i < words.size(); ++i) cells[i].store(words[i], Orders::fill);
    chunk.capacity.set(static_cast<std::uint32_t>(words.size()));
    std::uint32_t seen = head.load(Orders::observe);
    do {
      chunk.next.set(seen);
    } while (!head.compare_exchange(seen, mine, Orders::publish, Orders::observe));
    return mine;
  }

  // Calls f(word) for every edge that is visible.
  template <class Chunks, class F>
  static void for_each(const Cell& first, const Head& head, const Chunks& chunks, F&& f) {
    if (const std::uint64_t word = first.load(Orders::observe); word != 0) f(word);
    for (std::uint32_t at = head.load(Orders::observe); at != 0;) {
      const auto& chunk = chunks.chunk(at);
      const auto* cells = chunks.cells(at);
      const std::uint32_t next = chunk.next.get();
      if (next != 0) base::prefetch(&chunks.chunk(next));
      const unsigned capacity = chunk.capacity.get();
      for (unsigned i = 0; i < capacity; ++i)
        if (const std::uint64_t word = cells[i].load(Orders::observe); word != 0) f(word);
      at = next;
    }
  }

  // The same for one chunk or block that was reachable when its offset was learned.
  template <class Chunks, class F>
  static void for_each_in_block(std::uint32_t at, const Chunks& chunks, F&& f) {
    const auto* cells = chunks.cells(at);
    const unsigned capacity = chunks.chunk(at).capacity.get();
    for (unsigned i = 0; i < capacity; ++i)
      if (const std::uint64_t word = cells[i].load(Orders::observe); word != 0) f(word);
  }
  // f(offset) for every chunk and block. false from f ends it.
  template <class Chunks, class F>
  static void for_each_chunk(const Head& head, const Chunks& chunks, F&& f) {
    for (std::uint32_t at = head.load(Orders::observe); at != 0; at = chunks.chunk(at).next.get())
      if (!f(at)) return;
  }

  static bool is_empty(const Cell& first, const Head& head) noexcept {
    return first.load(Orders::observe) == 0 && head.load(Orders::observe) == 0;
  }

  // Hint: the second chunk, once the first has arrived.
  template <class Chunks>
  static void prefetch_next(const Head& head, const Chunks& chunks) noexcept {
    const std::uint32_t first = head.load(Orders::observe);
    if (first == 0) return;
    if (const std::uint32_t next = chunks.chunk(first).next.get(); next != 0) base::prefetch(&chunks.chunk(next));
  }

 private:
  // Cells are written from the front, so that the first which is 0 is the number of the others. What has more than
  // kCells is a block; a smaller one has no cell that is 0 either.
  template <class Chunks>
  static bool try_cells(std::uint32_t at, std::uint64_t word, Chunks& chunks) noexcept {
    const unsigned capacity = chunks.chunk(at).capacity.get();
    if (capacity > kCells) return false;
    auto* cells = chunks.cells(at);
    unsigned i = 0;
    for (unsigned n = 0; n < capacity; ++n) i += cells[n].load(Orders::peek) != 0;
    for (; i < capacity; ++i) {
      std::uint64_t empty = 0;
      if (cells[i].compare_exchange(empty, word, Orders::publish, Orders::peek)) return true;
    }
    return false;
  }
};

}  // namespace entail::graph
