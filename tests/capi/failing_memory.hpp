// Every way in which this program gets memory, counted, and made to fail when a test says so: operator new in all its
// forms, and mmap. Thread rule: any thread may allocate; a failure is for tests that run alone.
#pragma once

#include <cstdint>

namespace entail::capi_test {

// How many allocations there were so far, and how many of them are not given back yet.
std::uint64_t allocations() noexcept;
std::int64_t live_allocations() noexcept;

// The allocation after `count` more fails; with `from_then_on`, so do all after it. Until this goes.
class FailingMemory {
 public:
  FailingMemory(std::int64_t count, bool from_then_on) noexcept;
  ~FailingMemory();
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;
  // Has an allocation failed?
  bool has_failed() const noexcept;
};

}  // namespace entail::capi_test
