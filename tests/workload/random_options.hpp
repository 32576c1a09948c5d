// Random options, within what the oracle can judge. Thread rule: Confined.
#pragma once

#include "entail/options.hpp"
#include "tests/workload/generator.hpp"

namespace entail::workload {

// Caps that no workload reaches.
constexpr std::uint32_t kUnboundedNeighbours = 1'000'000;
constexpr std::uint32_t kUnboundedTraces = 1'000'000;

Options random_options(Random& random);

}  // namespace entail::workload
