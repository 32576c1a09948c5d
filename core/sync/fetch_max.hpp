// fetch_max: raises an atomic word to a value unless it is larger already, as std::atomic::fetch_max of C++26.
// Thread rule: Protocol fetch_max. Cost: one load; one RMW only if the word changes.
#pragma once

#include <atomic>

namespace entail::sync {

// PROTOCOL fetch_max: a word that holds the maximum of all values passed in.
//   words    one       writers  any thread       readers  any thread
//   W1  seen = load; seen >= value: done   W2  compare_exchange(seen -> value); on failure seen = current value, to W1
//   M1  the word never falls, and after all calls it is the largest value, whatever their order
//   orders   relaxed: the word publishes no memory and orders no other word; whatever makes a reader look at it (a
//            log, a tick) orders what the reader must see
//   progress lock-free: W2 fails only when another thread raised the word, so at most once for each value passed in
//   proved by tests/interleave/fetch_max_test.cpp (3 writers + reader, exhaustive); a mutant whose W2 is a load and a
//   store must fail
// Returns the value before the call.
template <class Word, class Value>
Value fetch_max(Word& word, Value value) noexcept {
  Value seen = word.load(std::memory_order_relaxed);
  while (seen < value && !word.compare_exchange(seen, value, std::memory_order_relaxed, std::memory_order_relaxed)) {
  }
  return seen;
}

}  // namespace entail::sync
