// The order and the time in which requests of several inputs reach the engine (docs/design.md 3.0).
//
// Time is virtual, in whole seconds: a request arrives at the largest span end time seen so far, its own included,
// rounded down. If that is later than the last tick, the tick comes first. Of several inputs the request that would
// arrive first comes next; ties go by the order given. Requests of one second may be taken in in parallel.
//
// A request that finds no room waits for ticks with the same time until it is taken in: the engine makes room within
// two (G9). One that the engine refuses for good is reported and left out.
// Thread rule: Confined; `ingest` alone is called from the executor's threads.
#pragma once

#include <functional>
#include <vector>

#include "input/trace_input.hpp"

namespace entail::cli {

// Where requests go: the engine, or a test.
struct FeedTarget {
  std::function<Result<void>(const Request&)> ingest;
  std::function<Result<void>(std::int64_t now_ns)> tick;
  // False: nothing more can be written; the feed ends.
  std::function<bool()> goes_on;
};

class Feed {
 public:
  Feed(std::vector<TraceInput>& inputs, FeedTarget target, Executor* executor)
      : inputs_(inputs), target_(std::move(target)), executor_(executor) {}

  // Ticks with the same time that a request waits for at most. An engine needs two; the bound only keeps a fault of the
  // engine's from becoming an endless loop.
  static constexpr unsigned kTicksMax = 1000;

  // Until all inputs have ended, a stop is requested, or the target does not go on. Fails if a tick fails, and with
  // no_room or busy if kTicksMax ticks did not help.
  // `progress` is called now and then.
  Result<void> run(const std::function<void()>& progress);

  std::int64_t now_ns() const noexcept { return now_ns_; }
  // Requests that were taken in, and those that are too large ever to be.
  std::uint64_t request_count() const noexcept { return taken_count_ + too_large_.requests; }
  const TooLargeCount& too_large() const noexcept { return too_large_; }

 private:
  struct Waiting {
    TraceInput* input = nullptr;
    ParsedRequest* parsed = nullptr;
    Error error;
    enum class State : std::uint8_t { untried, waits, done } state = State::untried;
  };
  Result<void> read_on_where_due();
  TraceInput* first_to_arrive() noexcept;
  Result<void> take_in_waiting();
  void try_all_until_one_waits();
  void try_one(Waiting& waiting);
  Result<void> tick_until_done(Waiting& waiting);
  void count(const Waiting& waiting);

  std::vector<TraceInput>& inputs_;
  FeedTarget target_;
  Executor* executor_;
  std::vector<Waiting> waiting_;  // requests of the present second, not yet taken in
  std::int64_t now_ns_ = 0;       // the last tick
  std::uint64_t taken_count_ = 0;
  TooLargeCount too_large_;
};

}  // namespace entail::cli
