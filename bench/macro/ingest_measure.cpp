// Ingest alone: how it scales, the memory of a held trace, and the longest call during a large tick.
#include <malloc.h>

#include <algorithm>
#include <atomic>

#include "macro/engine_target.hpp"
#include "macro/feed.hpp"
#include "macro/measures.hpp"

namespace entail::bench {
namespace {

constexpr std::uint64_t kIngestSpans = 400'000;

// All requests at once, from that many threads; nothing is decided.
bool ingest_all(EngineTarget& target, const Load& load, unsigned threads, Times& times) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  times = run_threads(threads, [&](unsigned thread) {
    for (std::size_t i = next.fetch_add(1); i < load.requests.size(); i = next.fetch_add(1))
      if (!target.ingest(thread, load.requests[i])) failed = true;
  });
  if (failed) return fail("the engine refused a request");
  if (target.engine->statistics().spans.held != load.spans) return fail("spans are missing");
  return true;
}

}  // namespace

bool measure_ingest(const Settings& settings, Report& report) {
  const std::uint64_t spans = settings.spans == 0 ? kIngestSpans : settings.spans;
  EngineTarget target(options_for(Load{}, settings.policies_yaml));
  std::uint64_t number = 0;
  if (!target.ok() || !target.tick(kNanosPerSecond)) return fail("the engine does not open");
  for (unsigned i = 0; i <= settings.repetitions; ++i) {
    for (const unsigned threads : {1u, 2u}) {
      const Load load = make_load("plain", spans, number++);
      const bool counts = i != 0;  // the first one faults memory in
      Times times;
      // The control is measured right before the run it qualifies.
      if (threads == 2 && counts) report.add("macro.ingest.control", "x", control());
      if (!ingest_all(target, load, threads, times)) return false;
      if (!target.finish(target.ticked_ns)) return fail("the engine never releases its spans");
      if (!counts) continue;
      const std::string name = "macro.ingest." + std::to_string(threads);
      report.add(name + ".wall", "ns/span", times.wall_s * 1e9 / static_cast<double>(load.spans));
      report.add(name + ".cpu", "ns/span", times.cpu_s * 1e9 / static_cast<double>(load.spans));
    }
  }
  return true;
}

bool measure_memory(const Settings& settings, Report& report) {
  const Load load = make_load("plain", settings.spans == 0 ? kIngestSpans : settings.spans);
  const Options options = options_for(load, settings.policies_yaml);
  const auto traces = static_cast<double>(load.traces);
  for (unsigned i = 0; i < settings.repetitions; ++i) {
    malloc_trim(0);  // what the last repetition freed
    const std::uint64_t before = resident_bytes();
    EngineTarget target(options);
    Times times;
    if (!target.ok() || !target.tick(kNanosPerSecond) || !ingest_all(target, load, 1, times)) return false;
    if (!target.tick(2 * kNanosPerSecond)) return fail("tick");  // records are created; nothing is due
    const std::uint64_t after = resident_bytes();
    report.add("macro.memory.trace", "B", static_cast<double>(after - before) / traces);
    report.add("macro.memory.counted", "B",
               static_cast<double>(target.engine->statistics().memory.total_bytes) / traces);
    report.add("macro.memory.otlp", "B", static_cast<double>(load.bytes) / traces);
  }
  return true;
}

namespace {

// The third thread's work while two ingest.
enum class ThirdThread { tick, compute };

// The longest call of either ingest thread, in seconds, and how long the third thread was busy.
struct Pause {
  double call_max_s = 0;
  double call_cpu_max_s = 0;
  double third_s = 0;
};

bool run_with_third(const Load& held, const Load& more, const Options& options, ThirdThread third, double compute_s,
                    Pause& pause) {
  EngineTarget target(options);
  Times times;
  if (!target.ok() || !target.tick(kNanosPerSecond) || !ingest_all(target, held, 1, times)) return false;
  if (!target.tick(2 * kNanosPerSecond)) return fail("tick");
  std::atomic<std::size_t> next{0};
  std::atomic<bool> over{false};
  std::atomic<bool> failed{false};
  double wall_max_s[2] = {};
  double cpu_max_s[2] = {};
  run_threads(3, [&](unsigned thread) {
    if (thread == 2) {
      const double start = wall_s();
      if (third == ThirdThread::tick && !target.tick(10 * kNanosPerSecond)) failed = true;
      while (third == ThirdThread::compute && wall_s() - start < compute_s) static_cast<void>(spin(1000));
      pause.third_s = wall_s() - start;
      over = true;
      return;
    }
    while (!over) {
      const std::size_t i = next.fetch_add(1);
      if (i >= more.requests.size()) break;
      const double wall_start = wall_s();
      const double cpu_start = thread_cpu_s();
      if (!target.ingest(thread, more.requests[i])) failed = true;
      cpu_max_s[thread] = std::max(cpu_max_s[thread], thread_cpu_s() - cpu_start);
      wall_max_s[thread] = std::max(wall_max_s[thread], wall_s() - wall_start);
    }
  });
  pause.call_max_s = std::max(wall_max_s[0], wall_max_s[1]);
  pause.call_cpu_max_s = std::max(cpu_max_s[0], cpu_max_s[1]);
  if (failed) return fail("the engine refused something during a tick");
  if (third == ThirdThread::tick && target.engine->statistics().traces.kept < held.own_kept.size())
    return fail("the tick did not decide");
  return true;
}

}  // namespace

bool measure_pause(const Settings& settings, Report& report) {
  const Load held = make_load("plain", kIngestSpans);  // 100,000 traces
  const Load more = make_load("queue", settings.spans == 0 ? 2 * kIngestSpans : settings.spans);
  const Options options = options_for(held, settings.policies_yaml);
  for (unsigned i = 0; i < settings.repetitions; ++i) {
    Pause ticking;
    Pause computing;
    if (!run_with_third(held, more, options, ThirdThread::tick, 0, ticking)) return false;
    if (!run_with_third(held, more, options, ThirdThread::compute, ticking.third_s, computing)) return false;
    report.add("macro.pause.tick", "ms", ticking.third_s * 1e3);
    report.add("macro.pause.call", "ms", ticking.call_max_s * 1e3);
    report.add("macro.pause.control", "ms", computing.call_max_s * 1e3);
    report.add("macro.pause.beyond_control", "ms", (ticking.call_max_s - computing.call_max_s) * 1e3);
    report.add("macro.pause.call.cpu", "ms", ticking.call_cpu_max_s * 1e3);
    report.add("macro.pause.control.cpu", "ms", computing.call_cpu_max_s * 1e3);
  }
  return true;
}

}  // namespace entail::bench
