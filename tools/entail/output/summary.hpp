// What a run did, as the JSON object of docs/formats.md "Summary" and as a table for people. Thread rule: Immutable
// (functions).
#pragma once

#include <array>
#include <string>
#include <vector>

#include "console.hpp"
#include "entail/entail.hpp"
#include "input/input_report.hpp"
#include "output/json_text.hpp"

namespace entail::cli {

// What the command knows and the engine does not.
struct RunFacts {
  std::uint64_t files = 0;
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;
  std::array<std::uint64_t, kSkipNames.size()> skipped = {};
  double seconds = 0;
  double cpu_seconds = 0;
  std::uint64_t peak_memory_bytes = 0;  // of the process, as the system counts it (RSS)
  std::uint64_t memory_limit_bytes = 0;
  std::uint64_t retain_bytes_max = 0;
  TooLargeCount too_large;
  std::uint64_t values_lost = 0;   // of JSON inputs: of the wrong type, replaced, or not representable in protobuf
  std::uint64_t unknown_keys = 0;  // of JSON inputs
  std::string no_origins;          // the warning that no policy makes origins; or empty
  unsigned threads = 1;
  bool interrupted = false;
};

// "files", "requests", "bytes" and "skipped" of the object that is open.
void input_fields(JsonText& json, const RunFacts& facts);

// All that a run without any request of traces says. `output`, if there is one, was left as it was.
std::string no_traces_text(const RunFacts& facts, const std::string& output = std::string());

// Something was evicted or lost because memory was short: what --strict is about.
bool lost_for_memory(const Statistics& statistics);
// What was evicted or lost for lack of memory, and what to raise, as whole sentences. Empty after a run that had room.
std::vector<std::string> memory_notes(const Statistics& statistics, const RunFacts& facts);
// All that a user must not miss: these first.
std::vector<std::string> summary_notes(const Statistics& statistics, const RunFacts& facts);

// One line, with a newline. REQUIRES statistics taken after drain(): nothing is held or pending.
std::string summary_json(const Statistics& statistics, const RunFacts& facts);

std::string summary_table(const Statistics& statistics, const RunFacts& facts, Paint paint);

}  // namespace entail::cli
