// The words of a trace into which its spans fold. They live in the trace node's payload, in memory that was born zero:
// zero bytes are the empty fold, so nothing has to be constructed. The minima (start, rv) are stored inverted, which
// turns them into maxima that start from 0.
//
// PROTOCOL trace_fold: how many threads fold spans into one trace.
//   words    start_inverted_, end_max_, randomness_inverted_ (only rise), bits (only gain bits), spans_, bytes_,
//            links_, size (grow)
//   writers  any ingest thread                readers  the tick thread (facts()); ingest threads in compat mode
//   W1  each word by itself: load, and only if the value would change it, one RMW (maxima: PROTOCOL fetch_max)
//   G1  after all folds the words are the same whatever their order: every one is a maximum, a union or a sum
//   orders   relaxed throughout. No word says anything about another, and none publishes memory. After its fold the
//            folding thread pushes the span onto the trace's list, by an RMW (acq_rel) of the head, and the tick thread
//            reads the words after an RMW of that head: the folds of all spans pushed before it are visible then
//            (PROTOCOL touch P1 in store/span_list.hpp). Folds that run meanwhile may be seen or not; their spans
//            are pushed after that RMW, and the first of those pushes logs the trace again.
//   progress lock-free, as fetch_max
//   proved by tests/interleave/trace_fold_test.cpp (2 folds; a fold beside tick behind a release; exhaustive; mutants
//   in which an RMW is a load and a store, and in which the release is relaxed, must fail), touch_test.cpp (the fold
//   behind the push) and tests/policy/trace_fold_test.cpp (random splits and orders; four threads)
// Memory: bytes_for(shape); 40 bytes, 8 for each started 64 conditions, and 8 for the size.
// Cost: 2 RMW (the counts) and a load for each other word that does not change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

#include "policy/facts.hpp"
#include "sync/atomic.hpp"
#include "sync/fetch_max.hpp"

namespace entail::policy {

// What a fold has room for: words of bits, and the size of the trace where a policy reads it.
struct FoldShape {
  unsigned bit_words = 0;
  bool has_size = false;
};

template <class Sync = sync::HardwareSync>
class TraceFoldOf {
 public:
  static constexpr std::size_t bytes_for(FoldShape shape) noexcept;
  // The fold at `memory`. REQUIRES bytes_for(shape) bytes, aligned to 8, that were zero before the first fold.
  static TraceFoldOf& at(void* memory) noexcept { return *std::launder(static_cast<TraceFoldOf*>(memory)); }
  static const TraceFoldOf& at(const void* memory) noexcept {
    return *std::launder(static_cast<const TraceFoldOf*>(memory));
  }

  // Joins what a span (or several spans of this trace, merged) says. REQUIRES the shape of bytes_for().
  void fold(const Facts& facts, FoldShape shape) noexcept {
    sync::fetch_max(start_inverted_, ~facts.start_min_ns);
    sync::fetch_max(end_max_, facts.end_max_ns);
    sync::fetch_max(randomness_inverted_, ~facts.randomness_min);
    spans_.fetch_add(static_cast<std::uint32_t>(facts.spans), std::memory_order_relaxed);
    bytes_.fetch_add(facts.bytes, std::memory_order_relaxed);
    if (facts.links != 0) links_.fetch_add(static_cast<std::uint32_t>(facts.links), std::memory_order_relaxed);
    fold_bits(facts.bits, shape);
    if (shape.has_size && facts.size != 0)
      bit_words_begin()[shape.bit_words].fetch_add(facts.size, std::memory_order_relaxed);
  }
  // Joins conditions alone.
  void fold_bits(const Bits& bits, FoldShape shape) noexcept {
    Word* words = bit_words_begin();
    for (unsigned word = 0; word < shape.bit_words; ++word)
      if ((bits[word] & ~words[word].load(std::memory_order_relaxed)) != 0)
        words[word].fetch_or(bits[word], std::memory_order_relaxed);
  }
  // Everything folded so far; Facts{} when nothing was.
  Facts facts(FoldShape shape) const noexcept {
    Facts facts;
    facts.start_min_ns = ~start_inverted_.load(std::memory_order_relaxed);
    facts.end_max_ns = end_max_.load(std::memory_order_relaxed);
    facts.randomness_min = ~randomness_inverted_.load(std::memory_order_relaxed);
    facts.spans = spans_.load(std::memory_order_relaxed);
    facts.bytes = bytes_.load(std::memory_order_relaxed);
    facts.links = links_.load(std::memory_order_relaxed);
    const Word* words = bit_words_begin();
    for (unsigned word = 0; word < shape.bit_words; ++word)
      facts.bits[word] = words[word].load(std::memory_order_relaxed);
    if (shape.has_size) facts.size = words[shape.bit_words].load(std::memory_order_relaxed);
    return facts;
  }

 private:
  using Word = typename Sync::template Atomic<std::uint64_t>;
  using Count = typename Sync::template Atomic<std::uint32_t>;

  Word* bit_words_begin() noexcept { return reinterpret_cast<Word*>(this + 1); }
  const Word* bit_words_begin() const noexcept { return reinterpret_cast<const Word*>(this + 1); }

  Word start_inverted_;  // ~ of the first start
  Word end_max_;
  Word randomness_inverted_;  // ~ of the smallest ot=rv; meaningful with probability: consistent
  Word bytes_;
  Count spans_;
  Count links_;  // 2^32 links are more than 100 GiB; the bit words follow, then the size
};
using TraceFold = TraceFoldOf<>;

static_assert(sizeof(TraceFold) == 40 && alignof(TraceFold) == 8);
static_assert(std::is_trivially_destructible_v<TraceFold>);

template <class Sync>
constexpr std::size_t TraceFoldOf<Sync>::bytes_for(FoldShape shape) noexcept {
  return sizeof(TraceFoldOf) + (shape.bit_words + (shape.has_size ? 1 : 0)) * sizeof(Word);
}

}  // namespace entail::policy
