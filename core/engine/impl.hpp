// Engine::Impl: the rooms put together. ingest() runs on any lane (ingest.cpp, ingest_links.cpp); everything else
// belongs to the one thread that ticks: adopt what came (tick.cpp), judge and settle (verdict.cpp), emit
// (emission.cpp), retain, evict, seal and rotate (retention.cpp), tell (report.cpp).
//
// What both sides touch has its PROTOCOL block where it lives: nodes and edges in graph/, a trace's words in
// trace_payload.hpp, span bytes in store/generation.hpp and store/span_store.hpp, lanes in sync/lanes.hpp. The atomics
// here are single words: published_now_ns (written by tick; an arrival may be of this tick or the last), closed,
// ticking (a flag taken by exchange, held for a whole tick), and gauges and counters, which guard nothing.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "emit/batch_writer.hpp"
#include "engine/cut_span.hpp"
#include "engine/lane.hpp"
#include "engine/request_impl.hpp"
#include "engine/trace_payload.hpp"
#include "entail/entail.hpp"
#include "graph/graph.hpp"
#include "policy/policy_set.hpp"
#include "propagate/carrier.hpp"
#include "propagate/record.hpp"
#include "store/span_store.hpp"
#include "sync/lanes.hpp"

namespace entail {
inline namespace v1 {

// PROTOCOL window_drop: no node of a window comes out of a log after the window was dropped, so nothing that was
// written into it is overlooked.
//   words    the lane's epoch (sync/epoch.hpp), its logs (sync/spsc_log.hpp): of touched nodes, made nodes, late edges
//   ingest   I1 pin, load the current window W  I2 write into W, push its nodes into the logs  I3 unpin
//   tick     W1 note_frozen_windows(): W, which is not current any more, is frozen (no lane is pinned from before that)
//            W2 adopt_all(): drain the logs    W3 drop W
//   P1  W1 true => every I3 of a batch in W happens before W1 (epoch P1), so W2 takes all that its I2 logged.
//       A W1 that follows W2 does not do: a batch can end between the two, and its entries outlive W.
//   progress  a lane that stalls in a batch keeps its window from being dropped, for that long; nothing waits.
//   proved by tests/interleave/window_drop_test.cpp (1 lane + tick, exhaustive); mutant W2 before W1 must fail.
struct Engine::Impl {
  using RecordId = propagate::RecordId;
  using Phase = propagate::Phase;
  using Record = propagate::Record;
  using Loss = base::Loss;

  Impl(const Options& options, Sink& sink, std::unique_ptr<policy::PolicySet> policies);
  bool open();
  ~Impl();

  // ---- ingest.cpp, ingest_links.cpp: any thread
  struct JsonLosses {  // of a request that came as JSON
    std::uint64_t values = 0;
    std::uint64_t unknown_fields = 0;
  };
  Result<void> ingest(const wire::Decoded& decoded, const JsonLosses& json, std::uint64_t& spans_rejected);
  Error ingest_on(engine::Lane& lane, graph::Writer& writer, const wire::Decoded& decoded);
  void accept_spans(engine::Lane& lane, const wire::Decoded& decoded);
  static void count_spans(engine::Lane& lane, const wire::Decoded& decoded) noexcept;
  static void release_scratch(engine::Lane& lane, std::uint64_t link_count) noexcept;
  static void count_links(engine::Lane& lane) noexcept;
  void read_links(engine::Lane& lane, const wire::Decoded& decoded, std::uint32_t accepted);
  static std::optional<std::uint64_t> read_tracestate(engine::Lane& lane, const wire::Decoded& decoded,
                                                      const wire::LinkView& link) noexcept;
  store::CutSpan* begin_cut(engine::Lane& lane, const wire::SpanView& span);
  static void finish_cut(engine::Lane& lane, const wire::Decoded& decoded, std::uint32_t accepted, store::CutSpan& cut);
  struct TypeLimits {
    unsigned linked = graph::kNoLimit;
    unsigned linking = graph::kNoLimit;
  };
  TypeLimits read_types(engine::Lane& lane, const wire::Decoded& decoded, const wire::LinkView& link,
                        policy::LinkFacts* facts);
  static void place_links(engine::Lane& lane, graph::Writer& writer, const wire::Decoded& decoded);
  static void place_noted(engine::Lane& lane, graph::Writer& writer);
  struct StoredSpan {
    store::SpanEntry* entry = nullptr;
    policy::Facts facts;
  };
  void store_span(engine::Lane& lane, graph::Writer& writer, const wire::Decoded& decoded, std::uint32_t accepted,
                  StoredSpan& stored);
  void publish_span(engine::Lane& lane, graph::Writer& writer, const wire::Decoded& decoded, std::uint32_t accepted,
                    StoredSpan& stored);
  store::SpanEntry* store_bytes(engine::Lane& lane, const wire::Decoded& decoded, std::uint32_t accepted,
                                std::unique_ptr<store::CutSpan> cut);
  store::SpanEntry* store_cut(engine::Lane& lane, const wire::Decoded& decoded, std::uint32_t accepted,
                              const store::Envelope* scope, std::unique_ptr<store::CutSpan> cut);
  const store::Envelope* envelope(engine::Lane& lane, const wire::Decoded& decoded, std::uint32_t scope);
  void end_generation_by_volume() noexcept;
  std::uint64_t held_bytes() const noexcept;

  // ---- tick.cpp
  Result<void> tick(std::int64_t now_ns, bool drain);
  void run_tick(bool drain);
  std::uint64_t open_generation() noexcept;
  void adopt_all();
  void adopt_together();
  void link_created();
  void adopt(const engine::Touch& touch);
  void hold_generation(RecordId id, std::uint32_t generation);
  void set_deadline(RecordId id, const engine::Touch& touch);
  void collect_due(bool drain);

  // ---- verdict.cpp
  void judge_all();
  void prefetch_judged(RecordId id) const noexcept;
  void judge_due(RecordId id);
  void judge_touched(RecordId id);
  policy::OwnVerdict evaluate(RecordId id, const policy::Facts& known);
  void take_verdict(RecordId id, const policy::OwnVerdict& own);
  void become_origin(RecordId id, bool certain);
  void count_late_pins(RecordId origin);
  std::uint32_t held_cut_links(RecordId linking, RecordId origin) const;
  void settle_all();
  void settle_due(RecordId id);
  void settle_reached(const std::vector<RecordId>& reached);
  void settle_candidates();
  bool within_budgets(RecordId id);
  void refuse(RecordId id, Loss loss);
  void keep(RecordId id, bool by_link);
  void drop(RecordId id);
  void note_loss(RecordId id, Loss loss);
  void decide_threshold(RecordId id);
  void count_kept(RecordId id);

  // ---- emission.cpp
  struct KeptSpan;
  void emit_all();
  void prefetch_spans(std::span<const RecordId> ids) const noexcept;
  void emit_trace(RecordId id);
  void emit_span(RecordId id, const KeptSpan& span, bool carries_reason);
  struct CutOutput {  // the links of a cut span as they are written
    std::vector<Bytes> fields;
    std::vector<std::uint8_t> restored;  // the bytes of those written again from their edges
    std::uint32_t dropped_links_count = 0;
    reservoir::TruncationRecord truncation;
  };
  void select_links(RecordId id, const KeptSpan& span, CutOutput& out);
  reservoir::Target target_of(RecordId linked) const noexcept;
  void flush_output();

  // ---- retention.cpp
  void evict();
  void seal(RecordId id);
  void release_spans(RecordId id);
  void seal_expired(bool drain);
  void bound_retention();
  void drop_late_spans(RecordId id);
  void note_frozen_windows() noexcept;
  void rotate_windows();
  void drop_oldest_window(bool forced);
  bool rotate(std::uint64_t capacity);
  bool is_needed(graph::NodeId node, RecordId id, bool forced) const noexcept;
  void drop_window(const graph::WindowInfo& window, bool forced);
  graph::NodeId home(graph::NodeId node, graph::Writer& writer);
  void move_payload(graph::NodeId from, graph::NodeId to, graph::Writer& writer);
  void move_edges(graph::NodeId from, unsigned slot, graph::Writer& writer);
  bool would_be_origin(const store::SpanEntry& entry, TraceId id);
  void forget(RecordId id);
  void close_generation(RecordId id);

  // ---- report.cpp
  void write_log();
  DecisionRecord describe(RecordId id) const;
  struct LaneTotals;
  LaneTotals sum_lanes(Statistics& told) const;
  void tell_losses(const LaneTotals& totals, Statistics& told) const;
  Statistics statistics() const;
  Result<Explanation> explain(TraceId trace_id) const;
  std::string_view state_of(graph::NodeId node) const;

  // ---- small reads, tick only
  engine::TracePayload& payload(graph::NodeId node) const noexcept {
    return *static_cast<engine::TracePayload*>(graph.payload(node));
  }
  // The next older incarnation of the record's trace; most have none, and their cold row is not asked.
  graph::NodeId older(const Record& record, graph::NodeId node) const noexcept {
    return record.has_one_incarnation ? 0 : graph.older(node);
  }
  // All incarnations of the trace together.
  policy::Facts facts(RecordId id) const noexcept;
  TraceId trace_id(RecordId id) const noexcept { return graph.key(ledger[id].node); }
  void count(Loss loss, std::uint64_t amount = 1) noexcept { losses[static_cast<unsigned>(loss)] += amount; }
  void touch_log(RecordId id) {
    if (!ledger[id].log_pending) {
      ledger[id].log_pending = true;
      to_log.push_back(id);
    }
  }
  // What traces are ordered by: arrival second, trace ID. Alike for every order of arrival within one second.
  using ArrivalKey = std::pair<std::int64_t, TraceId>;
  ArrivalKey arrival_key(RecordId id) const noexcept;
  void sort_by_arrival(std::vector<RecordId>& ids) const;

  const Options options;
  Sink& sink;
  std::unique_ptr<policy::PolicySet> policies;
  const unsigned bit_words;
  const std::uint64_t retain_bytes_max;
  const bool read_link_types;
  const bool reads_roots;  // decision_wait_after_root_received is set
  const std::map<std::string, TypeLimits, std::less<>> type_rules;

  store::SpanStore store;
  graph::Graph graph;
  sync::LanePool<engine::Lane> lanes;
  sync::HardwareSync::Atomic<std::int64_t> published_now_ns{0};
  sync::HardwareSync::Atomic<std::uint32_t> ticking{0};
  sync::HardwareSync::Atomic<std::uint32_t> closed{0};
  sync::HardwareSync::Atomic<std::uint64_t> refused_requests{0};         // loss no_room
  sync::HardwareSync::Atomic<std::uint64_t> graph_and_records_bytes{0};  // as of the last tick
  store::GenerationClock<> generations;                                  // of the span store
  sync::HardwareSync::Atomic<std::uint64_t> generation_begun_bytes{0};

  // All below: tick only.
  propagate::Ledger ledger;
  propagate::Carrier carrier;
  std::int64_t now_ns = 0;
  bool draining = false;
  bool failed = false;  // a tick found no memory: what is held is lost, nothing can be decided any more
  std::map<std::int64_t, std::vector<RecordId>> due_at;  // pending traces by deadline; stale entries are skipped
  struct Retained {
    RecordId id;
    std::int64_t deadline_ns;
  };
  std::deque<Retained> retained;  // first dropped first; stale entries are skipped
  std::uint64_t retained_bytes = 0;
  std::map<std::uint32_t, std::uint64_t>
      open_generations;                     // how many traces hold spans, by their first one's generation
  std::deque<RecordId> arrived;             // pending traces, oldest first; stale entries are skipped
  std::vector<RecordId> waiting_for_bytes;  // refused by the propagation token bucket
  double propagation_tokens = 0;
  std::int64_t propagation_filled_at_ns = 0;
  std::int64_t window_started_ns = 0;
  // By slot: the tick that found the window frozen before it read the logs, so that it has adopted all that was written
  // into it; kNever: none yet, and the window may not be dropped (PROTOCOL window_drop).
  std::array<std::int64_t, graph::kWindowSlots> window_adopted_ns;
  struct PrintedLinks {  // of a trace emitted with links cut
    std::unordered_map<TraceId, std::uint32_t> counts;
  };
  std::unordered_map<RecordId, PrintedLinks> printed_links;

  // Lists of the running tick.
  std::vector<RecordId> touched;  // got spans
  std::vector<RecordId> due;
  std::vector<RecordId> evicted;     // among due or retained: to be sealed if not kept
  std::vector<RecordId> candidates;  // reached, kept if the budgets allow
  std::vector<RecordId> to_emit;
  std::vector<RecordId> to_log;
  std::vector<engine::Touch> adopting;

  emit::BatchWriter output;
  std::uint64_t output_spans = 0;  // in output, not yet given to the sink
  std::uint64_t output_links = 0;

  // Counters.
  std::uint64_t losses[base::kLossCount] = {};
  std::uint64_t spans_emitted = 0;
  std::uint64_t spans_dropped = 0;
  std::uint64_t late_origin_spans = 0;
  std::uint64_t links_emitted = 0;
  std::uint64_t links_dropped = 0;
  std::uint64_t links_restored = 0;
  std::uint64_t parents_cleared = 0;  // of emitted spans (DESIGN 4.5)
  std::uint64_t link_duplicates = 0;
  std::uint64_t spans_sampled = 0;
  std::uint64_t traces_received = 0;
  std::uint64_t traces_kept = 0;
  std::uint64_t traces_dropped = 0;
  std::uint64_t traces_revived = 0;
  std::uint64_t traces_pending = 0;
  std::uint64_t origins = 0;
  std::uint64_t peak_bytes = 0;
  std::vector<std::uint64_t> kept_by_policy;
  std::map<std::pair<Direction, std::uint32_t>, std::uint64_t> kept_by_link;
};

}  // namespace v1
}  // namespace entail
