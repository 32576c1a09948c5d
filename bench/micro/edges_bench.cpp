// Links into the graph, both directions: spans with L links each to random ones of 1M traces, 4M links in all, compared
// with the usual alternative: a oneTBB concurrent_hash_map from trace ID to a node with vectors of the linked and
// linking trace IDs. Every run starts with empty tables in memory already faulted in, and counts the edges at both
// ends.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <utility>

#include "graph/graph.hpp"
#include "micro/threads_run.hpp"
#include "micro/warm_graph.hpp"

#ifdef ENTAIL_BENCH_TBB
#include <tbb/concurrent_hash_map.h>
#endif

namespace {

using namespace entail;
using namespace entail::bench;
using graph::EdgeCell;
using graph::Graph;
using graph::NodeId;
using graph::Writer;

constexpr std::size_t kBatchKeys = 512;
constexpr std::size_t kTraces = 1'000'000;
constexpr std::size_t kLinks = 4'000'000;
const std::vector<TraceId>& traces() {
  static const std::vector<TraceId> keys = random_keys(kTraces, 4);
  return keys;
}
// Link i goes to this trace; its span belongs to trace i / L. The IDs lie in the order of the links, as in a request.
const std::vector<TraceId>& targets() {
  static const std::vector<TraceId> made = [] {
    std::mt19937_64 random(5);
    std::vector<TraceId> ids(kLinks);
    for (TraceId& id : ids) id = traces()[random() % kTraces];
    return ids;
  }();
  return made;
}

// A batch of spans like a request's.
void link_batch(Writer& writer, std::size_t first_span, std::size_t spans, std::size_t links_per_span) {
  static thread_local std::vector<TraceId> keys;
  static thread_local std::vector<NodeId> nodes, to;
  static thread_local std::vector<EdgeCell> out, in;
  static thread_local std::vector<SpanId> span_ids;
  const std::size_t links = spans * links_per_span;
  keys.clear();
  for (std::size_t s = 0; s < spans; ++s) keys.push_back(traces()[(first_span + s) % kTraces]);
  for (std::size_t i = 0; i < links; ++i) keys.push_back(targets()[first_span * links_per_span + i]);
  nodes.resize(keys.size());
  span_ids.resize(links);
  if (!writer.try_begin(keys.size(), links)) std::abort();
  writer.find_or_insert(keys, nodes.data());
  to.assign(nodes.begin() + static_cast<std::ptrdiff_t>(spans), nodes.end());
  out.clear();
  in.clear();
  for (std::size_t i = 0; i < links; ++i) {
    out.push_back(writer.cell(to[i], 4, 4, false, false));
    in.push_back(writer.cell(nodes[i / links_per_span], 4, 4, false, false));
  }
  for (std::size_t s = 0; s < spans; ++s) writer.prefetch(nodes[s]);
  for (std::size_t s = 0; s < spans; ++s)
    writer.append_out(nodes[s], {out.data() + s * links_per_span, links_per_span}, {span_ids.data(), links_per_span});
  writer.append_in(to, in);
  writer.end();
}

void links_graph(benchmark::State& state) {
  const auto links_per_span = static_cast<std::size_t>(state.range(0));
  const auto threads = static_cast<unsigned>(state.range(1));
  const std::size_t spans = kLinks / links_per_span;
  const std::size_t batch = std::max<std::size_t>(1, kBatchKeys / links_per_span);
  double bytes_per_link = 0;
  static_cast<void>(traces().size() + targets().size());
  static std::map<std::pair<std::size_t, unsigned>, WarmGraph> graphs;
  const graph::GraphOptions options{.lanes = 2, .first_capacity = kTraces + 8 * kBatchKeys, .seed = kTableSeed};
  WarmGraph& warm = graphs.try_emplace({links_per_span, threads}, options).first->second;
  for (auto _ : state) {
    const Times times = warm.time([&](Graph& graph) {
      return run_shares(threads, spans, [&](unsigned t, std::size_t begin, std::size_t end) {
        for (std::size_t at = begin; at < end; at += batch)
          link_batch(graph.writer(t), at, std::min(batch, end - at), links_per_span);
      });
    });
    Graph& graph = warm.graph();
    std::size_t ends = 0;
    const auto nodes = graph.current_window();
    for (std::uint32_t offset = 1; offset < nodes.offset_end; ++offset) {
      const NodeId node = nodes.slot << graph::kOffsetBits | offset;
      graph.for_each_in(node, [&](EdgeCell) { ++ends; });
      graph.for_each_out(node, [&](EdgeCell, SpanId) { ++ends; });
    }
    if (ends != 2 * kLinks) state.SkipWithError("an edge is missing");
    const auto node_bytes =
        static_cast<double>(nodes.capacity) * 16 + static_cast<double>(nodes.offset_end) * graph::kNodeBytes;
    bytes_per_link = (static_cast<double>(nodes.bytes) - node_bytes) / static_cast<double>(kLinks);
    report(state, times, kLinks, threads);
  }
  state.counters["B/link"] = bytes_per_link;
}
BENCHMARK(links_graph)
    ->ArgNames({"L", "threads"})
    ->ArgsProduct({{4, 128}, {1, 2}})
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

#ifdef ENTAIL_BENCH_TBB
void links_tbb(benchmark::State& state) {
  struct Node {
    std::vector<TraceId> out, in;
  };
  using Map = tbb::concurrent_hash_map<TraceId, Node, TbbHash>;
  const auto links_per_span = static_cast<std::size_t>(state.range(0));
  const auto threads = static_cast<unsigned>(state.range(1));
  const std::size_t spans = kLinks / links_per_span;
  static_cast<void>(traces().size() + targets().size());
  for (auto _ : state) {
    auto map = std::make_unique<Map>(kTraces);
    const Times times = run_shares(threads, spans, [&](unsigned, std::size_t begin, std::size_t end) {
      for (std::size_t span = begin; span < end; ++span) {
        const TraceId& source = traces()[span % kTraces];
        const TraceId* linked = &targets()[span * links_per_span];
        {
          Map::accessor node;
          map->insert(node, source);
          for (std::size_t i = 0; i < links_per_span; ++i) node->second.out.push_back(linked[i]);
        }
        for (std::size_t i = 0; i < links_per_span; ++i) {
          Map::accessor node;
          map->insert(node, linked[i]);
          node->second.in.push_back(source);
        }
      }
    });
    std::size_t ends = 0;
    for (const auto& [key, node] : *map) ends += node.out.size() + node.in.size();
    if (ends != 2 * kLinks) state.SkipWithError("an edge is missing");
    report(state, times, kLinks, threads);
  }
}
BENCHMARK(links_tbb)
    ->ArgNames({"L", "threads"})
    ->ArgsProduct({{4, 128}, {1, 2}})
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
#endif

}  // namespace

BENCHMARK_MAIN();
