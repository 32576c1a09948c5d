// The link sample of one span of a million links, compared with one sequential read of the same identities, and with
// the alternatives: Algorithms R and L, std::sample, and a priority queue of hashes. Only the last gives the same
// sample for every order and any duplicates; it is checked against the engine's sketch.
// Random IDs (every trace has one link), few traces (many links each), and one link in two repeated.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <queue>
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

reservoir::IdsOf ids_of(const std::vector<Id>& ids) {
  return [&ids](std::uint32_t index) { return reservoir::LinkIds{ids[index].trace_id, ids[index].span_id}; };
}

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

// The hash and the two sketches alone: the cost of a merge of shards without the lookup.
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
    benchmark::DoNotOptimize(sampler.finish(ids_of(ids)).saved.data());
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

// --- alternatives ----------------------------------------------------------------------------------------------------

void algorithm_r(benchmark::State& state) {
  const std::vector<Id> ids = make_ids(kLinks, kDistinct);
  std::mt19937_64 random(kSeed);
  for (auto _ : state) {
    std::vector<Id> sample(ids.begin(), ids.begin() + kBudget);
    for (std::size_t i = kBudget; i < ids.size(); ++i) {
      const std::size_t place = std::uniform_int_distribution<std::size_t>(0, i)(random);
      if (place < kBudget) sample[place] = ids[i];
    }
    benchmark::DoNotOptimize(sample.data());
  }
  report(state, kLinks);
}
BENCHMARK(algorithm_r)->Unit(benchmark::kMillisecond);

// Skips ahead geometrically: reads 1,300 of a million. It cannot detect duplicates, nor be merged without counts.
void algorithm_l(benchmark::State& state) {
  const std::vector<Id> ids = make_ids(kLinks, kDistinct);
  std::mt19937_64 random(kSeed);
  std::uniform_real_distribution<double> unit(1e-300, 1.0);
  for (auto _ : state) {
    std::vector<Id> sample(ids.begin(), ids.begin() + kBudget);
    double weight = std::exp(std::log(unit(random)) / kBudget);
    for (double at = kBudget; at < static_cast<double>(ids.size());) {
      at += std::floor(std::log(unit(random)) / std::log1p(-weight)) + 1;
      if (at >= static_cast<double>(ids.size())) break;
      sample[random() % kBudget] = ids[static_cast<std::size_t>(at)];
      weight *= std::exp(std::log(unit(random)) / kBudget);
    }
    benchmark::DoNotOptimize(sample.data());
  }
  report(state, kLinks);
}
BENCHMARK(algorithm_l)->Unit(benchmark::kMillisecond);

void std_sample(benchmark::State& state) {
  const std::vector<Id> ids = make_ids(kLinks, kDistinct);
  std::mt19937_64 random(kSeed);
  for (auto _ : state) {
    std::vector<Id> sample;
    std::sample(ids.begin(), ids.end(), std::back_inserter(sample), kBudget, random);
    if (sample.size() != kBudget) state.SkipWithError("another number of links");
    benchmark::DoNotOptimize(sample.data());
  }
  report(state, kLinks);
}
BENCHMARK(std_sample)->Unit(benchmark::kMillisecond);

std::vector<std::uint64_t> smallest_by_queue(const std::vector<Id>& ids) {
  std::priority_queue<std::uint64_t> largest_first;
  for (const Id& id : ids) {
    const std::uint64_t hash = base::sampling_hash(id.trace_id, id.span_id, kSeed);
    if (largest_first.size() < kBudget) {
      largest_first.push(hash);
    } else if (hash < largest_first.top()) {
      largest_first.pop();
      largest_first.push(hash);
    }
  }
  std::vector<std::uint64_t> hashes;
  for (; !largest_first.empty(); largest_first.pop()) hashes.push_back(largest_first.top());
  std::reverse(hashes.begin(), hashes.end());
  return hashes;
}

void priority_queue(benchmark::State& state) {
  const std::vector<Id> ids = make_ids(kLinks, kDistinct);
  reservoir::LinkSampler sampler;
  sampler.begin(kBudget, kSeed, kLinks);
  for (std::uint32_t i = 0; i < kLinks; ++i)
    sampler.add_good(ids[i].trace_id, ids[i].span_id, ids[i].trace_id.lo, i, i * 35, 35);
  std::vector<std::uint64_t> wanted;
  for (const reservoir::SavedLink& link : sampler.finish(ids_of(ids)).saved)
    if (link.in_uniform) wanted.push_back(link.key.hash);
  std::sort(wanted.begin(), wanted.end());
  for (auto _ : state) {
    const std::vector<std::uint64_t> hashes = smallest_by_queue(ids);
    if (hashes != wanted) state.SkipWithError("another sample than the sketch's");
  }
  report(state, kLinks);
}
BENCHMARK(priority_queue)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
