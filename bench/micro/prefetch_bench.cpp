// The cost of a prefetched random cache line: into the first cache or the second, in a stream or in bursts,
// with little and with some work per line. base/prefetch.hpp relies on these figures. 32 MB, the size of the rows of a
// million nodes; the sum of the values read is checked.
#include <algorithm>
#include <numeric>

#include "base/large_pages.hpp"
#include "base/prefetch.hpp"
#include "micro/threads_run.hpp"

namespace {

using namespace entail;
using namespace entail::bench;

constexpr std::size_t kBytes = 32 << 20;
constexpr std::size_t kRows = 1 << 20;
constexpr std::size_t kRowBytes = kBytes / kRows;

struct Memory {
  Memory() : order(kRows) {
    data = static_cast<std::uint8_t*>(base::map_pages(kBytes, true, 0));
    if (data == nullptr) std::abort();
    base::prefer_huge_pages(data, kBytes);
    for (std::size_t row = 0; row < kRows; ++row) data[row * kRowBytes] = 1;
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), std::mt19937_64(3));
    order.resize(kRows + kAheadMax);  // prefetching past the end fetches row 0
  }
  static constexpr std::size_t kAheadMax = 256;
  std::uint8_t* data;
  std::vector<std::uint32_t> order;
};

enum class Cache { none, first, second };

template <Cache kCache>
void ask(const void* address) {
  if constexpr (kCache == Cache::first) base::prefetch_in_order(address);
  if constexpr (kCache == Cache::second) base::prefetch(address);
}

// Work that the next row cannot overtake: each step depends on the previous one.
std::uint64_t work(std::uint64_t value, int steps) {
  for (int i = 0; i < steps; ++i) value = value * 3 + 1;
  return value;
}

// range(0): lines prefetched at once, then used; 1: a stream, each prefetched 64 ahead. range(1): steps of work per
// line.
template <Cache kCache>
void random_lines(benchmark::State& state) {
  static const Memory memory;
  const auto burst = static_cast<std::size_t>(state.range(0));
  const std::size_t ahead = burst == 1 ? 64 : burst;
  const auto steps = static_cast<int>(state.range(1));
  const auto row = [&](std::size_t i) { return &memory.data[memory.order[i] * kRowBytes]; };
  for (auto _ : state) {
    std::uint64_t sum = 0;
    const Times times = run_shares(1, kRows, [&](unsigned, std::size_t begin, std::size_t end) {
      std::uint64_t chain = 0;
      for (std::size_t at = begin; at < end; at += burst) {
        for (std::size_t i = 0; i < burst; ++i) ask<kCache>(row(at + ahead + i));
        for (std::size_t i = 0; i < burst; ++i) {
          const std::uint64_t read = *row(at + i);
          sum += read;
          chain = work(chain + read, steps);
        }
      }
      benchmark::DoNotOptimize(chain);
    });
    if (sum != kRows) state.SkipWithError("a line was not read");
    report(state, times, kRows, 1);
  }
}

void shapes(benchmark::internal::Benchmark* one) {
  one->ArgNames({"burst", "work"})
      ->ArgsProduct({{1, 16, 64}, {0, 10, 40}})
      ->UseManualTime()
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
}
BENCHMARK(random_lines<Cache::none>)->Apply(shapes);
BENCHMARK(random_lines<Cache::first>)->Apply(shapes);
BENCHMARK(random_lines<Cache::second>)->Apply(shapes);

}  // namespace

BENCHMARK_MAIN();
