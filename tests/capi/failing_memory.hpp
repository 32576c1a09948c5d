// Counts every allocation of this program, and makes it fail when a test says so: operator new in all its
// forms, and mmap. Thread rule: any thread may allocate; failures are for tests that run alone.
#pragma once

#include <cstdint>

namespace entail::capi_test {

// The number of allocations so far, and of those not freed yet.
std::uint64_t allocations() noexcept;
std::int64_t live_allocations() noexcept;

// The allocation after `count` more fails; with `from_then_on`, so do all later ones. Until destroyed.
class FailingMemory {
 public:
  FailingMemory(std::int64_t count, bool from_then_on) noexcept;
  ~FailingMemory();
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;
  // True if an allocation has failed.
  bool has_failed() const noexcept;
};

}  // namespace entail::capi_test
