// One simulated run: a disturbed workload through the engine, checked after every tick.
//
// While no cap and no budget binds, the oracle predicts the output (G1). Where they bind, invariants are checked
// instead: the law of conservation (G3), the memory held (G5), that verdicts only rise, that no span is emitted
// that was not ingested, or twice, that every path follows existing links, and that no error is missing
// without a named loss. Thread rule: Confined.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/sim/disturbance.hpp"

namespace entail::sim {

// Losses by name, over all runs: whether the caps and budgets were reached at all.
using Happened = std::map<std::string, std::uint64_t>;

// What went wrong, in words; empty = nothing. Adds to *happened, if given.
std::vector<std::string> simulate(const DisturbedWorkload& disturbed, Happened* happened = nullptr);

// The workload with as many requests and ticks removed as still fails, and its failure. Cost: some hundred runs.
struct Shrunk {
  DisturbedWorkload disturbed;
  std::vector<std::string> faults;
  std::size_t requests = 0, spans = 0, ticks = 0;
};
Shrunk shrink(DisturbedWorkload disturbed);

// The workload, a line for each request and tick, for people to read.
std::string print(const workload::Workload& workload);

}  // namespace entail::sim
