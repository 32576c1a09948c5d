// Admission: how much the engine holds, and whether one more request fits (docs/design.md 3.8, G5, G9).
//
// The account is the sum of gauges that their owners keep current (span store, graph), of what only the tick thread
// changes (set at the end of each tick), of the span notes, of the output that waits for the sink, of what ingest has
// logged since for the tick to adopt, and of reservations: a request reserves what it may need at most before it
// touches anything, and gives that back when it ends, when the gauges have what it really took. So any number of lanes
// together stay below the limit, between ticks too.
//
// Thread rule: try_reserve(), settle() and set_output() any thread; the others the tick thread. All words are gauges or
// maxima, relaxed: they guard no data, and a reservation is one RMW, so that two lanes cannot both take the last room.
#pragma once

#include <cstdint>

#include "engine/memory_shares.hpp"
#include "graph/graph.hpp"
#include "store/span_store.hpp"
#include "sync/atomic.hpp"
#include "sync/fetch_max.hpp"

namespace entail::engine {

// What a trace that got spans costs until the tick has adopted it, beside its node and spans: a log entry and a record.
constexpr std::uint64_t kAdoptedBytes = 80;

class Admission {
 public:
  // margin_bytes: the part of the limit kept free for memory that is not counted (callers' buffers, allocator
  // overhead).
  Admission(const store::SpanStore& store, const graph::Graph& graph, std::uint64_t limit_bytes,
            std::uint64_t margin_bytes = 0) noexcept
      : store_(store), graph_(graph), limit_bytes_(limit_bytes), margin_bytes_(margin_bytes) {}

  // A request of so many bytes is refused before it is decoded (G5).
  bool is_too_large(std::uint64_t request_bytes) const noexcept { return request_bytes > limit_bytes_ / kRequestShare; }
  // A request that would not fit even after everything that can be evicted has been. `need_bytes` is the argument of
  // try_reserve(); the window index that its nodes may need is added to it.
  bool can_never_fit(std::uint64_t need_bytes, std::uint64_t nodes) const noexcept {
    return need_bytes + nodes * kIndexBytes > limit_bytes_ / kRequestShare * kRequestNeedFactor;
  }

  // False: no room now; the tick thread learns how much was wanted, in bytes and in nodes of the graph.
  bool try_reserve(std::uint64_t bytes, std::uint64_t nodes) noexcept {
    const std::uint64_t reserved = reserved_.fetch_add(bytes, std::memory_order_relaxed);
    if (held_bytes() + reserved + bytes <= limit_bytes_ - margin_bytes_) return true;
    reserved_.fetch_sub(bytes, std::memory_order_relaxed);
    note_wanted(bytes, nodes);
    return false;
  }
  // The request has ended; `logged` bytes wait for the tick to adopt them.
  void settle(std::uint64_t reserved, std::uint64_t logged) noexcept {
    if (logged != 0) logged_.fetch_add(logged, std::memory_order_relaxed);
    reserved_.fetch_sub(reserved, std::memory_order_relaxed);
  }
  // A request was refused for lack of room in the graph's window.
  void note_wanted(std::uint64_t bytes, std::uint64_t nodes) noexcept {
    sync::fetch_max(wanted_bytes_, bytes);
    sync::fetch_max(wanted_nodes_, nodes);
  }

  std::uint64_t held_bytes() const noexcept {
    return store_.bytes() + store_.pooled_bytes() + graph_.bytes() + ticked_.load(std::memory_order_relaxed) +
           logged_.load(std::memory_order_relaxed) + output_.load(std::memory_order_relaxed) + note_bytes();
  }
  // Span notes on the heap: added by ingest, subtracted by the tick thread.
  std::uint64_t note_bytes() const noexcept { return notes_.load(std::memory_order_relaxed); }
  void add_note(std::uint64_t bytes) noexcept { notes_.fetch_add(bytes, std::memory_order_relaxed); }
  void sub_notes(std::uint64_t bytes) noexcept { notes_.fetch_sub(bytes, std::memory_order_relaxed); }
  // What the batches take that wait for the sink.
  void set_output(std::uint64_t bytes) noexcept { output_.store(bytes, std::memory_order_relaxed); }
  std::uint64_t limit_bytes() const noexcept { return limit_bytes_; }

  // Was a request refused for lack of room since the last take_wanted_bytes()?
  bool is_wanted() const noexcept { return wanted_bytes_.load(std::memory_order_relaxed) != 0; }
  // The largest request refused for lack of room since the last call; 0: none was.
  std::uint64_t take_wanted_bytes() noexcept { return wanted_bytes_.exchange(0, std::memory_order_relaxed); }
  std::uint64_t take_wanted_nodes() noexcept { return wanted_nodes_.exchange(0, std::memory_order_relaxed); }
  // Before the logs are read: what the tick is going to adopt. To be given to set_ticked() when that is accounted for.
  std::uint64_t logged_bytes() const noexcept { return logged_.load(std::memory_order_relaxed); }
  void set_ticked(std::uint64_t bytes, std::uint64_t adopted) noexcept {
    ticked_.store(bytes, std::memory_order_relaxed);
    logged_.fetch_sub(adopted, std::memory_order_relaxed);
  }

 private:
  const store::SpanStore& store_;
  const graph::Graph& graph_;
  const std::uint64_t limit_bytes_;
  const std::uint64_t margin_bytes_;
  alignas(sync::kCacheLineBytes) sync::HardwareSync::Atomic<std::uint64_t> reserved_{0};
  sync::HardwareSync::Atomic<std::uint64_t> logged_{0};
  sync::HardwareSync::Atomic<std::uint64_t> wanted_bytes_{0};
  sync::HardwareSync::Atomic<std::uint64_t> wanted_nodes_{0};
  sync::HardwareSync::Atomic<std::uint64_t> ticked_{0};
  sync::HardwareSync::Atomic<std::uint64_t> output_{0};
  sync::HardwareSync::Atomic<std::uint64_t> notes_{0};
};

}  // namespace entail::engine
