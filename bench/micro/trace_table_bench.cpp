// The trace table: find-or-insert of 16-byte keys, nine of ten present already, compared with a oneTBB
// concurrent_hash_map with a value of 48 bytes, 64 unordered_maps behind a mutex each, and the floor: two random cache
// lines per key, prefetched 64 keys ahead, in memory as large as the table's index and keys. Fresh tables each run;
// every result is checked.
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <mutex>
#include <unordered_map>

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
using graph::Writer;

constexpr std::size_t kBatchKeys = 512;
constexpr std::size_t kLookupsMax = 2'000'000;
using Value = std::array<std::uint64_t, 6>;

struct Mix {
  std::vector<TraceId> old_keys;
  std::vector<TraceId> lookups;
  std::size_t distinct = 0;
};

const Mix& mix(std::size_t count) {
  static std::map<std::size_t, Mix> mixes;
  Mix& made = mixes[count];
  if (!made.lookups.empty()) return made;
  const std::size_t lookups = std::min(count, kLookupsMax);
  made.old_keys = random_keys(count, 1);
  made.lookups = random_keys(lookups / 10, 2);
  made.distinct = count + made.lookups.size();
  std::mt19937_64 random(3);
  while (made.lookups.size() < lookups) made.lookups.push_back(made.old_keys[random() % count]);
  std::shuffle(made.lookups.begin(), made.lookups.end(), random);
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
    Graph graph({.lanes = 2, .first_capacity = count + count / 8 + 4 * kBatchKeys, .seed = kTableSeed});
    insert_range(graph.writer(0), keys.old_keys, 0, count);
    graph.drain_created([](NodeId) {});
    const Times times = run_shares(threads, keys.lookups.size(), [&](unsigned t, std::size_t begin, std::size_t end) {
      insert_range(graph.writer(t), keys.lookups, begin, end);
    });
    if (graph.current_window().node_count != keys.distinct) state.SkipWithError("a key has no node, or two");
    report(state, times, keys.lookups.size(), threads);
  }
}

void find_or_insert_sharded(benchmark::State& state) {
  constexpr std::size_t kShards = 64;
  struct alignas(64) Shard {
    std::mutex mutex;
    std::unordered_map<TraceId, Value> values;
  };
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto threads = static_cast<unsigned>(state.range(1));
  const Mix& keys = mix(count);
  for (auto _ : state) {
    std::array<Shard, kShards> shards;
    for (Shard& shard : shards) shard.values.reserve((count + count / 8) / kShards * 5 / 4);
    const auto find = [&](const TraceId& key) {
      Shard& shard = shards[base::table_hash(key, kTableSeed) % kShards];
      const std::lock_guard lock(shard.mutex);
      benchmark::DoNotOptimize(&shard.values[key]);
    };
    for (const TraceId& key : keys.old_keys) find(key);
    const Times times = run_shares(threads, keys.lookups.size(), [&](unsigned, std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) find(keys.lookups[i]);
    });
    std::size_t distinct = 0;
    for (const Shard& shard : shards) distinct += shard.values.size();
    if (distinct != keys.distinct) state.SkipWithError("a key has no value, or two");
    report(state, times, keys.lookups.size(), threads);
  }
}

#ifdef ENTAIL_BENCH_TBB
void find_or_insert_tbb(benchmark::State& state) {
  using Map = tbb::concurrent_hash_map<TraceId, Value, TbbHash>;
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto threads = static_cast<unsigned>(state.range(1));
  const Mix& keys = mix(count);
  for (auto _ : state) {
    Map map(count + count / 8);
    for (const TraceId& key : keys.old_keys) map.insert(std::make_pair(key, Value{}));
    const Times times = run_shares(threads, keys.lookups.size(), [&](unsigned, std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        Map::const_accessor found;
        map.insert(found, keys.lookups[i]);
        benchmark::DoNotOptimize(&found->second);
      }
    });
    if (map.size() != keys.distinct) state.SkipWithError("a key has no value, or two");
    report(state, times, keys.lookups.size(), threads);
  }
}
#endif

// Memory in huge pages, if the system provides them: as for the graph's own.
struct Lines {
  explicit Lines(std::size_t size) : bytes(size) {
    data =
        static_cast<std::uint64_t*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (data == MAP_FAILED) std::abort();
    madvise(data, bytes, MADV_HUGEPAGE);
    std::fill_n(data, bytes / 8, std::uint64_t{1});
  }
  ~Lines() { munmap(data, bytes); }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;
  // Any of the words, selected by the high half of a 32-bit product.
  const std::uint64_t& at(std::uint32_t random) const noexcept { return data[random * (bytes / 8) >> 32]; }

  std::size_t bytes;
  std::uint64_t* data = nullptr;
};

void two_random_lines(benchmark::State& state) {
  constexpr std::size_t kGroup = 64;
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto threads = static_cast<unsigned>(state.range(1));
  const Mix& keys = mix(count);
  const Lines index(keys.distinct * 16);
  const Lines rows(keys.distinct * 16);
  for (auto _ : state) {
    std::atomic<std::uint64_t> sum{0};
    const Times times = run_shares(threads, keys.lookups.size(), [&](unsigned, std::size_t begin, std::size_t end) {
      std::array<std::uint64_t, kGroup> hashes;
      std::uint64_t read = 0;
      for (std::size_t at = begin; at < end; at += kGroup) {
        const std::size_t group = std::min(kGroup, end - at);
        for (std::size_t i = 0; i < group; ++i) {
          hashes[i] = base::table_hash(keys.lookups[at + i], kTableSeed);
          __builtin_prefetch(&index.at(static_cast<std::uint32_t>(hashes[i])));
          __builtin_prefetch(&rows.at(static_cast<std::uint32_t>(hashes[i] >> 32)));
        }
        for (std::size_t i = 0; i < group; ++i)
          read +=
              index.at(static_cast<std::uint32_t>(hashes[i])) + rows.at(static_cast<std::uint32_t>(hashes[i] >> 32));
      }
      sum.fetch_add(read, std::memory_order_relaxed);
    });
    if (sum.load() != 2 * keys.lookups.size()) state.SkipWithError("a line was not read");
    report(state, times, keys.lookups.size(), threads);
  }
}

void shapes(benchmark::internal::Benchmark* one) {
  one->ArgNames({"keys", "threads"})
      ->ArgsProduct({{1'000'000, 10'000'000}, {1, 2}})
      ->UseManualTime()
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
}
BENCHMARK(find_or_insert_graph)->Apply(shapes);
BENCHMARK(find_or_insert_sharded)->Apply(shapes);
#ifdef ENTAIL_BENCH_TBB
BENCHMARK(find_or_insert_tbb)->Apply(shapes);
#endif
BENCHMARK(two_random_lines)->Apply(shapes);

}  // namespace

BENCHMARK_MAIN();
