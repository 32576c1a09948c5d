// The storage of a list's chunks and blocks in these tests: an arena of a few chunks instead of 32 GiB.
#pragma once

#include <array>
#include <utility>

#include "graph/in_list.hpp"
#include "tests/interleave/explorer.hpp"

namespace interleave {

template <unsigned kChunks, unsigned kCells>
struct ChunkArena {
  using Cell = ModelAtomic<std::uint64_t>;
  struct Chunk : entail::graph::InChunk<ModelSync> {
    std::array<Cell, kCells> cells;
  };
  std::array<Chunk, kChunks> chunks;  // offset 1 is the first

  Chunk& chunk(std::uint32_t at) { return chunks[at - 1]; }
  const Chunk& chunk(std::uint32_t at) const { return chunks[at - 1]; }
  Cell* cells(std::uint32_t at) { return chunk(at).cells.data(); }
  const Cell* cells(std::uint32_t at) const { return chunk(at).cells.data(); }
};

// One writer's share of the arena: chunks [next, end).
template <class Arena>
struct ChunkRoom {
  Arena& arena;
  std::uint32_t next;
  std::uint32_t end;
  std::uint32_t kept = 0;

  std::uint32_t take_chunk(unsigned) {
    if (kept != 0) return std::exchange(kept, 0);
    expect(next < end, "the room of one chunk a link is enough");
    return next++;
  }
  void recycle_chunk(std::uint32_t chunk, unsigned) { kept = chunk; }
  std::uint32_t take_block(std::size_t) { return take_chunk(0); }
  auto& chunk(std::uint32_t at) { return arena.chunk(at); }
  auto* cells(std::uint32_t at) { return arena.cells(at); }
};

}  // namespace interleave
