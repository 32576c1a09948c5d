// A graph whose current window is empty but in memory already faulted in, as in an engine that has run for a while; and
// the same for the allocations of the alternatives. Page faults are expensive, and erratic on virtual machines.
#pragma once

#include <malloc.h>

#include <cstdint>
#include <cstdlib>
#include <limits>

#include "graph/graph.hpp"

namespace entail::bench {

// The C library retains what the alternatives free.
inline const bool memory_stays =
    mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max()) == 1 && mallopt(M_MMAP_MAX, 0) == 1;

class WarmGraph {
 public:
  explicit WarmGraph(graph::GraphOptions options)
      : capacity_(options.first_capacity), graph_((options.spare_bytes_max = kSpareBytesMax, options)) {}

  // The times that body(Graph&) returns, for an empty graph. It runs twice before the first one that counts: two
  // windows alternate.
  template <class Body>
  auto time(Body&& body) {
    for (; warm_runs_ < 2; ++warm_runs_) static_cast<void>(body(renew()));
    return body(renew());
  }
  // As left by the last body.
  graph::Graph& graph() { return graph_; }

 private:
  static constexpr std::uint64_t kSpareBytesMax = std::uint64_t{1} << 30;

  // The empty graph, its memory all zero again.
  graph::Graph& renew() {
    if (!graph_.rotate(capacity_)) std::abort();
    const graph::WindowList windows = graph_.windows();
    graph_.drop(windows.items[windows.count - 2].slot);
    graph_.drain_created([](graph::NodeId) {});
    graph_.drain_late([](const graph::LateEdges&) {});
    const std::uint64_t steps = graph_.bytes() / graph::SpareWindows::kSliceBytes + 2;
    for (std::uint64_t i = 0; i < steps; ++i) graph_.reclaim(true);
    return graph_;
  }

  const std::uint64_t capacity_;
  graph::Graph graph_;
  unsigned warm_runs_ = 0;
};

}  // namespace entail::bench
