// One hot node: 4M links to the same trace, compared with a list of cells behind one compare-and-swap head. Lanes
// buffer the edges of a hot node and hand them over in blocks, so that two threads do not contend for one word. The
// memory of both is already faulted in.
#include <cstdlib>

#include "graph/graph.hpp"
#include "micro/threads_run.hpp"
#include "micro/warm_graph.hpp"

namespace {

using namespace entail;
using namespace entail::bench;
using graph::EdgeCell;
using graph::Graph;
using graph::NodeId;
using graph::Writer;

constexpr std::size_t kLinks = 4'000'000;

void hot_node_graph(benchmark::State& state) {
  const auto threads = static_cast<unsigned>(state.range(0));
  constexpr std::size_t kBatch = 1000;
  static WarmGraph warm({.lanes = 2, .first_capacity = 1000, .seed = kTableSeed});
  for (auto _ : state) {
    NodeId hot = 0;
    const Times times = warm.time([&](Graph& graph) {
      hot = graph.insert({1, 1});
      return run_shares(threads, kLinks, [&](unsigned t, std::size_t begin, std::size_t end) {
        Writer& writer = graph.writer(t);
        for (std::size_t at = begin; at < end; at += kBatch) {
          const std::size_t count = std::min(kBatch, end - at);
          if (!writer.try_begin(0, count)) std::abort();
          const EdgeCell cell = writer.cell(hot, 4, 4, false, false);
          for (std::size_t i = 0; i < count; ++i) writer.append_in(hot, cell);
          writer.end();
        }
      });
    });
    std::size_t edges = 0;
    warm.graph().for_each_in(hot, [&](EdgeCell) { ++edges; });
    if (edges != kLinks) state.SkipWithError("an edge is missing");
    report(state, times, kLinks, threads);
  }
}

void hot_node_cas(benchmark::State& state) {
  struct Cell {
    std::uint32_t from = 0;
    std::uint32_t next = 0;
  };
  const auto threads = static_cast<unsigned>(state.range(0));
  std::vector<Cell> cells(kLinks + 1);
  for (auto _ : state) {
    alignas(64) std::atomic<std::uint32_t> head{0};
    const Times times = run_shares(threads, kLinks, [&](unsigned, std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto at = static_cast<std::uint32_t>(i + 1);
        std::uint32_t seen = head.load(std::memory_order_relaxed);
        do {
          cells[at] = {at, seen};
        } while (!head.compare_exchange_weak(seen, at, std::memory_order_release, std::memory_order_relaxed));
      }
    });
    std::size_t edges = 0;
    for (std::uint32_t at = head.load(); at != 0; at = cells[at].next) ++edges;
    if (edges != kLinks) state.SkipWithError("an edge is missing");
    report(state, times, kLinks, threads);
  }
}

void shapes(benchmark::internal::Benchmark* one) {
  one->ArgNames({"threads"})->Arg(1)->Arg(2)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
}
BENCHMARK(hot_node_graph)->Apply(shapes);
BENCHMARK(hot_node_cas)->Apply(shapes);

}  // namespace

BENCHMARK_MAIN();
