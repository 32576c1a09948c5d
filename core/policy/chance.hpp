// The arithmetic of policies that roll dice: the Collector's FNV choice, and token buckets on engine time.
// Thread rule: the functions Immutable, TokenBucket Confined. No allocation.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/fnv.hpp"
#include "entail/types.hpp"

namespace entail::policy {

// FNV-1a, 64 bits, over the salt. The state is continued over a trace ID by collector_hash().
constexpr std::uint64_t salt_state(std::string_view salt) noexcept {
  std::uint64_t state = base::kFnvStart;
  for (const char c : salt) state = base::fnv_next(state, static_cast<std::uint8_t>(c));
  return state;
}

// The Collector's hash of a trace: FNV-1a over the salt, then the 16 bytes of the ID.
constexpr std::uint64_t collector_hash(std::uint64_t state, TraceId id) noexcept {
  for (const std::uint64_t half : {id.hi, id.lo})
    for (int shift = 56; shift >= 0; shift -= 8)
      state = base::fnv_next(state, static_cast<std::uint8_t>(half >> shift));
  return state;
}

// The largest collector_hash() that the Collector samples: percentage / 100 (in double) times 2^64 - 1, the product
// rounded to 64 significant bits, nearest even, and cut to an integer; exact at 0 and 100.
// REQUIRES 0 <= percentage <= 100.
std::uint64_t collector_threshold(double percentage) noexcept;

// A token bucket that starts full. Exact: levels are counted in billionths of a token.
class TokenBucket {
 public:
  // burst 0: twice the rate, at most 2^64 - 1.
  TokenBucket(std::uint64_t per_second, std::uint64_t burst) noexcept;
  // Takes `amount` tokens if they are there, else none. More than the burst is never there. A now before the last one
  // adds nothing.
  bool try_take(std::uint64_t amount, std::int64_t now_ns) noexcept;
  // Whole tokens that are there now.
  std::uint64_t tokens(std::int64_t now_ns) noexcept;
  std::uint64_t per_second() const noexcept { return per_second_; }
  std::uint64_t burst() const noexcept { return static_cast<std::uint64_t>(capacity_ / kNanosPerToken); }

 private:
  __extension__ using Wide = unsigned __int128;
  static constexpr std::uint64_t kNanosPerToken = 1'000'000'000;
  void fill(std::int64_t now_ns) noexcept;
  std::uint64_t per_second_;
  Wide capacity_;
  Wide level_;
  std::int64_t filled_at_ns_ = 0;
  bool started_ = false;
};

// What a composite policy lets through in the running second of engine time, in spans: each part up to its allocation,
// all parts together up to a total. A trace that does not fit takes nothing, so that a smaller one may fit after it.
class SecondBudget {
 public:
  // shared_total false (compat): the total bounds each part by itself.
  SecondBudget(std::uint64_t total, std::vector<std::uint64_t> allocations, bool shared_total);
  // REQUIRES part < the number of allocations. A now in another second, before or after, starts anew.
  bool try_take(std::size_t part, std::uint64_t spans, std::int64_t now_ns) noexcept;
  std::uint64_t total() const noexcept { return total_; }

 private:
  std::uint64_t total_;
  bool shared_total_;
  std::uint64_t taken_ = 0;
  std::int64_t second_ = 0;
  std::vector<std::uint64_t> allocations_;
  std::vector<std::uint64_t> taken_by_part_;
};

}  // namespace entail::policy
