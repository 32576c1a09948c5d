// Held spans in memory: what a slot holds is a list of entries in the chunks of the span store (span_list.hpp).
// Spans lie apart, and cold: how many there are is known from the head word, and they are read only where it says that
// some have links, or when the trace is emitted. Thread rule: as HeldSpans.
#pragma once

#include "store/held_spans.hpp"
#include "store/span_store.hpp"

namespace entail::store {

class MemorySpans final : public HeldSpans {
 public:
  struct Bounds {
    std::uint64_t pooled_bytes_max = 0;      // of empty chunks that are kept
    std::uint64_t freed_heap_bytes_max = 0;  // of small pieces freed, until it is worth a walk to return their pages
  };
  MemorySpans(SpanStore& store, const Bounds& bounds) noexcept : store_(store), bounds_(bounds) {}

  void take(SpanSlot& slot, TakenSpans& taken) override;
  void put_back(TakenSpans& taken) override;
  SpanTotals count(const TakenSpans& taken) const override;
  void visit(const TakenSpans& taken, const std::function<void(const HeldSpan&)>& f) const override;
  void visit_truncated(const SpanSlot& slot, const std::function<void(const TruncatedSpan&)>& f) const override;
  void move(SpanSlot& from, SpanSlot& to, const std::function<void(TruncatedSpan&)>& f) override;
  void prefetch(std::span<const SpanSlot* const> slots) const override;

  void hold(std::uint32_t generation) override;
  void release(std::uint32_t generation) override;
  void reclaim(std::uint64_t lanes_generation) override;
  const std::map<std::uint32_t, std::uint64_t>& holders() const noexcept override { return holders_; }
  std::map<std::uint32_t, std::uint64_t> bytes_by_generation(std::uint64_t lanes_generation) override;

  std::uint64_t span_bytes() const noexcept override { return store_.bytes() + store_.pooled_bytes(); }
  std::uint64_t account_bytes() const noexcept override;

 private:
  SpanStore& store_;
  const Bounds bounds_;
  std::map<std::uint32_t, std::uint64_t> holders_;
};

}  // namespace entail::store
