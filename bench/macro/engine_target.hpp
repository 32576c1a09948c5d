// The engine, through its public API alone, as the target of a load; and its output.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "entail/entail.hpp"
#include "workload/load.hpp"

namespace entail::bench {

// Retains the kept bytes, like an exporter's queue; they are checked afterwards.
class KeptBytes final : public Sink {
 public:
  void on_batch(Bytes traces_data, std::uint64_t) override {
    if (batch_count == batches.size()) batches.emplace_back();
    batches[batch_count++].assign(traces_data.begin(), traces_data.end());
  }
  void on_decision(const DecisionRecord&) override {}
  bool wants_decisions() const noexcept override { return false; }

  std::vector<Buffer> batches;  // the first batch_count; the others retain their memory for the next load
  std::size_t batch_count = 0;
};

class EngineTarget {
 public:
  explicit EngineTarget(const Options& options)
      : held_s(seconds(options.tail_sampling.decision_wait_ns) + seconds(options.retain.window_ns)) {
    auto opened = Engine::open(options, kept);
    if (opened.ok()) engine = std::move(*opened);
  }
  bool ok() const noexcept { return engine != nullptr; }
  // As in a host: on no_room, a tick makes some. So does another thread's tick.
  bool ingest(unsigned thread, Bytes bytes) {
    if (!requests[thread].parse_protobuf(bytes).ok()) return false;
    for (unsigned attempt = 0; attempt < kAttemptsMax; ++attempt) {
      const auto taken = engine->ingest(requests[thread]);
      if (taken.ok() || taken.error().code() != ErrorCode::no_room) return taken.ok();
      static_cast<void>(engine->tick(ticked_ns.load()));
    }
    return false;
  }
  bool tick(std::int64_t now_ns) {
    ticked_ns = now_ns;
    return engine->tick(now_ns).ok();
  }
  // Advances time, one tick per second, until everything is decided and no span is held.
  bool finish(std::int64_t now_ns) {
    for (std::int64_t s = 1; s <= held_s; ++s)
      if (!tick(now_ns + s * kNanosPerSecond)) return false;
    return engine->statistics().spans.held == 0;
  }

  static constexpr unsigned kThreadsMax = 4;
  static constexpr unsigned kAttemptsMax = 8;
  KeptBytes kept;
  Request requests[kThreadsMax];
  std::unique_ptr<Engine> engine;
  std::atomic<std::int64_t> ticked_ns{0};

 private:
  static std::int64_t seconds(std::int64_t ns) { return (ns + kNanosPerSecond - 1) / kNanosPerSecond; }

  const std::int64_t held_s;
};

}  // namespace entail::bench
