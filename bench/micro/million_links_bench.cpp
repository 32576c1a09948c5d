// One span of 1,000,000 links: OTLP bytes parsed, the links sampled and put into the graph, one thread, through the
// public API; compared with one plain read of the same bytes. Its links lead to 20,000 traces that are present and to
// others that are not.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

#include "measure/clocks.hpp"
#include "micro/bare_engine.hpp"
#include "workload/load.hpp"

namespace {

using namespace entail;
using namespace entail::bench;

const Load& load() {
  static const Load made = make_load("million_links", 0);
  return made;
}

void report(benchmark::State& state, const Stopwatch& watch) {
  state.SetIterationTime(watch.wall_s);
  state.counters["cpu_ms"] = benchmark::Counter(watch.cpu_s * 1e3, benchmark::Counter::kAvgIterations);
  state.counters["wall_ms"] = benchmark::Counter(watch.wall_s * 1e3, benchmark::Counter::kAvgIterations);
}

void sample_and_graph(benchmark::State& state) {
  Options options;
  keep_all(options);
  options.memory_limit_bytes = std::uint64_t{4} << 30;
  for (auto _ : state) {
    NoSink sink;
    auto opened = Engine::open(options, sink);
    if (!opened.ok()) return state.SkipWithError("the engine does not open");
    Engine& engine = **opened;
    Request request;
    const std::vector<Buffer>& requests = load().requests;
    bool ok = engine.tick(kNanosPerSecond).ok();
    for (std::size_t i = 0; i + 1 < requests.size(); ++i) ok = ok && engine.ingest(requests[i]).ok();
    // On no_room the next tick opens a larger window; a host does the same.
    ok = ok && engine.ingest(requests.back()).error().code() == ErrorCode::no_room && engine.tick(kNanosPerSecond).ok();
    Stopwatch watch;
    watch.time([&] { ok = ok && request.parse_protobuf(requests.back()).ok() && engine.ingest(request).ok(); });
    const Statistics statistics = engine.statistics();
    if (!ok || statistics.links.edges != load().links) return state.SkipWithError("links are missing");
    report(state, watch);
  }
}
BENCHMARK(sample_and_graph)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

void read_bytes(benchmark::State& state) {
  const Buffer& request = load().requests.back();
  for (auto _ : state) {
    std::uint64_t sum = 0;
    Stopwatch watch;
    watch.time([&] {
      for (std::size_t at = 0; at + 8 <= request.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, &request[at], sizeof word);
        sum += word;
      }
      benchmark::DoNotOptimize(sum);
    });
    report(state, watch);
  }
}
BENCHMARK(read_bytes)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
