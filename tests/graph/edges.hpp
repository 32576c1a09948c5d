// Shared by the graph tests: keys by number, and the edges of a node as sorted numbers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "graph/graph.hpp"

namespace entail::graph {

// Different for every number, in both halves.
inline TraceId key_of(std::uint64_t number) {
  return {number * 0x9e3779b97f4a7c15ULL, (number + 1) * 0xd6e8feb86659fd93ULL};
}

inline std::vector<NodeId> insert_all(Writer& writer, const std::vector<TraceId>& keys) {
  std::vector<NodeId> nodes(keys.size());
  writer.find_or_insert(keys, nodes.data());
  return nodes;
}

// The far nodes of one incarnation's edges, sorted.
inline std::vector<NodeId> in_nodes(const Graph& graph, NodeId node) {
  std::vector<NodeId> nodes;
  graph.for_each_in(node, [&](EdgeCell cell) { nodes.push_back(graph.node_of(cell)); });
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}
inline std::vector<NodeId> out_nodes(const Graph& graph, NodeId node) {
  std::vector<NodeId> nodes;
  graph.for_each_out(node, [&](EdgeCell cell, SpanId) { nodes.push_back(graph.node_of(cell)); });
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}
inline EdgeCell plain_cell(const Writer& writer, NodeId node) {
  return writer.cell(node, kNoLimit, kNoLimit, false, false);
}

// The node in the window before the current one. REQUIRES that there is one.
inline unsigned previous_slot(Graph& graph) {
  const WindowList windows = graph.windows();
  return windows.items[windows.count - 2].slot;
}

template <class T>
std::vector<T> sorted(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace entail::graph
