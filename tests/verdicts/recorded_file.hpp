// The recorded verdicts of this folder, as README.md describes them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace entail {

enum class RecordedVerdict : char { kept = '2', dropped = '3', vetoed = '4', failed = '5' };

struct RecordedEvaluation {
  std::size_t trace = 0;  // index of RecordedFile::traces
  RecordedVerdict verdict = RecordedVerdict::dropped;
  std::int64_t at_ns = -1;    // of a stateful evaluator; -1 = its answers do not depend on time
  std::uint64_t spans = 0;    // 0 = as many as the trace has
  std::string trace_id = {};  // empty = any
};

// What one evaluator was asked, in order.
struct RecordedEvaluator {
  std::string policy;       // JSON
  bool consistent = false;  // with probability: consistent
  std::vector<RecordedEvaluation> evaluations;
};

struct RecordedFile {
  std::vector<std::string> traces;  // OTLP/JSON with empty trace IDs
  std::vector<RecordedEvaluator> evaluators;
};

// Fails the running test if the file cannot be read.
RecordedFile read_recorded(const std::string& path);

}  // namespace entail
