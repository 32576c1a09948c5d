// Feeds a load to a sampler, from one thread or two, with a tick at the start of every second.
//
// With two threads, the one that takes the first request of a second ticks, while the other continues; if the previous
// tick is still running, the next second's tick catches up. Traces wait 5 seconds for their verdict, so a thread may
// fall behind by as much without changing what is kept.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "measure/threads.hpp"
#include "workload/load.hpp"

namespace entail::bench {

// Target: bool ingest(unsigned thread, Bytes), bool tick(std::int64_t now_ns), bool finish(std::int64_t now_ns), which
// decides the rest. False from any of them ends the run with ok = false. The load's seconds are counted from
// start_s. tick_s gets the wall time of each tick before finish().
template <class Target>
Times feed(Target& target, const Load& load, std::int64_t start_s, unsigned threads, bool& ok,
           std::vector<double>* tick_s) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex ticking;
  std::int64_t ticked_s = 0;  // guarded by ticking
  const auto tick = [&](std::int64_t second) {
    const std::unique_lock lock(ticking, std::try_to_lock);
    if (!lock.owns_lock() || second <= ticked_s) return;
    const double start = wall_s();
    if (!target.tick(second * kNanosPerSecond)) failed = true;
    if (tick_s != nullptr) tick_s->push_back(wall_s() - start);
    ticked_s = second;
  };
  Times times = run_threads(threads, [&](unsigned thread) {
    for (std::size_t i = next.fetch_add(1); i < load.requests.size() && !failed; i = next.fetch_add(1)) {
      if (i == 0 || load.arrival_s[i] != load.arrival_s[i - 1]) tick(start_s + load.arrival_s[i]);
      if (!target.ingest(thread, load.requests[i])) failed = true;
    }
  });
  const double wall_start = wall_s();
  const double cpu_start = thread_cpu_s();
  if (!target.finish((start_s + load.arrival_s.back()) * kNanosPerSecond)) failed = true;
  times.cpu_s += thread_cpu_s() - cpu_start;
  times.wall_s += wall_s() - wall_start;
  ok = !failed;
  return times;
}

}  // namespace entail::bench
