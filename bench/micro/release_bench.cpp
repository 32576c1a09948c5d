// The cost of ticks that release memory, through the public API: an engine at its limit takes one load after another,
// so that every few ticks windows close and span bytes are freed. For each tick the CPU time and the bytes by which the
// account fell; the bound is 20 ms per 64 MiB released. Ticks of the same load with ample memory are the baseline: the
// time for new and due traces.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "measure/clocks.hpp"
#include "measure/report.hpp"
#include "micro/bare_engine.hpp"

namespace {

using namespace entail;
using namespace entail::bench;

constexpr double kUnitBytes = 64 << 20;

struct Load {
  std::uint64_t traces_per_s;
  std::uint64_t links;      // per trace, to absent ones
  std::uint64_t pad_bytes;  // per span
};
constexpr Load kOneSpan{30'000, 0, 0}, kAbsentLinks{15'000, 4, 0}, kLargeSpans{60, 0, 1 << 20};

class Run {
 public:
  Run(const Load& load, std::uint64_t limit_bytes) : load_(load), pad_(load.pad_bytes, 'x') {
    Options options;
    keep_errors(options);
    options.memory_limit_bytes = limit_bytes;
    auto opened = Engine::open(options, sink_);
    if (opened.ok()) engine_ = std::move(*opened);
    ok_ = engine_ != nullptr;
  }

  void second() {
    ++now_s_;
    tick();
    for (std::uint64_t i = 0; i < load_.traces_per_s; ++i) {
      Buffer span;
      append_trace_id(span, 1, {spread(++trace_), spread(~trace_)});
      append_span_id(span, 2, SpanId{trace_});
      for (std::uint64_t k = 0; k < load_.links; ++k) {
        ++absent_;
        append_link(span, {spread(absent_) | 1, spread(absent_ ^ 0x5555555555555555)}, SpanId{1});
      }
      if (!pad_.empty()) append_attribute(span, 9, "pad", pad_);
      append_content(scope_, 2, span);
      if (i % 500 == 499 || scope_.size() > (1 << 20)) send();
    }
    send();
  }

  bool ok() const noexcept { return ok_; }
  std::vector<double> tick_ms;     // of all ticks
  double worst_ms_per_unit = 0;    // of ticks that released a unit or more
  double worst_ms_below_unit = 0;  // of the others
  double released_units = 0;

 private:
  void tick() {
    const double before = static_cast<double>(engine_->statistics().memory.total_bytes);
    Stopwatch watch;
    watch.time([&] { ok_ = ok_ && engine_->tick(now_s_ * kNanosPerSecond).ok(); });
    const double after = static_cast<double>(engine_->statistics().memory.total_bytes);
    const double released = std::max(0.0, before - after) / kUnitBytes;
    const double ms = watch.cpu_s * 1e3;
    tick_ms.push_back(ms);
    released_units += released;
    if (released >= 1)
      worst_ms_per_unit = std::max(worst_ms_per_unit, ms / released);
    else
      worst_ms_below_unit = std::max(worst_ms_below_unit, ms);
  }

  void send() {
    if (scope_.empty()) return;
    const Buffer request = request_of(scope_);
    scope_.clear();
    for (unsigned tries = 0; !engine_->ingest(request).ok(); ++tries) {
      ok_ = ok_ && tries < 8;
      if (!ok_) return;
      tick();
    }
  }

  const Load load_;
  const std::string pad_;
  NoSink sink_;
  std::unique_ptr<Engine> engine_;
  Buffer scope_;
  std::int64_t now_s_ = 1'700'000'000;
  std::uint64_t trace_ = 0;
  std::uint64_t absent_ = 0;
  bool ok_ = false;
};

void release(benchmark::State& state, const Load& load) {
  const std::uint64_t limit_bytes = static_cast<std::uint64_t>(state.range(0)) << 20;
  for (auto _ : state) {
    Run run(load, limit_bytes);
    for (unsigned second = 0; second < 300 && run.ok(); ++second) run.second();
    Run ample(load, std::uint64_t{8} << 30);
    for (unsigned second = 0; second < 60 && ample.ok(); ++second) ample.second();
    if (!run.ok() || !ample.ok()) return state.SkipWithError("a request or a tick failed");
    state.counters["tick_ms"] = percentile(run.tick_ms, 0.5);
    state.counters["tick_ms_max"] = *std::max_element(run.tick_ms.begin(), run.tick_ms.end());
    state.counters["ample_tick_ms"] = percentile(ample.tick_ms, 0.5);
    state.counters["ms_per_64MiB_max"] = run.worst_ms_per_unit;
    state.counters["ms_below_64MiB_max"] = run.worst_ms_below_unit;
    state.counters["released_64MiB"] = run.released_units;
    state.SetIterationTime(1e-3 * run.worst_ms_per_unit);
  }
}
BENCHMARK_CAPTURE(release, one_span, kOneSpan)
    ->ArgName("limit_MiB")
    ->Arg(256)
    ->Arg(1024)
    ->UseManualTime()
    ->Iterations(1);
BENCHMARK_CAPTURE(release, absent_links, kAbsentLinks)
    ->ArgName("limit_MiB")
    ->Arg(256)
    ->Arg(1024)
    ->UseManualTime()
    ->Iterations(1);
BENCHMARK_CAPTURE(release, large_spans, kLargeSpans)
    ->ArgName("limit_MiB")
    ->Arg(256)
    ->Arg(1024)
    ->UseManualTime()
    ->Iterations(1);

}  // namespace

BENCHMARK_MAIN();
