#include "feed.hpp"

#include <algorithm>

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
    waiting_.push_back({input, parsed, Error()});
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
  for_each_index(executor_, waiting_.size(),
                 [this](std::size_t i) { waiting_[i].error = target_.ingest(waiting_[i].parsed->request).error(); });
  for (Waiting& waiting : waiting_) {
    if (waiting.error.code() != ErrorCode::none) {
      if (const auto again = try_again(waiting); !again) return again;
    }
    if (waiting.error.code() == ErrorCode::none) ++request_count_;
  }
  waiting_.clear();
  return {};
}

// No room: a tick with the same time makes some (DESIGN 3.0). A request that finds none even then is too large.
Result<void> Feed::try_again(Waiting& waiting) {
  if (const auto ticked = target_.tick(now_ns_); !ticked) return ticked;
  waiting.error = target_.ingest(waiting.parsed->request).error();
  if (waiting.error.code() == ErrorCode::none) return {};
  const bool no_room = waiting.error.code() == ErrorCode::no_room;
  waiting.input->refuse(*waiting.parsed, no_room ? "the request is too large for memory_limit; it was left out"
                                                 : describe(waiting.error) + "; the request was left out");
  return {};
}

}  // namespace entail::cli
