// The two ways in which a report gets decisions and spans: an engine that decides the inputs as `entail sample` does,
// or a decision log and the spans of the inputs that go with it. Either reads the inputs once. Thread rule: Confined.
#pragma once

#include <string>
#include <vector>

#include "engine_run.hpp"
#include "report/report_data.hpp"

namespace entail::cli::report {

struct EngineInputs {
  InputSelection selection;
  Options options;
  std::int64_t clock_max_ns = 0;
  unsigned threads = 1;
};

// The result. `failure` says why the report cannot be made; empty: it can.
struct DecidedInputs {
  RunFacts facts;
  Statistics statistics;  // of the engine; empty with a log
  std::string failure;
  bool log_is_whole = true;  // every line of the log was a decision record
};

// Decides the inputs, with the losses of the engine in `statistics`.
DecidedInputs decide_inputs(const EngineInputs& inputs, InputReport& report, Console& console, ReportData& data);

// Reads the log, and of the inputs the spans that a page of so many bytes shows.
DecidedInputs read_decided(const std::string& decisions, const InputSelection& selection, std::uint64_t page_bytes,
                           InputReport& report, Console& console, ReportData& data);

}  // namespace entail::cli::report
