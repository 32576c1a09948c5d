// The decision log read back (docs/formats.md "Decision log"): the record with the highest revision of each trace
// counts.
//
// Thread rule: Confined. Memory: one line, and the records asked for; the log itself may be of any size, and gzip or
// zstd.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "console.hpp"
#include "input/byte_source.hpp"
#include "input/message_reader.hpp"

namespace entail::cli {

// How close a policy came to keeping a dropped trace.
struct LogNearPolicy {
  std::string policy;
  double value = 0;
  double threshold = 0;
  std::string why;
};

// The first failed span of a trace.
struct LogError {
  std::string service;
  std::string name;
  std::string message;
};

// One line. Strings that are null in the log are empty here; hops is absent then.
struct LogRecord {
  std::string trace_id;
  std::uint64_t revision = 0;
  std::string decided_at;
  std::string verdict;
  std::string reason;
  std::string policy;
  std::string origin_trace_id;
  std::string direction;
  std::string loss;
  std::optional<std::uint64_t> hops;
  bool origin = false;
  bool revived = false;
  std::uint64_t not_followed = 0;
  std::uint64_t links_dropped_upstream = 0;
  std::uint64_t spans = 0;
  std::uint64_t linked_total = 0;
  std::vector<std::string> path;
  std::vector<std::string> linked;
  // From here on only with decisions.detail: full.
  bool has_detail = false;
  std::string root_service;
  std::string root_name;
  std::optional<std::int64_t> start_ns;
  std::optional<double> duration_ms;
  std::vector<std::string> services;
  std::uint64_t errors = 0;
  std::optional<LogError> error;
  std::uint64_t bytes = 0;
  std::vector<LogNearPolicy> nearest;
  std::string json;  // the line itself
};

struct LogScan {
  bool opened = false;
  std::string error;  // why it could not be opened, or be read to its end
  std::uint64_t bad_line_count = 0;

  bool is_whole() const noexcept { return error.empty() && bad_line_count == 0; }
};

// Says what could not be read of the log at `path`.
void report_scan(const std::string& path, const LogScan& scan, Console& console);

// Calls each(record) for every line that is a decision record, in the order of the log; the record is overwritten by
// the next one. A log that was rotated goes on in the files with the next numbers (output/log_parts.hpp).
LogScan scan_decision_log(const std::string& path, const std::function<void(const LogRecord&)>& each);
// The same of an input that is open; `reader` gives lines.
LogScan scan_decision_log(MessageReader& reader, const std::function<void(const LogRecord&)>& each);

}  // namespace entail::cli
