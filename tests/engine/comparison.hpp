// One workload through the engine and through the oracle, compared after every step (G1, G3).
// Thread rule: Confined; it starts the threads that call ingest() itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/oracle/naive_engine.hpp"
#include "tests/workload/generator.hpp"

namespace entail::engine_test {

struct Outcome {
  std::vector<std::string> differences;  // in words; after the first step that differs nothing is compared
  oracle::Counts counts;                 // the oracle's, at the end: did the workload hold anything worth comparing?
};

// The requests of a step are shared out to this many threads, which call ingest() at the same time.
Outcome compare(const workload::Workload& workload, unsigned threads);

}  // namespace entail::engine_test
