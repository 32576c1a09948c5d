#include "request_queue.hpp"

#include <algorithm>

#include "arrival_clock.hpp"
#include "stop_signal.hpp"

namespace entail::cli {
namespace {

// The largest end time up to a bound, of the spans whose end time counts.
class EndTimes final : public RequestVisitor {
 public:
  explicit EndTimes(std::int64_t most_ns) : most_ns_(most_ns) {}
  void on_span(const SpanInfo& span) override {
    if (span.end_ns < span.start_ns || span.end_ns > static_cast<std::uint64_t>(most_ns_)) return;
    largest_ns_ = std::max(largest_ns_, static_cast<std::int64_t>(span.end_ns));
  }
  void on_link(const SpanInfo&, const LinkInfo&) override {}
  std::int64_t largest_ns() const noexcept { return largest_ns_; }

 private:
  std::int64_t most_ns_;
  std::int64_t largest_ns_ = 0;
};

// A request that outlives the batch which it was parsed in.
ParsedRequest copy_of(ParsedRequest& parsed) {
  ParsedRequest copy;
  copy.message = parsed.message;
  copy.error = parsed.error;
  copy.good_size = parsed.good_size;
  copy.usable = parsed.usable;
  if (parsed.message.json) {
    copy.request = std::exchange(parsed.request, Request());  // its protobuf is its own
    copy.message.bytes = {};
    return copy;
  }
  const Bytes bytes = parsed.request.protobuf();
  copy.copy.assign(bytes.begin(), bytes.end());
  copy.message.bytes = copy.copy;
  [[maybe_unused]] const auto parsed_again = copy.request.parse_protobuf(copy.copy);  // as it did before
  return copy;
}

}  // namespace

ParsedRequest* RequestQueue::at(std::size_t i) noexcept {
  return i < held_.size() ? &held_[i] : input_.ahead(i - held_.size());
}

void RequestQueue::pop() {
  if (held_.empty())
    input_.pop();
  else
    held_.pop_front();
  front_times_.reset();
}

RequestQueue::Times RequestQueue::times_of(const Request& request) const {
  const std::int64_t end_ns = request.end_time_max_ns();
  if (end_ns <= clock_max_ns_) return {end_ns, false};
  EndTimes times(clock_max_ns_);
  request.visit(times);
  return {times.largest_ns(), true};
}

const RequestQueue::Times& RequestQueue::front_times() {
  if (!front_times_) front_times_ = times_of(front()->request);
  return *front_times_;
}

std::int64_t RequestQueue::end_ns() { return front_times().end_ns; }

bool RequestQueue::is_beyond_clock_max() { return front_times().beyond_clock_max; }

bool RequestQueue::must_read_ahead() {
  if (input_.ended() || stop_requested()) return false;
  unsigned timed = 0;
  for (std::size_t i = 1; i <= kLookAhead && timed < 2; ++i) {
    const ParsedRequest* const next = at(i);
    if (!next) return true;
    if (times_of(next->request).end_ns > 0) ++timed;
  }
  return false;
}

void RequestQueue::read_ahead() {
  for (; input_.head(); input_.pop()) held_.push_back(copy_of(*input_.head()));
  input_.read_on();
}

std::optional<std::int64_t> RequestQueue::contradiction() {
  std::int64_t smallest_ns = end_ns();
  const std::int64_t least_ns = smallest_ns - ArrivalClock::kHourNs;
  unsigned timed = 0;
  for (std::size_t i = 1; i <= kLookAhead && timed < 2; ++i) {
    const ParsedRequest* const next = at(i);
    if (!next) break;
    const std::int64_t next_ns = times_of(next->request).end_ns;
    if (next_ns == 0) continue;
    if (next_ns >= least_ns) return std::nullopt;
    smallest_ns = std::min(smallest_ns, next_ns);
    ++timed;
  }
  return timed == 2 ? std::optional(smallest_ns) : std::nullopt;
}

}  // namespace entail::cli
