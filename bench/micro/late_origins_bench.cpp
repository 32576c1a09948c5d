// 40,000 traces that become origins after the truncated span that links to them was emitted: the cost of the tick that
// counts them as late pins, compared with a tick with as many origins that nothing links to. Median of 5 engines.
#include <benchmark/benchmark.h>

#include <vector>

#include "measure/clocks.hpp"
#include "measure/report.hpp"
#include "micro/bare_engine.hpp"

namespace {

using namespace entail;
using namespace entail::bench;

constexpr std::uint64_t kOrigins = 40'000;
constexpr unsigned kRepetitions = 5;

TraceId origin(std::uint64_t number) { return {number * 0x9e3779b97f4a7c15 + 5, number}; }

bool send(Engine& engine, const Buffer& scope) { return engine.ingest(request_of(scope)).ok(); }

struct Tick {
  double cpu_s = 0;
  std::uint64_t late_pins = 0;
};

Tick run(bool with_span) {
  Options options;
  keep_errors(options);
  keep_all(options);
  options.memory_limit_bytes = std::uint64_t{2} << 30;
  NoSink sink;
  auto opened = Engine::open(options, sink);
  if (!opened.ok()) return {};
  Engine& engine = **opened;
  std::int64_t now_s = 1'700'000'000;
  bool ok = engine.tick(now_s * kNanosPerSecond).ok();
  if (with_span) {
    Buffer span, scope;
    append_trace_id(span, 1, TraceId{1, 1});
    append_span_id(span, 2, SpanId{1});
    for (std::uint64_t number = 1; number <= kOrigins; ++number) append_link(span, origin(number), SpanId{number});
    append_content(scope, 2, span);
    ok = ok && send(engine, scope);
  }
  for (unsigned i = 0; i < 60; ++i) ok = ok && engine.tick(++now_s * kNanosPerSecond).ok();  // decided and emitted
  Buffer scope;
  for (std::uint64_t number = 1; number <= kOrigins; ++number) {
    Buffer span;
    append_trace_id(span, 1, origin(number));
    append_span_id(span, 2, SpanId{number});
    append_error_status(span);
    append_content(scope, 2, span);
    if (number % 1000 != 0) continue;
    ok = ok && send(engine, scope);
    scope.clear();
  }
  Tick tick;
  Stopwatch watch;
  watch.time([&] { ok = ok && engine.tick(++now_s * kNanosPerSecond).ok(); });
  for (const NamedCount& loss : engine.statistics().losses)
    if (loss.name == "late_pin") tick.late_pins = loss.count;
  if (ok) tick.cpu_s = watch.cpu_s;
  return tick;
}

void late_origins(benchmark::State& state) {
  for (auto _ : state) {
    std::vector<double> with_s, without_s;
    for (unsigned i = 0; i < kRepetitions; ++i) {
      const Tick with = run(true);
      const Tick without = run(false);
      if (with.cpu_s == 0 || without.cpu_s == 0 || without.late_pins != 0) return state.SkipWithError("a run failed");
      // All but those whose links were emitted.
      if (with.late_pins < kOrigins - 128 || with.late_pins > kOrigins)
        return state.SkipWithError("late pins are missing");
      with_s.push_back(with.cpu_s);
      without_s.push_back(without.cpu_s);
    }
    state.counters["tick_ms"] = percentile(with_s, 0.5) * 1e3;
    state.counters["tick_without_span_ms"] = percentile(without_s, 0.5) * 1e3;
    state.SetIterationTime(percentile(with_s, 0.5));
  }
}
BENCHMARK(late_origins)->UseManualTime()->Iterations(1);

}  // namespace

BENCHMARK_MAIN();
