// Step 4: kept spans go out (DESIGN 3.8, 3.9, 3.11, 3.12, 4.3, 4.4), by slicing the received bytes.
#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/check.hpp"
#include "base/prefetch.hpp"
#include "emit/odd_ids.hpp"
#include "engine/impl.hpp"

namespace entail {
inline namespace v1 {

using graph::NodeId;
using propagate::Record;
using reservoir::Target;

// A stored span with what emission asks of it.
struct Engine::Impl::KeptSpan {
  const store::SpanEntry* entry = nullptr;
  std::uint64_t start_ns = 0;
  SpanId span_id;
  SpanId parent;
  std::string_view trace_state;
  std::uint32_t dropped_links_count = 0;
  bool odd_parent = false;

  explicit KeptSpan(const store::SpanEntry* stored) noexcept;
};

namespace {

constexpr std::size_t kEmittedTogether = 8;
constexpr unsigned kSpansPrefetched = 8;    // of each trace
constexpr unsigned kBytesPrefetched = 512;  // of each span, with its entry: all of them together fit the first cache

SpanId read_span_id(Bytes bytes) noexcept { return bytes.size() == 8 ? base::load_span_id(bytes.data()) : SpanId{}; }

}  // namespace

Engine::Impl::KeptSpan::KeptSpan(const store::SpanEntry* stored) noexcept : entry(stored) {
  const Bytes payload = stored->payload();
  const wire::SpanView view = wire::read_span(payload);
  start_ns = view.start_ns;
  span_id = read_span_id(wire::slice(payload, view.span_id));
  parent = read_span_id(wire::slice(payload, view.parent_span_id));
  const Bytes state = wire::slice(payload, view.trace_state);
  trace_state = {reinterpret_cast<const char*>(state.data()), state.size()};
  dropped_links_count = view.dropped_links_count;
  odd_parent = view.odd_parent;
}

// Kept traces of this tick and late spans of those kept before, by arrival, so that the output depends on nothing else.
void Engine::Impl::emit_all() {
  for (const RecordId id : touched)
    if (ledger[id].phase == Phase::kept) to_emit.push_back(id);
  std::sort(to_emit.begin(), to_emit.end());
  to_emit.erase(std::unique(to_emit.begin(), to_emit.end()), to_emit.end());
  sort_by_arrival(to_emit);
  const auto group = [&](std::size_t first) {
    const std::span<const RecordId> rest = std::span(to_emit).subspan(std::min(first, to_emit.size()));
    return rest.first(std::min(kEmittedTogether, rest.size()));
  };
  prefetch_spans(group(0));
  for (std::size_t first = 0; first < to_emit.size(); first += kEmittedTogether) {
    prefetch_spans(group(first + kEmittedTogether));  // they come while this group is written
    for (const RecordId id : group(first)) emit_trace(id);
  }
  to_emit.clear();
  flush_output();
}

// A trace's spans lie apart, in the order of their arrival, and each says where the next is: one list after the other
// would be one cache miss after the other. So the lists of many traces are walked side by side first.
void Engine::Impl::prefetch_spans(std::span<const RecordId> ids) const noexcept {
  std::array<const store::SpanEntry*, kEmittedTogether> next{};
  for (const RecordId id : ids) base::prefetch(&payload(ledger[id].node));
  const auto fetch = [](const store::SpanEntry* entry) {
    const auto* begin = reinterpret_cast<const std::byte*>(entry);
    for (unsigned at = 0; at < kBytesPrefetched; at += sync::kCacheLineBytes) base::prefetch(begin + at);
  };
  for (std::size_t i = 0; i < ids.size(); ++i) {
    next[i] = payload(ledger[ids[i]].node).spans.first();
    if (next[i] != nullptr) fetch(next[i]);
  }
  for (unsigned span = 1; span < kSpansPrefetched; ++span) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (next[i] == nullptr) continue;
      next[i] = next[i]->next;
      if (next[i] != nullptr) fetch(next[i]);
    }
  }
}

