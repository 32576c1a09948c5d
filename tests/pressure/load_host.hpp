// A host that does what the API requires: it ticks, and when a request finds no room, it ticks at the same time and
// retries. It measures what the guarantees cover: refusals (G9), memory (G5), the CPU time of ticks (G10).
// Thread rule: Confined, but for Engine::ingest() through engine().
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "entail/entail.hpp"

namespace entail::pressure {

// Resident memory of this process, and its peak since reset_resident_peak(); 0 where the system does not provide it.
std::uint64_t resident_bytes();
std::uint64_t resident_peak_bytes();
void reset_resident_peak();
// CPU time of the calling thread.
std::int64_t thread_cpu_ns();

// Plain numbers, so that they fit through a pipe.
struct Figures {
  std::uint64_t requests = 0;
  std::uint64_t refusals = 0;             // no_room results
  std::uint64_t refusals_in_row_max = 0;  // for one request; G9 allows 2
  std::uint64_t given_up = 0;             // requests refused for good
  std::uint64_t ticks = 0;
  std::int64_t tick_ns = 0;
  std::int64_t tick_worst_ns = 0;
  std::uint64_t request_bytes_max = 0;
  std::uint64_t lanes = 1;       // threads inside ingest() at once
  std::uint64_t host_bytes = 0;  // of the load itself, allocated after the engine: threads, and buffers for requests
  std::uint64_t spans_received = 0, spans_emitted = 0;
  std::uint64_t kept = 0;
  std::uint64_t evicted = 0, forgotten = 0;
  std::uint64_t account_peak = 0;
  std::uint64_t resident_idle = 0, resident_peak = 0;
  std::uint64_t faults = 0;  // conservation broken, or an error that no load explains
  char fault[200] = {};      // the first one, in words

  std::uint64_t resident_over_idle() const noexcept {
    return resident_peak > resident_idle ? resident_peak - resident_idle : 0;
  }
};
// G5: the bound on resident_over_idle().
std::uint64_t memory_bound(const Options& options, const Figures& figures);

class LoadHost {
 public:
  // Opens the engine after another one has been used and closed, so that resident_idle includes the code and
  // an idle engine.
  // answer: what the sink answers to every batch; accepted: it is a Sink.
  explicit LoadHost(const Options& options, OutputAnswer answer = OutputAnswer::accepted);

  // Starts a second.
  void advance(std::int64_t seconds = 1);
  // Ingests the request, with ticks if necessary. False: refused permanently.
  bool send(Bytes request);
  void tick();
  Engine& engine() noexcept { return *engine_; }
  const Options& options() const noexcept { return options_; }
  // Updates the peaks with the current memory.
  void look_at_memory();
  void check_conservation();
  void fault(const std::string& text);

  Figures& figures() noexcept { return figures_; }
  // Includes the counts of the statistics.
  Figures finish();

 private:
  struct CountingSink final : Sink {
    void on_batch(Bytes, std::uint64_t) override {}
    void on_decision(const DecisionRecord&) override {}
    bool wants_decisions() const noexcept override { return false; }
  };

  struct RefusingSink final : BatchSink {
    OutputAnswer on_batch(const OutputBatch&) override { return answer; }
    void on_decision(const DecisionRecord&) override {}
    bool wants_decisions() const noexcept override { return false; }
    OutputAnswer answer = OutputAnswer::accepted;
  };

  void open();

  const Options options_;
  RefusingSink refusing_;
  CountingSink sink_;
  std::unique_ptr<Engine> engine_;
  std::int64_t now_ns_ = 0;
  Figures figures_;
};

}  // namespace entail::pressure
