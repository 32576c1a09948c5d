#include "engine/life_cycle.hpp"

#include <algorithm>

#include "base/free_array.hpp"
#include "base/prefetch.hpp"
#include "engine/entry_span.hpp"
#include "sync/sync_point.hpp"

namespace entail::engine {

using graph::NodeId;

LifeCycle::LifeCycle(Traces& traces, const retention::Retention& retention) : traces_(traces), retention_(retention) {
  counts_.kept_by_policy.resize(traces.policies.policy_count());
  counts_.dropped_by_policy.resize(traces.policies.policy_count());
}

void LifeCycle::begin_tick(std::int64_t now_ns, bool draining) noexcept {
  now_ns_ = now_ns;
  draining_ = draining;
}

// The memory of a tick with much to do does not stay.
void LifeCycle::end_tick() {
  constexpr std::size_t kKeptCount = 1 << 16;
  for (std::vector<RecordId>* list : lists(*this)) list->clear();
  free_scratch(kKeptCount);
  due_at_.sweep(counts_.traces_pending,
                [&](std::int64_t deadline_ns, RecordId id) { return is_pending_until(id, deadline_ns); });
  if (is_mostly_stale(arrived_.size(), counts_.traces_pending))
    arrived_.erase_if([&](RecordId id) { return !traces_.ledger.is_in(id, Phase::pending); });
  retained_.sweep(retained_totals_.traces, is_retained());
}

void LifeCycle::free_scratch(std::size_t kept_count) noexcept {
  for (std::vector<RecordId>* list : lists(*this)) base::free_array_above(*list, kept_count);
  if (taken_.capacity() > kept_count) taken_ = {};
}

void LifeCycle::adopt(const Touch& touch) {
  graph::Graph& graph = traces_.graph;
  propagate::Ledger& ledger = traces_.ledger;
  traces_.payload(touch.node).spans.clear_touched();
  const NodeId newest = graph.newest(touch.node);
  RecordId id = graph.record(newest);
  if (id == 0) {
    id = ledger.add(newest);
    ledger[id].has_one_incarnation = graph.older(newest) == 0;
    graph.set_record(newest, id);
  }
  Record& record = ledger[id];
  record.touched_ns = now_ns_;
  touched_.push_back(id);
  switch (record.phase) {
    case Phase::absent:
      start_pending(id, touch);
      return;
    case Phase::pending:
      hold_generation(id, touch.generation);
      set_deadline(id, touch);
      return;
    case Phase::retained:
      hold_generation(id, touch.generation);
      return;
    case Phase::kept:
    case Phase::sealed:
      return;  // its spans go out, or are dropped, in this tick
  }
}

void LifeCycle::start_pending(RecordId id, const Touch& touch) {
  Record& record = traces_.ledger[id];
  traces_.ledger.set_phase(id, Phase::pending);
  record.arrival_ns = kNever;
  record.deadline_ns = kNever;
  record.generation = touch.generation;
  traces_.spans.hold(record.generation);
  arrived_.push_back(id);
  ++counts_.traces_received;
  ++counts_.traces_pending;
  set_deadline(id, touch);
  traces_.propagator.on_first_span(id);
}

// A trace that holds spans got one that a slow lane wrote in an earlier generation (PROTOCOL touch P2).
void LifeCycle::hold_generation(RecordId id, std::uint32_t generation) {
  if (generation >= traces_.ledger[id].generation) return;
  traces_.spans.hold(generation);
  traces_.spans.release(traces_.ledger[id].generation);
  traces_.ledger[id].generation = generation;
}

// A pending trace is due a wait after its first span, or after its first span without a parent, if that is earlier.
void LifeCycle::set_deadline(RecordId id, const Touch& touch) {
  const TailSamplingOptions& options = traces_.options.tail_sampling;
  Record& record = traces_.ledger[id];
  record.arrival_ns = std::min(record.arrival_ns, touch.arrival_ns());
  std::int64_t deadline = after(record.arrival_ns, options.decision_wait_ns);
  if (touch.is_root())
    deadline = std::min(deadline, after(touch.arrival_ns(), options.decision_wait_after_root_received_ns));
  if (deadline >= record.deadline_ns) return;
  record.deadline_ns = deadline;  // an entry under a later deadline is stale
  due_at_.add(deadline, id);
}

void LifeCycle::collect_due() {
  if (traces_.options.tail_sampling.maximum_trace_size_bytes != 0)
    for (const RecordId id : touched_)
      if (traces_.ledger[id].phase == Phase::pending && traces_.policies.is_too_large(traces_.facts(id))) hasten(id);
  due_at_.take_until(draining_ ? kNever : now_ns_, [&](std::int64_t deadline_ns, const auto& ids) {
    constexpr std::size_t kAhead = 32;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (i + kAhead < ids.size()) traces_.ledger.prefetch(ids[i + kAhead]);
      if (is_pending_until(ids[i], deadline_ns)) due_.push_back(ids[i]);
    }
  });
  if (!std::is_sorted(due_.begin(), due_.end())) std::sort(due_.begin(), due_.end());
  due_.erase(std::unique(due_.begin(), due_.end()), due_.end());
}

