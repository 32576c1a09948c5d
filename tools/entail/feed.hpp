// The order and the time in which requests of several inputs reach the engine (docs/design.md 3.0).
//
// Time is virtual, in whole seconds, and follows the end times of the spans: ArrivalClock has the rules. If a request
// arrives later than the last tick, the tick comes first. Of several inputs the request that would arrive first comes
// next; ties go by the order given. A request that is more than an hour ahead of the next two of its input arrives at
// once, so that one wrong end time does not hold its input back. Requests of one second may be taken in in parallel.
//
// A request that finds no room waits for ticks with the same time until it is taken in: the engine makes room within
// two (G9). One that the engine refuses for good is reported and left out.
// Thread rule: Confined; `ingest` alone is called from the executor's threads.
#pragma once

#include <deque>
#include <functional>
#include <limits>
#include <vector>

#include "arrival_clock.hpp"
#include "request_queue.hpp"

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
  // End times later than clock_max_ns do not move the clock.
  Feed(std::vector<TraceInput>& inputs, FeedTarget target, Executor* executor,
       std::int64_t clock_max_ns = std::numeric_limits<std::int64_t>::max());

  // Ticks with the same time that a request waits for at most. An engine needs two; the bound only keeps a fault of the
  // engine's from becoming an endless loop.
  static constexpr unsigned kTicksMax = 1000;

  // Until all inputs have ended or the target does not go on. When a stop is requested, what was read until then is
  // still ingested. Fails if a tick fails, and with no_room or busy if kTicksMax ticks did not help. `progress` is
  // called now and then.
  Result<void> run(const std::function<void()>& progress);

  std::int64_t now_ns() const noexcept { return now_ns_; }
  // Requests that were taken in, and those that are too large ever to be.
  std::uint64_t request_count() const noexcept { return taken_count_ + too_large_.requests; }
  const TooLargeCount& too_large() const noexcept { return too_large_; }
  // Requests that did not move the clock, because an end time was too late or far ahead (the loss clock_outlier).
  std::uint64_t clock_outlier_count() const noexcept { return outlier_count_; }

 private:
  struct Waiting {
    TraceInput* input = nullptr;
    ParsedRequest* parsed = nullptr;
    Error error;
    enum class State : std::uint8_t { untried, waits, done } state = State::untried;
  };
  Result<void> read_on_where_due();
  bool is_doubtful(RequestQueue& queue) const;
  Result<void> look_ahead(RequestQueue& queue);
  struct Candidate {
    RequestQueue* queue = nullptr;
    std::int64_t arrival_ns = 0;
    bool is_contradicted = false;  // by the requests behind it
  };
  Candidate first_to_arrive();
  Result<void> arrive(const Candidate& next);
  Result<void> take_in_waiting();
  void try_all_until_one_waits();
  void try_one(Waiting& waiting);
  Result<void> tick_until_done(Waiting& waiting);
  void count(const Waiting& waiting);

  std::deque<RequestQueue> queues_;
  FeedTarget target_;
  Executor* executor_;
  std::vector<Waiting> waiting_;  // requests of the present second, not yet taken in
  ArrivalClock clock_;
  std::int64_t now_ns_ = 0;  // the last tick
  std::uint64_t outlier_count_ = 0;
  std::uint64_t taken_count_ = 0;
  TooLargeCount too_large_;
};

}  // namespace entail::cli