void Engine::Impl::emit_trace(RecordId id) {
  std::vector<KeptSpan> spans;
  for (NodeId node = ledger[id].node; node != 0; node = graph.older(node)) {
    const auto taken = payload(node).spans.take();
    spans.reserve(spans.size() + taken.count);
    for (const store::SpanEntry* entry = taken.first; entry != nullptr; entry = entry->next) spans.emplace_back(entry);
  }
  std::sort(spans.begin(), spans.end(), [](const KeptSpan& a, const KeptSpan& b) {
    return std::tie(a.start_ns, a.span_id, a.entry->size) < std::tie(b.start_ns, b.span_id, b.entry->size);
  });
  Record& record = ledger[id];
  std::size_t reason_index = spans.size();
  const bool first_emission = !record.first_emission_done;
  if (first_emission) {
    record.first_emission_done = true;
    close_generation(id);
  }
  if (first_emission && !spans.empty()) {
    // The span without a parent, else one whose parent is not here, else any; the list is in the order asked for.
    std::vector<SpanId> ids;
    for (const KeptSpan& span : spans) ids.push_back(span.span_id);
    std::sort(ids.begin(), ids.end());
    const auto rank = [&](const KeptSpan& span) {
      if (span.parent.is_zero()) return 0;
      return std::binary_search(ids.begin(), ids.end(), span.parent) ? 2 : 1;
    };
    reason_index = 0;
    for (std::size_t i = 1; i < spans.size(); ++i)
      if (rank(spans[i]) < rank(spans[reason_index])) reason_index = i;
  }
  for (std::size_t i = 0; i < spans.size(); ++i) emit_span(id, spans[i], i == reason_index);
}

void Engine::Impl::emit_span(RecordId id, const KeptSpan& span, bool carries_reason) {
  Record& record = ledger[id];
  emit::SpanEdit edit;
  std::vector<emit::Attribute> attributes;
  CutOutput cut_output;
  std::string trace_state;
  if (record.erase_threshold || record.raise_threshold) {
    bool changed = false;
    trace_state = record.erase_threshold ? context::erase_threshold(span.trace_state, &changed)
                                         : context::raise_threshold(span.trace_state, record.threshold, &changed);
    edit.replace_trace_state = changed;
    edit.trace_state = trace_state;
  }
  std::uint64_t links_out = span.entry->link_count();
  edit.clear_odd_ids =
      span.odd_parent || span.entry->cut() != nullptr || (links_out != 0 && emit::has_odd_links(span.entry->payload()));
  parents_cleared += span.odd_parent;
  if (span.entry->cut() != nullptr) {
    select_links(id, span, cut_output);
    edit.replace_links = true;
    edit.link_fields = cut_output.fields;
    edit.dropped_links_count = cut_output.dropped_links_count;
    emit::append_truncation_attributes(cut_output.truncation, options.links.sample.names, attributes);
    links_out = cut_output.fields.size();
  }
  std::vector<TraceId> path;
  if (carries_reason) {
    emit::KeepReason reason;
    reason.reason = record.kept_by_link ? "link" : "policy";
    if (record.policy >= 0) reason.policy = policies->name(record.policy);
    if (record.kept_by_link) {
      path = ledger.paths().trace_ids(record.reason_path);
      reason.origin_trace_id = path.front();
      reason.direction = direction_name(ledger.paths().direction(record.reason_path));
      reason.hops = ledger.paths().hops(record.reason_path);
      reason.path = path;
    }
    emit::append_reason_attributes(reason, attributes);
  }
  edit.attributes = attributes;
  const store::Envelope& scope = *span.entry->scope;
  const bool full = output.add({scope.resource->bytes(), scope.resource->digest, scope.bytes(), scope.digest,
                                span.entry->payload(), edit.empty() ? nullptr : &edit});
  links_dropped += span.entry->link_count() - links_out;
  if (full) flush_output();  // without this span, which is the first of the next batch
  ++output_spans;
  output_links += links_out;
}

