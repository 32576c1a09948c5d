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
  std::vector<TraceId> linked;  // ascending, the 256 smallest
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
  // If false, the engine does not build records, which saves their cost.
  virtual bool wants_decisions() const noexcept { return true; }
};

}  // namespace v1
}  // namespace entail
