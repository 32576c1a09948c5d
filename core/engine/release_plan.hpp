// Which traces and windows go when memory is short, as pure functions (docs/design.md 3.8). Thread rule: Immutable;
// ReleasePlan is a value.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>

#include "graph/edge_cell.hpp"
#include "propagate/record.hpp"

namespace entail::engine {

struct WindowLoad {
  std::uint64_t node_count = 0;
  std::uint64_t holding_count = 0;  // traces that hold spans
  std::uint64_t record_count = 0;   // traces with a record, those among them
  std::uint64_t bytes = 0;
};
// Is a window worth closing early? Nodes of traces that hold spans are copied. While a request has to wait, up to half
// of them may be. Ahead of need there is time to evict the traces first, which are the next to go because the window is
// the oldest one; they are copied only where most nodes are of absent traces, which go before any trace is evicted.
constexpr bool is_worth_closing(const WindowLoad& load, bool urgent) noexcept {
  if (load.holding_count > load.node_count / 2) return false;
  return urgent || load.holding_count <= load.node_count / 8 || load.record_count <= load.node_count / 4;
}

// What would be released if traces were evicted one by one, before anything is done. Span bytes go by generations: when
// the last trace of one, and of all before it, has released its spans. Nodes and records are freed by window: when
// enough of a window's traces have released theirs to make it worth closing (urgent: a request is waiting).
class ReleasePlan {
 public:
  ReleasePlan(std::uint64_t needed_bytes, bool urgent) noexcept : needed_(needed_bytes), urgent_(urgent) {}

  // What closing it early releases: what all nodes but those of traces that hold spans take.
  static std::uint64_t released_by(const WindowLoad& load) noexcept;
  void add_window(unsigned slot, const WindowLoad& load) noexcept;
  // Bytes of each generation of the span store that could go, and how many traces hold each of them; both ascending.
  void set_generations(std::map<std::uint32_t, std::uint64_t> bytes, std::map<std::uint32_t, std::uint64_t> holders);

  bool is_enough() const noexcept { return released_ >= needed_; }
  std::uint64_t released() const noexcept { return released_; }
  // A trace that holds spans from `generation` on, and whose newest node is in the window of `slot`, releases them.
  void evict(unsigned slot, std::uint32_t generation) noexcept;
  // Is the window part of the plan?
  bool closes(unsigned slot) const noexcept { return windows_[slot].counted; }

 private:
  struct Window {
    WindowLoad load;
    bool counted = false;
  };
  static constexpr std::uint64_t kRecordBytes = sizeof(propagate::Record);
  void count(Window& window) noexcept;
  void release_generations() noexcept;

  const std::uint64_t needed_;
  const bool urgent_;
  std::uint64_t released_ = 0;
  std::array<Window, graph::kWindowSlots> windows_{};
  std::map<std::uint32_t, std::uint64_t> bytes_;
  std::map<std::uint32_t, std::uint64_t> holders_;
};

}  // namespace entail::engine