Target Engine::Impl::target_of(RecordId linked) const noexcept {
  if (linked == 0) return Target::open;
  const Record& record = ledger[linked];
  if (record.origin) return Target::origin;
  switch (record.phase) {
    case Phase::kept:
      return Target::reached;
    case Phase::pending:
      return record.reached ? Target::reached : Target::open;
    case Phase::absent:
      return Target::open;
    case Phase::retained:
    case Phase::sealed:
      return Target::closed;
  }
  return Target::open;
}

// Chooses the links of a cut span as things stand at the end of this tick (DESIGN 4.3).
void Engine::Impl::select_links(RecordId id, const KeptSpan& span, CutOutput& out) {
  const store::CutSpan& cut = *span.entry->cut();
  const std::uint32_t links_max = options.links.sample.max_links_per_span;
  std::uint64_t closed_received = 0;
  std::vector<reservoir::PinnedLink> pinned;
  auto randomness = cut.randomness.begin();
  for (std::uint32_t index = 0; index < cut.cells.size(); ++index) {
    while (randomness != cut.randomness.end() && randomness->first < index) ++randomness;
    const NodeId node = cut.cells[index].word == 0 ? 0 : graph.node_of(cut.cells[index]);
    if (node == 0) continue;
    const NodeId newest = graph.newest(node);
    const Target target = target_of(graph.record(newest));
    if (target == Target::closed) ++closed_received;
    if (target == Target::open || target == Target::closed) continue;
    const TraceId far = graph.key(newest);
    const std::uint64_t hash = base::sampling_hash(far, cut.span_ids[index], options.links.sample.seed);
    const bool has_randomness = randomness != cut.randomness.end() && randomness->first == index;
    const std::uint64_t r = has_randomness ? randomness->second : far.lo;
    pinned.push_back({index, far, cut.span_ids[index], reservoir::consistent_key(r, hash), target == Target::origin});
  }
  const std::uint64_t good = cut.links.received - cut.links.malformed - cut.links.null_target - cut.links.duplicates;
  const auto target = [&](TraceId far) {
    if (far == trace_id(id)) return Target::open;
    const NodeId node = graph.find(far);
    return node == 0 ? Target::open : target_of(graph.record(node));
  };
  const reservoir::Selection selection =
      reservoir::select(cut.links, links_max, pinned, target, good - pinned.size() - closed_received, closed_received);

  PrintedLinks& printed = printed_links[id];
  ledger[id].has_cut_links = true;
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
      ++printed.counts[chosen.restored->trace_id];
    } else {
      out.fields.push_back(Bytes(cut.link_bytes).subspan(chosen.saved->offset, chosen.saved->size));
      if (chosen.saved->identity == context::Identity::good) ++printed.counts[chosen.saved->trace_id];
    }
  }
  ENTAIL_DCHECK(restored_at == out.restored.size());
  links_restored += selection.restored;
  link_duplicates += cut.links.duplicates;
  ++spans_sampled;
  const std::uint64_t dropped = cut.links.received - selection.emitted;
  out.dropped_links_count = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(span.dropped_links_count + dropped, std::numeric_limits<std::uint32_t>::max()));
  out.truncation = {cut.links.received,
                    selection.emitted,
                    dropped,
                    span.dropped_links_count,
                    cut.links.malformed,
                    cut.links.duplicates,
                    selection.pinned,
                    selection.open,
                    selection.closed,
                    cut.links.threshold_uniform,
                    cut.links.threshold_consistent,
                    options.links.sample.seed};
}

void Engine::Impl::flush_output() {
  if (output.empty()) return;
  const std::uint64_t span_count = output.span_count();
  sink.on_batch(output.take(), span_count);
  spans_emitted += std::exchange(output_spans, 0);
  links_emitted += std::exchange(output_links, 0);
}

}  // namespace v1
}  // namespace entail
