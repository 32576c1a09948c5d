// Counts what this program allocates, and lets allocations fail. Thread rule: any thread may allocate; a limit is for
// tests that run alone.
#pragma once

#include <cstdint>

namespace entail::links_test {

std::uint64_t allocations() noexcept;

// After `count` more allocations every one fails, until this goes.
class AllocationLimit {
 public:
  explicit AllocationLimit(std::int64_t count) noexcept;
  ~AllocationLimit();
  AllocationLimit(const AllocationLimit&) = delete;
  AllocationLimit& operator=(const AllocationLimit&) = delete;
};

}  // namespace entail::links_test
