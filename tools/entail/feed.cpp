#include "feed.hpp"

#include <algorithm>
#include <atomic>

#include "console.hpp"
#include "executor.hpp"
#include "stop_signal.hpp"

namespace entail::cli {

Result<void> Feed::run(const std::function<void()>& progress) {
  for (;;) {
    if (const auto read = read_on_where_due(); !read) return read;
    TraceInput* const input = first_to_arrive();
    if (!input || stop_requested() || !target_.goes_on()) return take_in_waiting();
    ParsedRequest* const parsed = input->head();
    const std::int64_t second = parsed->request.end_time_max_ns() / kNanosPerSecond * kNanosPerSecond;
    if (second > now_ns_) {
      if (const auto taken = take_in_waiting(); !taken) return taken;
      now_ns_ = second;
      if (const auto ticked = target_.tick(now_ns_); !ticked) return ticked;
    }
    input->pop();
    waiting_.push_back({input, parsed, Error(), Waiting::State::untried});
    if (!executor_) {
      if (const auto taken = take_in_waiting(); !taken) return taken;
    }
    progress();
  }
}

// Reading on overwrites what an input gave out, so what waits is taken in first.
Result<void> Feed::read_on_where_due() {
  for (TraceInput& input : inputs_) {
    if (input.head() || input.ended()) continue;
    if (const auto taken = take_in_waiting(); !taken) return taken;
    input.read_on();
  }
  return {};
}

TraceInput* Feed::first_to_arrive() noexcept {
  TraceInput* first = nullptr;
  std::int64_t first_end_ns = 0;
  for (TraceInput& input : inputs_) {
    if (!input.head()) continue;
    const std::int64_t end_ns = input.head()->request.end_time_max_ns();
    if (first && end_ns >= first_end_ns) continue;
    first = &input;
    first_end_ns = end_ns;
  }
  return first;
}

// The requests that are not too large, all of them. They are taken in in any order; after one had to wait for room
// those that were not tried yet are tried again in parallel.
Result<void> Feed::take_in_waiting() {
  // Ends: every round at least one request is done, or the feed fails.
  while (!waiting_.empty() && target_.goes_on()) {
    try_all_until_one_waits();
    for (Waiting& waiting : waiting_) {
      if (waiting.state != Waiting::State::waits) continue;
      if (const auto done = tick_until_done(waiting); !done) return done;
    }
    std::size_t left = 0;
    for (const Waiting& waiting : waiting_) {
      if (waiting.state == Waiting::State::untried) {
        waiting_[left++] = waiting;
      } else {
        count(waiting);
      }
    }
    waiting_.resize(left);
  }
  waiting_.clear();
  return {};
}

void Feed::try_all_until_one_waits() {
  // Once one finds no room the others need not try: a tick comes first. Relaxed, for it only saves attempts.
  std::atomic<bool> full{false};
  for_each_index(executor_, waiting_.size(), [&](std::size_t i) {
    if (full.load(std::memory_order_relaxed)) return;
    try_one(waiting_[i]);
    if (waiting_[i].state == Waiting::State::waits) full.store(true, std::memory_order_relaxed);
  });
}

void Feed::try_one(Waiting& waiting) {
  waiting.error = target_.ingest(waiting.parsed->request).error();
  const bool later = waiting.error.code() == ErrorCode::no_room || waiting.error.code() == ErrorCode::busy;
  waiting.state = later ? Waiting::State::waits : Waiting::State::done;
}

// A tick with the same time makes room (docs/design.md 3.0).
Result<void> Feed::tick_until_done(Waiting& waiting) {
  for (unsigned ticks = 0; waiting.state == Waiting::State::waits; ++ticks) {
    if (!target_.goes_on()) return {};
    if (ticks == kTicksMax) return waiting.error;
    if (const auto ticked = target_.tick(now_ns_); !ticked) return ticked;
    try_one(waiting);
  }
  return {};
}

// Counts what became of a request, and reports it if it was left out.
void Feed::count(const Waiting& waiting) {
  switch (waiting.error.code()) {
    case ErrorCode::none:
      ++taken_count_;
      return;
    case ErrorCode::too_large: {
      const Request& request = waiting.parsed->request;
      const std::uint64_t bytes = request.protobuf().size();
      ++too_large_.requests;
      too_large_.spans += request.span_count();
      too_large_.bytes_max = std::max(too_large_.bytes_max, bytes);
      const std::string spans = grouped(request.span_count()) + (request.span_count() == 1 ? " span" : " spans");
      waiting.input->lose(*waiting.parsed, "a request of " + grouped(bytes) + " bytes with " + spans +
                                               " needs more than a quarter of memory_limit and was rejected");
      return;
    }
    default:
      waiting.input->refuse(*waiting.parsed, describe(waiting.error) + "; request skipped");
  }
}

}  // namespace entail::cli
