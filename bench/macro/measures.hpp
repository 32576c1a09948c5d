// The parts of the macro benchmark. Each checks its results; false: one was wrong, as reported on standard error.
#pragma once

#include <string>

#include "measure/report.hpp"
#include "workload/load.hpp"

namespace entail::bench {

struct Settings {
  std::string policies_yaml;
  std::uint64_t spans = 0;  // 0: the load's own size
  unsigned repetitions = 5;
  bool engine_only = false;  // for profiles: one engine thread and nothing else
};

// OTLP bytes in memory to kept OTLP bytes, by the engine and by hand, with one thread and with two.
bool measure_load(const std::string& name, const Settings& settings, Report& report);
// parse and ingest alone, with one thread and with two: how ingest scales, beside the control.
bool measure_ingest(const Settings& settings, Report& report);
// The process's growth per pending trace of four spans.
bool measure_memory(const Settings& settings, Report& report);
// One keep: a failed request arrives that is linked to eight dropped traces; they are revived and emitted.
bool measure_keep(const Settings& settings, Report& report);
// The longest ingest call of two threads while a third decides 100,000 traces in one tick, and while it only computes.
bool measure_pause(const Settings& settings, Report& report);

bool fail(const std::string& what);

}  // namespace entail::bench
