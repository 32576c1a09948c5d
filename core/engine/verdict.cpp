// Steps 1 and 3 of a tick: own verdicts and origins (DESIGN 3.1, 3.2), then what becomes of the due traces and of the
// retained ones that a keep reached (3.6), within the budgets of 3.10.
#include <algorithm>
#include <tuple>

#include "base/prefetch.hpp"
#include "engine/impl.hpp"

namespace entail {
inline namespace v1 {

using graph::NodeId;
using propagate::Record;

void Engine::Impl::judge_all() {
  std::vector<RecordId> judged;
  judged.reserve(due.size() + touched.size());
  for (const RecordId id : touched)
    if (ledger[id].phase != Phase::pending || ledger[id].deadline_ns > now_ns) judged.push_back(id);
  if (draining || !policies->has_early_origins())
    std::erase_if(judged, [&](RecordId id) { return ledger[id].phase == Phase::pending; });
  judged.insert(judged.end(), due.begin(), due.end());
  // Rate limits are asked in this order; nothing else depends on it.
  if (policies->has_stateful()) sort_by_arrival(judged);
  constexpr std::size_t kAhead = 16;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    if (i + 2 * kAhead < judged.size()) ledger.prefetch(judged[i + 2 * kAhead]);
    if (i + kAhead < judged.size()) prefetch_judged(judged[i + kAhead]);
    const RecordId id = judged[i];
    if (ledger[id].phase == Phase::pending && (draining || ledger[id].deadline_ns <= now_ns)) {
      judge_due(id);
    } else {
      judge_touched(id);
    }
  }
}

// Hint: what facts() and the trace's ID are read from. REQUIRES that the record is there by now.
void Engine::Impl::prefetch_judged(RecordId id) const noexcept {
  const NodeId node = ledger[id].node;
  const policy::TraceFold* const fold = &payload(node).fold();
  base::prefetch(fold);
  base::prefetch(fold + 1);  // its bits, which may lie on the next line
  graph.prefetch_key(node);
  if (!ledger[id].has_one_incarnation) graph.prefetch(node);
}

void Engine::Impl::judge_due(RecordId id) {
  const policy::Facts known = facts(id);
  const policy::OwnVerdict own = evaluate(id, known);
  take_verdict(id, own);
  ledger[id].bytes = known.bytes;  // what drop() counts
}

policy::OwnVerdict Engine::Impl::evaluate(RecordId id, const policy::Facts& known) {
  policy::StatefulAnswers none;
  policy::StatefulAnswers& answers = policies->has_stateful() ? ledger.answers(id) : none;
  return policies->evaluate(known, trace_id(id), answers, now_ns, true);
}

void Engine::Impl::take_verdict(RecordId id, const policy::OwnVerdict& own) {
  Record& record = ledger[id];
  record.own_keep = own.keep;
  record.vetoed = own.vetoed;
  record.by_chance = own.by_chance;
  record.threshold_known = own.threshold_known;
  if (own.keep) record.threshold = own.threshold;  // it is kept in this tick and has no deadline any more
  record.policy = static_cast<std::int16_t>(own.policy);
  if (own.origin) become_origin(id, !own.by_chance);
}

// A trace that got spans and is not due: it may become an origin early, rise from retained, or be vetoed there.
void Engine::Impl::judge_touched(RecordId id) {
  Record& record = ledger[id];
  const TraceId trace = trace_id(id);
  switch (record.phase) {
    case Phase::absent:
    case Phase::sealed:
      return;
    case Phase::pending: {
      const policy::Facts now_known = facts(id);
      if (record.origin || !policies->early_origin(now_known, trace)) return;
      policy::StatefulAnswers answers;  // not asked: what it answers is settled when the trace is due
      become_origin(id, !policies->evaluate(now_known, trace, answers, now_ns, false).by_chance);
      return;
    }
    case Phase::retained: {
      const policy::OwnVerdict own = evaluate(id, facts(id));
      if (own.keep || own.vetoed) take_verdict(id, own);
      return;
    }
    case Phase::kept: {
      if (record.origin) return;
      const policy::OwnVerdict own = evaluate(id, facts(id));
      if (!own.origin) return;
      if (record.policy < 0) record.policy = static_cast<std::int16_t>(own.policy);
      // Its own keep counts as it was when it was taken: by dice alone, whatever late spans add.
      become_origin(id, !(record.own_keep ? record.by_chance : own.by_chance));
      touch_log(id);
      return;
    }
  }
}

void Engine::Impl::become_origin(RecordId id, bool certain) {
  Record& record = ledger[id];
  if (!record.origin) {
    record.origin = true;
    ++origins;
    count_late_pins(id);
  }
  carrier.make_origin(id, certain);
}

// Links to this trace that were cut when their span was emitted, in an earlier tick: they would have been pinned.
void Engine::Impl::count_late_pins(RecordId origin) {
  if (printed_links.empty()) return;
  std::unordered_map<RecordId, std::uint32_t> links;  // on cut spans, by linking trace
  for (NodeId node = ledger[origin].node; node != 0; node = graph.older(node)) {
    graph.for_each_in(node, [&](graph::EdgeCell cell) {
      const NodeId far = graph.node_of(cell);
      if (far == 0 || !cell.on_cut_span()) return;
      const RecordId linking = graph.record(graph.newest(far));
      if (linking != 0 && ledger[linking].has_cut_links) ++links[linking];
    });
  }
  const TraceId id = trace_id(origin);
  for (const auto& [linking, link_count] : links) {
    const auto& printed = printed_links.at(linking).counts;
    const auto found = printed.find(id);
    const std::uint32_t printed_count = found == printed.end() ? 0 : found->second;
    const std::uint32_t known_count = printed_count + held_cut_links(linking, origin);
    if (link_count > known_count) count(Loss::late_pin, link_count - known_count);
  }
}

// Links from cut spans of `linking` that are still held: when those are emitted, the origin is known.
std::uint32_t Engine::Impl::held_cut_links(RecordId linking, RecordId origin) const {
  std::uint32_t links = 0;
  for (NodeId node = ledger[linking].node; node != 0; node = graph.older(node)) {
    for (const store::SpanEntry* entry = payload(node).spans.first(); entry != nullptr; entry = entry->next) {
      if (entry->cut() == nullptr) continue;
      for (const graph::EdgeCell cell : entry->cut()->cells) {
        const NodeId far = cell.word == 0 ? 0 : graph.node_of(cell);
        if (far != 0 && graph.record(graph.newest(far)) == origin) ++links;
      }
    }
  }
  return links;
}

void Engine::Impl::settle_all() {
  const std::vector<RecordId> reached = carrier.take_reached();
  candidates.clear();
  to_emit.clear();
  for (const RecordId id : due) settle_due(id);
  for (const RecordId id : touched) {
    const Record& record = ledger[id];
    if (record.phase == Phase::retained && record.own_keep) {
      keep(id, 0);
    } else if (record.phase == Phase::retained && record.vetoed) {
      if (record.reached) note_loss(id, Loss::keep_refused);
      seal(id);
    }
  }
  settle_reached(reached);
  settle_candidates();
  for (const RecordId id : evicted) {
    ledger[id].evicting = false;
    if (ledger[id].phase != Phase::retained) continue;
    note_loss(id, Loss::evicted);
    seal(id);
  }
  evicted.clear();
}

void Engine::Impl::settle_due(RecordId id) {
  const Record& record = ledger[id];
  if (record.own_keep) {
    keep(id, 0);
  } else if (record.vetoed) {
    drop(id);
    if (record.reached) note_loss(id, Loss::keep_refused);
    seal(id);
  } else if (record.reached) {
    candidates.push_back(id);
  } else {
    drop(id);
  }
}

void Engine::Impl::settle_reached(const std::vector<RecordId>& reached) {
  for (const RecordId id : reached) {
    switch (ledger[id].phase) {
      case Phase::retained:
        candidates.push_back(id);
        break;
      case Phase::sealed:
        if (ledger[id].loss != Loss::keep_after_seal && ledger[id].loss != Loss::keep_refused)
          note_loss(id, ledger[id].vetoed ? Loss::keep_refused : Loss::keep_after_seal);
        break;
      case Phase::absent:
      case Phase::pending:
      case Phase::kept:
        break;
    }
  }
  count(Loss::max_links_followed, carrier.take_refused_count());
  candidates.insert(candidates.end(), waiting_for_bytes.begin(), waiting_for_bytes.end());
  waiting_for_bytes.clear();
}

// Traces that a keep reached, fewest hops first: as many as the budgets let through (DESIGN 3.10).
void Engine::Impl::settle_candidates() {
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  std::erase_if(candidates, [&](RecordId id) {
    const Record& record = ledger[id];
    return (record.phase != Phase::pending && record.phase != Phase::retained) || !record.reached;
  });
  std::vector<std::tuple<unsigned, ArrivalKey, RecordId>> order;  // the keys are fetched once, not in every comparison
  order.reserve(candidates.size());
  for (const RecordId id : candidates) order.emplace_back(carrier.nearest_hops(id), arrival_key(id), id);
  std::sort(order.begin(), order.end());
  const auto rate = static_cast<double>(options.links.propagate.max_propagated_bytes_per_second);
  const double seconds = static_cast<double>(now_ns - propagation_filled_at_ns) / static_cast<double>(kNanosPerSecond);
  propagation_tokens = std::min(rate, propagation_tokens + seconds * rate);
  propagation_filled_at_ns = now_ns;
  for (const auto& [hops, arrival, id] : order)
    if (const propagate::PathId path = within_budgets(id); path != 0) {
      keep(id, path);
      ledger.paths().drop_reference(path);
    }
}

// The path of the keep that keeps the trace, the nearest whose origin has room; 0: refused. The caller holds the
// reference.
propagate::PathId Engine::Impl::within_budgets(RecordId id) {
  const PropagateOptions& propagate = options.links.propagate;
  propagate::PathPool& paths = ledger.paths();
  propagate::PathId path = carrier.nearest_path(id);
  if (paths.kept_count(paths.origin_of(path)) >= propagate.max_traces_per_origin) {
    path = propagate.max_traces_per_origin == 0 ? 0 : carrier.path_with_room(id, propagate.max_traces_per_origin);
    if (path == 0) {
      refuse(id, Loss::max_traces_per_origin);
      return 0;
    }
  } else {
    paths.add_reference(path);
  }
  if (propagate.max_propagated_bytes_per_second != 0) {
    const auto bytes = static_cast<double>(facts(id).bytes);
    const auto rate = static_cast<double>(propagate.max_propagated_bytes_per_second);
    // A trace larger than a full bucket passes when the bucket is full, and leaves it in debt; else it never would.
    if (propagation_tokens < std::min(bytes, rate)) {
      paths.drop_reference(path);
      refuse(id, Loss::max_propagated_bytes_per_second);
      waiting_for_bytes.push_back(id);
      return 0;
    }
    propagation_tokens -= bytes;
  }
  ++paths.kept_count(paths.origin_of(path));
  return path;
}

void Engine::Impl::refuse(RecordId id, Loss loss) {
  if (ledger[id].phase == Phase::pending) drop(id);
  if (ledger[id].loss != loss) note_loss(id, loss);
}

// Writes the loss into the record, with the path of the keep that could not keep it, and counts it.
void Engine::Impl::note_loss(RecordId id, Loss loss) {
  count(loss);
  ledger[id].loss = loss;
  if (const propagate::PathId path = carrier.nearest_path(id); path != 0) ledger.set_reason(id, path);
  touch_log(id);
}

// path: of the keep that keeps it; 0: its own verdict does.
void Engine::Impl::keep(RecordId id, propagate::PathId path) {
  Record& record = ledger[id];
  const bool by_link = path != 0;
  if (record.phase == Phase::pending) {
    --traces_pending;
  } else {
    retained_bytes -= record.bytes;
    --traces_dropped;
    record.revived = record.reached;  // whatever else says keep in this tick
    if (record.revived) ++traces_revived;
  }
  record.phase = Phase::kept;
  record.kept_by_link = by_link;
  record.loss = Loss::none;
  ledger.set_reason(id, path);
  ++traces_kept;
  count_kept(id);
  decide_threshold(id);
  to_emit.push_back(id);
  touch_log(id);
}

void Engine::Impl::count_kept(RecordId id) {
  const Record& record = ledger[id];
  if (!record.kept_by_link) {
    ++kept_by_policy[static_cast<std::size_t>(record.policy)];
    return;
  }
  const propagate::PathPool& paths = ledger.paths();
  ++kept_by_link[{paths.direction(record.reason_path), paths.hops(record.reason_path)}];
}

// What happens to ot=th on the trace's spans, late ones too (DESIGN 3.11).
void Engine::Impl::decide_threshold(RecordId id) {
  Record& record = ledger[id];
  if (record.reached && carrier.is_reached_for_certain(id)) return;
  if (record.kept_by_link) {
    record.erase_threshold = true;
  } else if (record.by_chance) {
    record.raise_threshold = record.threshold_known;
    record.erase_threshold = !record.threshold_known;
  }
}

// A trace that was judged in this tick, and not kept.
void Engine::Impl::drop(RecordId id) {
  Record& record = ledger[id];
  --traces_pending;
  ++traces_dropped;
  record.phase = Phase::retained;
  record.deadline_ns =
      now_ns > engine::kNever - options.retain.window_ns ? engine::kNever : now_ns + options.retain.window_ns;
  retained_bytes += record.bytes;
  retained.push_back({id, record.deadline_ns});
  touch_log(id);
}

}  // namespace v1
}  // namespace entail
