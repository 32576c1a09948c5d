// Seeded workloads: options and steps, with every case of docs/design.md 3: chains, cycles, hubs, links to
// the own trace, to absent traces and to nowhere, duplicates, bad IDs, late spans, traces that arrive after links to
// them. The same seed gives the same workload on every machine. Thread rule: Confined.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "entail/options.hpp"
#include "tests/workload/otlp_plain.hpp"

namespace entail::workload {

// A random number generator. The standard distributions differ between libraries, so it uses none.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t bits() { return engine_(); }
  // 0 <= result < bound. The modulo bias does not matter here.
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  bool chance(unsigned percent) { return below(100) < percent; }

 private:
  std::mt19937_64 engine_;
};

// Requests that arrive between two ticks, in any order, then the tick.
struct Step {
  std::vector<Request> requests;
  std::int64_t tick_ns = 0;
};

struct Workload {
  Options options;
  std::vector<Step> steps;    // then drain at the last tick's time, plus one second
  bool whole_seconds = true;  // all ticks are at whole seconds
};

// 5 to 60 traces, every option drawn.
Workload small_workload(std::uint64_t seed);
// 20,000 traces or more, with hubs. No cap binds.
Workload large_workload(std::uint64_t seed);

ByteString random_trace_id(Random& random);
ByteString random_span_id(Random& random);

}  // namespace entail::workload
