// Step 4: kept spans go out (docs/design.md 3.8, 3.9, 3.11, 3.12, 4.3, 4.4), by slicing the received bytes.
#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/prefetch.hpp"
#include "emit/malformed_ids.hpp"
#include "engine/emission.hpp"
#include "engine/entry_span.hpp"
#include "engine/memory_shares.hpp"
#include "engine/truncated_span.hpp"
#include "otlp/decode.hpp"
#include "wire/range.hpp"

namespace entail::engine {

using graph::NodeId;
using reservoir::TargetState;

// A held span and what emission needs to know about it.
struct Emission::KeptSpan {
  store::HeldSpan held;
  std::uint64_t start_ns = 0;
  SpanId span_id;
  SpanId parent;
  std::string_view trace_state;
  std::uint32_t dropped_links_count = 0;
  bool malformed_own_id = false;  // in a span_id field before the last one, which counts
  bool malformed_parent = false;

  explicit KeptSpan(const store::HeldSpan& span) noexcept;
};

namespace {

constexpr std::size_t kEmittedTogether = store::HeldSpans::kPrefetchedTogether;

std::uint64_t batch_bytes_max(const Options& options, bool may_wait) noexcept {
  if (!may_wait) return options.output_batch_bytes_max;
  return std::min(options.output_batch_bytes_max, options.memory_limit_bytes / kWaitingBatchShare);
}

}  // namespace

Emission::KeptSpan::KeptSpan(const store::HeldSpan& span) noexcept : held(span) {
  const Bytes payload = span.payload;
  const otlp::SpanView view = otlp::read_span(payload);
  start_ns = view.start_ns;
  span_id = base::span_id_of(wire::slice(payload, view.span_id));
  parent = base::span_id_of(wire::slice(payload, view.parent_span_id));
  trace_state = base::text_of(wire::slice(payload, view.trace_state));
  dropped_links_count = view.dropped_links_count;
  malformed_own_id = view.malformed_own_id;
  malformed_parent = view.malformed_parent;
}

Emission::Emission(Traces& traces, LifeCycle& life, LatePins& late_pins, WaitingOutput& output, bool by_trace)
    : traces_(traces),
      life_(life),
      late_pins_(late_pins),
      output_(output),
      by_trace_(by_trace),
      writer_(batch_bytes_max(traces.options, by_trace)) {}

void Emission::emit_all() {
  std::vector<RecordId>& ids = life_.to_emit();
  for (const RecordId id : life_.touched())
    if (traces_.ledger[id].phase == Phase::kept) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  traces_.sort_by_arrival(ids);
  const auto group = [&](std::size_t first) {
    const std::span<const RecordId> rest = std::span(std::as_const(ids)).subspan(std::min(first, ids.size()));
    return rest.first(std::min(kEmittedTogether, rest.size()));
  };
  prefetch_spans(group(0));
  for (std::size_t first = 0; first < ids.size(); first += kEmittedTogether) {
    prefetch_spans(group(first + kEmittedTogether));  // their bytes are prefetched while this group is written
    for (const RecordId id : group(first)) emit_trace(id);
  }
  ids.clear();
  flush();
  writer_.trim(traces_.options.memory_limit_bytes / (by_trace_ ? kWaitingBufferShare : kBufferShare));
}

// Of the newest nodes: few traces have more.
void Emission::prefetch_spans(std::span<const RecordId> ids) const {
  std::array<const store::SpanSlot*, kEmittedTogether> slots{};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    slots[i] = &traces_.payload(traces_.ledger[ids[i]].node).spans;
    base::prefetch(slots[i]);
  }
  traces_.spans.prefetch({slots.data(), ids.size()});
}

void Emission::emit_trace(RecordId id) {
  const std::vector<KeptSpan> spans = take_spans(id);
  const bool is_first = !traces_.ledger[id].first_emission_done;
  std::uint64_t links = 0;
  for (const KeptSpan& span : spans) links += span.held.link_count;
  life_.on_emitted(id, spans.size(), links);
  const bool says_why = traces_.options.links.attributes == SpanAttributes::all;
  const std::size_t carries_reason = says_why && is_first && !spans.empty() ? entry_index(spans) : spans.size();
  part_ = {traces_.trace_id(id), 0, 0, 0, is_first, false};
  for (std::size_t i = 0; i < spans.size(); ++i) emit_span(id, spans[i], i == carries_reason);
  if (by_trace_) end_part(false);
}

