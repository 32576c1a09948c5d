// Decision records, one for each revision of a trace's decision, and the sink that receives them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "entail/types.hpp"

namespace entail {
inline namespace v1 {

// How close a policy came to keeping a dropped trace.
struct NearPolicy {
  std::string_view policy;  // lives as long as the engine
  double value = 0;         // of the trace, in the unit of the threshold
  double threshold = 0;
  std::string why;  // "4.9 s of 5 s"
};

// What a record says of its trace beside the decision: docs/formats.md "Decision log", from `root_service` on. Strings
// have at most 256 bytes of UTF-8.
struct TraceDetail {
  std::string root_service;  // of the span that carries the reason (docs/design.md 3.12); empty = null
  std::string root_name;
  std::optional<std::int64_t> start_ns;     // the earliest start of its spans
  std::optional<std::int64_t> duration_ns;  // the latest end less the earliest start
  std::vector<std::string> services;        // ascending, the 16 smallest
  std::uint64_t errors = 0;                 // spans with status ERROR
  struct FirstError {
    std::string service;
    std::string name;
    std::string message;
  };
  std::optional<FirstError> error;
  std::uint64_t bytes = 0;          // span bytes received, as OTLP
  std::vector<NearPolicy> nearest;  // of a dropped trace, in configuration order
};

// The decision about one trace: one line of the decision log (docs/formats.md). Owns its memory.
struct DecisionRecord {
  TraceId trace_id;
  std::uint32_t revision = 0;
  std::int64_t decided_at_ns = 0;        // engine time
  Verdict verdict = Verdict::undecided;  // undecided only in explain(), for a trace still pending
  std::string_view reason;               // policy, link, no_match, drop_policy, too_large; static text
  std::string_view policy;               // empty = null; lives as long as the engine
  bool origin = false;
  bool revived = false;
  std::optional<TraceId> origin_trace_id;
  Direction direction = Direction::none;
  std::optional<std::uint32_t> hops;
  std::vector<TraceId> path;  // empty = null; the origin first, this trace last
  std::string_view loss;      // empty = null; static text
  std::uint64_t not_followed = 0;
  std::uint64_t links_dropped_upstream = 0;
  std::uint64_t spans = 0;
  std::uint64_t linked_total = 0;
  std::vector<TraceId> linked;        // ascending, the 256 smallest
  std::optional<TraceDetail> detail;  // absent with decisions.detail: ids
};

// Appends the record as one JSON object, without a newline. Field names and order: docs/formats.md "Decision log".
void append_json(const DecisionRecord& record, std::string& out);

// Receives decision records. Called on the thread that runs tick(), never from ingest(); must not call the engine. An
// exception counts as out_of_memory: the tick is the engine's last.
class DecisionSink {
 public:
  virtual ~DecisionSink() = default;
  // The record is borrowed until return. Within a tick records are ordered by (arrival, trace ID).
  virtual void on_decision(const DecisionRecord& record) = 0;
  // If false, the engine does not build records, which saves their cost. The answer when the engine is opened also
  // decides whether it collects what TraceDetail needs.
  virtual bool wants_decisions() const noexcept { return true; }
};

}  // namespace v1
}  // namespace entail
