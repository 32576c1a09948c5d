// Workloads whose traces outlive many windows of the graph: each step is more than a quarter of retain.records long, so
// that a window ends with it, and every trace with links either way gets a span before its record is forgotten.
// Nothing is sealed, no cap binds, and all policies are monotone: the final decisions do not depend on when
// anything arrived. So the naive engine, which forgets nothing, predicts exactly what is kept, whatever stalled.
// Thread rule: Confined.
#pragma once

#include <cstdint>

#include "tests/workload/generator.hpp"

namespace entail::pressure {

struct MovingShape {
  std::size_t traces = 40;
  std::size_t steps = 12;        // and as many windows
  bool stays_pending = false;    // nothing is decided before the end; otherwise traces are decided early, and revived
  std::size_t pad_bytes = 0;     // the largest padding of a span: a load for memory_limit
  unsigned errors = 4;           // percent of spans
  bool truncates_links = false;  // spans have more links than the budget
};

// The defaults of a seed: no padding, no truncation.
MovingShape random_shape(workload::Random& random);
workload::Workload moving_workload(workload::Random& random, const MovingShape& shape);

}  // namespace entail::pressure
