// The loads that the guarantees on liveness (G9) and memory (G5) are tested with, each played in a process of its own.
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
  std::function<void(Options&)> configure;  // beyond the defaults and one policy, that keeps ERROR traces
  std::function<void(LoadHost&, std::int64_t seconds)> play;  // engine time
  OutputAnswer answer = OutputAnswer::accepted;               // of the sink, for ever
};

// `scale` multiplies rates and amounts, so that a short run at a small memory_limit meets what a long one at a large
// limit does.
std::vector<Load> liveness_loads(double scale);
// Those whose memory is measured.
std::vector<Load> memory_loads(double scale);

// A steady load for a day or a part of it: its memory and the CPU time of its ticks must stay flat, which the load
// itself compares between its second quarter and its last, as a fault.
std::vector<Load> steady_loads();

Options load_options(const Load& load, std::uint64_t memory_limit_bytes);

std::vector<Load> loads_of(const std::string& family, double scale);

std::ostream& operator<<(std::ostream& out, const Load& load);  // its name

// In this process, which must have done nothing of the kind before.
Figures run_here(const Load& load, std::uint64_t memory_limit_bytes, std::int64_t seconds);
// In a process of its own, so that it finds no memory that another load left: `program` is pressure_run. What went
// wrong with the process itself is a fault of the figures.
Figures run_apart(const std::string& program, const Load& load, std::uint64_t memory_limit_bytes, std::int64_t seconds);

}  // namespace entail::pressure
