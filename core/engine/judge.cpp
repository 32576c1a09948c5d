#include "engine/judge.hpp"

#include "base/prefetch.hpp"

namespace entail::engine {

void Judge::judge_all() {
  const std::vector<RecordId>& due = life_.due();
  const bool skips_pending = life_.draining() || !traces_.policies.has_early_origins();
  std::vector<RecordId> judged;
  judged.reserve(due.size() + life_.touched().size());
  for (const RecordId id : life_.touched()) {
    const Record& record = traces_.ledger[id];
    if (!is_due(record) && !(skips_pending && record.phase == Phase::pending)) judged.push_back(id);
  }
  judged.insert(judged.end(), due.begin(), due.end());
  // Rate limits are evaluated in this order; nothing else depends on it.
  if (traces_.policies.has_stateful()) traces_.sort_by_arrival(judged);
  if (traces_.policies.has_batch_limits()) share_limits(judged);
  constexpr std::size_t kAhead = 16;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    if (i + 2 * kAhead < judged.size()) traces_.ledger.prefetch(judged[i + 2 * kAhead]);
    if (i + kAhead < judged.size()) prefetch(judged[i + kAhead]);
    if (is_due(traces_.ledger[judged[i]]))
      judge_due(judged[i]);
    else
      judge_touched(judged[i]);
  }
}

// Hint: what facts() and the trace's ID are read from. REQUIRES that the record is there by now.
void Judge::prefetch(RecordId id) const noexcept {
  const graph::NodeId node = traces_.ledger[id].node;
  const policy::TraceFold* const fold = &traces_.payload(node).fold();
  base::prefetch(fold);
  base::prefetch(fold + 1);  // its bits, which may lie on the next line
  traces_.graph.prefetch_key(node);
  if (!traces_.ledger[id].has_one_incarnation) traces_.graph.prefetch(node);
}

void Judge::share_limits(const std::vector<RecordId>& judged) {
  std::vector<policy::BatchItem> items;
  items.reserve(judged.size());
  for (const RecordId id : judged)
    if (is_due(traces_.ledger[id]))
      items.push_back({traces_.facts(id), traces_.trace_id(id), &traces_.ledger.answers(id)});
  traces_.policies.share_limits(items, life_.now_ns());
}

void Judge::judge_due(RecordId id) {
  const policy::Facts known = traces_.facts(id);
  if (traces_.policies.is_too_large(known)) life_.count(base::Loss::trace_too_large);
  life_.take_verdict(id, traces_.evaluate(id, known, life_.now_ns()));
  traces_.ledger[id].bytes = known.bytes;  // what drop() counts
}

// A trace that got spans and is not due: it may become an origin early, rise from retained, or be vetoed there.
void Judge::judge_touched(RecordId id) {
  Record& record = traces_.ledger[id];
  switch (record.phase) {
    case Phase::absent:
    case Phase::sealed:
      return;
    case Phase::pending: {
      const policy::Facts known = traces_.facts(id);
      const TraceId trace = traces_.trace_id(id);
      if (record.origin || !traces_.policies.early_origin(known, trace)) return;
      policy::StatefulAnswers answers;  // not evaluated: their answers are settled when the trace is due
      life_.become_origin(id, !traces_.policies.evaluate(known, trace, answers, life_.now_ns(), false).by_chance);
      return;
    }
    case Phase::retained: {
      const policy::OwnVerdict own = traces_.evaluate(id, traces_.facts(id), life_.now_ns());
      if (own.keep || own.vetoed) life_.take_verdict(id, own);
      return;
    }
    case Phase::kept: {
      if (record.origin) return;
      const policy::OwnVerdict own = traces_.evaluate(id, traces_.facts(id), life_.now_ns());
      if (!own.origin) return;
      if (record.policy < 0) record.policy = static_cast<std::int16_t>(own.policy);
      // Its own keep stays probabilistic, as decided, whatever late spans add.
      life_.become_origin(id, !(record.own_keep ? record.by_chance : own.by_chance));
      life_.touch_log(id);
      return;
    }
  }
}

}  // namespace entail::engine
