// One simulated run: a disturbed workload through the engine, judged after every tick.
//
// While no cap and no budget binds, the oracle says what must come out (G1). Where they bind, what holds whatever is
// cut is asked instead: the law of conservation (G3), the memory held (G5), that verdicts only rise, that no span comes
// out that did not go in or comes twice, that every path leads over links that were there, and that of the errors none
// is missing without a named loss. Thread rule: Confined.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/sim/disturbance.hpp"

namespace entail::sim {

// Losses by name, over all runs: did the caps and budgets bind at all?
using Happened = std::map<std::string, std::uint64_t>;

// What was wrong, in words; empty = nothing. Adds to *happened, if given.
std::vector<std::string> simulate(const DisturbedWorkload& disturbed, Happened* happened = nullptr);

// The workload with as many requests and ticks left out as still fail, and what is then wrong. Cost: some hundred runs.
struct Shrunk {
  DisturbedWorkload disturbed;
  std::vector<std::string> faults;
  std::size_t requests = 0, spans = 0, ticks = 0;
};
Shrunk shrink(DisturbedWorkload disturbed);

// The workload, a line for each request and tick, for people to read.
std::string print(const workload::Workload& workload);

}  // namespace entail::sim