// In the order in which they are written: by start, then span ID.
std::vector<Emission::KeptSpan> Emission::take_spans(RecordId id) {
  std::vector<KeptSpan> spans;
  traces_.take_spans(id, taken_);
  traces_.spans.visit(taken_, [&](const store::HeldSpan& span) { spans.emplace_back(span); });
  std::sort(spans.begin(), spans.end(), [](const KeptSpan& a, const KeptSpan& b) {
    return std::tuple(a.start_ns, a.span_id, a.held.payload.size()) <
           std::tuple(b.start_ns, b.span_id, b.held.payload.size());
  });
  return spans;
}

void Emission::emit_span(RecordId id, const KeptSpan& span, bool carries_reason) {
  const Record& record = traces_.ledger[id];
  emit::SpanEdit edit;
  std::vector<emit::Attribute> attributes;
  TruncatedOutput truncated_output;
  std::string trace_state;
  if (record.erase_threshold || record.raise_threshold) {
    bool changed = false;
    trace_state = record.erase_threshold ? context::erase_threshold(span.trace_state, &changed)
                                         : context::raise_threshold(span.trace_state, record.threshold, &changed);
    edit.replace_trace_state = changed;
    edit.trace_state = trace_state;
  }
  std::uint64_t links_out = span.held.link_count;
  edit.empty_malformed_ids = span.malformed_own_id || span.malformed_parent || span.held.truncated != nullptr ||
                             (links_out != 0 && emit::has_malformed_links(span.held.payload));
  counts_.parents_cleared += span.malformed_parent;
  if (span.held.truncated != nullptr) {
    select_links(id, span, truncated_output);
    edit.replace_links = true;
    edit.link_fields = truncated_output.fields;
    edit.dropped_links_count = truncated_output.dropped_links_count;
    if (traces_.options.links.attributes != SpanAttributes::none)
      emit::append_truncation_attributes(truncated_output.truncation, traces_.options.links.sample.names, attributes);
    links_out = truncated_output.fields.size();
  }
  std::vector<TraceId> path;
  if (carries_reason) add_reason(id, path, attributes);
  edit.attributes = attributes;
  const store::Envelope& scope = *span.held.scope;
  const bool full = writer_.add({scope.resource->bytes(), scope.resource->digest, scope.bytes(), scope.digest,
                                 span.held.payload, edit.empty() ? nullptr : &edit});
  counts_.links_dropped += span.held.link_count - links_out;
  if (full) {  // without this span, which is the first of the next batch
    if (by_trace_) end_part(true);
    flush();
  }
  ++part_.span_count;
  batch_.link_count += links_out;
}

// `path` holds what the attributes borrow.
void Emission::add_reason(RecordId id, std::vector<TraceId>& path, std::vector<emit::Attribute>& attributes) const {
  const Record& record = traces_.ledger[id];
  const propagate::PathPool& paths = traces_.ledger.paths();
  emit::KeepReason reason;
  reason.reason = record.kept_by_link ? "link" : "policy";
  if (record.policy >= 0) reason.policy = traces_.policies.name(record.policy);
  if (record.kept_by_link) {
    path = paths.trace_ids(record.reason_path);
    reason.origin_trace_id = path.front();
    reason.direction = direction_name(paths.direction(record.reason_path));
    reason.hops = paths.hops(record.reason_path);
    reason.path = path;
  }
  emit::append_reason_attributes(reason, attributes);
}

TargetState Emission::target_of(RecordId linked) const noexcept {
  if (linked == 0) return TargetState::open;
  const Record& record = traces_.ledger[linked];
  if (record.origin) return TargetState::origin;
  switch (record.phase) {
    case Phase::kept:
      return TargetState::reached;
    case Phase::pending:
      return record.reached ? TargetState::reached : TargetState::open;
    case Phase::absent:
      return TargetState::open;
    case Phase::retained:
    case Phase::sealed:
      return TargetState::closed;
  }
  return TargetState::open;
}

