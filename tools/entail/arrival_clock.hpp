// The virtual clock of `entail sample`: when a request arrives, from the end times of its spans (docs/design.md 3.0).
//
// The clock shows the largest end time seen so far, in whole seconds. A request that is more than an hour ahead of
// it arrives at the present time and does not move it, until two further requests lie within an hour of that one or
// beyond; the clock then moves to the smallest of the three. So a night without traffic passes, and one wrong span
// does not end time for the rest.
//
// Thread rule: Confined. Memory: kWitnessesMax entries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace entail::cli {

class ArrivalClock {
 public:
  // Further ahead than this is far ahead.
  static constexpr std::int64_t kHourNs = 3'600'000'000'000;

  // The time, in whole seconds, at which a request with this end time arrives. 0: the request has no time, and arrives
  // now. The first request with a time starts the clock.
  std::int64_t arrive(std::int64_t end_ns);
  // Starts the clock before the first request arrives.
  void start(std::int64_t end_ns);

  bool has_started() const noexcept { return started_; }
  std::int64_t now_ns() const noexcept { return now_ns_; }
  // The clock would not follow this end time at once. False before it has started.
  bool is_far_ahead(std::int64_t end_ns) const noexcept;
  // Requests that were far ahead and did not move the clock.
  std::uint64_t outlier_count() const noexcept { return outlier_count_; }

 private:
  // A request that was far ahead, and those after it that lie within an hour of it or beyond.
  struct Witness {
    std::int64_t end_ns = 0;
    std::int64_t smallest_ns = 0;  // of it and its followers
    unsigned followers = 0;
  };
  static constexpr std::size_t kWitnessesMax = 64;
  bool is_confirmed_by(std::int64_t end_ns, std::int64_t* smallest_ns);
  void move_to(std::int64_t end_ns);

  std::vector<Witness> witnesses_;
  std::int64_t now_ns_ = 0;
  std::uint64_t outlier_count_ = 0;
  bool started_ = false;
};

}  // namespace entail::cli
