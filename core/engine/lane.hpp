// One ingest lane: everything that a caller inside ingest() needs, so that a request touches shared memory only in the
// graph. Thread rule: Confined to the lane's holder, except for the log, the counters and active_second.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/large_pages.hpp"
#include "context/identity.hpp"
#include "engine/trace_payload.hpp"
#include "engine/truncated_span.hpp"
#include "graph/graph.hpp"
#include "otlp/decode.hpp"
#include "policy/policy_set.hpp"
#include "reservoir/link_sample.hpp"
#include "store/generation.hpp"
#include "store/span_store.hpp"
#include "sync/atomic.hpp"
#include "sync/spsc_log.hpp"

namespace entail::engine {

constexpr std::size_t kPlacedMax = 1024;  // links whose nodes are looked up together

// A counter with one writer at a time (the lane's holder) and any readers.
class LaneCounter {
 public:
  void add(std::uint64_t count) noexcept {
    // relaxed: nothing is published by a counter; the lane's hand-over orders its writers.
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  sync::HardwareSync::Atomic<std::uint64_t> value_{0};
};

struct LaneCounts {
  LaneCounter spans_received;
  LaneCounter spans_rejected[context::kIdentityCount];
  LaneCounter spans_stored;
  LaneCounter links_stored;
  LaneCounter spans_unstored;  // loss out_of_memory
  LaneCounter links_unstored;
  LaneCounter links_received;
  LaneCounter links_edges;
  LaneCounter links_same_trace;
  LaneCounter links_null_target;
  LaneCounter links_invalid[context::kIdentityCount];
  LaneCounter links_bad_tracestate;
  LaneCounter link_types_unread;
  LaneCounter policy_errors;
  LaneCounter values_lost;
  LaneCounter unknown_fields;
};

struct Lane {
  unsigned index = 0;
  std::optional<store::SpanWriter> spans;
  sync::SpscLog<Touch> touched_log;
  LaneCounts counts;
  // PROTOCOL generation (store/generation.hpp).
  store::GenerationClock<>::Active active_generation{store::GenerationClock<>::kIdle};
  // Gauges: the tick during which the holder entered, 0 if the lane is free; and the lane's own memory.
  sync::HardwareSync::Atomic<std::uint64_t> entered_tick{0};
  sync::HardwareSync::Atomic<std::uint64_t> scratch_bytes{0};

  // Scratch of one request; reused so that ingest does not allocate once it has grown.
  struct PlacedLink {
    std::uint32_t cell;  // index into cells
    graph::NodeId near;
  };
  struct LinkTally {  // of one request, until it is counted
    std::array<std::uint64_t, context::kIdentityCount> by_identity{};
    std::uint64_t edges = 0;  // good ones; the others of those lead to their own trace
    std::uint64_t bad_tracestate = 0;
    std::uint64_t types_unread = 0;
  };
  LinkTally link_tally;
  std::uint32_t generation = 0;
  std::uint64_t logged_count = 0;                                 // entries of touched_log, of the request
  std::vector<std::uint32_t> accepted;                            // indices into decoded.spans
  std::vector<TraceId> trace_ids;                                 // of the accepted spans
  std::vector<graph::NodeId> nodes;                               // of the accepted spans
  std::array<std::uint32_t, context::kIdentityCount> rejected{};  // spans of the request, by reason
  std::vector<const store::Envelope*> resources;
  std::vector<const store::Envelope*> scopes;
  std::vector<policy::Bits> resource_bits;
  std::vector<std::optional<std::string_view>> services;  // of the resources, read when a span is noted
  std::vector<std::uint64_t> near_numbers;                // of the resources: policy::NearNumbers each
  std::vector<policy::LinkFacts> link_facts;              // of the accepted spans; empty unless a policy reads links
  std::vector<std::uint64_t> sizes;          // of the accepted spans (trace_sizes.hpp); empty unless they are read
  std::vector<std::uint8_t> gathered;        // fields of a resource or scope that lie apart
  base::LargeVector<graph::EdgeCell> cells;  // all links of the request, by span
  base::LargeVector<SpanId> far_spans;
  std::vector<std::uint32_t> first_cell;  // by accepted span
  // Of the accepted spans that have too many links, in their order.
  std::vector<std::unique_ptr<store::TruncatedSpan>> truncated_spans;
  std::size_t next_truncated = 0;
  // Links whose nodes are looked up together; room for kPlacedMax, in the next three too.
  std::vector<PlacedLink> placed;
  std::vector<TraceId> link_ids;
  std::vector<graph::NodeId> link_nodes;
  std::vector<graph::EdgeCell> reverse;  // the reverse ends of placed
  reservoir::LinkSampler sampler;

  std::uint64_t count_scratch() const noexcept {
    const auto bytes = [](const auto&... arrays) { return ((arrays.capacity() * sizeof(arrays[0])) + ... + 0); };
    return bytes(accepted, trace_ids, nodes, resources, scopes, resource_bits, services, near_numbers, link_facts,
                 sizes, gathered, cells, far_spans, first_cell, truncated_spans, placed, link_ids, link_nodes,
                 reverse) +
           sampler.held_bytes();
  }
  void reserve_placed() {
    const std::size_t links = std::min(cells.size(), kPlacedMax);
    placed.reserve(links);
    link_ids.reserve(links);
    reverse.reserve(links);
    if (link_nodes.size() < links) link_nodes.resize(links);
  }
};

}  // namespace entail::engine
