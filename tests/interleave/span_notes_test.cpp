// PROTOCOL span_notes (core/notes/trace_words.hpp): lanes note spans of one trace, tick takes the notes with the spans.
#include "notes/trace_words.hpp"

#include <algorithm>

#include "tests/interleave/protocol.hpp"

namespace {

using namespace entail::notes;
using namespace interleave;

struct PushRelaxed : NoteOrders {
  static constexpr auto push = std::memory_order_relaxed;
};
struct RaiseRelaxed : NoteOrders {
  static constexpr auto raise = std::memory_order_relaxed;
};
struct ReadRelaxed : NoteOrders {
  static constexpr auto read = std::memory_order_relaxed;
};
struct TakeRelaxed : NoteOrders {
  static constexpr auto take = std::memory_order_relaxed;
};

struct Note {
  // A plain pointer in the shipped code: the explorer detects its races, too.
  class Next {
   public:
    Next& operator=(Note* note) {
      plain_.set(note);
      return *this;
    }
    operator Note*() const { return plain_.get(); }

   private:
    ModelPlain<Note*> plain_;
  };
  Next next;
  ModelPlain<unsigned> start;
};

// Two lanes bring a root each, the first one earlier, and tick takes what is there: whatever root it has taken, the
// best note that it knows is not later. The same for a resource, of which either note will do.
template <class Orders, bool kIsRoot>
struct TwoLanesAndTick {
  static constexpr unsigned kThreads = 3;
  static constexpr unsigned kNone = 99;
  TraceWordsOf<Note, ModelSync, Orders> words{};
  ModelSync::Atomic<unsigned> spans{0};  // as PROTOCOL touch: pushed acq_rel, taken acquire
  Note notes[2];
  unsigned best = kNone;

  void thread(unsigned i) {
    if (i < 2) {
      const SpanFacts facts{.start_ns = i + 1, .resource = 7, .is_root = kIsRoot, .is_error = false};
      if (const auto roles = static_cast<std::uint16_t>(words.wanted(facts) & (kIsRoot ? kRoot : kService));
          roles != 0) {
        notes[i].start.set(i + 1);
        words.push(&notes[i], roles, facts);
      }
      spans.fetch_or(1u << i, std::memory_order_acq_rel);
    } else {
      const unsigned taken = spans.load(std::memory_order_acquire);
      take();
      check(taken);
    }
  }
  // As Traces::collect_notes(): a look first.
  void take() {
    if (!words.has_notes()) return;
    for (Note* note = words.take(); note != nullptr; note = note->next) best = std::min(best, note->start.get());
  }
  void check(unsigned taken) {
    if ((taken & 1) != 0) expect(best <= (kIsRoot ? 1 : 2), "a note as good as the first span is there");
    if ((taken & 2) != 0) expect(best <= 2, "a note as good as the second span is there");
  }
  void finish() {
    take();
    check(3);
  }
};

TEST(SpanNotes, AreEnoughForTheSpansThatWereTaken) {
  expect_proved<TwoLanesAndTick<NoteOrders, true>>("two roots beside tick");
  expect_proved<TwoLanesAndTick<NoteOrders, false>>("two spans of a resource beside tick");
  expect_refuted<TwoLanesAndTick<PushRelaxed, true>>("push relaxed", "data race");
  expect_refuted<TwoLanesAndTick<TakeRelaxed, true>>("take relaxed", "data race");
  expect_refuted<TwoLanesAndTick<RaiseRelaxed, true>>("raise relaxed", "is there");
  expect_refuted<TwoLanesAndTick<ReadRelaxed, true>>("read relaxed", "is there");
}

}  // namespace
