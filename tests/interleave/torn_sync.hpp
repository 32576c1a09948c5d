// A Sync whose RMWs are a load and a store: the mutant for protocols whose orders are all relaxed, which depend on
// atomicity alone.
#pragma once

#include "tests/interleave/explorer.hpp"

namespace interleave {

template <class T>
class TornAtomic {
 public:
  TornAtomic() = default;
  explicit TornAtomic(T value) : word_(value) {}
  T load(std::memory_order order) const { return word_.load(order); }
  void store(T value, std::memory_order order) { word_.store(value, order); }
  T fetch_add(T value, std::memory_order) {
    return change([value](T old) { return static_cast<T>(old + value); });
  }
  T fetch_sub(T value, std::memory_order) {
    return change([value](T old) { return static_cast<T>(old - value); });
  }
  T fetch_or(T value, std::memory_order) {
    return change([value](T old) { return static_cast<T>(old | value); });
  }
  bool compare_exchange(T& expected, T desired, std::memory_order, std::memory_order) {
    const T found = word_.load(std::memory_order_relaxed);
    if (found == expected) {
      word_.store(desired, std::memory_order_relaxed);
      return true;
    }
    expected = found;
    return false;
  }

 private:
  template <class F>
  T change(F f) {
    const T old = word_.load(std::memory_order_relaxed);
    word_.store(f(old), std::memory_order_relaxed);
    return old;
  }
  ModelAtomic<T> word_;
};

struct TornSync {
  template <class T>
  using Atomic = TornAtomic<T>;
  template <class T>
  using Plain = ModelPlain<T>;
};

}  // namespace interleave
