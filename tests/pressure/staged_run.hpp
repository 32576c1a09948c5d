// A workload on a Stage: its requests and ticks are actors, held at randomly chosen sync points and resumed in random
// order, so that lanes and ticks stall over many windows. The result is compared with the naive
// engine, which gets the same requests without any of this.
//
// exact: nothing may be missing, surplus or lost. Otherwise memory_limit may bind: then nothing is kept
// that the naive engine, with enough memory, would not keep; every ERROR span that arrived is emitted or counted as
// late_origin; and no trace is missing unless eviction or forgetting was counted. Conservation (G3) in both cases,
// whenever no lane is inside ingest().
//
// A record may be forgotten retain.records after it was last seen, and a held batch may delay its span. So a trace that
// no batch has carried for two steps gets one more span, in a batch that is not held.
// Thread rule: Confined.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "entail/entail.hpp"
#include "tests/oracle/naive_engine.hpp"
#include "tests/pressure/stage.hpp"
#include "tests/workload/generator.hpp"

namespace entail::pressure {

struct Stalls {
  unsigned lanes = 0;             // how many batches may be held at once
  unsigned ingest_per_mille = 0;  // how likely a batch is held at a point
  unsigned tick_per_mille = 0;    // how likely a tick is, while batches run
  unsigned resume_percent = 30;   // of held batches, after each step
};

class StagedRun {
 public:
  StagedRun(const workload::Workload& workload, const Stalls& stalls, bool exact, std::uint64_t seed);

  // What went wrong, in words; empty = nothing.
  std::vector<std::string> run();

  // How often a batch was held while a window began, and the most windows that began while one batch was held.
  std::uint64_t held_over_windows() const noexcept { return held_over_windows_; }
  std::uint64_t windows_while_held_max() const noexcept { return windows_while_held_max_; }
  const std::map<std::string, std::uint64_t>& losses() const noexcept { return losses_; }
  std::uint64_t kept() const noexcept { return kept_.size(); }
  // What was held and resumed where, one line each, for people.
  const std::vector<std::string>& schedule() const noexcept { return schedule_; }

 private:
  struct Batch {
    std::size_t request = 0;  // index in requests_
    Result<void> taken;
    Actor* actor = nullptr;
    std::uint64_t windows_before = 0;
  };

  void fault(const std::string& text) { faults_.push_back(text); }
  bool holds(unsigned per_mille, unsigned point);
  void begin(const workload::Request& request);
  void keep_alive(std::size_t step);
  void collect();
  void resume_some();
  void resume_all();
  void tick(std::int64_t now_ns);
  void end(std::int64_t now_ns);
  void take_back();
  Result<void> ingest(std::size_t request);
  void take_output();
  void check_statistics(const Statistics& statistics);
  void check_end();
  bool all_slots_held() const noexcept;
  void check_spans(const std::set<TraceId>& kept);

  const workload::Workload& workload_;
  const Stalls stalls_;
  const bool exact_;
  workload::Random random_;
  PollSink sink_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Stage> stage_;
  std::deque<workload::Request> requests_;                 // all that were begun, for the oracle
  std::deque<std::string> encoded_;                        // the same, as bytes
  std::list<Batch> batches_;                               // inside ingest(), results pending
  std::deque<std::size_t> refused_;                        // no room: retried after the next tick
  std::map<workload::ByteString, std::size_t> last_seen_;  // by trace: the last step in which a batch had a span of it
  std::size_t step_ = 0;
  std::uint64_t windows_begun_ = 0;
  std::uint64_t held_over_windows_ = 0;
  std::uint64_t windows_while_held_max_ = 0;
  std::int64_t now_ns_ = 0;
  bool ending_ = false;
  std::set<TraceId> kept_;
  std::map<TraceId, std::string> stories_;  // by trace, its decisions in words
  std::uint64_t spans_emitted_ = 0;
  std::map<workload::ByteString, unsigned> emitted_;  // by span ID, how often
  std::uint64_t error_spans_emitted_ = 0;
  std::map<std::string, std::uint64_t> losses_;
  std::vector<std::string> schedule_;
  std::vector<std::string> faults_;
};

}  // namespace entail::pressure
