// Counts the allocations of this program and makes them fail. Thread rule: any thread may allocate; AllocationLimit is
// for single-threaded tests.
#pragma once

#include <cstdint>

namespace entail::links_test {

std::uint64_t allocations() noexcept;

// Fails every allocation after the next `count`, until destroyed.
class AllocationLimit {
 public:
  explicit AllocationLimit(std::int64_t count) noexcept;
  ~AllocationLimit();
  AllocationLimit(const AllocationLimit&) = delete;
  AllocationLimit& operator=(const AllocationLimit&) = delete;
};

}  // namespace entail::links_test