// Chooses the links of a truncated span by the state of their targets at the end of this tick (docs/design.md 4.3).
void Emission::select_links(RecordId id, const KeptSpan& span, TruncatedOutput& out) {
  const store::TruncatedSpan& truncated = *span.held.truncated;
  const std::uint32_t links_max = traces_.options.links.sample.max_links_per_span;
  std::uint64_t closed_received = 0;
  std::vector<reservoir::PinnedLink> pinned;
  auto randomness = truncated.randomness.begin();
  for (std::uint32_t index = 0; index < truncated.cells.size(); ++index) {
    while (randomness != truncated.randomness.end() && randomness->first < index) ++randomness;
    const NodeId node = truncated.cells[index].word == 0 ? 0 : traces_.graph.node_of(truncated.cells[index]);
    if (node == 0) continue;
    const NodeId newest = traces_.graph.newest(node);
    const TargetState target = target_of(traces_.graph.record(newest));
    if (target == TargetState::closed) ++closed_received;
    if (target == TargetState::open || target == TargetState::closed) continue;
    const TraceId far = traces_.graph.key(newest);
    const std::uint64_t hash = base::sampling_hash(far, truncated.span_ids[index], traces_.options.links.sample.seed);
    const bool has_randomness = randomness != truncated.randomness.end() && randomness->first == index;
    const std::uint64_t r = has_randomness ? randomness->second : far.lo;
    pinned.push_back(
        {index, far, truncated.span_ids[index], reservoir::consistent_key(r, hash), target == TargetState::origin});
  }
  const std::uint64_t good =
      truncated.links.received - truncated.links.malformed - truncated.links.null_target - truncated.links.duplicates;
  const auto target = [&](TraceId far) {
    if (far == traces_.trace_id(id)) return TargetState::open;
    const NodeId node = traces_.graph.find(far);
    return node == 0 ? TargetState::open : target_of(traces_.graph.record(node));
  };
  const reservoir::Selection selection = reservoir::select(truncated.links, links_max, pinned, target,
                                                           good - pinned.size() - closed_received, closed_received);

  std::vector<TraceId> linked;  // of the emitted links
  std::size_t restored_bytes = 0;
  for (const reservoir::Chosen& chosen : selection.links) {
    if (chosen.restored == nullptr) continue;
    emit::append_restored_link(chosen.restored->trace_id, chosen.restored->span_id, out.restored);
    if (restored_bytes == 0) restored_bytes = out.restored.size();  // all of one size: two IDs and the mark
  }
  std::size_t restored_at = 0;
  for (const reservoir::Chosen& chosen : selection.links) {
    if (chosen.restored != nullptr) {
      out.fields.push_back(Bytes(out.restored).subspan(restored_at, restored_bytes));
      restored_at += restored_bytes;
      linked.push_back(chosen.restored->trace_id);
    } else {
      out.fields.push_back(Bytes(truncated.link_bytes).subspan(chosen.saved->offset, chosen.saved->size));
      if (chosen.saved->identity == context::Identity::good) linked.push_back(chosen.saved->trace_id);
    }
  }
  ENTAIL_DCHECK(restored_at == out.restored.size());
  late_pins_.add_emitted(id, std::move(linked));
  counts_.links_restored += selection.restored;
  counts_.link_duplicates += truncated.links.duplicates;
  ++counts_.spans_sampled;
  const std::uint64_t dropped = truncated.links.received - selection.emitted;
  out.dropped_links_count = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(span.dropped_links_count + dropped, std::numeric_limits<std::uint32_t>::max()));
  out.truncation = {truncated.links.received,
                    selection.emitted,
                    dropped,
                    span.dropped_links_count,
                    truncated.links.malformed,
                    truncated.links.duplicates,
                    selection.pinned,
                    selection.open,
                    selection.closed,
                    truncated.links.threshold_uniform,
                    truncated.links.threshold_consistent,
                    traces_.options.links.sample.seed};
}

// The part ends with the last span, or before it if the batch was full without it.
void Emission::end_part(bool continues) {
  if (part_.span_count == 0) return;
  const std::uint64_t size = continues ? writer_.full_size() : writer_.end_part();
  if (!batch_.traces.empty()) part_.offset = batch_.traces.back().offset + batch_.traces.back().size;
  part_.size = size - part_.offset;
  part_.continues = continues;
  batch_.traces.push_back(part_);
  part_.offset = part_.span_count = 0;
}

void Emission::flush() {
  if (writer_.empty()) return;
  batch_.span_count = writer_.span_count();
  batch_.bytes = writer_.take_owned();
  if (by_trace_ && batch_.bytes.capacity() / 2 > batch_.bytes.size()) {
    // It may have to wait, and what waits takes no more memory than it needs.
    std::vector<std::uint8_t> exact(batch_.bytes.begin(), batch_.bytes.end());
    batch_.bytes.swap(exact);
    writer_.give_buffer(std::move(exact));
  }
  writer_.give_buffer(output_.add(std::exchange(batch_, {})));
}

}  // namespace entail::engine
