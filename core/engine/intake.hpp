// Intake: requests onto lanes (ingest.cpp, ingest_links.cpp). Shared with the tick: the lanes with their logs and
// counters, the generation clock of the span store, the admission, and the time of the last tick.
//
// Thread rule: ingest() any thread; members marked for the tick thread belong to it alone. closed_ is a flag that is
// set once, published_now_ns_ one value; the other atomics are relaxed counters and gauges that guard no data.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/admission.hpp"
#include "engine/lane.hpp"
#include "entail/entail.hpp"
#include "graph/graph.hpp"
#include "otlp/decode.hpp"
#include "policy/policy_set.hpp"
#include "store/generation.hpp"
#include "store/span_store.hpp"
#include "sync/lanes.hpp"

namespace entail::engine {

class Intake {
 public:
  // seed: of what policies draw by chance.
  Intake(const Options& options, const policy::PolicySet& policies, store::SpanStore& store, graph::Graph& graph,
         PayloadShape shape, std::uint64_t seed);
  bool open();

  struct JsonLosses {  // of a JSON request
    std::uint64_t values = 0;
    std::uint64_t unknown_fields = 0;
  };
  Result<void> ingest(const otlp::Decoded& decoded, const JsonLosses& json, std::uint64_t& spans_rejected);
  // too_large if a request of this size is refused whatever its content.
  Error check_size(std::uint64_t request_bytes) noexcept;

  // --- the tick thread
  Admission& admission() noexcept { return admission_; }
  const Admission& admission() const noexcept { return admission_; }
  sync::LanePool<Lane>& lanes() noexcept { return lanes_; }
  const sync::LanePool<Lane>& lanes() const noexcept { return lanes_; }
  std::int64_t published_now_ns() const noexcept { return published_now_ns_.load(std::memory_order_relaxed); }
  void begin_tick(std::int64_t now_ns) noexcept;
  void end_generation() noexcept { generations_.advance(); }
  // True if no lane is writing a span of an earlier generation, or has logged one that a later read of its log would
  // miss.
  std::uint64_t open_generation() const noexcept;
  // Starts counting the next generation's volume from what the store holds now.
  void note_generation_begun() noexcept { generation_begun_bytes_.store(store_.bytes(), std::memory_order_relaxed); }
  // False: requests that began before are still being ingested. No later one is.
  bool close() noexcept {
    closed_.store(1, std::memory_order_relaxed);  // relaxed: PROTOCOL lane_take L3 orders it
    return !lanes_.is_any_taken();
  }
  bool is_closed() const noexcept { return closed_.load(std::memory_order_relaxed) != 0; }
  std::uint64_t refused_requests() const noexcept { return refused_.load(std::memory_order_relaxed); }
  std::uint64_t too_large_requests() const noexcept { return too_large_.load(std::memory_order_relaxed); }
  std::uint64_t scratch_bytes() const noexcept;
  struct Stalls {
    std::uint32_t in_use = 0;   // lanes inside ingest()
    std::uint32_t stalled = 0;  // of these, since before the last two ticks
    std::uint64_t ticks_max = 0;
  };
  Stalls stalls() const noexcept;

  struct TypeLimits {
    unsigned linked = graph::kNoLimit;
    unsigned linking = graph::kNoLimit;
  };

 private:
  std::uint64_t need_of(const otlp::Decoded& decoded) const noexcept;
  static std::uint64_t note_bytes_max(const otlp::Decoded& decoded) noexcept;
  Error ingest_on(Lane& lane, graph::Writer& writer, const otlp::Decoded& decoded);
  void accept_spans(Lane& lane, const otlp::Decoded& decoded);
  static void count_spans(Lane& lane, const otlp::Decoded& decoded) noexcept;
  void release_scratch(Lane& lane, std::uint64_t link_count) const noexcept;
  static void count_links(Lane& lane) noexcept;
  void read_links(Lane& lane, const otlp::Decoded& decoded, std::uint32_t accepted);
  static std::optional<std::uint64_t> read_tracestate(Lane& lane, const otlp::Decoded& decoded,
                                                      const otlp::LinkView& link) noexcept;
  store::TruncatedSpan* begin_truncated(Lane& lane, const otlp::SpanView& span);
  static void finish_truncated(Lane& lane, const otlp::Decoded& decoded, std::uint32_t accepted,
                               store::TruncatedSpan& truncated);
  TypeLimits read_types(Lane& lane, const otlp::Decoded& decoded, const otlp::LinkView& link, policy::LinkFacts* facts);
  static void place_links(Lane& lane, graph::Writer& writer, const otlp::Decoded& decoded);
  static void place_noted(Lane& lane, graph::Writer& writer);
  struct StoredSpan {
    store::WrittenSpan span;
    policy::Facts facts;
  };
  void store_span(Lane& lane, graph::Writer& writer, const otlp::Decoded& decoded, std::uint32_t accepted,
                  const ottl::Moment& moment, StoredSpan& stored);
  void publish_span(Lane& lane, graph::Writer& writer, const otlp::Decoded& decoded, std::uint32_t accepted,
                    StoredSpan& stored);
  void measure_resources(Lane& lane, const otlp::Decoded& decoded) const;
  void measure_numbers(const Lane& lane, const otlp::Decoded& decoded, const otlp::SpanView& span,
                       TracePayload& payload) const;
  bool note_span(Lane& lane, const otlp::Decoded& decoded, const otlp::SpanView& span, TracePayload& payload);
  store::WrittenSpan store_bytes(Lane& lane, const otlp::Decoded& decoded, std::uint32_t accepted,
                                 std::unique_ptr<store::TruncatedSpan> truncated);
  store::WrittenSpan store_truncated(Lane& lane, const otlp::Decoded& decoded, std::uint32_t accepted,
                                     const store::Envelope* scope, std::unique_ptr<store::TruncatedSpan> truncated);
  const store::Envelope* envelope(Lane& lane, const otlp::Decoded& decoded, std::uint32_t scope);
  void end_generation_by_volume() noexcept;

  const Options& options_;
  const policy::PolicySet& policies_;
  store::SpanStore& store_;
  graph::Graph& graph_;
  const std::uint64_t seed_;
  const PayloadShape shape_;
  const unsigned payload_bytes_;           // of a node
  const std::uint64_t scratch_bytes_max_;  // of a lane, between requests
  const bool read_link_types_;
  const bool reads_roots_;  // decision_wait_after_root_received is set
  const std::map<std::string, TypeLimits, std::less<>> type_rules_;
  sync::LanePool<Lane> lanes_;
  Admission admission_;
  store::GenerationClock<> generations_;  // of the span store
  // Single words: an arrival may get the time of the last tick or the one before; counters and gauges guard nothing.
  sync::HardwareSync::Atomic<std::int64_t> published_now_ns_{0};
  sync::HardwareSync::Atomic<std::uint64_t> tick_count_{1};
  sync::HardwareSync::Atomic<std::uint32_t> closed_{0};
  sync::HardwareSync::Atomic<std::uint64_t> refused_{0};    // loss no_room
  sync::HardwareSync::Atomic<std::uint64_t> too_large_{0};  // loss too_large
  sync::HardwareSync::Atomic<std::uint64_t> generation_begun_bytes_{0};
};

}  // namespace entail::engine
