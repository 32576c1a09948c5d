// The seam between the lock-free structures and the machine: they take a Sync parameter and use only
// Sync::Atomic<T> and Sync::Plain<T>. HardwareSync is the machine; tests/interleave passes a model of memory instead.
//
// Every access names its order; there is no default, no implicit conversion and no stand-alone fence (ThreadSanitizer
// does not follow fences). The orders come from the protocol's Orders struct, so that tests can weaken them.
//
// Both types are trivially constructible and zero bytes are the value 0: an array of them may lie in fresh mmap memory.
// Thread rule: HardwareAtomic Protocol (the user's); HardwarePlain as the protocol says, without races. Cost: none
// beyond the instruction.
#pragma once

#include <atomic>
#include <cstddef>
#include <type_traits>

namespace entail::sync {

template <class T>
class HardwareAtomic {
  static_assert(std::is_trivially_copyable_v<T> && std::atomic_ref<T>::is_always_lock_free);

 public:
  HardwareAtomic() = default;  // leaves the bytes as they are; HardwareAtomic<T> word{}; is zero
  explicit HardwareAtomic(T value) noexcept : value_(value) {}
  HardwareAtomic(const HardwareAtomic&) = delete;
  HardwareAtomic& operator=(const HardwareAtomic&) = delete;

  T load(std::memory_order order) const noexcept { return ref().load(order); }
  void store(T value, std::memory_order order) noexcept { ref().store(value, order); }
  T exchange(T value, std::memory_order order) noexcept { return ref().exchange(value, order); }
  // On failure expected becomes what was found.
  bool compare_exchange(T& expected, T desired, std::memory_order success, std::memory_order failure) noexcept {
    return ref().compare_exchange_strong(expected, desired, success, failure);
  }
  T fetch_add(T value, std::memory_order order) noexcept { return ref().fetch_add(value, order); }
  T fetch_sub(T value, std::memory_order order) noexcept { return ref().fetch_sub(value, order); }
  T fetch_or(T value, std::memory_order order) noexcept { return ref().fetch_or(value, order); }
  T fetch_and(T value, std::memory_order order) noexcept { return ref().fetch_and(value, order); }

 private:
  std::atomic_ref<T> ref() const noexcept { return std::atomic_ref<T>(value_); }
  alignas(std::atomic_ref<T>::required_alignment) mutable T value_;
};

// Data that a protocol keeps free of races. A class of its own so that the model can check that it does.
template <class T>
class HardwarePlain {
 public:
  HardwarePlain() = default;
  explicit HardwarePlain(T value) noexcept : value_(value) {}
  T get() const noexcept { return value_; }
  void set(T value) noexcept { value_ = value; }

 private:
  T value_;
};

struct HardwareSync {
  template <class T>
  using Atomic = HardwareAtomic<T>;
  template <class T>
  using Plain = HardwarePlain<T>;
};

constexpr std::size_t kCacheLineBytes = 64;

}  // namespace entail::sync
