// The graph against what one would use instead: a oneTBB concurrent_hash_map from trace ID to a value of 48 bytes, or
// to a node with vectors of the linked and linking trace IDs. Times are wall time by all operations of all threads;
// every run starts from fresh tables, and its result is checked.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "base/hash.hpp"
#include "graph/graph.hpp"

#ifdef ENTAIL_BENCH_TBB
#include <tbb/concurrent_hash_map.h>
#endif

namespace {

using entail::SpanId;
using entail::TraceId;
using entail::graph::EdgeCell;
using entail::graph::Graph;
using entail::graph::NodeId;
using entail::graph::Writer;

constexpr std::uint64_t kSeed = 0x5eed;
constexpr std::size_t kBatchKeys = 512;

std::vector<TraceId> random_keys(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<TraceId> keys(count);
  for (TraceId& key : keys) key = {random(), random()};
  return keys;
}

struct Times {
  double wall_s = 0;
  double cpu_s = 0;  // of all threads; says more than wall time on a machine that others use too
};

double thread_cpu_s() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Runs body(thread, begin, end) over [0, count) on that many threads.
template <class Body>
Times run_threads(unsigned threads, std::size_t count, Body&& body) {
  std::atomic<unsigned> ready{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> workers;
  std::vector<double> cpu_s(threads);
  const std::size_t share = count / threads;
  for (unsigned t = 0; t < threads; ++t)
    workers.emplace_back([&, t] {
      ready.fetch_add(1);
      while (!go.load(std::memory_order_acquire)) std::this_thread::yield();
      const double start = thread_cpu_s();
      body(t, t * share, t + 1 == threads ? count : (t + 1) * share);
      cpu_s[t] = thread_cpu_s() - start;
    });
  while (ready.load() != threads) std::this_thread::yield();
  const auto start = std::chrono::steady_clock::now();
  go.store(true, std::memory_order_release);
  for (auto& worker : workers) worker.join();
  Times times{std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 0};
  for (const double seconds : cpu_s) times.cpu_s += seconds;
  return times;
}

// Adds one iteration's times; the counters are means over the iterations, in ns an operation.
void report(benchmark::State& state, Times times, std::size_t operations) {
  state.SetIterationTime(times.wall_s);
  const auto add = [&](const char* name, double seconds) {
    benchmark::Counter& counter = state.counters[name];
    counter.flags = benchmark::Counter::kAvgIterations;
    counter.value += seconds * 1e9 / static_cast<double>(operations);
  };
  add("wall_ns", times.wall_s);
  add("cpu_ns", times.cpu_s);
}

// --- find or insert: 1M keys are there, then 1M look-ups, one in ten of a new key ------------------------------------

struct Mix {
  std::vector<TraceId> old_keys;
  std::vector<TraceId> asked;
  std::size_t distinct = 0;
};
const Mix& mix(std::size_t count) {
  static std::map<std::size_t, Mix> mixes;
  Mix& made = mixes[count];
  if (!made.asked.empty()) return made;
  made.old_keys = random_keys(count, 1);
  const std::vector<TraceId> fresh = random_keys(count / 10, 2);
  std::mt19937_64 random(3);
  for (const TraceId& key : fresh) made.asked.push_back(key);
  while (made.asked.size() < count) made.asked.push_back(made.old_keys[random() % count]);
  std::shuffle(made.asked.begin(), made.asked.end(), random);
  made.distinct = count + fresh.size();
  return made;
}

void insert_range(Writer& writer, const std::vector<TraceId>& keys, std::size_t begin, std::size_t end) {
  std::array<NodeId, kBatchKeys> nodes;
  for (std::size_t at = begin; at < end; at += kBatchKeys) {
    const std::size_t count = std::min(kBatchKeys, end - at);
    if (!writer.try_begin(count, 0)) std::abort();
    writer.find_or_insert({keys.data() + at, count}, nodes.data());
    benchmark::DoNotOptimize(nodes);
    writer.end();
  }
}

void find_or_insert_graph(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto threads = static_cast<unsigned>(state.range(1));
  const Mix& keys = mix(count);
  for (auto _ : state) {
    Graph graph({.lanes = 2, .first_capacity = count + count / 8 + 4 * kBatchKeys, .seed = kSeed});
    insert_range(graph.writer(0), keys.old_keys, 0, count);
    graph.drain_created([](NodeId) {});
    const Times times = run_threads(threads, count, [&](unsigned t, std::size_t begin, std::size_t end) {
      insert_range(graph.writer(t), keys.asked, begin, end);
    });
    if (graph.current_window().node_count != keys.distinct) state.SkipWithError("a key has no node, or two");
    report(state, times, count);
  }
}
BENCHMARK(find_or_insert_graph)
    ->ArgNames({"keys", "threads"})
    ->ArgsProduct({{100'000, 1'000'000}, {1, 2}})
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

#ifdef ENTAIL_BENCH_TBB
struct TbbHash {
  static std::size_t hash(const TraceId& key) { return entail::base::table_hash(key, kSeed); }
  static bool equal(const TraceId& a, const TraceId& b) { return a == b; }
};

void find_or_insert_tbb(benchmark::State& state) {
  using Map = tbb::concurrent_hash_map<TraceId, std::array<std::uint64_t, 6>, TbbHash>;
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto threads = static_cast<unsigned>(state.range(1));
  const Mix& keys = mix(count);
  for (auto _ : state) {
    Map map(count + count / 8);
    for (const TraceId& key : keys.old_keys) map.insert(std::make_pair(key, std::array<std::uint64_t, 6>{}));
    const Times times = run_threads(threads, count, [&](unsigned, std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        Map::const_accessor found;
        map.insert(found, keys.asked[i]);
        benchmark::DoNotOptimize(&found->second);
      }
    });
    if (map.size() != keys.distinct) state.SkipWithError("a key has no value, or two");
    report(state, times, count);
  }
}
BENCHMARK(find_or_insert_tbb)
    ->ArgNames({"keys", "threads"})
    ->ArgsProduct({{100'000, 1'000'000}, {1, 2}})
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
#endif

// --- links, both directions: spans with L links each to random ones of 1M traces; 4M links ---------------------------

constexpr std::size_t kTraces = 1'000'000;
constexpr std::size_t kLinks = 4'000'000;
const std::vector<TraceId>& traces() {
  static const std::vector<TraceId> keys = random_keys(kTraces, 4);
  return keys;
}
// Link i goes to this trace; its span belongs to trace i / L.
const std::vector<std::uint32_t>& targets() {
  static const std::vector<std::uint32_t> made = [] {
    std::mt19937_64 random(5);
    std::vector<std::uint32_t> numbers(kLinks);
    for (auto& number : numbers) number = static_cast<std::uint32_t>(random() % kTraces);
    return numbers;
  }();
  return made;
}

// A batch of spans as a request would bring them.
void link_batch(Writer& writer, std::size_t first_span, std::size_t spans, std::size_t links_per_span) {
  static thread_local std::vector<TraceId> keys;
  static thread_local std::vector<NodeId> nodes, to;
  static thread_local std::vector<EdgeCell> out, in;
  static thread_local std::vector<SpanId> span_ids;
  const std::size_t links = spans * links_per_span;
  keys.clear();
  for (std::size_t s = 0; s < spans; ++s) keys.push_back(traces()[(first_span + s) % kTraces]);
  for (std::size_t i = 0; i < links; ++i) keys.push_back(traces()[targets()[first_span * links_per_span + i]]);
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
  for (auto _ : state) {
    Graph graph({.lanes = 2, .first_capacity = kTraces + 8 * kBatchKeys, .seed = kSeed});
    const Times times = run_threads(threads, spans, [&](unsigned t, std::size_t begin, std::size_t end) {
      for (std::size_t at = begin; at < end; at += batch)
        link_batch(graph.writer(t), at, std::min(batch, end - at), links_per_span);
    });
    std::size_t ends = 0;
    const auto nodes = graph.current_window();
    for (std::uint32_t offset = 1; offset < nodes.offset_end; ++offset) {
      const NodeId node = nodes.slot << entail::graph::kOffsetBits | offset;
      graph.for_each_in(node, [&](EdgeCell) { ++ends; });
      graph.for_each_out(node, [&](EdgeCell, SpanId) { ++ends; });
    }
    if (ends != 2 * kLinks) state.SkipWithError("an edge is missing");
    const auto node_bytes = static_cast<double>(nodes.capacity) * 16 + static_cast<double>(nodes.offset_end) * 48;
    bytes_per_link = (static_cast<double>(graph.bytes()) - node_bytes) / static_cast<double>(kLinks);
    report(state, times, kLinks);
  }
  state.counters["B/link"] = bytes_per_link;
}
BENCHMARK(links_graph)
    ->ArgNames({"L", "threads"})
    ->ArgsProduct({{4, 128}, {1, 2}})
    ->UseManualTime()
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
    const Times times = run_threads(threads, spans, [&](unsigned, std::size_t begin, std::size_t end) {
      for (std::size_t span = begin; span < end; ++span) {
        const TraceId& source = traces()[span % kTraces];
        const std::uint32_t* linked = &targets()[span * links_per_span];
        {
          Map::accessor node;
          map->insert(node, source);
          for (std::size_t i = 0; i < links_per_span; ++i) node->second.out.push_back(traces()[linked[i]]);
        }
        for (std::size_t i = 0; i < links_per_span; ++i) {
          Map::accessor node;
          map->insert(node, traces()[linked[i]]);
          node->second.in.push_back(source);
        }
      }
    });
    std::size_t ends = 0;
    for (const auto& [key, node] : *map) ends += node.out.size() + node.in.size();
    if (ends != 2 * kLinks) state.SkipWithError("an edge is missing");
    report(state, times, kLinks);
  }
}
BENCHMARK(links_tbb)
    ->ArgNames({"L", "threads"})
    ->ArgsProduct({{4, 128}, {1, 2}})
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
#endif

// --- one hot node: every link of every lane goes to the same trace ---------------------------------------------------

void hot_node(benchmark::State& state) {
  const auto threads = static_cast<unsigned>(state.range(0));
  constexpr std::size_t kBatch = 1000;
  for (auto _ : state) {
    Graph graph({.lanes = 2, .first_capacity = 1000, .seed = kSeed});
    const NodeId hot = graph.insert({1, 1});
    const Times times = run_threads(threads, kLinks, [&](unsigned t, std::size_t begin, std::size_t end) {
      Writer& writer = graph.writer(t);
      for (std::size_t at = begin; at < end; at += kBatch) {
        const std::size_t count = std::min(kBatch, end - at);
        if (!writer.try_begin(0, count)) std::abort();
        const EdgeCell cell = writer.cell(hot, 4, 4, false, false);
        for (std::size_t i = 0; i < count; ++i) writer.append_in(hot, cell);
        writer.end();
      }
    });
    std::size_t edges = 0;
    graph.for_each_in(hot, [&](EdgeCell) { ++edges; });
    if (edges != kLinks) state.SkipWithError("an edge is missing");
    report(state, times, kLinks);
  }
}
BENCHMARK(hot_node)->ArgNames({"threads"})->Args({1})->Args({2})->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
