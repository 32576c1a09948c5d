// Runs one workload through the engine and the oracle and compares them after every step (G1, G3).
// Thread rule: Confined; it starts the threads that call ingest() itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/oracle/naive_engine.hpp"
#include "tests/workload/generator.hpp"

namespace entail::engine_test {

struct Outcome {
  std::vector<std::string> differences;  // in words; comparison stops after the first step that differs
  oracle::Counts counts;                 // the oracle's, at the end: whether the workload exercised anything
};

// The requests of a step are distributed over this many threads, which call ingest() concurrently.
Outcome compare(const workload::Workload& workload, unsigned threads);

}  // namespace entail::engine_test
