// Hot nodes of a batch: the nodes that are hit repeatedly, and their cells, buffered to be handed over together.
//
// Two threads that append to one node one edge at a time share 46 M/s; handing over 64 cells under one CAS, 2.7 G/s
// (a batch trace that a million jobs link to). Nodes are counted in a small direct-mapped table; the eighth hit in a
// batch makes a node hot, and its further cells are buffered here until 64 are there, another node takes the place,
// or the batch ends.
//
// Thread rule: Confined. Cost: two look-ups in L1 an edge, one of a hot node. Memory: 4.5 KiB a lane.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace entail::graph {

class HotCells {
 public:
  static constexpr unsigned kBlockCells = 64;
  static constexpr unsigned kHotHits = 8;

  struct Buffer {
    std::uint32_t node = 0;  // offset, 0 = free
    std::uint32_t count = 0;
    std::array<std::uint64_t, kBlockCells> words;
    std::span<const std::uint64_t> filled() const noexcept { return {words.data(), count}; }
  };

  // The node's buffer, null when it has none (yet, or any more).
  Buffer* buffer_of(std::uint32_t node) noexcept {
    Buffer& buffer = buffers_[node % kBufferPlaces];
    return buffer.node == node ? &buffer : nullptr;
  }
  // Counts a hit of a node without a buffer. Null: the node is not hot, append its cell as usual. Otherwise the buffer
  // of its slot; if it belongs to another node, flush it and claim() it.
  Buffer* hit(std::uint32_t node) noexcept {
    Hits& hits = hits_[node % kHitPlaces];
    dirty_ = true;
    if (hits.node != node) {
      hits = {node, 1};
      return nullptr;
    }
    return ++hits.count < kHotHits ? nullptr : &buffers_[node % kBufferPlaces];
  }
  static void claim(Buffer& buffer, std::uint32_t node) noexcept {
    buffer.node = node;
    buffer.count = 0;
  }

  // Calls f(Buffer&) for every buffer with cells, empties them and forgets all counts.
  template <class F>
  void flush(F&& f) noexcept {
    if (!dirty_) return;
    for (Buffer& buffer : buffers_) {
      if (buffer.count != 0) f(buffer);
      claim(buffer, 0);
    }
    hits_.fill({});
    dirty_ = false;
  }

 private:
  static constexpr unsigned kHitPlaces = 64;
  static constexpr unsigned kBufferPlaces = 8;
  struct Hits {
    std::uint32_t node = 0;
    std::uint32_t count = 0;
  };
  bool dirty_ = false;
  std::array<Hits, kHitPlaces> hits_{};
  std::array<Buffer, kBufferPlaces> buffers_{};
};

}  // namespace entail::graph