bool LifeCycle::mark_evicted(RecordId id) {
  Record& record = traces_.ledger[id];
  if (record.evicting) return false;
  record.evicting = true;
  evicted_.push_back(id);
  if (record.phase == Phase::pending) hasten(id);
  return true;
}

void LifeCycle::hasten(RecordId id) {
  Record& record = traces_.ledger[id];
  if (record.deadline_ns <= now_ns_) return;
  record.deadline_ns = now_ns_;
  due_at_.add(now_ns_, id);
}

void LifeCycle::seal_evicted() {
  for (const RecordId id : evicted_) {
    traces_.ledger[id].evicting = false;
    if (traces_.ledger[id].phase != Phase::retained) continue;
    note_loss(id, Loss::evicted);
    seal(id);
  }
  evicted_.clear();
}

void LifeCycle::for_each_holding(const std::function<bool(RecordId)>& f) {
  const RecordId first = retained_.first(is_retained());
  while (!arrived_.empty() && !traces_.ledger.is_in(arrived_.front(), Phase::pending)) arrived_.pop_front();
  // Span bytes are freed by generation, so spans that arrived before all retained ones are evicted first: they hold up
  // everything behind it.
  const std::uint32_t first_retained = first == 0 ? 0 : traces_.ledger[first].generation;
  for (std::size_t i = 0; i < arrived_.size(); ++i) {
    if (!traces_.ledger.is_in(arrived_[i], Phase::pending)) continue;
    if (traces_.ledger[arrived_[i]].generation >= first_retained) break;
    if (!f(arrived_[i])) return;
  }
  if (!retained_.for_each_while(is_retained(), f)) return;
  for (std::size_t i = 0; i < arrived_.size(); ++i)
    if (traces_.ledger.is_in(arrived_[i], Phase::pending) && !f(arrived_[i])) return;
}

void LifeCycle::take_verdict(RecordId id, const policy::OwnVerdict& own) {
  Record& record = traces_.ledger[id];
  record.own_keep = own.keep;
  record.vetoed = own.vetoed;
  record.by_chance = own.by_chance;
  record.threshold_known = own.threshold_known;
  if (own.keep) record.threshold = own.threshold;  // in the place of the deadline: a trace with a keep has none
  record.policy = static_cast<std::int16_t>(own.policy);
  if (own.origin) become_origin(id, !own.by_chance);
}

void LifeCycle::become_origin(RecordId id, bool deterministic) {
  Record& record = traces_.ledger[id];
  if (!record.origin) {
    record.origin = true;
    ++counts_.origins;
    new_origins_.push_back(id);
  }
  traces_.propagator.make_origin(id, deterministic);
}

void LifeCycle::touch_log(RecordId id) {
  Record& record = traces_.ledger[id];
  if (record.log_pending) return;
  record.log_pending = true;
  to_log_.push_back(id);
}

