// The cost of adversarial IDs compared with random ones, through the public API: traces of one span with a link each,
// and one span with a hundred thousand links. The adversarial IDs share a half, count up, or are multiples of the
// constants in core's hashes. Each family alternates with as many random IDs; the ratio of the medians of 5 is the
// result (at most 2: G10).
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "measure/clocks.hpp"
#include "measure/report.hpp"
#include "micro/bare_engine.hpp"

namespace {

using namespace entail;
using namespace entail::bench;

constexpr std::uint64_t kTraces = 200'000;
constexpr std::uint64_t kLinks = 100'000;
constexpr std::uint64_t kSpansARequest = 1000;
constexpr unsigned kRepetitions = 5;
constexpr std::uint64_t kConstants[] = {
    0x9e3779b97f4a7c15, 0x9e3779b185ebca87, 0xff51afd7ed558ccd, 0x165667919e3779f9, 0xbe4ba423396cfeb8,
    0x1cad21f72c81017c, 0xdb979083e96dd4de, 0x1f67b3b7a4a44072, 0x6782737bea4239b9, 0xaf56bc3b0996523a,
    0x100000001b3,      0xcbf29ce484222325, 0x0101010101010101, 0x8080808080808080,
};

enum class Family { random, equal_low, equal_high, counting, multiples_low, multiples_high, product_pair, high_bits };

// number: from 1.
TraceId id_of(Family family, std::uint64_t constant, std::uint64_t number) {
  switch (family) {
    case Family::equal_low:
      return {spread(number), constant};
    case Family::equal_high:
      return {constant, spread(number)};
    case Family::counting:
      return {constant, number};
    case Family::multiples_low:
      return {1, number * constant};
    case Family::multiples_high:
      return {number * constant, 1};
    case Family::product_pair:
      return {number * constant, number};  // high ^ low * constant is 0
    case Family::high_bits:
      return {number << 44, constant};
    case Family::random:
      break;
  }
  return {spread(number * 2 + constant), spread(number * 2 + 1 + constant)};
}

std::vector<Buffer> requests_of_traces(Family family, std::uint64_t constant) {
  std::vector<Buffer> requests;
  Buffer scope;
  for (std::uint64_t number = 1; number <= kTraces; ++number) {
    Buffer span;
    append_trace_id(span, 1, id_of(family, constant, number));
    append_span_id(span, 2, SpanId{number});
    append_link(span, id_of(family, constant, kTraces + number), SpanId{1});
    append_content(scope, 2, span);
    if (number % kSpansARequest != 0) continue;
    requests.push_back(request_of(scope));
    scope.clear();
  }
  return requests;
}

std::vector<Buffer> request_of_links(Family family, std::uint64_t constant) {
  Buffer span;
  append_trace_id(span, 1, TraceId{7, 7});
  append_span_id(span, 2, SpanId{7});
  for (std::uint64_t number = 1; number <= kLinks; ++number)
    append_link(span, id_of(family, constant, number), SpanId{1});
  Buffer scope;
  append_content(scope, 2, span);
  return {request_of(scope)};
}

// CPU seconds to ingest the requests, decide and emit; 0 if anything failed.
double run(const std::vector<Buffer>& requests) {
  Options options;
  keep_all(options);
  options.memory_limit_bytes = std::uint64_t{2} << 30;
  NoSink sink;
  auto opened = Engine::open(options, sink);
  if (!opened.ok()) return 0;
  Engine& engine = **opened;
  std::int64_t now_s = 1'700'000'000;
  bool ok = engine.tick(now_s * kNanosPerSecond).ok();
  Stopwatch watch;
  watch.time([&] {
    for (const Buffer& request : requests) {
      // A large request finds room after a tick or two.
      for (unsigned tries = 0; ok && !engine.ingest(request).ok(); ++tries)
        ok = tries < 2 && engine.tick(now_s * kNanosPerSecond).ok();
    }
    for (unsigned tick = 0; tick < 40; ++tick) ok = ok && engine.tick(++now_s * kNanosPerSecond).ok();
  });
  return ok && engine.statistics().traces.kept != 0 ? watch.cpu_s : 0;
}

void ids(benchmark::State& state, Family family, bool links) {
  double worst = 0;
  const auto requests_of = links ? request_of_links : requests_of_traces;
  for (auto _ : state) {
    for (const std::uint64_t constant : kConstants) {
      const std::vector<Buffer> chosen = requests_of(family, constant);
      const std::vector<Buffer> random = requests_of(Family::random, constant);
      std::vector<double> chosen_s, random_s;
      for (unsigned i = 0; i < kRepetitions; ++i) {
        chosen_s.push_back(run(chosen));
        random_s.push_back(run(random));
        if (chosen_s.back() == 0 || random_s.back() == 0) return state.SkipWithError("a run failed");
      }
      worst = std::max(worst, percentile(chosen_s, 0.5) / percentile(random_s, 0.5));
    }
    state.SetIterationTime(worst);
  }
  state.counters["worst_ratio"] = worst;
}

#define IDS(name, family)                                                                       \
  BENCHMARK_CAPTURE(ids, traces_##name, Family::family, false)->UseManualTime()->Iterations(1); \
  BENCHMARK_CAPTURE(ids, links_##name, Family::family, true)->UseManualTime()->Iterations(1)
IDS(random, random);
IDS(equal_low, equal_low);
IDS(equal_high, equal_high);
IDS(counting, counting);
IDS(multiples_low, multiples_low);
IDS(multiples_high, multiples_high);
IDS(product_pair, product_pair);
IDS(high_bits, high_bits);
#undef IDS

}  // namespace

BENCHMARK_MAIN();
