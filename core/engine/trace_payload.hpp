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

#include "base/check.hpp"
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

// WORD head (64 bits): bits 0-47 address of the newest span, 48-62 spans in the list, which stays at kCountMax once it
// is there, 63 set: one of them has links. 0 = no span. So a list is counted without a look at its cold spans.
template <class Entry, class Sync = sync::HardwareSync, class Orders = TouchOrders>
struct SpanList {
  static constexpr unsigned kAddressBits = 48;  // all that a process gets unless it asks for more by address
  static constexpr std::uint64_t kOneSpan = std::uint64_t{1} << kAddressBits;
  static constexpr std::uint64_t kLinks = std::uint64_t{1} << 63;
  static constexpr std::uint32_t kCountMax = (1u << 15) - 1;

  typename Sync::template Atomic<std::uint64_t> head;     // newest first
  typename Sync::template Atomic<std::uint32_t> touched;  // 1: the node is in a log that tick has not taken yet

  struct Taken {
    Entry* first = nullptr;
    std::uint32_t count = 0;  // kCountMax: that many, or more
    bool has_links = false;
    bool is_counted() const noexcept { return count < kCountMax; }
  };

  // T2, T3. True: the caller logs the node.
  bool push(Entry* entry, bool has_links) noexcept {
    const auto address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(entry));
    ENTAIL_CHECK(address < kOneSpan);
    std::uint64_t expected = head.load(Orders::guess);
    std::uint64_t desired = 0;
    do {
      entry->next = first_of(expected);
      const std::uint64_t counted = expected & ~(kOneSpan - 1);
      desired = address | counted | (has_links ? kLinks : 0);
      if (count_of(expected) < kCountMax) desired += kOneSpan;
    } while (!head.compare_exchange(expected, desired, Orders::push, Orders::guess));
    return touched.load(Orders::check) == 0 && touched.exchange(1, Orders::check) == 0;
  }
  // U2.
  void clear_touched() noexcept { touched.store(0, Orders::clear); }
  // U3.
  Entry* first() const noexcept { return first_of(head.load(Orders::read)); }
  // U3, and the list is empty afterwards.
  Taken take() noexcept {
    const std::uint64_t word = head.exchange(0, Orders::read);
    return {first_of(word), count_of(word), (word & kLinks) != 0};
  }

 private:
  static Entry* first_of(std::uint64_t word) noexcept {
    return reinterpret_cast<Entry*>(static_cast<std::uintptr_t>(word & (kOneSpan - 1)));
  }
  static std::uint32_t count_of(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>((word & ~kLinks) >> kAddressBits);
  }
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
