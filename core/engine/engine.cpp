// Engine's front: opening with checked options, and the calls that go straight to Impl.
#include "entail/entail.hpp"

#include <algorithm>
#include <new>

#include "base/random_seed.hpp"
#include "config/check_options.hpp"
#include "engine/impl.hpp"
#include "engine/memory_shares.hpp"
#include "engine/window_sizes.hpp"
#include "otlp/decode.hpp"

namespace entail {
inline namespace v1 {
namespace {

static_assert(kIngestLanesMax <= sync::kLanesMax);

graph::GraphOptions graph_options(const Options& options, engine::PayloadShape shape) {
  graph::GraphOptions graph;
  graph.lanes = options.ingest_lanes_max;
  graph.payload_bytes = static_cast<unsigned>(engine::TracePayload::bytes_for(shape));
  graph.first_capacity = engine::window_nodes_first(options.memory_limit_bytes);
  graph.seed = options.table_seed ? *options.table_seed : base::random_seed();
  graph.edge_room_bytes =
      std::clamp(options.memory_limit_bytes / 1024, graph::kEdgeRoomBytesMin, graph::kEdgeRoomBytesMax);
  graph.spare_bytes_max = options.memory_limit_bytes / engine::kSpareWindowsShare;
  return graph;
}

engine::PayloadShape shape_of(const Options& options, const policy::PolicySet& policies, const DecisionSink& sink) {
  const bool has_notes = options.decisions.detail == DecisionDetail::full && sink.wants_decisions();
  return {policies.shape(), has_notes, has_notes ? policies.near_numbers().count() : 0};
}

// A thread keeps the arrays that decoding a request needs for the next one, but not those of a huge one (G5).
constexpr std::size_t kDecodedItemsMax = 1 << 16;

// From this memory_limit on a block of 2 MiB for the spans is little (G5).
constexpr std::uint64_t kHugeBlocksFrom = 256ull << 20;

// A Sink, which accepts every batch.
class WholeBatches final : public BatchSink {
 public:
  explicit WholeBatches(Sink& sink) noexcept : sink_(sink) {}
  OutputAnswer on_batch(const OutputBatch& batch) override {
    sink_.on_batch(batch.traces_data, batch.span_count);
    return OutputAnswer::accepted;
  }
  void on_decision(const DecisionRecord& record) override { sink_.on_decision(record); }
  bool wants_decisions() const noexcept override { return sink_.wants_decisions(); }

 private:
  Sink& sink_;
};

constexpr store::TruncatedSpanOps kTruncatedSpanOps = {
    [](const store::TruncatedSpan* truncated) { return truncated->bytes; },
    [](store::TruncatedSpan* truncated) { delete truncated; }};

}  // namespace

Engine::Impl::Impl(const Options& from, BatchSink& sink, std::unique_ptr<BatchSink> owned,
                   std::unique_ptr<policy::PolicySet> compiled)
    : options(from),
      owned_sink(std::move(owned)),
      policies(std::move(compiled)),
      rank_seed(from.links.propagate.rank_seed ? *from.links.propagate.rank_seed : base::random_seed()),
      store(kTruncatedSpanOps, from.memory_limit_bytes >= kHugeBlocksFrom),
      shape(shape_of(from, *policies, sink)),
      graph(graph_options(from, shape)),
      intake(options, *policies, store, graph, shape, rank_seed),
      output(sink, intake.admission(), from.memory_limit_bytes / engine::kWaitingOutputShare),
      propagator(graph, ledger, from.links.propagate, rank_seed),
      spans(store, {from.memory_limit_bytes / engine::kPooledShare, from.memory_limit_bytes / engine::kHeapShare}),
      retention(from),
      details(shape.has_notes, intake.admission(), store.heap_bytes_freed()),
      traces{options, *policies, spans, graph, ledger, propagator, details, shape, rank_seed},
      life(traces, retention),
      late_pins(traces),
      judge(traces, life),
      settle(traces, life),
      emission(traces, life, late_pins, output, owned_sink == nullptr),
      room(traces, life, late_pins, intake, retention),
      report({traces, intake, life, emission, room, output, sink, rank_seed}) {}

// Notes that no record owns yet are reachable only from the nodes; `details` frees those of records.
Engine::Impl::~Impl() {
  if (!shape.has_notes || !graph.ok()) return;
  for (const graph::WindowInfo& window : graph.windows())
    for (std::uint32_t offset = 1; offset < window.offset_end; ++offset)
      details.free_list(traces.payload((window.slot << graph::kOffsetBits) | offset).notes(shape).take());
}

Result<std::unique_ptr<Engine>> Engine::Impl::open(const Options& options, Sink* sink, BatchSink* batch_sink,
                                                   std::string* why) {
  try {
    config::CheckedOptions checked = config::check_options(options);
    if (checked.policies == nullptr) {
      const auto error = std::ranges::find_if(checked.findings, &option::Finding::is_error);
      if (why != nullptr) *why = error->text;
      return Error{ErrorCode::bad_options};
    }
    std::unique_ptr<BatchSink> owned;
    if (sink != nullptr) {
      owned = std::make_unique<WholeBatches>(*sink);
      batch_sink = owned.get();
    }
    auto impl = std::make_unique<Impl>(options, *batch_sink, std::move(owned), std::move(checked.policies));
    if (!impl->intake.open()) return Error{ErrorCode::out_of_memory};
    return std::unique_ptr<Engine>(new Engine(std::move(impl)));
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory};
  }
}

Result<std::unique_ptr<Engine>> Engine::open(const Options& options, Sink& sink, std::string* why) {
  return Impl::open(options, &sink, nullptr, why);
}

Result<std::unique_ptr<Engine>> Engine::open(const Options& options, BatchSink& sink, std::string* why) {
  return Impl::open(options, nullptr, &sink, why);
}

Result<Explanation> Engine::Impl::explain(TraceId trace_id) const {
  if (failed) return Error{ErrorCode::out_of_memory};
  return report.explain(trace_id);
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

Result<void> Engine::ingest(const Request& request, std::uint64_t* spans_rejected) {
  const Request::Impl& parsed = *request.impl_;
  std::uint64_t rejected = 0;
  const Result<void> taken =
      impl_->intake.ingest(parsed.decoded, {parsed.json.values_lost, parsed.json.unknown_keys}, rejected);
  if (spans_rejected != nullptr) *spans_rejected = rejected;
  return taken;
}

Result<void> Engine::ingest(Bytes otlp_protobuf) {
  static thread_local otlp::Decoded decoded;
  if (const Error error = impl_->intake.check_size(otlp_protobuf.size()); error.code() != ErrorCode::none) return error;
  Result<void> taken = otlp::decode(otlp_protobuf, nullptr, decoded);
  std::uint64_t rejected = 0;
  if (taken.ok()) taken = impl_->intake.ingest(decoded, {}, rejected);
  if (decoded.spans.capacity() + decoded.fields.capacity() > kDecodedItemsMax) decoded = {};
  return taken;
}

Result<void> Engine::tick(std::int64_t now_ns) { return impl_->tick(now_ns, false); }
Result<void> Engine::drain(std::int64_t now_ns) { return impl_->tick(now_ns, true); }
Result<std::uint64_t> Engine::offer_output() { return impl_->offer_output(); }
Result<void> Engine::acknowledge(std::uint64_t batch_id, Delivery outcome) {
  return impl_->output.acknowledge(batch_id, outcome);
}
Statistics Engine::statistics() const { return impl_->report.statistics(impl_->failed); }
Result<Explanation> Engine::explain(TraceId trace_id) const { return impl_->explain(trace_id); }

void PollSink::on_batch(Bytes traces_data, std::uint64_t) {
  batches_.emplace_back(traces_data.begin(), traces_data.end());
}
void PollSink::on_decision(const DecisionRecord& record) { decisions_.push_back(record); }

std::string_view version() noexcept { return "0.1.0"; }

}  // namespace v1
}  // namespace entail
