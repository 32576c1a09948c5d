// A run in which caps and budgets bind: checked by invariants that hold whatever is dropped. Thread rule: Confined.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "entail/entail.hpp"
#include "tests/workload/generator.hpp"

namespace entail::sim {

class BoundedRun {
 public:
  explicit BoundedRun(const workload::Workload& workload) : workload_(workload) {}
  std::vector<std::string> run();
  std::vector<NamedCount> losses() const { return engine_ ? engine_->statistics().losses : std::vector<NamedCount>(); }

 private:
  using SpanName = std::pair<workload::ByteString, workload::ByteString>;  // trace, span

  struct Known {  // of one trace
    std::uint32_t next_revision = 0;
    bool kept = false;
  };

  void fault(const std::string& text) { faults_.push_back(text); }
  void ingest(const workload::Request& request);
  void note(const workload::Request& request);
  void settle(std::int64_t now_ns, bool draining);
  void check_record(const DecisionRecord& record, const Statistics& statistics);
  void check_path(const DecisionRecord& record);
  void check_batch(const std::vector<std::uint8_t>& bytes);
  void check_memory(const Statistics& statistics);
  void check_end(const Statistics& statistics);

  const workload::Workload& workload_;
  PollSink sink_;
  std::unique_ptr<Engine> engine_;
  std::int64_t now_ns_ = 0;
  std::uint64_t largest_request_bytes_ = 0;
  std::uint64_t spans_taken_ = 0;
  std::uint64_t error_spans_taken_ = 0;
  std::uint64_t error_spans_emitted_ = 0;
  std::map<SpanName, std::uint64_t> in_, out_;
  std::set<std::pair<workload::ByteString, workload::ByteString>> edges_;
  std::map<workload::ByteString, Known> traces_;
  std::set<TraceId> origins_;  // named by a record
  std::vector<std::string> faults_;
};

}  // namespace entail::sim
