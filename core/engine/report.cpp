#include "engine/report.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <utility>

#include "base/free_array.hpp"
#include "engine/entry_span.hpp"
#include "notes/span_note.hpp"

namespace entail::engine {

using base::Loss;
using context::Identity;
using graph::NodeId;

namespace {

constexpr std::size_t kLinkedMax = 256;

// Of all that are added, a heap of the kLinkedMax smallest: the list does not depend on the order of arrival.
void add_smallest(std::vector<TraceId>& heap, TraceId id) {
  if (heap.size() == kLinkedMax) {
    if (heap.front() < id) return;
    std::pop_heap(heap.begin(), heap.end());
    heap.pop_back();
  }
  heap.push_back(id);
  std::push_heap(heap.begin(), heap.end());
}

// Each once, without 0: what a link leads to may be forgotten.
void make_distinct(std::vector<NodeId>& nodes) {
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  std::erase(nodes, NodeId{0});
}

}  // namespace

void Report::write_log() {
  std::vector<RecordId>& ids = parts_.life.to_log();
  const bool wanted = parts_.sink.wants_decisions();
  if (wanted) parts_.traces.sort_by_arrival(ids);
  for (const RecordId id : ids) {
    Record& record = parts_.traces.ledger[id];
    record.log_pending = false;
    record.decided_at_ns = parts_.life.now_ns();
    if (wanted) {
      describe(id, described_);
      parts_.sink.on_decision(described_);
    }
    ++record.revision;
  }
  ids.clear();
}

// Overwrites all of `out`, but reuses its memory, as a log has a record for every trace.
void Report::describe(RecordId id, DecisionRecord& out) const {
  const Traces& traces = parts_.traces;
  const Record& record = traces.ledger[id];
  out.trace_id = traces.trace_id(id);
  out.revision = record.revision;
  out.decided_at_ns = record.decided_at_ns;
  const bool is_kept = record.phase == Phase::kept;
  const bool is_decided = is_kept || record.phase == Phase::retained || record.phase == Phase::sealed;
  out.verdict = is_kept ? Verdict::keep : (is_decided ? Verdict::drop : Verdict::undecided);
  out.reason = {};
  if (is_kept) {
    out.reason = record.kept_by_link ? "link" : "policy";
  } else if (is_decided) {
    out.reason = !record.vetoed ? "no_match" : (record.policy < 0 ? "too_large" : "drop_policy");
  }
  out.policy = record.policy >= 0 ? traces.policies.name(record.policy) : std::string_view();
  out.origin = record.origin;
  out.revived = record.revived;
  out.path.clear();
  out.origin_trace_id.reset();
  out.direction = Direction::none;
  out.hops.reset();
  if (record.reason_path != 0) {
    const propagate::PathPool& paths = traces.ledger.paths();
    out.path = paths.trace_ids(record.reason_path);
    out.origin_trace_id = out.path.front();
    out.direction = paths.direction(record.reason_path);
    out.hops = paths.hops(record.reason_path);
  }
  out.loss = base::loss_name(record.loss);
  out.not_followed = traces.propagator.not_followed(id);
  const policy::Facts facts = traces.facts(id);
  out.spans = facts.spans;
  describe_links(id, out);
  if (traces.details.wanted())
    describe_detail(id, facts, out);
  else
    out.detail.reset();
}

void Report::describe_links(RecordId id, DecisionRecord& out) const {
  const Traces& traces = parts_.traces;
  out.links_dropped_upstream = 0;
  traces.for_each_node(id, [&](NodeId node) {
    out.links_dropped_upstream +=
        traces.payload(node).dropped_upstream.load(std::memory_order_relaxed);  // relaxed: U2 has acquired it
  });
  nodes_.clear();
  traces.propagator.linked_nodes(id, nodes_);
  make_distinct(nodes_);
  out.linked_total = nodes_.size();
  out.linked.clear();
  for (const NodeId node : nodes_) add_smallest(out.linked, traces.graph.key(node));
  std::sort_heap(out.linked.begin(), out.linked.end());
  constexpr std::size_t kNodesKept = 1 << 12;
  base::free_array_above(nodes_, kNodesKept);
}

void Report::describe_detail(RecordId id, const policy::Facts& facts, DecisionRecord& out) const {
  const Traces& traces = parts_.traces;
  traces.collect_notes(id);
  if (needs_entry(id)) find_entry(id);
  if (!out.detail) out.detail.emplace();
  TraceDetail& detail = *out.detail;
  detail.start_ns.reset();
  detail.duration_ns.reset();
  constexpr std::uint64_t kTimeMax = std::numeric_limits<std::int64_t>::max();
  // 0 is a time that is not known. One span without a start hides the starts of the others, which the fold does not
  // keep; an end of 0 hides nothing.
  if (facts.spans != 0 && facts.start_min_ns != 0 && facts.start_min_ns <= kTimeMax) {
    detail.start_ns = static_cast<std::int64_t>(facts.start_min_ns);
    if (facts.end_max_ns != 0 && facts.end_max_ns <= kTimeMax)
      detail.duration_ns = static_cast<std::int64_t>(facts.end_max_ns) - *detail.start_ns;
  }
  detail.bytes = facts.bytes;
  detail.errors = traces.errors(id);
  const notes::TraceNotes* const notes = traces.details.find(id);
  const notes::SpanNote* const root = notes == nullptr ? nullptr : notes->root();
  const notes::SpanNote* const error = notes == nullptr ? nullptr : notes->error();
  detail.root_service = root == nullptr ? std::string_view() : root->service();
  detail.root_name = root == nullptr ? std::string_view() : root->name();
  std::size_t service_count = 0;
  if (notes != nullptr) {
    notes->for_each_service([&](std::string_view service) {
      if (service_count == detail.services.size()) detail.services.emplace_back();
      detail.services[service_count++] = service;
    });
  }
  detail.services.resize(service_count);
  if (error != nullptr) {
    if (!detail.error) detail.error.emplace();
    detail.error->service = error->service();
    detail.error->name = error->name();
    detail.error->message = error->message();
  } else {
    detail.error.reset();
  }
  detail.nearest.clear();
  if (out.verdict == Verdict::drop) describe_distances(id, facts, detail.nearest);
}

void Report::describe_distances(RecordId id, const policy::Facts& facts, std::vector<NearPolicy>& out) const {
  const Traces& traces = parts_.traces;
  const policy::StatefulAnswers none;
  const policy::StatefulAnswers& answers = traces.policies.has_stateful() ? traces.ledger.answers(id) : none;
  std::array<std::uint64_t, policy::kNearNumbersMax> numbers{};
  const std::span near_numbers(numbers.data(), traces.shape.near_number_count);
  traces.near_numbers(id, near_numbers);
  // A sealed trace is not evaluated again, so a policy may hold for it with its late spans.
  const bool none_holds = traces.ledger[id].phase == Phase::retained && !traces.ledger[id].vetoed;
  traces.policies.distances({facts, traces.trace_id(id), near_numbers}, answers, none_holds, distances_);
  for (policy::PolicySet::PolicyDistance& near : distances_)
    out.push_back({traces.policies.name(near.policy), near.distance.value, near.distance.threshold,
                   std::move(near.distance.why)});
}

// Late spans of a sealed trace are no better than the entry that was noted when it was sealed.
bool Report::needs_entry(RecordId id) const {
  const Record& record = parts_.traces.ledger[id];
  if (record.first_emission_done) return false;
  const notes::TraceNotes* const notes = parts_.traces.details.find(id);
  if (notes == nullptr) return true;
  return record.phase == Phase::sealed ? notes->root() == nullptr : !notes->has_root();
}

// A trace without a root: the span that would carry the reason (docs/design.md 3.12) is known only by comparing all of
// its spans, which are still held.
void Report::find_entry(RecordId id) const {
  const Traces& traces = parts_.traces;
  traces.take_spans(id, taken_);
  note_entry(traces, id, taken_);
  traces.spans.put_back(taken_);
}

std::string_view Report::state_of(NodeId node) const {
  const RecordId id = parts_.traces.graph.record(node);
  switch (id == 0 ? Phase::absent : parts_.traces.ledger[id].phase) {
    case Phase::absent:
      return "absent";
    case Phase::pending:
      return "pending";
    case Phase::retained:
      return "retained";
    case Phase::kept:
      return "kept";
    case Phase::sealed:
      return "sealed";
  }
  return {};
}

Result<Explanation> Report::explain(TraceId trace) const {
  const NodeId node = parts_.traces.graph.find(trace);
  const RecordId id = node == 0 ? 0 : parts_.traces.graph.record(node);
  if (id == 0) return Error{ErrorCode::not_found};
  Explanation explanation;
  describe(id, explanation.record);
  const auto add = [&](std::vector<NodeId>& nodes, std::vector<Explanation::Neighbour>& neighbours) {
    make_distinct(nodes);
    for (std::size_t i = 0; i < std::min(nodes.size(), kLinkedMax); ++i)
      neighbours.push_back({parts_.traces.graph.key(nodes[i]), state_of(nodes[i])});
  };
  std::vector<NodeId> linked;
  std::vector<NodeId> linking;
  parts_.traces.propagator.linked_nodes(id, linked);
  parts_.traces.propagator.linking_nodes(id, linking);
  add(linked, explanation.linked);
  add(linking, explanation.linking);
  explanation.linking_total = linking.size();
  return explanation;
}

// What the lanes have counted, summed; reasons by Identity.
struct Report::LaneTotals {
  std::uint64_t rejected[context::kIdentityCount] = {};
  std::uint64_t invalid[context::kIdentityCount] = {};
  std::uint64_t rejected_all = 0;
  std::uint64_t stored_spans = 0;
  std::uint64_t stored_links = 0;
  std::uint64_t unstored_spans = 0;
  std::uint64_t unstored_links = 0;
  std::uint64_t values_lost = 0;
  std::uint64_t unknown_fields = 0;
  std::uint64_t types_unread = 0;
  std::uint64_t policy_errors = 0;
};

Report::LaneTotals Report::sum_lanes(Statistics& out) const {
  LaneTotals totals;
  for (unsigned i = 0; i < parts_.intake.lanes().count(); ++i) {
    const engine::LaneCounts& counts = parts_.intake.lanes().lane(i).counts;
    out.spans.received += counts.spans_received.value();
    out.links.received += counts.links_received.value();
    out.links.edges += counts.links_edges.value();
    out.links.same_trace += counts.links_same_trace.value();
    out.links.null_target += counts.links_null_target.value();
    out.links.bad_tracestate += counts.links_bad_tracestate.value();
    totals.stored_spans += counts.spans_stored.value();
    totals.stored_links += counts.links_stored.value();
    totals.unstored_spans += counts.spans_unstored.value();
    totals.unstored_links += counts.links_unstored.value();
    totals.values_lost += counts.values_lost.value();
    totals.unknown_fields += counts.unknown_fields.value();
    totals.types_unread += counts.link_types_unread.value();
    totals.policy_errors += counts.policy_errors.value();
    for (unsigned reason = 0; reason < context::kIdentityCount; ++reason) {
      totals.rejected[reason] += counts.spans_rejected[reason].value();
      totals.rejected_all += counts.spans_rejected[reason].value();
      totals.invalid[reason] += counts.links_invalid[reason].value();
    }
  }
  return totals;
}

// Rejections by reason, and every loss that is not zero.
void Report::add_losses(const LaneTotals& totals, const WaitingOutput::Counts& output, Statistics& out) const {
  const LifeCycle::Counts& counts = parts_.life.counts();
  std::uint64_t now[base::kLossCount];
  std::copy(std::begin(counts.losses), std::end(counts.losses), now);
  const auto add = [&](Loss loss, std::uint64_t amount) { now[static_cast<unsigned>(loss)] += amount; };
  const auto name = [](Loss loss) { return std::string(base::loss_name(loss)); };
  const std::pair<Identity, Loss> reasons[] = {{Identity::all_zero, Loss::all_zero},
                                               {Identity::wrong_length, Loss::wrong_length},
                                               {Identity::bad_hex, Loss::bad_hex}};
  for (const auto& [identity, loss] : reasons) {
    const auto reason = static_cast<unsigned>(identity);
    if (totals.rejected[reason] != 0) out.spans.rejected.push_back({name(loss), totals.rejected[reason]});
    if (totals.invalid[reason] != 0) out.links.invalid.push_back({name(loss), totals.invalid[reason]});
    add(loss, totals.rejected[reason] + totals.invalid[reason]);
  }
  add(Loss::bad_tracestate, out.links.bad_tracestate);
  add(Loss::bad_parent, parts_.emission.counts().parents_cleared);
  add(Loss::json_value, totals.values_lost);
  add(Loss::unknown_field, totals.unknown_fields);
  add(Loss::edge_types, totals.types_unread);
  add(Loss::policy_error, totals.policy_errors);
  add(Loss::out_of_memory, totals.unstored_spans);
  add(Loss::output_full, output.spans_lost);
  add(Loss::no_room, parts_.intake.refused_requests());
  add(Loss::too_large, parts_.intake.too_large_requests());
  for (unsigned loss = 0; loss < base::kLossCount; ++loss)
    if (now[loss] != 0) out.losses.push_back({name(static_cast<Loss>(loss)), now[loss]});
  if (counts.late_origin_spans != 0) out.spans.lost.push_back({name(Loss::late_origin), counts.late_origin_spans});
  if (totals.unstored_spans != 0) out.spans.lost.push_back({name(Loss::out_of_memory), totals.unstored_spans});
  if (output.spans_lost != 0) out.spans.lost.push_back({name(Loss::output_full), output.spans_lost});
}

// What is held is counted by itself: lanes count what they store, the tick what it takes out of the traces' lists, the
// output what waits in it. So conservation (G3) compares independent counters.
void Report::add_spans(const LaneTotals& totals, const WaitingOutput::Counts& output, Statistics& out) const {
  const LifeCycle::Counts& counts = parts_.life.counts();
  const Emission::Counts& emission = parts_.emission.counts();
  out.spans.emitted = output.spans_emitted;
  out.spans.dropped = counts.spans_dropped;
  out.spans.held = totals.stored_spans - std::min(totals.stored_spans, counts.spans_released) + output.spans_waiting;
  out.links.duplicates = emission.link_duplicates;
  out.links.sampled_spans = emission.spans_sampled;
  out.links.emitted = output.links_emitted;
  out.links.restored = emission.links_restored;
  out.links.truncated = emission.links_dropped;
  out.links.dropped = counts.links_dropped + emission.links_dropped + totals.unstored_links + output.links_lost;
  out.links.held = totals.stored_links - std::min(totals.stored_links, counts.links_released) + output.links_waiting;
}

void Report::add_memory(Statistics& out) const {
  const Intake& intake = parts_.intake;
  out.memory.spans_bytes = parts_.traces.spans.span_bytes();
  out.memory.graph_bytes = parts_.traces.graph.bytes() + parts_.traces.graph.forwarding_bytes();
  out.memory.records_bytes = parts_.room.records_bytes() + intake.admission().note_bytes();
  out.memory.scratch_bytes = intake.scratch_bytes() + parts_.emission.bytes();
  out.memory.total_bytes = intake.admission().held_bytes();
  out.memory.peak_bytes = std::max(peak_bytes_, out.memory.total_bytes);
  ::rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0)
    out.memory.process_peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  const Intake::Stalls stalls = intake.stalls();
  out.lanes = {stalls.in_use, stalls.stalled, stalls.ticks_max};
}

