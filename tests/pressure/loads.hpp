// The loads for the guarantees on liveness (G9) and memory (G5), each run in a separate process.
// Thread rule: Immutable (functions); a load that needs threads starts them itself.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "entail/options.hpp"
#include "tests/pressure/load_host.hpp"

namespace entail::pressure {

struct Load {
  std::string family;  // liveness, memory or steady
  double scale = 1;
  std::string name;
  std::function<void(Options&)> configure;  // beyond the defaults and one policy that keeps ERROR traces
  std::function<void(LoadHost&, std::int64_t seconds)> play;  // engine time
  OutputAnswer answer = OutputAnswer::accepted;               // of the sink, for ever
};

// `scale` multiplies rates and amounts, so that a short run at a small memory_limit behaves like a long one at a large
// limit.
std::vector<Load> liveness_loads(double scale);
// Those whose memory is measured.
std::vector<Load> memory_loads(double scale);

// A steady load for a day or part of it: its memory and the CPU time of its ticks must stay flat. The load itself
// compares its second quarter with its last, and reports growth as a fault.
std::vector<Load> steady_loads();

// Adds a policy that keeps every trace.
void keep_all(Options& options);

Options load_options(const Load& load, std::uint64_t memory_limit_bytes);

std::vector<Load> loads_of(const std::string& family, double scale);

std::ostream& operator<<(std::ostream& out, const Load& load);  // its name

// In this process, which must not have run a load before.
Figures run_here(const Load& load, std::uint64_t memory_limit_bytes, std::int64_t seconds);
// In a separate process, so that no memory of another load is reused: `program` is pressure_run. Problems
// with the process itself are a fault in the figures.
Figures run_apart(const std::string& program, const Load& load, std::uint64_t memory_limit_bytes, std::int64_t seconds);

}  // namespace entail::pressure
