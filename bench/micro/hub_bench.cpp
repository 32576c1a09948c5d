// One new link at a hub of 1,000,000 neighbours: the cost of the tick that finds it, through the public API. The hub
// propagates a keep; its neighbours are those that it links to or that link to it; they are present or absent, or the
// hub is. Measured in the window that holds the hub's other links, and as the first link in a new one. Median of 5.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "measure/clocks.hpp"
#include "measure/report.hpp"
#include "micro/bare_engine.hpp"

namespace {

using namespace entail;
using namespace entail::bench;

constexpr std::uint64_t kNeighbours = 1'000'000;
constexpr std::uint64_t kLinksASpan = 100;
constexpr std::uint64_t kSpansARequest = 500;
constexpr unsigned kRepetitions = 5;
constexpr std::int64_t kWaitS = 168 * 3600;     // nothing is decided meanwhile
constexpr std::int64_t kRecordTimeS = 440'000;  // a window lasts a quarter of it
constexpr TraceId kHub{1, 1};
constexpr TraceId kFailed{1, 2};

TraceId neighbour(std::uint64_t number) { return {2 + number * 0x9e3779b97f4a7c15, number}; }

// A request of spans, made one by one.
class RequestBytes {
 public:
  void add(TraceId trace, bool failed, const std::vector<TraceId>& linked) {
    Buffer span;
    append_trace_id(span, 1, trace);
    append_span_id(span, 2, SpanId{++spans_});
    for (const TraceId to : linked) append_link(span, to, SpanId{1});
    if (failed) append_error_status(span);
    append_content(scope_, 2, span);
  }
  Buffer take() {
    Buffer request = request_of(scope_);
    scope_.clear();
    return request;
  }

 private:
  std::uint64_t spans_ = 0;
  Buffer scope_;
};

enum class Links { linked, linking };

class Hub {
 public:
  Hub(Links links, bool is_present) : links_(links), is_present_(is_present) {
    Options options;
    keep_errors(options);
    options.tail_sampling.decision_wait_ns = kWaitS * kNanosPerSecond;
    options.retain.records_ns = kRecordTimeS * kNanosPerSecond;
    options.memory_limit_bytes = std::uint64_t{6} << 30;
    auto opened = Engine::open(options, sink_);
    if (opened.ok()) engine_ = std::move(*opened);
    ok_ = engine_ != nullptr && engine_->tick(now_s_ * kNanosPerSecond).ok();
    if (ok_) fill();
  }
  bool ok() const noexcept { return ok_; }
  std::uint64_t edges() const { return engine_->statistics().links.edges; }

  void pass(std::int64_t seconds) {
    now_s_ += seconds;
    ok_ = ok_ && engine_->tick(now_s_ * kNanosPerSecond).ok();
  }
  // The CPU time of the tick after one more link, in seconds.
  double tick_with_new_link() {
    const TraceId other = neighbour(kNeighbours + ++added_);
    if (links_ == Links::linked) {
      if (is_present_) request_.add(other, false, {});
      request_.add(kHub, false, {other});
    } else {
      request_.add(other, false, {kHub});
    }
    send();
    Stopwatch watch;
    watch.time([&] { pass(1); });
    return watch.cpu_s;
  }

 private:
  void fill() {
    if (links_ == Links::linking && !is_present_)
      request_.add(kFailed, true, {kHub});
    else
      request_.add(kHub, true, {});
    send();
    pass(1);
    for (std::uint64_t at = 0; at < kNeighbours; at += kLinksASpan * kSpansARequest) {
      for (std::uint64_t i = at; i < at + kLinksASpan * kSpansARequest; i += kLinksASpan) {
        std::vector<TraceId> some;
        for (std::uint64_t n = i; n < i + kLinksASpan; ++n) some.push_back(neighbour(n));
        if (links_ == Links::linked && is_present_)
          for (const TraceId id : some) request_.add(id, false, {});
        if (links_ == Links::linked)
          request_.add(kHub, false, some);
        else
          for (const TraceId id : some) request_.add(id, false, {kHub});
      }
      send();
      pass(1);
    }
    for (unsigned i = 0; i < 100; ++i) pass(1);  // finish the leftovers of the load: filters of closed windows, pools
  }
  void send() {
    const Buffer bytes = request_.take();
    for (unsigned tries = 0; !engine_->ingest(bytes).ok(); ++tries) {
      ok_ = ok_ && tries < 8;
      if (!ok_) return;
      pass(0);
    }
  }

  const Links links_;
  const bool is_present_;
  NoSink sink_;
  RequestBytes request_;
  std::unique_ptr<Engine> engine_;
  std::int64_t now_s_ = 1'700'000'000;
  std::uint64_t added_ = 0;
  bool ok_ = false;
};

void tick_with_new_link(benchmark::State& state, Links links, bool is_present) {
  for (auto _ : state) {
    Hub hub(links, is_present);
    if (!hub.ok()) return state.SkipWithError("the hub is not made");
    std::vector<double> in_window_s, in_new_window_s;
    for (unsigned i = 0; i < kRepetitions; ++i) in_window_s.push_back(hub.tick_with_new_link());
    for (unsigned i = 0; i < kRepetitions; ++i) {
      hub.pass(kRecordTimeS / 4);  // the current window ends
      for (unsigned rest = 0; rest < 100; ++rest) hub.pass(1);
      in_new_window_s.push_back(hub.tick_with_new_link());
    }
    if (!hub.ok() || hub.edges() < kNeighbours + 2 * kRepetitions) return state.SkipWithError("links are missing");
    state.counters["cpu_us"] = percentile(in_window_s, 0.5) * 1e6;
    state.counters["new_window_cpu_us"] = percentile(in_new_window_s, 0.5) * 1e6;
    state.SetIterationTime(percentile(in_window_s, 0.5));
  }
}
BENCHMARK_CAPTURE(tick_with_new_link, linked_present, Links::linked, true)->UseManualTime()->Iterations(1);
BENCHMARK_CAPTURE(tick_with_new_link, linked_absent, Links::linked, false)->UseManualTime()->Iterations(1);
BENCHMARK_CAPTURE(tick_with_new_link, linking_present, Links::linking, true)->UseManualTime()->Iterations(1);
BENCHMARK_CAPTURE(tick_with_new_link, linking_absent_hub, Links::linking, false)->UseManualTime()->Iterations(1);

}  // namespace

BENCHMARK_MAIN();
