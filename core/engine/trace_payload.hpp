// What ingest writes for one trace, in the node's payload column: its span list, when it came, and the policies' fold.
// Zero bytes are the empty state, so a node needs no construction. All words are atomic; sums and extremes are relaxed,
// because tick reads them only after it has seen the span (protocol touch).
//
// PROTOCOL touch: no span is overlooked by tick.
//   words    head (of the span list), touched (0 or 1), both of one node
//   ingest   T1 fold (relaxed)  T2 push the span: CAS on head (seq_cst)  T3 touched.load (seq_cst); 0 -> exchange(1,
//   seq_cst);
//            was 0 -> node into the lane's log
//   tick     U1 take the node from a log  U2 touched.store(0, seq_cst)  U3 read head (seq_cst), then the fold
//   P1  a span whose T3 found 1 is either seen by the U3 that follows the U2 which clears that 1, or its T3 came after
//       that U2 in the total order and found 0. Store then load of the other word on both sides, hence seq_cst.
//   proved by tests/interleave/touch_test.cpp; mutant acq_rel must fail.
#pragma once

#include <cstdint>

#include "policy/trace_fold.hpp"
#include "store/span_store.hpp"
#include "sync/atomic.hpp"

namespace entail::engine {

struct TouchOrders {
  static constexpr auto guess = std::memory_order_relaxed;  // a head that is only compared and stored, never followed
  static constexpr auto push = std::memory_order_seq_cst;   // T2
  static constexpr auto check = std::memory_order_seq_cst;  // T3
  static constexpr auto clear = std::memory_order_seq_cst;  // U2
  static constexpr auto read = std::memory_order_seq_cst;   // U3
};

template <class Entry, class Sync = sync::HardwareSync, class Orders = TouchOrders>
struct SpanList {
  typename Sync::template Atomic<Entry*> head;            // newest first
  typename Sync::template Atomic<std::uint32_t> touched;  // 1: the node is in a log that tick has not taken yet

  // T2, T3. True: the caller logs the node.
  bool push(Entry* entry) noexcept {
    Entry* expected = head.load(Orders::guess);
    do {
      entry->next = expected;
    } while (!head.compare_exchange(expected, entry, Orders::push, Orders::guess));
    return touched.load(Orders::check) == 0 && touched.exchange(1, Orders::check) == 0;
  }
  // U2.
  void clear_touched() noexcept { touched.store(0, Orders::clear); }
  // U3.
  Entry* first() const noexcept { return head.load(Orders::read); }
  // U3, and the list is empty afterwards.
  Entry* take() noexcept { return head.exchange(nullptr, Orders::read); }
};

struct TracePayload {
  template <class T>
  using Atomic = sync::HardwareSync::Atomic<T>;

  SpanList<store::SpanEntry> spans;
  Atomic<std::uint32_t> generation;        // of its first span in the store; 0 = no span yet
  Atomic<std::int64_t> arrival_ns;         // + 1; 0 = no span yet
  Atomic<std::int64_t> root_arrival_ns;    // + 1, of the first span without a parent; 0 = none yet
  Atomic<std::uint64_t> links;             // received on its spans
  Atomic<std::uint64_t> dropped_upstream;  // links that SDKs had cut

  policy::TraceFold& fold() noexcept { return policy::TraceFold::at(this + 1); }
  const policy::TraceFold& fold() const noexcept { return policy::TraceFold::at(this + 1); }
  static std::size_t bytes_for(unsigned bit_words) noexcept {
    return sizeof(TracePayload) + policy::TraceFold::bytes_for(bit_words);
  }
};

}  // namespace entail::engine
