// The spans of one node of the graph: one word that ingest and tick share, the head of a list.
//
// PROTOCOL touch: no span is overlooked by tick, and none is freed before tick knows of it.
//   words    head (of the span list, with the bit touched), of one node; the generation clock (store/generation.hpp)
//   ingest   T1 fold (relaxed)  T2 push the span and set touched: CAS on head (push)
//            T3 load the clock (GenerationClock::is_current)
//            T2 found touched clear, or T3 is not the span's generation: node, generation and time into the lane's log
//   tick     U1 take entries from the logs  U2 clear touched: RMW on head (clear)  U3 read the fold, then head (read)
//   P1  every T2 and U2 are RMWs of one word: a span is either pushed before the U2, which then acquires it, its fold
//       and all that was pushed before it; or the first T2 after the U2 finds touched clear and logs the node again.
//   P2  the generation of a span is not below that of an entry of its node that tick has taken, or that a lane which
//       is still writing has to log: say that T2 found touched, set by another's T2, and nothing was logged. That T2
//       came after its lane had read the clock, and this T2 acquires it, so T3 reads that generation or a later one;
//       and T3 is the span's own. Hence a trace's generation is the least of its entries, and PROTOCOL generation
//       holds.
//   P3  take() is one RMW of the same word: it finds touched set if it takes a span whose T2 no U2 has followed, that
//       is, one that no tick has adopted (was_touched).
//   proved by tests/interleave/touch_test.cpp; mutants push relaxed, acquire, release, clear relaxed, torn, read
//   relaxed, take torn, U3 before U2, and no T3 must fail.
#pragma once

#include <cstdint>

#include "base/check.hpp"
#include "sync/atomic.hpp"

namespace entail::store {

struct TouchOrders {
  static constexpr auto guess = std::memory_order_relaxed;  // a head that is only compared and stored, never followed
  static constexpr auto push = std::memory_order_acq_rel;   // T2
  static constexpr auto clear = std::memory_order_acquire;  // U2
  static constexpr auto read = std::memory_order_acquire;   // U3
};

// WORD head (64 bits): bits 0-47 address of the newest span, 48-61 spans in the list, which stays at kCountMax once it
// is there, 62 touched: the node is in a log that tick has not taken yet, or will be, 63 set: one of them has links.
// So a list is counted without a look at its cold spans.
template <class Entry, class Sync = sync::HardwareSync, class Orders = TouchOrders>
struct SpanList {
  static constexpr unsigned kAddressBits = 48;  // all that a process gets unless it requests more by address
  static constexpr std::uint64_t kOneSpan = std::uint64_t{1} << kAddressBits;
  static constexpr std::uint64_t kTouched = std::uint64_t{1} << 62;
  static constexpr std::uint64_t kLinks = std::uint64_t{1} << 63;
  static constexpr std::uint32_t kCountMax = (1u << 14) - 1;

  typename Sync::template Atomic<std::uint64_t> head;  // newest first

  struct Taken {
    Entry* first = nullptr;
    std::uint32_t count = 0;  // kCountMax: that many, or more
    bool has_links = false;
    bool was_touched = false;  // some of them are in a log that tick has not taken yet
    bool is_counted() const noexcept { return count < kCountMax; }
  };

  // T2. True: touched was clear.
  bool push(Entry* entry, bool has_links) noexcept { return (put(entry, has_links, kTouched) & kTouched) == 0; }
  // Tick: a span that it has taken elsewhere and knows; touched stays as it is.
  void put_back(Entry* entry, bool has_links) noexcept { put(entry, has_links, 0); }
  // U2.
  void clear_touched() noexcept { head.fetch_and(~kTouched, Orders::clear); }
  // U3.
  Entry* first() const noexcept { return first_of(head.load(Orders::read)); }
  // U3, and the list is empty afterwards; touched stays as it is.
  Taken take() noexcept {
    const std::uint64_t word = head.fetch_and(kTouched, Orders::read);
    return {first_of(word), count_of(word), (word & kLinks) != 0, (word & kTouched) != 0};
  }

 private:
  // The head before.
  std::uint64_t put(Entry* entry, bool has_links, std::uint64_t flags) noexcept {
    const auto address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(entry));
    ENTAIL_CHECK(address < kOneSpan);
    if (has_links) flags |= kLinks;
    std::uint64_t expected = head.load(Orders::guess);
    std::uint64_t desired = 0;
    do {
      entry->next = first_of(expected);
      desired = address | (expected & ~(kOneSpan - 1)) | flags;
      if (count_of(expected) < kCountMax) desired += kOneSpan;
    } while (!head.compare_exchange(expected, desired, Orders::push, Orders::guess));
    return expected;
  }
  static Entry* first_of(std::uint64_t word) noexcept {
    return reinterpret_cast<Entry*>(static_cast<std::uintptr_t>(word & (kOneSpan - 1)));
  }
  static std::uint32_t count_of(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>((word & ~(kLinks | kTouched)) >> kAddressBits);
  }
};

}  // namespace entail::store
