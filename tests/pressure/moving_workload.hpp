// Workloads whose traces outlive many windows of the graph: each step is more than a quarter of retain.records long, so
// that a window ends with it, and every trace that may be linked or linking comes again before its record is forgotten.
// Nothing is sealed, no cap binds, and all policies are monotone: what is kept in the end does not depend on when
// anything came. So the naive engine, which forgets nothing, says exactly what is to be kept, whatever was stalled.
// Thread rule: Confined.
#pragma once

#include <cstdint>

#include "tests/workload/generator.hpp"

namespace entail::pressure {

struct MovingShape {
  std::size_t traces = 40;
  std::size_t steps = 12;      // and as many windows
  bool stays_pending = false;  // nothing is decided before the end; else traces are decided early, and revived
  std::size_t pad_bytes = 0;   // most that a span carries: a load for memory_limit
  unsigned errors = 4;         // percent of spans
  bool cuts_links = false;     // spans have more links than are printed
};

// What a seed draws: neither padding nor cuts.
MovingShape random_shape(workload::Random& random);
workload::Workload moving_workload(workload::Random& random, const MovingShape& shape);

}  // namespace entail::pressure
