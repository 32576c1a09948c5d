#include "feed.hpp"

#include <algorithm>
#include <atomic>

#include "console.hpp"
#include "executor.hpp"
#include "stop_signal.hpp"

namespace entail::cli {

Feed::Feed(std::vector<TraceInput>& inputs, FeedTarget target, Executor* executor, std::int64_t clock_max_ns)
    : target_(std::move(target)), executor_(executor) {
  for (TraceInput& input : inputs) queues_.emplace_back(input, clock_max_ns);
}

Result<void> Feed::run(const std::function<void()>& progress) {
  for (;;) {
    if (const auto read = read_on_where_due(); !read) return read;
    const Candidate next = first_to_arrive();
    if (!next.queue || !target_.goes_on()) return take_in_waiting();
    if (const auto ticked = arrive(next); !ticked) return ticked;
    const bool take_in_now = !executor_ || next.queue->front_is_held();
    waiting_.push_back({&next.queue->input(), next.queue->front(), Error(), Waiting::State::untried});
    if (take_in_now) {
      if (const auto taken = take_in_waiting(); !taken) return taken;
    }
    next.queue->pop();
    progress();
  }
}

// Reading on overwrites what an input gave out, so what waits is taken in first.
Result<void> Feed::read_on_where_due() {
  for (RequestQueue& queue : queues_) {
    if (!queue.front() && !queue.ended()) {
      if (const auto taken = take_in_waiting(); !taken) return taken;
      queue.read_on();
    }
    if (const auto looked = look_ahead(queue); !looked) return looked;
  }
  return {};
}

// The front's end time is doubted while the clock would start at it or not follow it. Of a single input the order is
// given, so only the start matters.
bool Feed::is_doubtful(RequestQueue& queue) const {
  if (!queue.front() || queue.end_ns() == 0) return false;
  return !clock_.has_started() || (queues_.size() > 1 && clock_.is_far_ahead(queue.end_ns()));
}

Result<void> Feed::look_ahead(RequestQueue& queue) {
  while (is_doubtful(queue) && queue.must_read_ahead()) {
    if (const auto taken = take_in_waiting(); !taken) return taken;
    queue.read_ahead();
  }
  return {};
}

Feed::Candidate Feed::first_to_arrive() {
  Candidate first;
  for (RequestQueue& queue : queues_) {
    if (!queue.front()) continue;
    Candidate candidate{&queue, queue.end_ns(), false};
    if (is_doubtful(queue)) {
      if (const std::optional<std::int64_t> smaller_ns = queue.contradiction()) {
        candidate.is_contradicted = true;
        candidate.arrival_ns = clock_.has_started() ? now_ns_ : *smaller_ns;
      }
    }
    if (!first.queue || candidate.arrival_ns < first.arrival_ns) first = candidate;
  }
  return first;
}

// Moves the clock to where the next request arrives. If that is later than the last tick, the tick comes first.
Result<void> Feed::arrive(const Candidate& next) {
  if (next.is_contradicted && !clock_.has_started()) clock_.start(next.arrival_ns);
  const std::uint64_t outliers_before = clock_.outlier_count();
  const std::int64_t second = clock_.arrive(next.queue->end_ns());
  if (next.queue->is_beyond_clock_max() || clock_.outlier_count() > outliers_before) ++outlier_count_;
  if (second <= now_ns_) return {};
  if (const auto taken = take_in_waiting(); !taken) return taken;
  now_ns_ = second;
  return target_.tick(now_ns_);
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
                                               " can never fit into memory_limit and was rejected");
      return;
    }
    default:
      waiting.input->refuse(*waiting.parsed, describe(waiting.error) + "; request skipped");
  }
}

}  // namespace entail::cli
