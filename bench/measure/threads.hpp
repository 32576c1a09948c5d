// Threads that start together, and a control: how much work two threads complete compared with one, in
// work that shares nothing. A two-thread figure is meaningful only where the control is near 2.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "measure/clocks.hpp"

namespace entail::bench {

struct Times {
  double wall_s = 0;
  double cpu_s = 0;  // of all threads
};

// Runs body(thread) on that many threads at once.
template <class Body>
Times run_threads(unsigned threads, Body&& body) {
  std::atomic<unsigned> ready{0};
  std::atomic<bool> go{false};
  std::vector<double> cpu_s(threads);
  std::vector<std::thread> workers;
  for (unsigned t = 0; t < threads; ++t)
    workers.emplace_back([&, t] {
      ready.fetch_add(1);
      while (!go.load(std::memory_order_acquire)) std::this_thread::yield();
      const double start = thread_cpu_s();
      body(t);
      cpu_s[t] = thread_cpu_s() - start;
    });
  while (ready.load() != threads) std::this_thread::yield();
  const double start = wall_s();
  go.store(true, std::memory_order_release);
  for (std::thread& worker : workers) worker.join();
  Times times{wall_s() - start, 0};
  for (const double seconds : cpu_s) times.cpu_s += seconds;
  return times;
}

constexpr std::uint64_t kControlSteps = 40'000'000;  // about 40 ms

// Arithmetic without memory accesses.
inline std::uint64_t spin(std::uint64_t steps) noexcept {
  std::uint64_t value = steps | 1;
  for (std::uint64_t i = 0; i < steps; ++i) value = value * 0x9e3779b97f4a7c15ULL + i;
  return value;
}

// 2.0: two threads do twice the work of one in the same time.
inline double control() {
  std::atomic<std::uint64_t> sum{0};
  const auto body = [&](unsigned) { sum.fetch_add(spin(kControlSteps), std::memory_order_relaxed); };
  const double one_s = run_threads(1, body).wall_s;
  const double two_s = run_threads(2, body).wall_s;
  return sum.load() == 1 ? 0 : 2 * one_s / two_s;
}

}  // namespace entail::bench
