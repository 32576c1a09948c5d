#include "feed.hpp"

#include <algorithm>
#include <atomic>

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

Result<void> Feed::take_in_waiting() {
  // Ends: every round takes in or refuses at least one request.
  while (!waiting_.empty()) {
    // Once one finds no room the others need not try: a tick comes first. Relaxed, for it only saves attempts.
    std::atomic<bool> full{false};
    for_each_index(executor_, waiting_.size(), [&](std::size_t i) {
      if (full.load(std::memory_order_relaxed)) return;
      Waiting& waiting = waiting_[i];
      waiting.error = target_.ingest(waiting.parsed->request).error();
      waiting.state = waiting.error.code() == ErrorCode::none ? Waiting::State::taken : Waiting::State::refused;
      if (waiting.state == Waiting::State::refused) full.store(true, std::memory_order_relaxed);
    });
    if (full.load(std::memory_order_relaxed)) {
      if (const auto again = try_refused_again(); !again) return again;
    }
    std::size_t left = 0;
    for (const Waiting& waiting : waiting_) {
      request_count_ += waiting.state == Waiting::State::taken;
      if (waiting.state == Waiting::State::untried) waiting_[left++] = waiting;
    }
    waiting_.resize(left);
  }
  return {};
}

// No room: a tick with the same time makes some (DESIGN 3.0). A request that finds none even then is too large.
Result<void> Feed::try_refused_again() {
  for (Waiting& waiting : waiting_) {
    if (waiting.state != Waiting::State::refused) continue;
    if (const auto ticked = target_.tick(now_ns_); !ticked) return ticked;
    waiting.error = target_.ingest(waiting.parsed->request).error();
    if (waiting.error.code() == ErrorCode::none) {
      waiting.state = Waiting::State::taken;
      continue;
    }
    const bool no_room = waiting.error.code() == ErrorCode::no_room;
    waiting.input->refuse(*waiting.parsed, no_room ? "the request is too large for memory_limit; it was left out"
                                                   : describe(waiting.error) + "; the request was left out");
  }
  return {};
}

}  // namespace entail::cli
