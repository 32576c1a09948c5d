// Runs a range of seeds and reports the first that fails: the command that replays it, and a shrunk workload.
// Thread rule: Confined.
#pragma once

#include <gtest/gtest.h>

#include "tests/sim/simulation.hpp"

namespace entail::sim {

// True if the seed passed.
inline bool check_seed(std::uint64_t seed, const char* program, Happened* happened = nullptr) {
  const DisturbedWorkload disturbed = disturbed_workload(seed);
  const std::vector<std::string> faults = simulate(disturbed, happened);
  if (faults.empty()) return true;
  const Shrunk shrunk = shrink(disturbed);
  ADD_FAILURE() << "seed " << seed << " (" << disturbed.disturbance.describe() << "): " << faults.front()
                << "\nreplay: ENTAIL_SEED=" << seed << " bin/" << program << "\nshrunk to " << shrunk.requests
                << " requests, " << shrunk.spans << " spans, " << shrunk.ticks << " ticks: " << shrunk.faults.front()
                << "\n"
                << print(shrunk.disturbed.workload);
  return false;
}

}  // namespace entail::sim
