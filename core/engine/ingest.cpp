// ingest(): one request onto one lane. Nothing here waits, and nothing shared is locked: the graph is lock-free, span
// bytes go to the lane's own chunks, and the trace's words are folded by atomic operations (trace_payload.hpp).
#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <numeric>
#include <utility>

#include "base/free_array.hpp"
#include "base/prefetch.hpp"
#include "engine/intake.hpp"
#include "engine/memory_shares.hpp"
#include "engine/trace_sizes.hpp"
#include "otlp/decode.hpp"
#include "propagate/record.hpp"
#include "sync/sync_point.hpp"
#include "wire/range.hpp"

namespace entail::engine {

using context::Identity;
using graph::EdgeCell;
using graph::NodeId;
using wire::slice;

namespace {

constexpr std::uint32_t kStoredTogether = 16;
constexpr std::size_t kScratchItemsMax = 1 << 14;  // spans or links; what a larger request made the lane grow is freed

// Ends the write and releases the lane.
struct LaneGuard {
  sync::LanePool<Lane>& lanes;
  Lane& lane;
  ~LaneGuard() {
    store::GenerationClock<>::end(lane.active_generation);
    lane.entered_tick.store(0, std::memory_order_relaxed);  // relaxed: only for statistics
    lanes.release(&lane);
  }
};

// Gives back what the request reserved.
struct Reservation {
  Admission& admission;
  std::uint64_t bytes;
  std::uint64_t logged = 0;
  ~Reservation() { admission.settle(bytes, logged); }
};

// Its own words and the fold behind them, which may lie on the next line.
void prefetch_payload(const void* payload) noexcept {
  base::prefetch(payload);
  base::prefetch(static_cast<const TracePayload*>(payload) + 1);
}

unsigned lane_hint() noexcept {
  // Any number that differs between threads and stays with one: callers then meet their own, cache-warm lane.
  static thread_local const char anchor = 0;
  return static_cast<unsigned>((reinterpret_cast<std::uintptr_t>(&anchor) >> 12) * 0x9e3779b1u >> 16);
}

}  // namespace

// What the request takes at most: its bytes and their entries; for each resource and scope the head of its envelope,
// with padding and the address by which spans refer to it; a node with payload, record and log entry for each span; for
// each link both ends of the edge, a node, and its place in the lane's scratch. At worst every link is the fifth at its
// node, where it begins a chunk.
std::uint64_t Intake::need_of(const otlp::Decoded& decoded) const noexcept {
  constexpr std::uint64_t kSpanBytes = store::kSpanEntryBytes + kAdoptedBytes + graph::kNodeBytes;
  static_assert(kAdoptedBytes == sizeof(Touch) + sizeof(propagate::Record));
  constexpr std::uint64_t kEdgeEndBytes = sizeof(graph::EdgeCell) + sizeof(SpanId);
  constexpr std::uint64_t kLinkBytes = 2 * kEdgeEndBytes + sync::kCacheLineBytes + graph::kNodeBytes;
  constexpr std::uint64_t kEnvelopeBytes =
      sizeof(store::Envelope) + alignof(store::Envelope) + sizeof(const store::Envelope*);
  const std::uint64_t envelopes = decoded.resources.size() + decoded.scopes.size();
  const std::uint64_t note_bytes = shape_.has_notes ? note_bytes_max(decoded) : 0;
  return decoded.bytes.size() + envelopes * kEnvelopeBytes + decoded.spans.size() * (kSpanBytes + payload_bytes_) +
         decoded.link_count * kLinkBytes + note_bytes;
}

Error Intake::check_size(std::uint64_t request_bytes) noexcept {
  if (!admission_.is_too_large(request_bytes)) return Error{};
  too_large_.fetch_add(1, std::memory_order_relaxed);  // relaxed: a counter
  return Error{ErrorCode::too_large};
}

Result<void> Intake::ingest(const otlp::Decoded& decoded, const JsonLosses& json, std::uint64_t& spans_rejected) {
  if (is_closed()) return Error{ErrorCode::closed};
  if (const Error error = check_size(decoded.bytes.size()); error.code() != ErrorCode::none) return error;
  const std::uint64_t need = need_of(decoded);
  const std::uint64_t nodes_max = decoded.spans.size() + decoded.link_count;
  if (admission_.can_never_fit(need, nodes_max)) {
    too_large_.fetch_add(1, std::memory_order_relaxed);  // relaxed: a counter
    return Error{ErrorCode::too_large};
  }
  const auto refuse = [&] {
    refused_.fetch_add(1, std::memory_order_relaxed);  // relaxed: a counter
    return Error{ErrorCode::no_room};
  };
  if (!admission_.try_reserve(need, nodes_max)) return refuse();
  Reservation reservation{admission_, need};
  Lane* lane = lanes_.try_acquire(lane_hint());
  if (lane == nullptr) return Error{ErrorCode::busy};
  const LaneGuard guard{lanes_, *lane};
  if (is_closed()) return Error{ErrorCode::closed};  // again: drain() may not have seen this lane (lane_take L3)
  // relaxed: only for statistics
  lane->entered_tick.store(tick_count_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  graph::Writer& writer = graph_.writer(lane->index);
  if (!writer.try_begin(nodes_max, decoded.link_count)) {
    admission_.note_wanted(need, nodes_max);
    return refuse();
  }
  end_generation_by_volume();
  lane->generation = generations_.begin(lane->active_generation);
  ENTAIL_SYNC_POINT("ingest:after_admission");
  const Error error = ingest_on(*lane, writer, decoded);
  writer.end();
  reservation.logged = std::exchange(lane->logged_count, 0) * kAdoptedBytes;
  if (error.code() != ErrorCode::none) return error;
  lane->counts.values_lost.add(json.values);
  lane->counts.unknown_fields.add(json.unknown_fields);
  spans_rejected = std::accumulate(lane->rejected.begin(), lane->rejected.end(), std::uint64_t{0});
  return {};
}

// A generation holds a small share of memory_limit at most, so that eviction can free that little.
void Intake::end_generation_by_volume() noexcept {
  std::uint64_t begun_at = generation_begun_bytes_.load(std::memory_order_relaxed);  // relaxed: a gauge
  const std::uint64_t bytes = store_.bytes();
  if (bytes < begun_at + options_.memory_limit_bytes / kGenerationShare) return;
  if (generation_begun_bytes_.compare_exchange(begun_at, bytes, std::memory_order_relaxed, std::memory_order_relaxed))
    generations_.advance();
}

Error Intake::ingest_on(Lane& lane, graph::Writer& writer, const otlp::Decoded& decoded) {
  try {
    accept_spans(lane, decoded);
    lane.nodes.resize(lane.trace_ids.size());
    lane.first_cell.reserve(lane.trace_ids.size());
    if (!lane.touched_log.reserve(lane.trace_ids.size())) return Error{ErrorCode::out_of_memory};
    lane.cells.reserve(decoded.link_count);
    lane.far_spans.reserve(decoded.link_count);
    lane.resource_bits.assign(decoded.resources.size(), policy::Bits{});
    lane.resources.assign(decoded.resources.size(), nullptr);
    lane.scopes.assign(decoded.scopes.size(), nullptr);
    for (std::size_t i = 0; i < decoded.resources.size(); ++i)
      policies_.match_resource(decoded, decoded.resources[i], lane.resource_bits[i]);
    if (shape_.has_notes) lane.services.assign(decoded.resources.size(), std::nullopt);
    if (shape_.near_number_count != 0) measure_resources(lane, decoded);
    if (policies_.reads_links()) lane.link_facts.assign(lane.accepted.size(), policy::LinkFacts{});
    if (policies_.reads_sizes()) add_sizes(decoded, lane.accepted, lane.trace_ids, lane.sizes);
    for (std::uint32_t i = 0; i < lane.accepted.size(); ++i) read_links(lane, decoded, i);
    if (!lane.cells.empty()) lane.reserve_placed();
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory};  // nothing is published or counted yet
  }
  count_spans(lane, decoded);
  count_links(lane);
  lane.spans->begin(lane.generation);
  writer.find_or_insert(lane.trace_ids, lane.nodes.data());
  ENTAIL_SYNC_POINT("ingest:after_nodes");
  if (!lane.cells.empty()) place_links(lane, writer, decoded);
  ENTAIL_SYNC_POINT("ingest:after_in_edges");
  // An atomic operation waits for all stores before it: so first the copies of some spans, then the words of their
  // traces.
  std::array<StoredSpan, kStoredTogether> stored;
  const auto span_count = static_cast<std::uint32_t>(lane.accepted.size());
  const ottl::Moment moment{published_now_ns(), seed_};
  for (std::uint32_t first = 0; first < span_count; first += kStoredTogether) {
    const std::uint32_t end = std::min(first + kStoredTogether, span_count);
    for (std::uint32_t i = first; i < end; ++i) {
      if (decoded.link_count != 0 && i + kStoredTogether < span_count) writer.prefetch(lane.nodes[i + kStoredTogether]);
      prefetch_payload(writer.payload(lane.nodes[i]));
      store_span(lane, writer, decoded, i, moment, stored[i - first]);
    }
    for (std::uint32_t i = first; i < end; ++i) publish_span(lane, writer, decoded, i, stored[i - first]);
  }
  ENTAIL_SYNC_POINT("ingest:after_publish");
  release_scratch(lane, decoded.link_count);
  return Error{};
}

// One huge request must not leave its scratch with every lane (G5), nor many of them theirs with all lanes (G9).
void Intake::release_scratch(Lane& lane, std::uint64_t link_count) const noexcept {
  const std::uint64_t held = lane.count_scratch();
  const bool too_much = held > scratch_bytes_max_;
  bool freed = too_much;
  const auto free = [&freed](auto&... arrays) {
    (base::free_array(arrays), ...);
    freed = true;
  };
  if (too_much || lane.cells.capacity() > kScratchItemsMax) free(lane.cells, lane.far_spans);
  if (too_much || link_count > kScratchItemsMax) {
    lane.sampler.release();
    freed = true;
  }
  if (too_much || lane.accepted.capacity() > kScratchItemsMax)
    free(lane.accepted, lane.trace_ids, lane.nodes, lane.first_cell, lane.link_facts, lane.sizes, lane.truncated_spans);
  if (too_much || std::max(lane.resources.capacity(), lane.scopes.capacity()) > kScratchItemsMax)
    free(lane.resources, lane.scopes, lane.resource_bits, lane.services, lane.near_numbers);
  if (too_much) free(lane.placed, lane.link_ids, lane.link_nodes, lane.reverse, lane.gathered);
  lane.scratch_bytes.store(freed ? lane.count_scratch() : held, std::memory_order_relaxed);  // relaxed: a gauge
}

void Intake::accept_spans(Lane& lane, const otlp::Decoded& decoded) {
  lane.accepted.clear();
  lane.trace_ids.clear();
  lane.cells.clear();
  lane.far_spans.clear();
  lane.first_cell.clear();
  lane.link_tally = {};
  lane.truncated_spans.clear();
  lane.next_truncated = 0;
  lane.rejected = {};
  for (std::uint32_t i = 0; i < decoded.spans.size(); ++i) {
    const otlp::SpanView& span = decoded.spans[i];
    const Bytes trace = slice(decoded.bytes, span.trace_id);
    const Identity identity = context::classify(trace, slice(decoded.bytes, span.span_id), span.bad_hex, false);
    if (identity != Identity::good) {
      ++lane.rejected[static_cast<unsigned>(identity)];
      continue;
    }
    lane.accepted.push_back(i);
    lane.trace_ids.push_back(base::load_trace_id(trace.data()));
  }
}

void Intake::count_spans(Lane& lane, const otlp::Decoded& decoded) noexcept {
  for (unsigned identity = 0; identity < context::kIdentityCount; ++identity)
    if (lane.rejected[identity] != 0) lane.counts.spans_rejected[identity].add(lane.rejected[identity]);
  lane.counts.spans_received.add(decoded.spans.size());
}

// What the span says, and its bytes; no span where there was no memory.
void Intake::store_span(Lane& lane, graph::Writer& writer, const otlp::Decoded& decoded, std::uint32_t accepted,
                        const ottl::Moment& moment, StoredSpan& stored) {
  const otlp::SpanView& span = decoded.spans[lane.accepted[accepted]];
  if (span.link_count != 0) {  // without links the cells may be gone: store_truncated() moves those of one span
    const std::uint32_t first_cell = lane.first_cell[accepted];
    ENTAIL_SYNC_POINT("ingest:before_out_edges");
    writer.append_out(lane.nodes[accepted], {lane.cells.data() + first_cell, span.link_count},
                      {lane.far_spans.data() + first_cell, span.link_count});
    ENTAIL_SYNC_POINT("ingest:after_out_edges");
  }

  std::unique_ptr<store::TruncatedSpan> truncated;
  if (span.link_count > options_.links.sample.max_links_per_span)
    truncated = std::move(lane.truncated_spans[lane.next_truncated++]);
  stored.span = {};
  try {
    // The copy first: it reads the bytes in order, and policies find them near then.
    stored.span = store_bytes(lane, decoded, accepted, std::move(truncated));
    policies_.match_span(decoded, span, lane.resource_bits[decoded.scopes[span.scope].resource], stored.facts, moment);
  } catch (const std::bad_alloc&) {
    stored.span = {};  // the copied bytes are freed with their chunk
  }
}

// PROTOCOL touch T1 to T3: the words of the trace, then its list.
void Intake::publish_span(Lane& lane, graph::Writer& writer, const otlp::Decoded& decoded, std::uint32_t accepted,
                          StoredSpan& stored) {
  const otlp::SpanView& span = decoded.spans[lane.accepted[accepted]];
  const NodeId node = lane.nodes[accepted];
  auto& payload = *static_cast<TracePayload*>(writer.payload(node));
  if (stored.span) writer.mark_payload(node);
  if (!stored.span || (shape_.has_notes && !note_span(lane, decoded, span, payload))) {
    lane.counts.spans_unstored.add(1);
    lane.counts.links_unstored.add(span.link_count);
    return;
  }
  lane.counts.spans_stored.add(1);
  if (span.link_count != 0) lane.counts.links_stored.add(span.link_count);
  policy::Facts& facts = stored.facts;
  if (span.dropped_links_count != 0)
    payload.dropped_upstream.fetch_add(span.dropped_links_count, std::memory_order_relaxed);
  if (facts.policy_errors != 0) lane.counts.policy_errors.add(facts.policy_errors);
  if (!lane.link_facts.empty()) facts.join(lane.link_facts[accepted]);
  if (!lane.sizes.empty()) facts.size = lane.sizes[accepted];
  ENTAIL_SYNC_POINT("ingest:before_publish");
  policies_.fold(payload.fold(), facts);
  ENTAIL_SYNC_POINT("ingest:after_fold");
  const bool is_root = reads_roots_ && context::is_zero(slice(decoded.bytes, span.parent_span_id));
  const bool first = store::SpanWriter::publish(stored.span, payload.spans, span.link_count != 0);
  ENTAIL_SYNC_POINT("ingest:after_push");
  if (!first && !is_root && generations_.is_current(lane.generation)) return;
  ENTAIL_SYNC_POINT("ingest:before_log");
  // relaxed: any recent tick will do
  const auto arrival_ns = static_cast<std::uint64_t>(published_now_ns_.load(std::memory_order_relaxed));
  ++lane.logged_count;
  lane.touched_log.push({node, lane.generation, arrival_ns | (is_root ? Touch::kRoot : 0)});
}

// Null: no memory. May throw bad_alloc, too.
store::WrittenSpan Intake::store_bytes(Lane& lane, const otlp::Decoded& decoded, std::uint32_t accepted,
                                       std::unique_ptr<store::TruncatedSpan> truncated) {
  const otlp::SpanView& span = decoded.spans[lane.accepted[accepted]];
  const store::Envelope* scope = envelope(lane, decoded, span.scope);
  if (scope == nullptr) return {};
  if (truncated != nullptr) return store_truncated(lane, decoded, accepted, scope, std::move(truncated));
  const store::WrittenSpan written = lane.spans->span(scope, span.payload.size, span.link_count);
  if (written) std::memcpy(written.payload, decoded.bytes.data() + span.payload.offset, span.payload.size);
  return written;
}

const store::Envelope* Intake::envelope(Lane& lane, const otlp::Decoded& decoded, std::uint32_t scope) {
  if (lane.scopes[scope] != nullptr) return lane.scopes[scope];
  const auto gather = [&](std::uint32_t first, std::uint32_t field_count) -> Bytes {
    if (field_count == 0) return {};
    if (field_count == 1) return slice(decoded.bytes, decoded.fields[first]);
    lane.gathered.clear();
    for (std::uint32_t i = first; i < first + field_count; ++i) {
      const Bytes field = slice(decoded.bytes, decoded.fields[i]);
      lane.gathered.insert(lane.gathered.end(), field.begin(), field.end());
    }
    return lane.gathered;
  };
  const otlp::ScopeView& view = decoded.scopes[scope];
  const store::Envelope*& resource = lane.resources[view.resource];
  const otlp::ResourceView& resource_view = decoded.resources[view.resource];
  if (resource == nullptr)
    resource = lane.spans->envelope(nullptr, gather(resource_view.first_field, resource_view.field_count));
  if (resource == nullptr) return nullptr;
  lane.scopes[scope] = lane.spans->envelope(resource, gather(view.first_field, view.field_count));
  return lane.scopes[scope];
}

// Stores a span without its links: those of the sample are in the TruncatedSpan with their bytes, the rest as edges.
store::WrittenSpan Intake::store_truncated(Lane& lane, const otlp::Decoded& decoded, std::uint32_t accepted,
                                           const store::Envelope* scope,
                                           std::unique_ptr<store::TruncatedSpan> truncated) {
  const otlp::SpanView& span = decoded.spans[lane.accepted[accepted]];
  if (span.link_count == lane.cells.size() && lane.cells.capacity() - span.link_count <= span.link_count / 8) {
    // They belong to this span alone, fill their memory, and are not used afterwards.
    truncated->cells.swap(lane.cells);
    truncated->span_ids.swap(lane.far_spans);
  } else {
    const auto first_cell = lane.cells.begin() + lane.first_cell[accepted];
    const auto first_span = lane.far_spans.begin() + lane.first_cell[accepted];
    truncated->cells.assign(first_cell, first_cell + span.link_count);
    truncated->span_ids.assign(first_span, first_span + span.link_count);
  }
  for (EdgeCell& cell : truncated->cells)
    if (!cell.on_truncated_span()) cell = {};  // a duplicate
  if (!lane.link_facts.empty()) truncated->link_facts = lane.link_facts[accepted];

  const store::WrittenSpan written =
      lane.spans->span(scope, span.payload.size - truncated->field_bytes, span.link_count, true);
  if (!written) return {};
  std::uint8_t* out = written.payload;
  std::uint32_t at = span.payload.offset;
  const auto copy_to = [&](std::uint32_t end) {
    std::memcpy(out, decoded.bytes.data() + at, end - at);
    out += end - at;
  };
  if (span.links_end - span.first_link == truncated->field_bytes) {  // nothing lies between them
    copy_to(span.first_link);
    at = span.links_end;
  } else {
    otlp::LinkView link;
    for (otlp::LinkCursor cursor(decoded, span); cursor.next(link); at = link.field.offset + link.field.size)
      copy_to(link.field.offset);
  }
  copy_to(span.payload.offset + span.payload.size);
  truncated->bytes = sizeof(store::TruncatedSpan) + array_bytes(truncated->link_bytes) + array_bytes(truncated->cells) +
                     array_bytes(truncated->span_ids) +
                     truncated->links.saved.capacity() * sizeof(reservoir::SavedLink) +
                     truncated->randomness.capacity() * sizeof(truncated->randomness[0]);
  lane.spans->own(written, truncated, truncated->bytes);
  return written;
}

}  // namespace entail::engine
