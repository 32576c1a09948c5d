#include "arrival_clock.hpp"

#include <algorithm>

#include "entail/types.hpp"

namespace entail::cli {
namespace {

std::int64_t whole_second(std::int64_t ns) noexcept { return ns / kNanosPerSecond * kNanosPerSecond; }

}  // namespace

bool ArrivalClock::is_far_ahead(std::int64_t end_ns) const noexcept {
  return started_ && whole_second(end_ns) - now_ns_ > kHourNs;
}

void ArrivalClock::start(std::int64_t end_ns) {
  started_ = true;
  now_ns_ = whole_second(end_ns);
}

std::int64_t ArrivalClock::arrive(std::int64_t end_ns) {
  if (end_ns <= 0) return now_ns_;
  if (!started_) {
    start(end_ns);
    return now_ns_;
  }
  std::int64_t smallest_ns = 0;
  const bool confirmed = is_confirmed_by(end_ns, &smallest_ns);
  if (!is_far_ahead(end_ns)) {
    move_to(end_ns);
  } else if (confirmed) {
    move_to(smallest_ns);
  } else {
    ++outlier_count_;
    // One that is dropped was the farthest ahead, and the least likely to be right.
    if (witnesses_.size() == kWitnessesMax)
      witnesses_.erase(std::ranges::max_element(witnesses_, {}, &Witness::end_ns));
    witnesses_.push_back({end_ns, end_ns, 0});
  }
  return now_ns_;
}

// Adds the request to what follows each witness. True: one has two followers now.
bool ArrivalClock::is_confirmed_by(std::int64_t end_ns, std::int64_t* smallest_ns) {
  bool confirmed = false;
  for (Witness& witness : witnesses_) {
    if (end_ns < witness.end_ns - kHourNs) continue;
    ++witness.followers;
    witness.smallest_ns = std::min(witness.smallest_ns, end_ns);
    if (witness.followers < 2) continue;
    *smallest_ns = confirmed ? std::min(*smallest_ns, witness.smallest_ns) : witness.smallest_ns;
    confirmed = true;
  }
  std::erase_if(witnesses_, [](const Witness& witness) { return witness.followers >= 2; });
  return confirmed;
}

void ArrivalClock::move_to(std::int64_t end_ns) {
  now_ns_ = std::max(now_ns_, whole_second(end_ns));
  std::erase_if(witnesses_, [this](const Witness& witness) { return !is_far_ahead(witness.end_ns); });
}

}  // namespace entail::cli
