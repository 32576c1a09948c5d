// Replaces operator new to count allocations and to make them fail.
#include "tests/links/allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::uint64_t> allocation_count{0};
std::atomic<std::int64_t> allocations_left{-1};  // negative: no limit

void* allocate(std::size_t size) {
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  if (allocations_left.load(std::memory_order_relaxed) >= 0 &&
      allocations_left.fetch_sub(1, std::memory_order_relaxed) == 0) {
    allocations_left.store(0, std::memory_order_relaxed);
    throw std::bad_alloc();
  }
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace entail::links_test {

std::uint64_t allocations() noexcept { return allocation_count.load(std::memory_order_relaxed); }

AllocationLimit::AllocationLimit(std::int64_t count) noexcept {
  allocations_left.store(count, std::memory_order_relaxed);
}
AllocationLimit::~AllocationLimit() { allocations_left.store(-1, std::memory_order_relaxed); }

}  // namespace entail::links_test
