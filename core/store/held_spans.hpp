// Held spans: the interface between the life cycle of traces and the store that holds their spans until the verdict.
//
// Ingest writes spans through a SpanWriter (span_store.hpp) and publishes each into the slot of its node. Everything
// after that goes through HeldSpans: the engine names spans only by slots and by what it took out of them, and reads
// them only as views, valid while it holds what it took. It sees no addresses and no lists. So spans can lie elsewhere,
// in a file for instance: taking, counting, dropping and putting back read no span, and visit() is the one place that
// reads them, a whole trace at a time. MemorySpans (memory_spans.hpp) is the only implementation; reading from memory
// cannot fail, so visit() returns nothing.
//
// Thread rule: Confined (tick), but for the slots: PROTOCOL touch (span_list.hpp). Cost: a virtual call for each trace,
// none for each span but in visit(), and none in ingest.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "store/span_list.hpp"

namespace entail::store {

class SpanEntry;
struct TruncatedSpan;  // the links of a span with too many; the engine knows what is in it

// The fields of a resource or a scope as received, followed by their bytes.
struct Envelope {
  const Envelope* resource = nullptr;  // of a scope: its resource
  base::Digest digest;
  std::uint32_t size = 0;
  Bytes bytes() const noexcept { return {reinterpret_cast<const std::uint8_t*>(this + 1), size}; }
};

// A span as it is read.
struct HeldSpan {
  Bytes payload;  // as received; without its links if they are in `truncated`
  const Envelope* scope = nullptr;
  const TruncatedSpan* truncated = nullptr;  // null: the links are in the payload
  std::uint32_t link_count = 0;              // as received
};

// One word in a node's row: where its spans are. All zero: it has none.
class SpanSlot {
 public:
  // PROTOCOL touch U2: the tick has adopted the node. A span published from now on logs it again.
  void clear_touched() noexcept { list_.clear_touched(); }

 private:
  friend class SpanWriter;
  friend class MemorySpans;
  SpanList<SpanEntry> list_;
};
static_assert(sizeof(SpanSlot) == 8);

// The spans taken out of a trace's slots. Views of them are valid until clear(), or until the tick reclaims memory.
class TakenSpans {
 public:
  void clear() noexcept {
    parts_.clear();
    has_unadopted_ = false;
  }
  std::size_t capacity() const noexcept { return parts_.capacity(); }
  // True if spans are among them that no tick has adopted.
  bool has_unadopted() const noexcept { return has_unadopted_; }

 private:
  friend class MemorySpans;
  struct Part {
    SpanSlot* slot;
    SpanList<SpanEntry>::Taken spans;
  };
  std::vector<Part> parts_;  // by slot
  bool has_unadopted_ = false;
};

struct SpanTotals {
  std::uint64_t spans = 0;
  std::uint64_t links = 0;  // as received
};

class HeldSpans {
 public:
  HeldSpans() = default;
  virtual ~HeldSpans() = default;
  HeldSpans(const HeldSpans&) = delete;
  HeldSpans& operator=(const HeldSpans&) = delete;

  // --- the spans of a trace
  // Empties the slot. PROTOCOL touch U3.
  virtual void take(SpanSlot& slot, TakenSpans& taken) = 0;
  // Puts all back into the slots that they came from. `taken` is empty afterwards.
  virtual void put_back(TakenSpans& taken) = 0;
  virtual SpanTotals count(const TakenSpans& taken) const = 0;
  // f(span) for each. No order.
  virtual void visit(const TakenSpans& taken, const std::function<void(const HeldSpan&)>& f) const = 0;
  // f(truncated) for each truncated span that the slot still holds.
  virtual void visit_truncated(const SpanSlot& slot, const std::function<void(const TruncatedSpan&)>& f) const = 0;
  // The node's spans continue at another node, because its window closes. f(truncated) for each truncated span, to
  // rename the nodes in it.
  virtual void move(SpanSlot& from, SpanSlot& to, const std::function<void(TruncatedSpan&)>& f) = 0;
  // Hint: these will be taken and visited soon. At most kPrefetchedTogether.
  static constexpr std::size_t kPrefetchedTogether = 8;
  virtual void prefetch(std::span<const SpanSlot* const> slots) const = 0;

  // --- generations (generation.hpp): when span bytes can be released
  // A trace holds spans that arrived in this generation, or later.
  virtual void hold(std::uint32_t generation) = 0;
  // It no longer does. REQUIRES a hold() of the generation that is not released yet.
  virtual void release(std::uint32_t generation) = 0;
  // Frees what no trace holds and no lane writes; lanes_generation: the earliest one that a lane may still write.
  virtual void reclaim(std::uint64_t lanes_generation) = 0;
  // How many traces hold spans from each generation on, ascending.
  virtual const std::map<std::uint32_t, std::uint64_t>& holders() const noexcept = 0;
  // The bytes of each generation before lanes_generation, ascending. They can be freed when no trace holds this
  // generation or an earlier one.
  virtual std::map<std::uint32_t, std::uint64_t> bytes_by_generation(std::uint64_t lanes_generation) = 0;

  // --- memory
  virtual std::uint64_t span_bytes() const noexcept = 0;
  // Of the accounts of the tick thread.
  virtual std::uint64_t account_bytes() const noexcept = 0;
};

}  // namespace entail::store
