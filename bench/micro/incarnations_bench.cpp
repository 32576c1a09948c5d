// The cost of looking up a new trace's older nodes: once for each node that ingest creates, by the tick today; by the
// lanes themselves, if a trace had one node for as long as its window lives (docs/incarnations.md). 0 to 14 older
// windows, each with the filter of its keys; none of them contains the trace.
#include <array>
#include <cstdlib>

#include "graph/graph.hpp"
#include "micro/threads_run.hpp"

namespace {

using namespace entail;
using namespace entail::bench;
using graph::Graph;
using graph::NodeId;

constexpr std::size_t kTraces = 128 * 1024;  // a window's at 512 MiB
constexpr std::size_t kBatchKeys = 128;

void fill(Graph& graph, const TraceId* keys, NodeId* nodes) {
  graph::Writer& writer = graph.writer(0);
  for (std::size_t at = 0; at < kTraces; at += kBatchKeys) {
    if (!writer.try_begin(kBatchKeys, 0)) std::abort();
    writer.find_or_insert({keys + at, kBatchKeys}, nodes + at);
    writer.end();
  }
}

void older_of(benchmark::State& state) {
  const auto windows = static_cast<std::size_t>(state.range(0));
  const std::vector<TraceId> keys = random_keys((windows + 1) * kTraces, 1);
  std::vector<NodeId> nodes(kTraces);
  std::vector<NodeId> older(kTraces);
  Graph graph({.lanes = 1, .first_capacity = kTraces + kBatchKeys, .seed = kTableSeed});
  for (std::size_t window = 0; window < windows; ++window) {
    fill(graph, keys.data() + window * kTraces, nodes.data());
    if (!graph.rotate(kTraces + kBatchKeys)) std::abort();
    graph.filter_frozen();
  }
  fill(graph, keys.data() + windows * kTraces, nodes.data());
  for (auto _ : state) {
    Stopwatch watch;
    watch.time([&] {
      for (std::size_t at = 0; at < kTraces; at += kBatchKeys)
        graph.older_of({nodes.data() + at, kBatchKeys}, older.data() + at);
    });
    for (const NodeId node : older)
      if (node != 0) state.SkipWithError("a trace seen once has an older node");
    report(state, {watch.wall_s, watch.cpu_s}, kTraces, 1);
  }
}
BENCHMARK(older_of)->ArgName("older_windows")->Arg(0)->Arg(1)->Arg(4)->Arg(8)->Arg(14)->UseManualTime()->Iterations(5);

}  // namespace

BENCHMARK_MAIN();
