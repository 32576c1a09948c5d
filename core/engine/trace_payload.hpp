// What ingest writes for one trace: in the node's payload column its span list and the policies' fold, 64 bytes with
// the conditions of one word, and 40 bytes of notes, with 8 for each numeric range, if decision records have details;
// its arrival in the lane's log, and which generation of the store holds its spans from. Zero bytes are the empty
// state, so a node needs no construction. All words are atomic; sums and extremes are relaxed, because tick reads them
// only after it has seen the span (PROTOCOL touch, store/span_list.hpp).
#pragma once

#include <cstdint>

#include "graph/edge_cell.hpp"
#include "notes/trace_words.hpp"
#include "policy/trace_fold.hpp"
#include "store/held_spans.hpp"
#include "sync/atomic.hpp"

namespace entail::engine {

// An entry of a lane's log: a node that got a span.
struct Touch {
  static constexpr std::uint64_t kRoot = std::uint64_t{1} << 63;

  graph::NodeId node;
  std::uint32_t generation;    // of the store, that the span was written in
  std::uint64_t arrival_word;  // now of the last tick before; kRoot: a span without a parent, where the options use it

  std::int64_t arrival_ns() const noexcept { return static_cast<std::int64_t>(arrival_word & ~kRoot); }
  bool is_root() const noexcept { return (arrival_word & kRoot) != 0; }
};
static_assert(sizeof(Touch) == 16);

// What payloads have room for, the same for all of an engine.
struct PayloadShape {
  policy::FoldShape fold;
  bool has_notes = false;          // decision records have details
  unsigned near_number_count = 0;  // with notes: of the policies' NearNumbers
};

struct TracePayload {
  template <class T>
  using Atomic = sync::HardwareSync::Atomic<T>;

  store::SpanSlot spans;
  Atomic<std::uint64_t> dropped_upstream;  // links that SDKs had cut

  policy::TraceFold& fold() noexcept { return policy::TraceFold::at(this + 1); }
  const policy::TraceFold& fold() const noexcept { return policy::TraceFold::at(this + 1); }
  // REQUIRES shape.has_notes.
  notes::TraceWords& notes(PayloadShape shape) noexcept {
    return notes::TraceWords::at(reinterpret_cast<std::byte*>(this) + bytes_for({.fold = shape.fold}));
  }
  // REQUIRES index < shape.near_number_count. A relaxed maximum: fetch_max().
  Atomic<std::uint64_t>& near_number(PayloadShape shape, unsigned index) noexcept {
    return reinterpret_cast<Atomic<std::uint64_t>*>(&notes(shape) + 1)[index];
  }
  static std::size_t bytes_for(PayloadShape shape) noexcept {
    return sizeof(TracePayload) + policy::TraceFold::bytes_for(shape.fold) +
           (shape.has_notes ? sizeof(notes::TraceWords) : 0) + shape.near_number_count * sizeof(std::uint64_t);
  }
};

}  // namespace entail::engine
