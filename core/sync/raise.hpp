// raise_to: a shared word that only rises, whoever raises it.
// Thread rule: Protocol raise. Cost: one load; one RMW only if the word changes.
#pragma once

#include <atomic>

namespace entail::sync {

// PROTOCOL raise: a word that is the maximum of all that was brought to it.
//   words    one       writers  any thread       readers  any thread
//   W1  seen = load; seen >= value: done   W2  compare_exchange(seen -> value); lost: seen = what was found, from W1
//   G1  the word never falls, and after all calls it is the largest value, whatever their order
//   orders   relaxed: the word says nothing about another and publishes no memory; what a reader must have seen is
//            ordered by whatever tells it that there is something to read (a log, a tick)
//   progress lock-free: W2 is lost only when another thread raised the word, so at most once for each value brought
//   proved by tests/interleave/raise_test.cpp (3 writers + reader, exhaustive); a mutant whose W2 is a load and a
//   store must fail
template <class Word, class Value>
void raise_to(Word& word, Value value) noexcept {
  Value seen = word.load(std::memory_order_relaxed);
  while (seen < value && !word.compare_exchange(seen, value, std::memory_order_relaxed, std::memory_order_relaxed)) {
  }
}

}  // namespace entail::sync
