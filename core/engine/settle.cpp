#include "engine/settle.hpp"

#include <algorithm>
#include <tuple>

#include "base/free_array.hpp"

namespace entail::engine {

using base::Loss;

namespace {
constexpr std::size_t kCandidatesKept = 1 << 14;
}  // namespace

Settle::Settle(Traces& traces, LifeCycle& life) noexcept
    : traces_(traces),
      life_(life),
      tokens_(static_cast<double>(traces.options.links.propagate.max_propagated_bytes_per_second)) {}

void Settle::settle_all() {
  const std::vector<RecordId> reached = traces_.propagator.take_reached();
  candidates_.clear();
  for (const RecordId id : life_.due()) settle_due(id);
  for (const RecordId id : life_.touched()) settle_touched(id);
  settle_reached(reached);
  add_waiting();
  settle_candidates();
  base::free_array_above(candidates_, kCandidatesKept);
  life_.seal_evicted();
}

void Settle::settle_due(RecordId id) {
  const Record& record = traces_.ledger[id];
  if (record.own_keep) {
    life_.keep(id, 0);
  } else if (record.vetoed) {
    life_.drop(id);
    if (record.reached) life_.note_loss(id, Loss::keep_refused);
    life_.seal(id);
  } else if (record.reached) {
    candidates_.push_back(id);
  } else {
    life_.drop(id);
  }
}

void Settle::settle_touched(RecordId id) {
  const Record& record = traces_.ledger[id];
  if (record.phase != Phase::retained) return;
  if (record.own_keep) {
    life_.keep(id, 0);
  } else if (record.vetoed) {
    if (record.reached) life_.note_loss(id, Loss::keep_refused);
    life_.seal(id);
  }
}

void Settle::settle_reached(const std::vector<RecordId>& reached) {
  for (const RecordId id : reached) {
    const Record& record = traces_.ledger[id];
    if (record.phase == Phase::retained) {
      candidates_.push_back(id);
    } else if (record.phase == Phase::sealed && record.loss != Loss::keep_after_seal &&
               record.loss != Loss::keep_refused) {
      life_.note_loss(id, record.vetoed ? Loss::keep_refused : Loss::keep_after_seal);
    }
  }
  life_.count(Loss::max_links_followed, traces_.propagator.take_refused_count());
}

void Settle::add_waiting() {
  for (const RecordId id : waiting_) {
    const Record* const record = traces_.ledger.find(id);
    if (record == nullptr || !record->waiting_for_bytes) continue;
    traces_.ledger[id].waiting_for_bytes = false;
    candidates_.push_back(id);
  }
  waiting_.clear();
}

// Traces that a keep reached, fewest hops first: as many as the budgets let through (docs/design.md 3.10).
void Settle::settle_candidates() {
  std::sort(candidates_.begin(), candidates_.end());
  candidates_.erase(std::unique(candidates_.begin(), candidates_.end()), candidates_.end());
  std::erase_if(candidates_, [&](RecordId id) {
    const Record& record = traces_.ledger[id];
    return !propagate::holds_spans(record.phase) || !record.reached;
  });
  std::vector<std::tuple<unsigned, Traces::ArrivalKey, RecordId>> order;  // keys are fetched once, not in comparisons
  order.reserve(candidates_.size());
  for (const RecordId id : candidates_)
    order.emplace_back(traces_.propagator.nearest_hops(id), traces_.arrival_key(id), id);
  std::sort(order.begin(), order.end());
  fill_tokens();
  for (const auto& [hops, arrival, id] : order) {
    const propagate::PathId path = path_within_budgets(id);
    if (path == 0) continue;
    life_.keep(id, path);
    traces_.ledger.paths().drop_reference(path);
  }
}

void Settle::fill_tokens() noexcept {
  const auto rate = static_cast<double>(traces_.options.links.propagate.max_propagated_bytes_per_second);
  const double seconds = static_cast<double>(life_.now_ns() - filled_at_ns_) / static_cast<double>(kNanosPerSecond);
  tokens_ = std::min(rate, tokens_ + seconds * rate);
  filled_at_ns_ = life_.now_ns();
}

// The path of the keep that keeps the trace; 0: refused. The caller holds the reference.
propagate::PathId Settle::path_within_budgets(RecordId id) {
  propagate::PathPool& paths = traces_.ledger.paths();
  const propagate::PathId path = path_with_room(id);
  if (path == 0) {
    refuse(id, Loss::max_traces_per_origin);
    return 0;
  }
  if (!within_byte_rate(id)) {
    paths.drop_reference(path);
    refuse(id, Loss::max_propagated_bytes_per_second);
    traces_.ledger[id].waiting_for_bytes = true;
    waiting_.push_back(id);
    return 0;
  }
  ++paths.kept_count(paths.origin_of(path));
  return path;
}

// The path from the nearest origin that has kept fewer than max_traces_per_origin, with a reference; 0: there is none.
propagate::PathId Settle::path_with_room(RecordId id) {
  propagate::PathPool& paths = traces_.ledger.paths();
  const std::uint32_t traces_max = traces_.options.links.propagate.max_traces_per_origin;
  const propagate::PathId nearest = traces_.propagator.nearest_path(id);
  if (paths.kept_count(paths.origin_of(nearest)) < traces_max) {
    paths.add_reference(nearest);
    return nearest;
  }
  return traces_max == 0 ? 0 : traces_.propagator.path_with_room(id, traces_max);
}

bool Settle::within_byte_rate(RecordId id) {
  if (traces_.options.links.propagate.max_propagated_bytes_per_second == 0) return true;
  const auto bytes = static_cast<double>(traces_.facts(id).bytes);
  const auto rate = static_cast<double>(traces_.options.links.propagate.max_propagated_bytes_per_second);
  // A trace larger than a full bucket passes when the bucket is full, and leaves it in debt; else it never would.
  if (tokens_ < std::min(bytes, rate)) return false;
  tokens_ -= bytes;
  return true;
}

void Settle::refuse(RecordId id, Loss loss) {
  if (traces_.ledger[id].phase == Phase::pending) life_.drop(id);
  if (traces_.ledger[id].loss != loss) life_.note_loss(id, loss);
}

}  // namespace entail::engine
