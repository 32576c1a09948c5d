// What a lane holds of its window between batches: a run of node offsets and a stretch of the edge arena. Both are the
// lane's alone, so that taking from them needs no atomics; what is left stays for the lane's next batch.
// Thread rule: Confined to the lane's holder. Cost: a few plain instructions; one RMW a 256 nodes or a room of edges.
#pragma once

#include <cstdint>
#include <utility>

#include "base/check.hpp"
#include "graph/window.hpp"

namespace entail::graph {

// SlotIndex' Offsets. The loser of a race for a slot keeps the offset for the next insert. Source is Window, or a
// test's.
template <class Source>
class NodeRunOf {
 public:
  NodeRunOf() = default;
  void enter(Source& window) noexcept { *this = NodeRunOf(&window); }
  void allow(std::uint64_t nodes) noexcept { allowed_ = nodes; }

  std::uint32_t next() noexcept {
    ENTAIL_CHECK(allowed_ != 0);
    if (next_ == end_) {
      next_ = window_->take_run();
      end_ = next_ + Source::kRunCount;
      took_run_ = true;
    }
    offered_ = true;
    return next_;
  }
  void taken() noexcept {
    ++next_;
    --allowed_;
    offered_ = false;
    took_ = true;
  }
  // True if taken() was called since the last query.
  bool took() noexcept { return std::exchange(took_, false); }

  // Ends a batch: an offset whose key was written, but which lost its race, gets none. Returns what was not used.
  std::uint64_t settle() noexcept {
    if (std::exchange(offered_, false)) window_->clear_key(next_);
    return std::exchange(allowed_, 0);
  }
  // True if it has taken offsets of the window since the last query.
  bool took_run() noexcept { return std::exchange(took_run_, false); }

 private:
  explicit NodeRunOf(Source* window) noexcept : window_(window) {}

  Source* window_ = nullptr;
  std::uint64_t allowed_ = 0;  // nodes reserved and not yet made
  std::uint32_t next_ = 0;
  std::uint32_t end_ = 0;
  bool offered_ = false;
  bool took_ = false;
  bool took_run_ = false;
};
using NodeRun = NodeRunOf<Window>;

// InList's Chunks, and blocks. Blocks are taken from the front of a room, chunks from its back, where they stay aligned
// to their cache line. The space left between both was never written; on small pages it costs only address space.
//
// In the worst case a batch needs several times the usual room, so it first uses the rest of the previous room.
// Otherwise three quarters of the arena would stay empty where each request needs a room of its own, on huge pages that
// are in memory.
class EdgeRoom {
 public:
  EdgeRoom() = default;
  // Worst case of one link: a chunk of its own, and an out-block of its own with one cell and one span ID.
  static constexpr std::uint64_t kLinkUnitsMax = 1 + kInChunkCells + 1 + 2;

  // room_bytes: what is taken from the window at once, unless a batch needs more.
  void enter(Window& window, std::uint64_t room_bytes) noexcept {
    *this = EdgeRoom(&window, round_up(room_bytes / kUnitBytes, kChunkUnits));
  }
  // False: the window's address space is exhausted.
  bool ensure(std::uint64_t units) noexcept {
    if (room_.left() >= units) return true;
    const std::uint64_t taken = round_up(units > room_units_ ? units : room_units_, kChunkUnits);
    const std::uint32_t first = window_->arena().take(taken);
    if (first == 0) return false;
    mark();
    if (room_.left() > rest_.left()) rest_ = room_;
    room_ = {first, first + taken, first, first + taken};
    return true;
  }

  // Small chunks come in pairs, so that no chunk crosses a cache line.
  std::uint32_t take_chunk(unsigned cells) noexcept {
    std::uint32_t& kept = cells == kInFirstCells ? recycled_small_ : recycled_chunk_;
    if (kept != 0) return std::exchange(kept, 0);
    Stretch& from = stretch_for(kChunkUnits);
    from.back -= kChunkUnits;
    if (cells == kInFirstCells) recycled_small_ = static_cast<std::uint32_t>(from.back + kChunkUnits / 2);
    return static_cast<std::uint32_t>(from.back);
  }
  void recycle_chunk(std::uint32_t chunk, unsigned cells) noexcept {
    (cells == kInFirstCells ? recycled_small_ : recycled_chunk_) = chunk;
  }
  std::uint32_t take_block(std::uint64_t cells) noexcept { return take_units(1 + cells); }
  std::uint32_t take_units(std::uint64_t units) noexcept {
    Stretch& from = stretch_for(units);
    return static_cast<std::uint32_t>(std::exchange(from.front, from.front + units));
  }
  InChunk<>& chunk(std::uint32_t at) const noexcept { return window_->chunk(at); }
  WindowInList::Cell* cells(std::uint32_t at) const noexcept { return window_->cells(at); }

  // The bytes of pages first faulted in since the last query.
  std::uint64_t touched_bytes() noexcept {
    mark();
    return std::exchange(touched_bytes_, 0);
  }

 private:
  static constexpr std::uint64_t kChunkUnits = 1 + kInChunkCells;
  static_assert(2 * (1 + kInFirstCells) == kChunkUnits);
  // Units of the arena: [front, back) is free. The marks: where both were when their pages were marked last.
  struct Stretch {
    std::uint64_t front = 0;
    std::uint64_t back = 0;
    std::uint64_t front_marked = 0;
    std::uint64_t back_marked = 0;
    std::uint64_t left() const noexcept { return back - front; }
  };
  EdgeRoom(Window* window, std::uint64_t room_units) noexcept : window_(window), room_units_(room_units) {}

  Stretch& stretch_for(std::uint64_t units) noexcept {
    if (rest_.left() >= units) return rest_;
    ENTAIL_CHECK(room_.left() >= units);
    return room_;
  }
  void mark() noexcept {
    mark(rest_);
    mark(room_);
  }
  void mark(Stretch& stretch) noexcept {
    if (stretch.front != stretch.front_marked)
      touched_bytes_ += window_->arena().mark(stretch.front_marked, stretch.front);
    if (stretch.back != stretch.back_marked) touched_bytes_ += window_->arena().mark(stretch.back, stretch.back_marked);
    stretch.front_marked = stretch.front;
    stretch.back_marked = stretch.back;
  }

  Window* window_ = nullptr;
  std::uint64_t room_units_ = 0;
  Stretch rest_;  // of the previous room
  Stretch room_;  // enough for all of the batch
  std::uint64_t touched_bytes_ = 0;
  std::uint32_t recycled_chunk_ = 0;
  std::uint32_t recycled_small_ = 0;
};

}  // namespace entail::graph
