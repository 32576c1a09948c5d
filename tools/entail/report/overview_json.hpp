// The figures of a report as the members of its JSON: docs/report.md "The format". Thread rule: Immutable (functions).
#pragma once

#include "output/json_text.hpp"
#include "report/report_json.hpp"

namespace entail::cli::report {

// Adds `totals`, `time`, `policies`, `hops`, `reasons`, `losses` and `services` to the object that is being written.
void write_overview(const ReportView& view, JsonText& json, ReportCounts& counts);

}  // namespace entail::cli::report