void LifeCycle::note_loss(RecordId id, Loss loss) {
  count(loss);
  traces_.ledger[id].loss = loss;
  if (const propagate::PathId path = traces_.propagator.nearest_path(id); path != 0)
    traces_.ledger.set_reason(id, path);
  touch_log(id);
}

void LifeCycle::keep(RecordId id, propagate::PathId path) {
  Record& record = traces_.ledger[id];
  if (record.phase == Phase::pending) {
    --counts_.traces_pending;
  } else {
    retained_totals_.bytes -= record.bytes;
    --retained_totals_.traces;
    --counts_.traces_dropped;
    record.revived = record.reached;  // whatever else says keep in this tick
    if (record.revived) ++counts_.traces_revived;
  }
  traces_.ledger.set_phase(id, Phase::kept);
  record.kept_by_link = path != 0;
  record.loss = Loss::none;
  traces_.ledger.set_reason(id, path);
  ++counts_.traces_kept;
  count_kept(id);
  count_lag(now_ns_ - record.arrival_ns);
  decide_threshold(id);
  to_emit_.push_back(id);
  touch_log(id);
}

void LifeCycle::count_kept(RecordId id) {
  const Record& record = traces_.ledger[id];
  if (!record.kept_by_link) {
    ++counts_.kept_by_policy[static_cast<std::size_t>(record.policy)];
    return;
  }
  const propagate::PathPool& paths = traces_.ledger.paths();
  ++counts_.kept_by_link[{paths.direction(record.reason_path), paths.hops(record.reason_path)}];
}

void LifeCycle::count_lag(std::int64_t lag_ns) noexcept {
  const auto bound = std::ranges::find_if(kLagBounds, [&](std::int64_t s) { return lag_ns <= s * kNanosPerSecond; });
  ++counts_.kept_by_lag[static_cast<std::size_t>(bound - kLagBounds.begin())];
}

// What happens to ot=th on the trace's spans, late ones too (docs/design.md 3.11).
void LifeCycle::decide_threshold(RecordId id) {
  Record& record = traces_.ledger[id];
  if (record.reached && traces_.propagator.is_reached_deterministically(id)) return;
  if (record.kept_by_link) {
    record.erase_threshold = true;
  } else if (record.by_chance) {
    record.raise_threshold = record.threshold_known;
    record.erase_threshold = !record.threshold_known;
  }
}

void LifeCycle::drop(RecordId id) {
  Record& record = traces_.ledger[id];
  --counts_.traces_pending;
  ++counts_.traces_dropped;
  traces_.ledger.set_phase(id, Phase::retained);
  record.deadline_ns = retention_.end_ns({now_ns_, record.bytes});
  retained_totals_.bytes += record.bytes;
  ++retained_totals_.traces;
  retained_.add(id, record.deadline_ns);
  touch_log(id);
}

void LifeCycle::bound_retention() {
  for (Loss loss; (loss = retention_.exceeded(retained_totals_)) != Loss::none;) {
    const RecordId first = retained_.first(is_retained());
    if (first == 0) return;
    retained_.pop_first();
    note_loss(first, loss);
    seal(first);
  }
}

void LifeCycle::seal_expired() {
  constexpr std::size_t kAhead = 32;
  retained_.take_ended(draining_ ? kNever : now_ns_, expired_, is_retained());
  for (std::size_t i = 0; i < expired_.size(); ++i) {
    if (i + kAhead < expired_.size()) prefetch_spans(expired_[i + kAhead]);
    if (traces_.ledger[expired_[i]].phase == Phase::retained) seal(expired_[i]);
  }
  for (const RecordId id : touched_) {
    if (traces_.ledger[id].phase != Phase::sealed) continue;
    traces_.take_spans(id, taken_);
    drop_late(id);
  }
}

