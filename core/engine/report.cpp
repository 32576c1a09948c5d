// What the engine tells: the decision log, explain() and the statistics. Thread rule: as tick().
#include <algorithm>
#include <utility>

#include "engine/impl.hpp"

namespace entail {
inline namespace v1 {

using context::Identity;
using graph::NodeId;
using propagate::Record;

namespace {

constexpr std::size_t kLinkedMax = 256;

// Each once, without 0: what a link leads to may be forgotten.
void make_distinct(std::vector<NodeId>& nodes) {
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  std::erase(nodes, NodeId{0});
}

}  // namespace

// The revisions of this tick, by arrival. A trace whose verdict, origin or loss changed has one line.
void Engine::Impl::write_log() {
  if (sink.wants_decisions()) sort_by_arrival(to_log);
  for (const RecordId id : to_log) {
    Record& record = ledger[id];
    record.log_pending = false;
    record.decided_at_ns = now_ns;
    if (sink.wants_decisions()) sink.on_decision(describe(id));
    ++record.revision;
  }
  to_log.clear();
}

DecisionRecord Engine::Impl::describe(RecordId id) const {
  const Record& record = ledger[id];
  DecisionRecord told;
  told.trace_id = trace_id(id);
  told.revision = record.revision;
  told.decided_at_ns = record.decided_at_ns;
  const bool is_kept = record.phase == Phase::kept;
  const bool is_decided = is_kept || record.phase == Phase::retained || record.phase == Phase::sealed;
  told.verdict = is_kept ? Verdict::keep : (is_decided ? Verdict::drop : Verdict::undecided);
  if (is_kept) {
    told.reason = record.kept_by_link ? "link" : "policy";
  } else if (is_decided) {
    told.reason = record.vetoed ? "drop_policy" : "no_match";
  }
  if (record.policy >= 0) told.policy = policies->name(record.policy);
  told.origin = record.origin;
  told.revived = record.revived;
  if (record.reason_path != 0) {
    const propagate::PathPool& paths = ledger.paths();
    told.path = paths.trace_ids(record.reason_path);
    told.origin_trace_id = told.path.front();
    told.direction = paths.direction(record.reason_path);
    told.hops = paths.hops(record.reason_path);
  }
  told.loss = base::loss_name(record.loss);
  told.not_followed = carrier.not_followed(id);
  told.spans = facts(id).spans;
  for (NodeId node = record.node; node != 0; node = graph.older(node))
    told.links_dropped_upstream +=
        payload(node).dropped_upstream.load(std::memory_order_relaxed);  // relaxed: behind the log
  std::vector<NodeId> nodes;
  carrier.linked_nodes(id, nodes);
  make_distinct(nodes);
  told.linked_total = nodes.size();
  for (std::size_t i = 0; i < std::min(nodes.size(), kLinkedMax); ++i) told.linked.push_back(graph.key(nodes[i]));
  std::sort(told.linked.begin(), told.linked.end());
  return told;
}

std::string_view Engine::Impl::state_of(NodeId node) const {
  const RecordId id = graph.record(node);
  switch (id == 0 ? Phase::absent : ledger[id].phase) {
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

Result<Explanation> Engine::Impl::explain(TraceId trace) const {
  if (failed) return Error{ErrorCode::out_of_memory};
  const NodeId node = graph.find(trace);
  const RecordId id = node == 0 ? 0 : graph.record(node);
  if (id == 0) return Error{ErrorCode::not_found};
  Explanation explanation;
  explanation.record = describe(id);
  const auto tell = [&](std::vector<NodeId>& nodes, std::vector<Explanation::Neighbour>& neighbours) {
    make_distinct(nodes);
    for (std::size_t i = 0; i < std::min(nodes.size(), kLinkedMax); ++i)
      neighbours.push_back({graph.key(nodes[i]), state_of(nodes[i])});
  };
  std::vector<NodeId> linked;
  std::vector<NodeId> linking;
  carrier.linked_nodes(id, linked);
  carrier.linking_nodes(id, linking);
  tell(linked, explanation.linked);
  tell(linking, explanation.linking);
  explanation.linking_total = linking.size();
  return explanation;
}

// What the lanes have counted, summed; reasons by Identity.
struct Engine::Impl::LaneTotals {
  std::uint64_t rejected[context::kIdentityCount] = {};
  std::uint64_t invalid[context::kIdentityCount] = {};
  std::uint64_t rejected_all = 0;
  std::uint64_t unstored_spans = 0;
  std::uint64_t unstored_links = 0;
  std::uint64_t values_lost = 0;
  std::uint64_t unknown_fields = 0;
  std::uint64_t types_unread = 0;
  std::uint64_t policy_errors = 0;
};

Engine::Impl::LaneTotals Engine::Impl::sum_lanes(Statistics& told) const {
  LaneTotals totals;
  for (unsigned i = 0; i < lanes.count(); ++i) {
    const engine::LaneCounts& counts = lanes.lane(i).counts;
    told.spans.received += counts.spans_received.value();
    told.links.received += counts.links_received.value();
    told.links.edges += counts.links_edges.value();
    told.links.same_trace += counts.links_same_trace.value();
    told.links.null_target += counts.links_null_target.value();
    told.links.bad_tracestate += counts.links_bad_tracestate.value();
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
void Engine::Impl::tell_losses(const LaneTotals& totals, Statistics& told) const {
  std::uint64_t now[base::kLossCount];
  std::copy(std::begin(losses), std::end(losses), now);
  const auto add = [&](Loss loss, std::uint64_t amount) { now[static_cast<unsigned>(loss)] += amount; };
  const auto name = [](Loss loss) { return std::string(base::loss_name(loss)); };
  const std::pair<Identity, Loss> reasons[] = {{Identity::all_zero, Loss::all_zero},
                                               {Identity::wrong_length, Loss::wrong_length},
                                               {Identity::bad_hex, Loss::bad_hex}};
  for (const auto& [identity, loss] : reasons) {
    const auto reason = static_cast<unsigned>(identity);
    if (totals.rejected[reason] != 0) told.spans.rejected.push_back({name(loss), totals.rejected[reason]});
    if (totals.invalid[reason] != 0) told.links.invalid.push_back({name(loss), totals.invalid[reason]});
    add(loss, totals.rejected[reason] + totals.invalid[reason]);
  }
  add(Loss::bad_tracestate, told.links.bad_tracestate);
  add(Loss::bad_parent, parents_cleared);
  add(Loss::json_value, totals.values_lost);
  add(Loss::unknown_field, totals.unknown_fields);
  add(Loss::edge_types, totals.types_unread);
  add(Loss::policy_error, totals.policy_errors);
  add(Loss::out_of_memory, totals.unstored_spans);
  add(Loss::no_room, refused_requests.load(std::memory_order_relaxed));  // relaxed: a counter
  for (unsigned loss = 0; loss < base::kLossCount; ++loss)
    if (now[loss] != 0) told.losses.push_back({name(static_cast<Loss>(loss)), now[loss]});
  if (late_origin_spans != 0) told.spans.lost.push_back({name(Loss::late_origin), late_origin_spans});
  if (totals.unstored_spans != 0) told.spans.lost.push_back({name(Loss::out_of_memory), totals.unstored_spans});
}

Statistics Engine::Impl::statistics() const {
  Statistics told;
  LaneTotals totals = sum_lanes(told);
  told.spans.emitted = spans_emitted;
  told.spans.dropped = spans_dropped;
  told.spans.held = told.spans.received - spans_emitted - spans_dropped - totals.rejected_all - late_origin_spans -
                    totals.unstored_spans;
  told.links.duplicates = link_duplicates;
  told.links.sampled_spans = spans_sampled;
  told.links.emitted = links_emitted;
  told.links.restored = links_restored;
  told.links.dropped = links_dropped + totals.unstored_links;
  told.links.held = told.links.received - told.links.emitted - told.links.dropped;
  if (failed) {  // nobody will decide what is held
    totals.unstored_spans += std::exchange(told.spans.held, 0);
    told.links.dropped += std::exchange(told.links.held, 0);
  }
  tell_losses(totals, told);
  told.traces.received = traces_received;
  told.traces.kept = traces_kept;
  told.traces.dropped = traces_dropped;
  told.traces.origins = origins;
  told.traces.revived = traces_revived;
  told.traces.pending = traces_pending;
  for (std::size_t i = 0; i < kept_by_policy.size(); ++i)
    told.traces.kept_by_policy.push_back(
        {std::string(policies->name(static_cast<std::int32_t>(i))), kept_by_policy[i]});
  for (const auto& [key, traces] : kept_by_link) told.traces.kept_by_link.push_back({key.first, key.second, traces});
  told.memory.spans_bytes = store.bytes();
  told.memory.graph_bytes = graph.bytes();
  told.memory.records_bytes = ledger.bytes() + carrier.bytes();
  told.memory.total_bytes = held_bytes();
  told.memory.peak_bytes = std::max(peak_bytes, told.memory.total_bytes);
  return told;
}

}  // namespace v1
}  // namespace entail
