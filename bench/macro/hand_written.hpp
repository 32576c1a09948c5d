// A hand-written sampler: protobuf objects in an unordered_map behind one mutex, policies as loops over spans and
// attributes, links as lists of trace IDs, a search from every error. The same policies, waits and reach as the engine
// (the cone, without caps), so that the results can be compared. No budgets, no reasons, no link samples.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "entail/types.hpp"
#include "otlp_trace.pb.h"
#include "workload/span_bytes.hpp"

namespace entail::bench {

class HandWritten {
 public:
  explicit HandWritten(bool errors_only) : errors_only_(errors_only) {}
  bool ingest(unsigned thread, Bytes bytes);
  bool tick(std::int64_t now_ns);
  bool finish(std::int64_t now_ns);
  std::vector<Buffer> batches;  // kept

 private:
  struct Envelope {
    otlp_proto::Resource resource;
    otlp_proto::InstrumentationScope scope;
  };
  struct Held {
    std::shared_ptr<const Envelope> envelope;
    otlp_proto::Span span;
  };
  enum class Phase { absent, pending, retained, kept, dropped };
  struct Trace {
    Phase phase = Phase::absent;
    bool reached = false;
    std::vector<Held> spans;
    std::vector<std::string> linked;
    std::vector<std::string> linking;
  };
  using Timed = std::deque<std::pair<std::int64_t, std::string>>;

  void add_span(const std::shared_ptr<const Envelope>& envelope, otlp_proto::Span&& span);
  void decide_until(std::int64_t now_ns, bool all);
  bool policies_keep(const std::string& id, const Trace& trace, bool& error) const;
  void spread(const std::string& origin, bool toward_linked);
  void emit(Trace& trace);

  const bool errors_only_;
  std::mutex mutex_;
  std::int64_t now_ns_ = 0;
  std::unordered_map<std::string, Trace> traces_;
  Timed pending_;   // by deadline
  Timed retained_;  // by the end of their retention
};

}  // namespace entail::bench
