// Finds the spans that others name as their parent or in a link, whichever comes first, in bounded memory.
//
// Spans and references are kept in two generations each. When the younger one is full, the older one is discarded and
// a new one begins: of N entries the last N/2 are always there. Spans are identified by a 64-bit hash of their IDs;
// among four million, the probability that two share a hash is 10^-6.
//
// Conservation: references = resolved + forgotten + waiting.
//
// Thread rule: Confined. Memory: at most entries_max spans of 32 bytes and half as many references of 40, and slots of
// 8 to 16 bytes for each.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "entail/types.hpp"

namespace entail::cli {

// What an edge needs to know of the span at one of its ends.
struct SpanEnd {
  std::uint64_t start_ns = 0;
  std::uint64_t end_ns = 0;
  std::uint16_t service = 0;
  bool failed = false;
};

enum class EdgeKind : std::uint8_t { call, link };

class SpanIndex {
 public:
  static constexpr std::size_t kEntriesMax = std::size_t{1} << 22;
  // The span that is named, and the one that names it.
  using Resolve = std::function<void(EdgeKind, const SpanEnd& named, const SpanEnd& naming)>;

  explicit SpanIndex(Resolve resolve, std::size_t entries_max = kEntriesMax);

  // A span came in. References that wait for it are resolved. Of spans sent twice, the first counts.
  void add(TraceId trace_id, SpanId span_id, const SpanEnd& span);
  // A span names another: resolved now, or when that one comes in.
  void refer(EdgeKind kind, TraceId trace_id, SpanId span_id, const SpanEnd& naming);

  // References that still wait, and those that were forgotten while they did.
  std::uint64_t waiting(EdgeKind kind) const noexcept { return waiting_[static_cast<std::size_t>(kind)]; }
  std::uint64_t forgotten(EdgeKind kind) const noexcept { return forgotten_[static_cast<std::size_t>(kind)]; }
  // Spans that later references cannot find any more.
  std::uint64_t forgotten_spans() const noexcept { return forgotten_spans_; }

 private:
  struct Span {
    std::uint64_t key = 0;
    SpanEnd end;
  };
  struct Reference {
    std::uint64_t key = 0;
    SpanEnd naming;
    std::uint32_t next = 0;  // index + 1 of another one to the same span; 0 = none
    EdgeKind kind = EdgeKind::call;
    bool done = false;
  };
  // Entries by key: open addressing, a power of two of slots with index + 1; 0 = empty.
  template <class Entry>
  struct Generation {
    std::vector<Entry> entries;
    std::vector<std::uint32_t> slots = std::vector<std::uint32_t>(1024);
    std::uint32_t& slot_of(std::uint64_t key) noexcept;
    void make_slot();
  };

  static std::uint64_t key_of(TraceId trace_id, SpanId span_id) noexcept;
  const SpanEnd* find(std::uint64_t key) noexcept;
  void resolve_waiting(Generation<Reference>& generation, std::uint64_t key, const SpanEnd& named);
  void forget_references();

  Resolve resolve_;
  std::size_t generation_max_;
  std::array<Generation<Span>, 2> spans_;            // [0] is the younger one
  std::array<Generation<Reference>, 2> references_;  // likewise
  std::array<std::uint64_t, 2> waiting_ = {};        // by EdgeKind
  std::array<std::uint64_t, 2> forgotten_ = {};
  std::uint64_t forgotten_spans_ = 0;
};

}  // namespace entail::cli
