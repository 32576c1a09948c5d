// How much memory an engine needs for a load, from the sizes of its own structures: for planning, before there is a
// load. docs/operations.md explains the parts. `entail size` prints the estimate.
//
// It assumes a steady load whose traces arrive within decision_wait. Thread rule: Immutable (free functions). Cost:
// compiles the policies.
#pragma once

#include <cstdint>
#include <string>

#include "entail/options.hpp"
#include "entail/result.hpp"
#include "entail/types.hpp"

namespace entail {
inline namespace v1 {

// A steady load. The defaults are typical of microservices.
struct ExpectedLoad {
  double spans_per_second = 0;  // at the busiest time
  double spans_per_trace = 10;
  double bytes_per_span = 500;  // of the Span message, without the resource and scope that spans share; with its links
  double links_per_trace = 0;
  double absent_per_trace = 0;  // traces that links name, and of which no span arrives here
  double kept_share = 0.05;     // of the traces, 0 to 1
  double services_per_trace = 4;
  double name_bytes = 24;         // of a service or span name
  unsigned requests_at_once = 2;  // callers inside ingest() at a time
  bool has_decision_log = true;   // the sink wants decision records
};

// What an engine holds of a load at its peak, by part, and what the load exceeds.
struct MemoryEstimate {
  std::uint64_t span_bytes = 0;     // span bytes until the verdict and through retention, and free chunks
  std::uint64_t graph_bytes = 0;    // nodes, links and policy facts, for retain.records
  std::uint64_t record_bytes = 0;   // records and queues
  std::uint64_t detail_bytes = 0;   // names for the decision log
  std::uint64_t scratch_bytes = 0;  // output, and the work of a tick
  std::uint64_t total_bytes = 0;

  std::uint64_t traces_held = 0;   // with spans
  std::uint64_t traces_known = 0;  // with a record
  std::uint64_t nodes = 0;         // of the graph: these, and absent traces
  unsigned windows = 0;            // of the graph
  std::int64_t spans_held_ns = 0;  // how long a span is held: less than configured if retain.max_bytes ends it earlier

  // What the load exceeds with these options; any of them means that traces are decided or forgotten early.
  bool exceeds_memory_limit = false;  // total_bytes, with the part of memory_limit that stays free
  bool exceeds_retain_bytes = false;  // retain.max_bytes
  bool exceeds_windows = false;       // more windows than the graph has: raise memory_limit, or lower retain.records
  bool fits() const noexcept { return !exceeds_memory_limit && !exceeds_retain_bytes && !exceeds_windows; }
};

// What an engine with these options holds of the load, at most. Fails with bad_options, explained in *why if that is
// not null, or out_of_memory.
Result<MemoryEstimate> estimate_memory(const Options& options, const ExpectedLoad& load, std::string* why = nullptr);

// The smallest memory_limit, in steps of 16 MiB, or of 64 MiB from 1 GiB on, with which the load fits; 0: none does,
// because the options set retain.max_bytes too low for it, or it needs more than 16 TiB. More or larger
// spans, and more requests at once, never need less. Fails as estimate_memory().
Result<std::uint64_t> memory_limit_for(const Options& options, const ExpectedLoad& load, std::string* why = nullptr);

// The largest spans_per_second of such a load that fits with these options; 0: not even one. Fails as
// estimate_memory().
Result<double> spans_per_second_for(const Options& options, const ExpectedLoad& load, std::string* why = nullptr);

// The most memory that an engine takes with this memory_limit beside that of an idle process (docs/design.md, G5).
// request_bytes: of the largest request.
std::uint64_t memory_bound_bytes(const Options& options, unsigned requests_at_once,
                                 std::uint64_t request_bytes) noexcept;

}  // namespace v1
}  // namespace entail
