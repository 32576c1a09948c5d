// One workload through the engine and through the oracle, compared after every step (G1, G3).
// Thread rule: Confined; it starts the threads that call ingest() itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/workload/generator.hpp"

namespace entail::engine_test {

// What differs, in words; empty if nothing does. Stops after the first step that differs. The requests of a step are
// shared out to this many threads, which call ingest() at the same time.
std::vector<std::string> compare(const workload::Workload& workload, unsigned threads);

}  // namespace entail::engine_test
