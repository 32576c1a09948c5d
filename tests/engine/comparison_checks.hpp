// The individual comparisons between the engine's output and the oracle's expectation. Each appends its differences, in
// words. Thread rule: Immutable (functions).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "entail/entail.hpp"
#include "tests/oracle/naive_engine.hpp"

namespace entail::engine_test {

using Differences = std::vector<std::string>;

struct DecisionContext {
  const Options& options;
  const oracle::NaiveEngine& oracle;
  bool whole_seconds;  // the order within a tick is checked
  std::int64_t now_ns;
};

void check_decisions(const std::vector<oracle::Decision>& expected, const std::vector<DecisionRecord>& got,
                     const DecisionContext& context, Differences& out);
void check_emission(const std::vector<oracle::EmittedSpan>& expected,
                    const std::vector<std::vector<std::uint8_t>>& batches, const std::vector<DecisionRecord>& decisions,
                    const Options& options, Differences& out);
void check_statistics(const oracle::Counts& expected, const Statistics& got, Differences& out);
// G3, from the engine's own counts.
void check_conservation(const Statistics& statistics, Differences& out);

}  // namespace entail::engine_test
