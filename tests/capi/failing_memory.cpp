#include "tests/capi/failing_memory.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> allocation_count{0};
std::atomic<std::int64_t> live_count{0};
std::atomic<std::int64_t> left_before_failure{-1};  // negative: none fails
std::atomic<bool> fails_from_then_on{false};
std::atomic<bool> failure_happened{false};

bool must_fail() noexcept {
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  const std::int64_t left = left_before_failure.load(std::memory_order_relaxed);
  if (left < 0) return false;
  if (left > 0) {
    left_before_failure.store(left - 1, std::memory_order_relaxed);
    return false;
  }
  failure_happened.store(true, std::memory_order_relaxed);
  if (!fails_from_then_on.load(std::memory_order_relaxed)) left_before_failure.store(-1, std::memory_order_relaxed);
  return true;
}

void* allocate(std::size_t size, std::size_t alignment) noexcept {
  if (must_fail()) return nullptr;
  void* const memory = alignment <= alignof(std::max_align_t)
                           ? std::malloc(size == 0 ? 1 : size)
                           : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory != nullptr) live_count.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  void* const memory = allocate(size, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void give_back(void* memory) noexcept {
  if (memory == nullptr) return;
  live_count.fetch_sub(1, std::memory_order_relaxed);
  std::free(memory);
}

std::size_t number(std::align_val_t alignment) noexcept { return static_cast<std::size_t>(alignment); }

}  // namespace

void* operator new(std::size_t size) { return allocate_or_throw(size, 1); }
void* operator new[](std::size_t size) { return allocate_or_throw(size, 1); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, 1); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) { return allocate_or_throw(size, number(alignment)); }
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, number(alignment));
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { give_back(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// The sanitizers have an mmap of their own.
extern "C" void* mmap(void* address, std::size_t size, int protection, int flags, int file, off_t offset) noexcept {
  if (must_fail()) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  void* const memory = reinterpret_cast<void*>(syscall(SYS_mmap, address, size, protection, flags, file, offset));
  if (memory != MAP_FAILED) live_count.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

extern "C" int munmap(void* memory, std::size_t size) noexcept {
  live_count.fetch_sub(1, std::memory_order_relaxed);
  return static_cast<int>(syscall(SYS_munmap, memory, size));
}
#endif

namespace entail::capi_test {

std::uint64_t allocations() noexcept { return allocation_count.load(std::memory_order_relaxed); }
std::int64_t live_allocations() noexcept { return live_count.load(std::memory_order_relaxed); }

FailingMemory::FailingMemory(std::int64_t count, bool from_then_on) noexcept {
  failure_happened.store(false, std::memory_order_relaxed);
  fails_from_then_on.store(from_then_on, std::memory_order_relaxed);
  left_before_failure.store(count, std::memory_order_relaxed);
}
FailingMemory::~FailingMemory() { left_before_failure.store(-1, std::memory_order_relaxed); }
bool FailingMemory::has_failed() const noexcept { return failure_happened.load(std::memory_order_relaxed); }

}  // namespace entail::capi_test
