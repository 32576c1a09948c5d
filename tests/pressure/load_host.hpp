// A host that does what the API asks of one: it ticks, and when a request finds no room it ticks with the same now and
// tries again. It measures what the guarantees speak of: refusals (G9), memory (G5), the CPU time of ticks (G10).
// Thread rule: Confined, but for Engine::ingest() through engine().
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "entail/entail.hpp"

namespace entail::pressure {

// Resident memory of this process, and the most since reset_resident_peak(); 0 where the system does not say.
std::uint64_t resident_bytes();
std::uint64_t resident_peak_bytes();
void reset_resident_peak();
// CPU time of the calling thread.
std::int64_t thread_cpu_ns();

// Plain numbers, so that they fit through a pipe.
struct Figures {
  std::uint64_t requests = 0;
  std::uint64_t refusals = 0;             // answers no_room
  std::uint64_t refusals_in_row_max = 0;  // of one request; G9 allows 2
  std::uint64_t given_up = 0;             // requests refused for good
  std::uint64_t ticks = 0;
  std::int64_t tick_ns = 0;
  std::int64_t tick_worst_ns = 0;
  std::uint64_t request_bytes_max = 0;
  std::uint64_t lanes = 1;       // threads inside ingest() at once
  std::uint64_t host_bytes = 0;  // of the load itself, made after the engine: threads, and what requests are made of
  std::uint64_t spans_received = 0, spans_emitted = 0;
  std::uint64_t kept = 0;
  std::uint64_t evicted = 0, forgotten = 0;
  std::uint64_t account_peak = 0;
  std::uint64_t resident_idle = 0, resident_peak = 0;
  std::uint64_t faults = 0;  // conservation broken, or an error that is no answer to a load
  char fault[200] = {};      // the first one, in words

  std::uint64_t resident_over_idle() const noexcept {
    return resident_peak > resident_idle ? resident_peak - resident_idle : 0;
  }
};
// G5: what resident_over_idle() may be.
std::uint64_t memory_bound(const Options& options, const Figures& figures);

class LoadHost {
 public:
  // Opens the engine after another of its kind has been used and closed, so that what the code itself takes, and what
  // an idle engine takes, is in resident_idle.
  // answer: what the sink says to every batch; accepted: it is a Sink.
  explicit LoadHost(const Options& options, OutputAnswer answer = OutputAnswer::accepted);

  // Starts a second.
  void advance(std::int64_t seconds = 1);
  // Takes the request in, with ticks if need be. False: refused for good.
  bool send(Bytes request);
  void tick();
  Engine& engine() noexcept { return *engine_; }
  const Options& options() const noexcept { return options_; }
  // Memory now, into the peaks.
  void look_at_memory();
  void check_conservation();
  void fault(const std::string& text);

  Figures& figures() noexcept { return figures_; }
  // The counts of the statistics, too.
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
