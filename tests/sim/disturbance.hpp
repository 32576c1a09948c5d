// Faults on the way to an engine, drawn from a seed and applied to a workload, which yields another workload.
// Swarm testing: each disturbance is switched off in about half of the seeds, so that some runs have only one.
// Thread rule: Confined.
#pragma once

#include <string>

#include "tests/workload/generator.hpp"

namespace entail::sim {

struct Disturbance {
  bool delayed = false;      // requests move to later ticks
  bool reordered = false;    // within and between neighbouring ticks
  bool duplicated = false;   // whole requests are delivered twice, at once or much later
  bool split = false;        // one request becomes one for each span
  bool merged = false;       // all requests of a tick become one
  bool jumps = false;        // the clock jumps minutes and hours, or does not move
  bool late_errors = false;  // copies of spans arrive as ERROR after the traces were decided
  bool heavy = false;        // spans carry kilobytes, so that memory_limit binds
  bool tight = false;        // caps and budgets near zero
  std::string describe() const;
};

// The disturbances of a seed, and the workload of that seed with them.
struct DisturbedWorkload {
  Disturbance disturbance;
  workload::Workload workload;
};
DisturbedWorkload disturbed_workload(std::uint64_t seed);

}  // namespace entail::sim
