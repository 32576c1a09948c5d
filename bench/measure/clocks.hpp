// The clocks and gauges of the benchmarks. CPU time is more meaningful than wall time on a shared machine.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>

namespace entail::bench {

inline double clock_s(clockid_t clock) noexcept {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}
inline double wall_s() noexcept { return clock_s(CLOCK_MONOTONIC); }
inline double thread_cpu_s() noexcept { return clock_s(CLOCK_THREAD_CPUTIME_ID); }
inline double process_cpu_s() noexcept { return clock_s(CLOCK_PROCESS_CPUTIME_ID); }  // of all threads

// Resident memory of the process, in bytes; 0 where /proc is missing.
inline std::uint64_t resident_bytes() noexcept {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  unsigned long long size = 0;
  unsigned long long resident = 0;
  const int read = std::fscanf(file, "%llu %llu", &size, &resident);
  std::fclose(file);
  return read == 2 ? resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

// Runs body and adds its times.
struct Stopwatch {
  double wall_s = 0;
  double cpu_s = 0;  // of the calling thread
  template <class Body>
  void time(Body&& body) {
    const double wall_start = bench::wall_s();
    const double cpu_start = thread_cpu_s();
    body();
    cpu_s += thread_cpu_s() - cpu_start;
    wall_s += bench::wall_s() - wall_start;
  }
};

}  // namespace entail::bench
