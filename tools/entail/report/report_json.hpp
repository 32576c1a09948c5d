// The JSON that a report's page reads: docs/report.md "The format". Thread rule: Immutable (functions).
#pragma once

#include <string>

#include "report/report_data.hpp"

namespace entail::cli::report {

struct ReportView {
  const TraceRows& rows;
  const NameTable& names;
  const Overview& overview;
  const Chains& chains;
  const Choice& choice;
  const ReportSource& source;
  bool with_names = true;
};

std::string report_json(const ReportView& view, ReportCounts& counts);

}  // namespace entail::cli::report
