// The cost of forgetting 1M traces: a window of the graph is dropped at once, the values of a oneTBB
// concurrent_hash_map one by one.
#include <array>
#include <cstdlib>
#include <memory>

#include "graph/graph.hpp"
#include "micro/threads_run.hpp"

#ifdef ENTAIL_BENCH_TBB
#include <tbb/concurrent_hash_map.h>
#endif

namespace {

using namespace entail;
using namespace entail::bench;
using graph::Graph;
using graph::NodeId;

constexpr std::size_t kTraces = 1'000'000;
constexpr std::size_t kBatchKeys = 500;

void drop_window(benchmark::State& state) {
  const std::vector<TraceId> keys = random_keys(kTraces, 1);
  std::array<NodeId, kBatchKeys> nodes;
  for (auto _ : state) {
    Graph dropped({.lanes = 1, .first_capacity = kTraces + kBatchKeys, .seed = kTableSeed});
    graph::Writer& writer = dropped.writer(0);
    for (std::size_t at = 0; at < kTraces; at += kBatchKeys) {
      if (!writer.try_begin(kBatchKeys, 0)) std::abort();
      writer.find_or_insert({keys.data() + at, kBatchKeys}, nodes.data());
      writer.end();
    }
    const unsigned slot = dropped.current_window().slot;
    if (!dropped.rotate(1000)) std::abort();
    Stopwatch watch;
    watch.time([&] {
      dropped.drop(slot);
      dropped.reclaim();
    });
    if (dropped.windows().count != 1 || dropped.find(keys[0]) != 0) state.SkipWithError("the window is still there");
    report(state, {watch.wall_s, watch.cpu_s}, kTraces, 1);
  }
}
BENCHMARK(drop_window)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

#ifdef ENTAIL_BENCH_TBB
void drop_tbb(benchmark::State& state) {
  using Map = tbb::concurrent_hash_map<TraceId, std::array<std::uint64_t, 6>, TbbHash>;
  const std::vector<TraceId> keys = random_keys(kTraces, 1);
  for (auto _ : state) {
    auto map = std::make_unique<Map>(kTraces);
    for (const TraceId& key : keys) map->insert(std::make_pair(key, std::array<std::uint64_t, 6>{}));
    if (map->size() != kTraces) state.SkipWithError("a key is missing");
    Stopwatch watch;
    watch.time([&] { map.reset(); });
    report(state, {watch.wall_s, watch.cpu_s}, kTraces, 1);
  }
}
BENCHMARK(drop_tbb)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
#endif

}  // namespace

BENCHMARK_MAIN();
