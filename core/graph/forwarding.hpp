// Maps nodes of closed windows to their new places. A cell names its far node by window and offset, and is written
// once; when a window closes, the nodes of live traces move to a newer window, and the cells elsewhere that name them
// stay as they are. Forwarding resolves those cells, so that closing a window rewrites nothing outside of it.
//
// A cell of a window X can name a window W only if X was live when W closed, or if the cell was copied later, and
// copies are resolved first. So the entries of W are dropped when every window that was live at its close is gone.
//
// Thread rule: Confined (the tick thread's). Memory: 16 to 32 bytes for each node that moved; bytes() has it.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/large_pages.hpp"
#include "graph/edge_cell.hpp"

namespace entail::graph {

class Forwarding {
 public:
  // seed: of the hash, so that senders cannot choose which nodes collide.
  explicit Forwarding(std::uint64_t seed) noexcept : multiplier_(seed * 2 + 0x9e3779b97f4a7c15ull) {}
  bool empty() const noexcept { return closed_.empty(); }

  // Begins the entries of a window that is going to be closed.
  void open(std::uint64_t sequence);
  // Forwards a node of that window to `target`, given by offset and sequence number. May throw std::bad_alloc.
  void add(std::uint32_t offset, EdgeCell target);
  // The window is closed; entries are good until every window up to `newest_sequence` is gone.
  void close(std::uint64_t newest_sequence) noexcept;

  // One step: the node that replaced the one that the cell names; word 0: none.
  EdgeCell find(EdgeCell cell) const noexcept;

  // Drops the entries that no cell can need any more, given the oldest live window.
  void prune(std::uint64_t oldest_live_sequence) noexcept;
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  struct Entry {
    std::uint32_t offset = 0;  // 0: free
    std::uint64_t target = 0;
  };
  struct Closed {
    std::uint64_t sequence = 0;
    std::uint64_t needed_until = ~std::uint64_t{0};  // the newest window whose cells may name this one
    std::uint64_t count = 0;
    base::LargeVector<Entry> table;  // open addressing; its size is a power of two
  };
  std::size_t start(std::uint32_t offset, std::size_t mask) const noexcept {
    return static_cast<std::size_t>((offset * multiplier_) >> 32) & mask;
  }
  void put(base::LargeVector<Entry>& table, std::uint32_t offset, std::uint64_t target) const noexcept;

  const std::uint64_t multiplier_;  // odd

  // Where in closed_ the first one of at least this sequence number is.
  std::size_t at_least(std::uint64_t sequence) const noexcept;

  // By sequence number. An old window that stays keeps the entries of all that closed since, so there may be many.
  std::vector<Closed> closed_;
  std::uint64_t closing_sequence_ = 0;  // of the one that is open
  std::uint64_t bytes_ = 0;
};

}  // namespace entail::graph