void Report::note_peak() noexcept { peak_bytes_ = std::max(peak_bytes_, parts_.intake.admission().held_bytes()); }

Statistics Report::statistics(bool failed) const {
  Statistics out;
  LaneTotals totals = sum_lanes(out);
  const WaitingOutput::Counts output = parts_.output.counts();
  add_spans(totals, output, out);
  out.output = {output.batches_waiting, output.spans_waiting, output.batches_in_flight, output.repeated_offers};
  out.memory.output_bytes = output.bytes_waiting;
  if (failed) {
    // The tick was broken off between taking spans out of their lists and giving them out: what is neither emitted nor
    // counted otherwise is lost, held or not. Complete batches can still be offered.
    out.spans.held = output.spans_waiting;
    out.links.held = output.links_waiting;
    totals.unstored_spans = out.spans.received - out.spans.emitted - out.spans.dropped - totals.rejected_all -
                            parts_.life.counts().late_origin_spans - output.spans_lost - output.spans_waiting;
    out.links.dropped = out.links.received - out.links.emitted - out.links.held;
  }
  add_losses(totals, output, out);
  const LifeCycle::Counts& counts = parts_.life.counts();
  out.traces.received = counts.traces_received;
  out.traces.kept = counts.traces_kept;
  out.traces.dropped = counts.traces_dropped;
  out.traces.origins = counts.origins;
  out.traces.revived = counts.traces_revived;
  out.traces.pending = counts.traces_pending;
  for (std::size_t i = 0; i < counts.kept_by_policy.size(); ++i)
    out.traces.kept_by_policy.push_back(
        {std::string(parts_.traces.policies.name(static_cast<std::int32_t>(i))), counts.kept_by_policy[i]});
  for (std::size_t i = 0; i < counts.dropped_by_policy.size(); ++i)
    if (parts_.traces.policies.drops(i))
      out.traces.dropped_by_policy.push_back(
          {std::string(parts_.traces.policies.name(static_cast<std::int32_t>(i))), counts.dropped_by_policy[i]});
  for (const auto& [key, traces] : counts.kept_by_link)
    out.traces.kept_by_link.push_back({key.first, key.second, traces});
  for (std::size_t i = 0; i < counts.kept_by_lag.size(); ++i)
    out.traces.kept_by_lag.push_back(
        {i < kLagBounds.size() ? kLagBounds[i] * kNanosPerSecond : std::numeric_limits<std::int64_t>::max(),
         counts.kept_by_lag[i]});
  out.rank_seed = parts_.rank_seed;
  add_memory(out);
  return out;
}

}  // namespace entail::engine
