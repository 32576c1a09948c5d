// One input's requests in order, with a look at those that follow: whether an end time is an outlier shows only then.
//
// Thread rule: Confined. Memory: none of its own; while it looks ahead beyond what the input has parsed, copies of at
// most kLookAhead requests.
#pragma once

#include <deque>
#include <optional>

#include "input/trace_input.hpp"

namespace entail::cli {

class RequestQueue {
 public:
  // How many requests behind the front are looked at for two that have a time.
  static constexpr std::size_t kLookAhead = 4;

  // End times later than clock_max_ns count as absent.
  RequestQueue(TraceInput& input, std::int64_t clock_max_ns) : input_(input), clock_max_ns_(clock_max_ns) {}

  TraceInput& input() noexcept { return input_; }
  // Null: read_on() is due, or the input has ended.
  ParsedRequest* front() noexcept { return held_.empty() ? input_.head() : &held_.front(); }
  bool ended() const noexcept { return held_.empty() && input_.ended(); }
  // True if what front() gives must be used before pop() is called again.
  bool front_is_held() const noexcept { return !held_.empty(); }
  void pop();
  // Overwrites what the input gave out before, except held requests.
  void read_on() { input_.read_on(); }

  // Of the front: its largest end time that may move a clock; 0 if it has none. REQUIRES front().
  std::int64_t end_ns();
  // An end time of the front was too late to count. REQUIRES front().
  bool is_beyond_clock_max();

  // contradiction() cannot be answered before read_ahead().
  bool must_read_ahead();
  // Copies what is ready and reads on. What the input gave out before is overwritten, except held requests.
  void read_ahead();
  // The smaller end time of the next two requests that have one, if the front is more than an hour ahead of both.
  // Nothing: the front may well be right. REQUIRES front() and !must_read_ahead().
  std::optional<std::int64_t> contradiction();

 private:
  struct Times {
    std::int64_t end_ns = 0;
    bool beyond_clock_max = false;
  };
  Times times_of(const Request& request) const;
  const Times& front_times();
  ParsedRequest* at(std::size_t i) noexcept;

  TraceInput& input_;
  std::int64_t clock_max_ns_;
  std::deque<ParsedRequest> held_;  // copies, in front of what the input has ready
  std::optional<Times> front_times_;
};

}  // namespace entail::cli
