#include "policy/chance.hpp"

#include <algorithm>
#include <cmath>

namespace entail::policy {

std::uint64_t collector_threshold(double percentage) noexcept {
  __extension__ using Wide = unsigned __int128;
  constexpr int kDoubleBits = 53;
  int exponent = 0;
  const double fraction = std::frexp(percentage / 100, &exponent);  // in [0.5, 1), or 0
  if (fraction <= 0) return 0;
  const auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, kDoubleBits));
  exponent -= kDoubleBits;

  // The Collector keeps 64 bits of the product 2^64 m - m. What it rounds away is 2^53 - m of a last place of 2^53,
  // less than half for m > 2^52, so always down; and m = 2^52 is exact. Cutting once is therefore the same.
  const Wide product = Wide{~std::uint64_t{0}} * mantissa;
  return exponent <= -128 ? 0 : static_cast<std::uint64_t>(product >> -exponent);
}

TokenBucket::TokenBucket(std::uint64_t per_second, std::uint64_t burst) noexcept : per_second_(per_second) {
  const std::uint64_t doubled = per_second > ~std::uint64_t{0} / 2 ? ~std::uint64_t{0} : per_second * 2;
  capacity_ = Wide{burst == 0 ? doubled : burst} * kNanosPerToken;
  level_ = capacity_;
}

void TokenBucket::fill(std::int64_t now_ns) noexcept {
  if (started_ && now_ns <= filled_at_ns_) return;
  if (started_) {
    const auto elapsed_ns = static_cast<std::uint64_t>(now_ns) - static_cast<std::uint64_t>(filled_at_ns_);
    const Wide gained = Wide{per_second_} * elapsed_ns;
    level_ = gained >= capacity_ - level_ ? capacity_ : level_ + gained;
  }
  started_ = true;
  filled_at_ns_ = now_ns;
}

std::uint64_t TokenBucket::tokens(std::int64_t now_ns) noexcept {
  fill(now_ns);
  return static_cast<std::uint64_t>(level_ / kNanosPerToken);
}

bool TokenBucket::try_take(std::uint64_t amount, std::int64_t now_ns) noexcept {
  fill(now_ns);
  const Wide wanted = Wide{amount} * kNanosPerToken;
  if (wanted > level_) return false;
  level_ -= wanted;
  return true;
}

SecondBudget::SecondBudget(std::uint64_t total, std::vector<std::uint64_t> allocations, bool shared_total)
    : total_(total),
      shared_total_(shared_total),
      allocations_(std::move(allocations)),
      taken_by_part_(allocations_.size()) {}

bool SecondBudget::try_take(std::size_t part, std::uint64_t spans, std::int64_t now_ns) noexcept {
  const std::int64_t second = now_ns / kNanosPerSecond - (now_ns % kNanosPerSecond < 0 ? 1 : 0);
  if (second != second_) {
    second_ = second;
    taken_ = 0;
    std::fill(taken_by_part_.begin(), taken_by_part_.end(), 0);
  }
  const std::uint64_t against_total = shared_total_ ? taken_ : taken_by_part_[part];
  const auto fits = [spans](std::uint64_t taken, std::uint64_t limit) {
    return taken <= limit && spans <= limit - taken;
  };
  if (!fits(taken_by_part_[part], allocations_[part]) || !fits(against_total, total_)) return false;
  taken_by_part_[part] += spans;
  taken_ += spans;
  return true;
}

}  // namespace entail::policy
