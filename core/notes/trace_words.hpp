// The words of a trace's node into which ingest notes its spans. They lie behind the policies' fold, in memory that is
// zero at first: zero bytes mean that nothing was noted.
//
// Which spans are noted: the roots and the failed spans that come first in time so far, and the first span of each
// resource. Two resources are remembered, so a trace whose spans alternate between more is noted more often than
// needed; the tick thread drops what it has already.
//
// PROTOCOL span_notes: how notes pass from the ingest lanes to the tick thread, and why they are enough.
//   words    notes_ (a stack), resources_, root_start_inverted_ and error_start_inverted_ (hints), errors_ (a sum)
//   ingest   N1 load the hints (read): they say whether a better note, or one of the same resource, is there; if so,
//            the span needs none   N2 push the note (push)   N3 raise the hints (raise)
//            then PROTOCOL touch T2 pushes the span itself
//   tick     N4 take all notes (take), after it has taken the span (touch U3), unless a load finds none (guess)
//   P1  a span whose note N1 left out: its lane has acquired, from the N3 that it read, the N2 before that; touch T2
//       and U3 pass this on to tick, so that N4 takes that note, or an earlier N4 has.
//   P2  hints lose nothing: the starts only rise, and a resource that another lane's N3 overwrote is noted again.
//   orders   errors_ relaxed: it publishes nothing, and tick reads it behind U3.
//   progress lock-free, as chunk_hand_over W2 and fetch_max
//   proved by tests/interleave/span_notes_test.cpp (two lanes and the tick thread, exhaustive); mutants push=relaxed,
//   raise=relaxed, read=relaxed and take=relaxed must fail
// Memory: 40 bytes. Cost of a span that is not noted: two loads.
#pragma once

#include <cstdint>
#include <new>

#include "notes/span_note.hpp"
#include "sync/atomic.hpp"

namespace entail::notes {

// What decides whether a span is noted.
struct SpanFacts {
  std::uint64_t start_ns = 0;
  std::uint32_t resource = 0;  // resource_key()
  bool is_root = false;
  bool is_error = false;
};

struct NoteOrders {
  static constexpr auto guess = std::memory_order_relaxed;  // a word that is only compared
  static constexpr auto read = std::memory_order_acquire;   // N1
  static constexpr auto push = std::memory_order_release;   // N2
  static constexpr auto raise = std::memory_order_release;  // N3
  static constexpr auto take = std::memory_order_acquire;   // N4
};

template <class Note, class Sync = sync::HardwareSync, class Orders = NoteOrders>
class TraceWordsOf {
 public:
  // REQUIRES sizeof(TraceWordsOf) bytes, aligned to 8, that were zero at first.
  static TraceWordsOf& at(void* memory) noexcept { return *std::launder(static_cast<TraceWordsOf*>(memory)); }
  static const TraceWordsOf& at(const void* memory) noexcept {
    return *std::launder(static_cast<const TraceWordsOf*>(memory));
  }

  // N1: the roles in which the span has to be noted; 0: none.
  std::uint16_t wanted(const SpanFacts& span) const noexcept {
    unsigned roles = 0;
    if (!has_resource(resources_.load(Orders::read), span.resource)) roles = kService;
    if (span.is_root && ~span.start_ns >= root_start_inverted_.load(Orders::read)) roles |= kRoot;
    if (span.is_error && ~error_order(span.start_ns) >= error_start_inverted_.load(Orders::read)) roles |= kError;
    return static_cast<std::uint16_t>(roles);
  }
  // N2, N3: takes the note over, of a span that wanted() these roles for.
  void push(Note* note, std::uint16_t roles, const SpanFacts& span) noexcept {
    link(note);
    if ((roles & kService) != 0) {
      const std::uint64_t two = resources_.load(Orders::read);  // acquire: N1 of others relies on the key that is kept
      resources_.store(two << 32 | span.resource, Orders::raise);
    }
    if ((roles & kRoot) != 0) raise(root_start_inverted_, ~span.start_ns);
    if ((roles & kError) != 0) raise(error_start_inverted_, ~error_order(span.start_ns));
  }
  void count_error(std::uint32_t count = 1) noexcept { errors_.fetch_add(count, std::memory_order_relaxed); }

  // N4: newest first.
  Note* take() noexcept { return notes_.exchange(nullptr, Orders::take); }
  bool has_notes() const noexcept { return notes_.load(Orders::guess) != nullptr; }
  std::uint32_t errors() const noexcept { return errors_.load(std::memory_order_relaxed); }
  // Tick: adds the count and the notes of another node of the trace, which is not used afterwards.
  void take_over(TraceWordsOf& from) noexcept {
    count_error(from.errors());
    for (Note* note = from.take(); note != nullptr;) {
      Note* const next = note->next;
      link(note);
      note = next;
    }
  }

 private:
  using Word = typename Sync::template Atomic<std::uint64_t>;

  static constexpr bool has_resource(std::uint64_t two, std::uint32_t resource) noexcept {
    return static_cast<std::uint32_t>(two) == resource || static_cast<std::uint32_t>(two >> 32) == resource;
  }
  void link(Note* note) noexcept {
    Note* head = notes_.load(Orders::guess);
    do {
      note->next = head;
    } while (!notes_.compare_exchange(head, note, Orders::push, Orders::guess));
  }
  static void raise(Word& word, std::uint64_t value) noexcept {
    std::uint64_t seen = word.load(Orders::guess);
    while (seen < value && !word.compare_exchange(seen, value, Orders::raise, Orders::guess)) {
    }
  }

  typename Sync::template Atomic<Note*> notes_;
  Word resources_;             // keys of the two that were noted last
  Word root_start_inverted_;   // ~ of the first start among the roots noted
  Word error_start_inverted_;  // ~ of error_order() of the first among the failed spans noted
  typename Sync::template Atomic<std::uint32_t> errors_;
};
using TraceWords = TraceWordsOf<SpanNote>;
static_assert(sizeof(TraceWords) == 40 && alignof(TraceWords) == 8);

// The key of a resource in TraceWords; never 0, which marks a free place.
constexpr std::uint32_t resource_key(std::uint64_t digest) noexcept {
  const auto key = static_cast<std::uint32_t>(digest >> 8);
  return key == 0 ? 1 : key;
}

}  // namespace entail::notes
