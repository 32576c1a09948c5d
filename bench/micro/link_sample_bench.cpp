// The link sample of one span of a million links, against one sequential read of the same identities.
// Random IDs (every trace has one link), few traces (many links each), and one link in two repeated.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <vector>

#include "reservoir/link_sample.hpp"

namespace {

using namespace entail;

constexpr std::uint32_t kBudget = 128;
constexpr std::size_t kLinks = 1'000'000;
constexpr std::uint64_t kSeed = 20240;

struct Id {
  TraceId trace_id;
  SpanId span_id;
};

enum Shape : std::int64_t { kDistinct, kFewTraces, kRepeated };

std::vector<Id> make_ids(std::size_t count, std::int64_t shape) {
  std::mt19937_64 random(kSeed);
  std::vector<Id> ids(count);
  for (std::size_t i = 0; i < count; ++i) {
    ids[i] = {{random(), random()}, {random() | 1}};
    if (shape == kFewTraces && i >= 100) ids[i].trace_id = ids[i % 100].trace_id;
    if (shape == kRepeated && i % 2 == 1) ids[i] = ids[random() % i];
  }
  return ids;
}

void report(benchmark::State& state, std::size_t links) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(links));
  using benchmark::Counter;
  const Counter::Flags flags = Counter::kIsIterationInvariantRate | Counter::kInvert;
  state.counters["time_per_link"] = Counter(static_cast<double>(links), flags);
}

void read_identities(benchmark::State& state) {
  const std::vector<Id> ids = make_ids(kLinks, kDistinct);
  for (auto _ : state) {
    std::uint64_t sum = 0;
    for (const Id& id : ids) sum += id.trace_id.hi ^ id.trace_id.lo ^ id.span_id.value;
    benchmark::DoNotOptimize(sum);
  }
  report(state, kLinks);
}
BENCHMARK(read_identities)->Unit(benchmark::kMillisecond);

// The hash and the two sketches alone: what a merge of shards without the look-up would cost.
void sketch_links(benchmark::State& state) {
  const std::vector<Id> ids = make_ids(kLinks, state.range(0));
  reservoir::BottomK<reservoir::UniformOrder> uniform;
  reservoir::BottomK<reservoir::ConsistentOrder> consistent;
  for (auto _ : state) {
    uniform.begin(kBudget);
    consistent.begin(kBudget);
    std::uint32_t index = 0;
    for (const Id& id : ids) {
      const std::uint64_t hash = base::sampling_hash(id.trace_id, id.span_id, kSeed);
      const reservoir::ConsistentKey key = reservoir::consistent_key(id.trace_id.lo, hash);
      const reservoir::Candidate link{key, id.trace_id, id.span_id, index++, 0, 0};
      uniform.add(link);
      consistent.add(link);
    }
    uniform.settle();
    consistent.settle();
    benchmark::DoNotOptimize(uniform.members().data());
  }
  report(state, kLinks);
}
BENCHMARK(sketch_links)->Arg(kDistinct)->Arg(kFewTraces)->Unit(benchmark::kMillisecond);

void sample_links(benchmark::State& state) {
  const auto links = static_cast<std::size_t>(state.range(0));
  const std::vector<Id> ids = make_ids(links, state.range(1));
  reservoir::LinkSampler sampler;
  for (auto _ : state) {
    sampler.begin(kBudget, kSeed, links);
    std::uint32_t index = 0;
    for (const Id& id : ids) {
      sampler.add_good(id.trace_id, id.span_id, id.trace_id.lo, index, index * 35, 35);
      ++index;
    }
    benchmark::DoNotOptimize(sampler.finish().saved.data());
  }
  report(state, links);
  state.counters["bytes_per_link"] = static_cast<double>(sampler.held_bytes()) / static_cast<double>(links);
}
BENCHMARK(sample_links)
    ->ArgNames({"links", "shape"})
    ->Args({200, kDistinct})
    ->Args({10'000, kDistinct})
    ->Args({kLinks, kDistinct})
    ->Args({kLinks, kFewTraces})
    ->Args({kLinks, kRepeated})
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
