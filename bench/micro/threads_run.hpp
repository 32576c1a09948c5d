// Shared by the multi-threaded micro benchmarks: a range split among threads, and their times as counters in ns per
// operation. Random trace IDs, and the hash for oneTBB's table.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <vector>

#include "base/hash.hpp"
#include "entail/types.hpp"
#include "measure/threads.hpp"

namespace entail::bench {

constexpr std::uint64_t kTableSeed = 0x5eed;

inline std::vector<TraceId> random_keys(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<TraceId> keys(count);
  for (TraceId& key : keys) key = {random(), random()};
  return keys;
}

// Runs body(thread, begin, end) over [0, count), split among the threads.
template <class Body>
Times run_shares(unsigned threads, std::size_t count, Body&& body) {
  const std::size_t share = count / threads;
  return run_threads(threads, [&](unsigned t) { body(t, t * share, t + 1 == threads ? count : (t + 1) * share); });
}

// Adds one iteration's times; the counters are means over the iterations, in ns per operation. A run of two threads
// reports the control as well.
inline void report(benchmark::State& state, Times times, std::size_t operations, unsigned threads) {
  state.SetIterationTime(times.wall_s);
  const auto add = [&](const char* name, double value) {
    benchmark::Counter& counter = state.counters[name];
    counter.flags = benchmark::Counter::kAvgIterations;
    counter.value += value;
  };
  const double ns = 1e9 / static_cast<double>(operations);
  add("wall_ns", times.wall_s * ns);
  add("cpu_ns", times.cpu_s * ns);
  if (threads == 2) add("control", control());
}

// For tbb::concurrent_hash_map: the engine's own hash, so that tables are compared and not hashes.
struct TbbHash {
  static std::size_t hash(const TraceId& key) { return base::table_hash(key, kTableSeed); }
  static bool equal(const TraceId& a, const TraceId& b) { return a == b; }
};

}  // namespace entail::bench