// Hint: seal() will need the node with its slot.
void LifeCycle::prefetch_spans(RecordId id) const noexcept {
  const Record& record = traces_.ledger[id];
  if (!record.has_one_incarnation) traces_.graph.prefetch(record.node);
  base::prefetch(&traces_.payload(record.node));
}

void LifeCycle::seal(RecordId id) {
  Record& record = traces_.ledger[id];
  ENTAIL_SYNC_POINT("seal:before_take");
  traces_.take_spans(id, taken_);
  const bool unadopted = taken_.has_unadopted();
  ENTAIL_SYNC_POINT("seal:after_take");
  if (unadopted && !record.vetoed) {
    const policy::OwnVerdict own = traces_.evaluate(id, traces_.facts(id), now_ns_);
    if (own.keep && !draining_) {
      // The tick that adopts them keeps it; until then it stays as it is, without a place among those to be sealed.
      traces_.spans.put_back(taken_);
      take_verdict(id, own);
      return;
    }
    record.vetoed = own.vetoed;
    if (own.vetoed) record.policy = static_cast<std::int16_t>(own.policy);
  }
  if (record.vetoed && record.policy >= 0) ++counts_.dropped_by_policy[static_cast<std::size_t>(record.policy)];
  if (traces_.details.wanted()) note_entry_of_sealed(id);
  retained_totals_.bytes -= record.bytes;
  --retained_totals_.traces;
  traces_.ledger.set_phase(id, Phase::sealed);
  ENTAIL_SYNC_POINT("seal:after_mark");
  traces_.spans.release(record.generation);
  if (unadopted && draining_)
    drop_late(id);  // no tick will follow
  else
    drop_taken();
}

// A record that is written after the seal names the trace too: one that was evicted, or dropped by a policy at once.
void LifeCycle::note_entry_of_sealed(RecordId id) {
  const notes::TraceNotes* const notes = traces_.details.find(id);
  if (notes == nullptr || notes->root() == nullptr) note_entry(traces_, id, taken_);
}

void LifeCycle::drop_taken() {
  const store::SpanTotals totals = traces_.spans.count(taken_);
  counts_.spans_released += totals.spans;
  counts_.links_released += totals.links;
  counts_.spans_dropped += totals.spans;
  counts_.links_dropped += totals.links;
}

// Late spans of a sealed trace are dropped; one that would have made an origin by itself is a loss. Its links are
// edges.
void LifeCycle::drop_late(RecordId id) {
  const bool vetoed = traces_.ledger[id].vetoed;
  const TraceId trace = traces_.trace_id(id);
  traces_.spans.visit(taken_, [&](const store::HeldSpan& span) {
    ++counts_.spans_released;
    counts_.links_released += span.link_count;
    counts_.links_dropped += span.link_count;
    if (!vetoed && traces_.would_be_origin(span, trace, now_ns_)) {
      count(Loss::late_origin);
      ++counts_.late_origin_spans;
    } else {
      ++counts_.spans_dropped;
    }
  });
}

void LifeCycle::on_emitted(RecordId id, std::uint64_t span_count, std::uint64_t link_count) {
  Record& record = traces_.ledger[id];
  counts_.spans_released += span_count;
  counts_.links_released += link_count;
  if (record.first_emission_done) return;
  record.first_emission_done = true;
  traces_.spans.release(record.generation);
}

void LifeCycle::forget(RecordId id) {
  traces_.propagator.forget(id);
  for (NodeId node = traces_.ledger[id].node; node != 0; node = traces_.graph.older(node))
    traces_.graph.set_record(node, 0);
  traces_.details.forget(id);
  traces_.ledger.remove(id);
}

std::uint64_t LifeCycle::bytes() const noexcept {
  std::uint64_t bytes = due_at_.bytes() + arrived_.bytes() + retained_.bytes();
  for (const std::vector<RecordId>* list : {&touched_, &due_, &evicted_, &expired_, &to_emit_, &to_log_, &new_origins_})
    bytes += list->capacity() * sizeof(RecordId);
  return bytes;
}

}  // namespace entail::engine
