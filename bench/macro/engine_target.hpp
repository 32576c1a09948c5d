// The engine, through its public API alone, as what a load is fed to; and what it gave out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "entail/entail.hpp"
#include "workload/load.hpp"

namespace entail::bench {

// Keeps the kept bytes, as an exporter's queue would; they are looked at afterwards.
class KeptBytes final : public Sink {
 public:
  void on_batch(Bytes traces_data, std::uint64_t) override {
    batches.emplace_back(traces_data.begin(), traces_data.end());
  }
  void on_decision(const DecisionRecord&) override {}
  bool wants_decisions() const noexcept override { return false; }

  std::vector<Buffer> batches;
};

class EngineTarget {
 public:
  explicit EngineTarget(const Options& options) {
    auto opened = Engine::open(options, kept);
    if (opened.ok()) engine = std::move(*opened);
  }
  bool ok() const noexcept { return engine != nullptr; }
  bool ingest(unsigned thread, Bytes bytes) {
    return requests[thread].parse_protobuf(bytes).ok() && engine->ingest(requests[thread]).ok();
  }
  bool tick(std::int64_t now_ns) { return engine->tick(now_ns).ok(); }
  bool drain(std::int64_t now_ns) { return engine->drain(now_ns).ok(); }

  static constexpr unsigned kThreadsMax = 4;
  KeptBytes kept;
  Request requests[kThreadsMax];
  std::unique_ptr<Engine> engine;
};

}  // namespace entail::bench
