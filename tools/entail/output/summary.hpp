// What a run did, as the JSON object of FORMATS "Summary" and as a table for people. Thread rule: Immutable
// (functions).
#pragma once

#include <array>
#include <string>

#include "console.hpp"
#include "entail/entail.hpp"
#include "input/input_report.hpp"

namespace entail::cli {

// What the command knows and the engine does not.
struct RunFacts {
  std::uint64_t files = 0;
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;
  std::array<std::uint64_t, kSkipNames.size()> skipped = {};
  double seconds = 0;
  double cpu_seconds = 0;
  std::uint64_t peak_memory_bytes = 0;
  unsigned threads = 1;
  bool interrupted = false;
};

// One line, with a newline. REQUIRES statistics taken after drain(): nothing is held or pending.
std::string summary_json(const Statistics& statistics, const RunFacts& facts);

std::string summary_table(const Statistics& statistics, const RunFacts& facts, Paint paint);

}  // namespace entail::cli
