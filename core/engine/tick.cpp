// tick(): the one thread that decides. The order of its steps is DESIGN 3.0; this file holds the frame and step 1's
// first half: taking over what ingest has left in the lanes' logs.
#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "base/check.hpp"
#include "base/prefetch.hpp"
#include "engine/impl.hpp"
#include "sync/sync_point.hpp"

namespace entail {
inline namespace v1 {

using graph::NodeId;
using propagate::Record;

namespace {
constexpr std::size_t kAdoptedTogether = 128;  // their rows, words and records fit the first cache
}  // namespace

Result<void> Engine::Impl::tick(std::int64_t time_ns, bool drain) {
  std::uint32_t idle = 0;
  if (!ticking.compare_exchange(idle, 1, std::memory_order_acquire, std::memory_order_relaxed))
    return Error{ErrorCode::busy};
  Result<void> result;
  if (failed) {
    result = Error{ErrorCode::out_of_memory};
  } else if (closed.load(std::memory_order_relaxed) != 0) {
    result = Error{ErrorCode::closed};
  } else if (time_ns < now_ns) {
    result = Error{ErrorCode::time_reversed};
  } else {
    now_ns = std::min(time_ns, engine::kNever - 1);
    draining = drain;
    if (drain) closed.store(1, std::memory_order_release);
    try {
      run_tick(drain);
    } catch (const std::bad_alloc&) {
      // The step that it broke off cannot be taken up again without guessing which keeps it had carried.
      failed = true;
      closed.store(1, std::memory_order_release);
      result = Error{ErrorCode::out_of_memory};
    }
  }
  ticking.store(0, std::memory_order_release);
  return result;
}

// No lane is writing, or has written without being seen by the next adopt_all(), a span of an earlier generation.
std::uint64_t Engine::Impl::open_generation() noexcept {
  std::uint64_t open = generations.current();
  for (unsigned i = 0; i < lanes.count(); ++i)
    open = store::GenerationClock<>::bound(open, lanes.lane(i).active_generation);
  return open;
}

void Engine::Impl::run_tick(bool drain) {
  const bool new_second =
      now_ns / kNanosPerSecond != published_now_ns.load(std::memory_order_relaxed) / kNanosPerSecond;
  published_now_ns.store(now_ns, std::memory_order_seq_cst);
  if (new_second || held_bytes() >= options.memory_limit_bytes) generations.advance();
  const std::uint64_t lanes_generation = open_generation();  // before the logs are read
  graph.reclaim(held_bytes() < options.memory_limit_bytes / 2);
  note_frozen_windows();  // before the logs are read
  ENTAIL_SYNC_POINT("tick:after_freeze");
  graph.filter_frozen();
  adopt_all();
  ENTAIL_SYNC_POINT("tick:after_adopt");

  evict();             // 0
  collect_due(drain);  // 1
  judge_all();
  carrier.run(now_ns);  // 2
  ENTAIL_SYNC_POINT("tick:before_settle");
  settle_all();         // 3
  write_log();          // 4
  emit_all();
  bound_retention();
  ENTAIL_SYNC_POINT("tick:before_seal");
  seal_expired(drain);  // 5
  write_log();          // of what was sealed early, and of broken chains

  ENTAIL_SYNC_POINT("tick:before_windows");
  rotate_windows();
  ENTAIL_SYNC_POINT("tick:after_windows");
  const std::uint64_t held_generation =
      open_generations.empty() ? store::GenerationClock<>::kIdle : open_generations.begin()->first;
  store.reclaim(std::min(lanes_generation, held_generation));
  store.trim(options.memory_limit_bytes / 8);
  generation_begun_bytes.store(store.bytes(), std::memory_order_relaxed);
  graph_and_records_bytes.store(graph.bytes() + ledger.live_bytes() + carrier.bytes(), std::memory_order_relaxed);
  peak_bytes = std::max(peak_bytes, held_bytes());
  touched.clear();
  due.clear();
}

void Engine::Impl::adopt_all() {
  adopting.clear();
  for (unsigned i = 0; i < lanes.count(); ++i) {
    lanes.lane(i).touched_log.drain([&](const engine::Touch& touch) {
      adopting.push_back(touch);
      if (adopting.size() == kAdoptedTogether) adopt_together();
    });
  }
  adopt_together();
  // A node that ingest made for a link may belong to a trace that older windows know.
  link_created();
  graph.drain_late([&](NodeId node) {
    if (const RecordId id = carrier.find_record(node); id != 0) carrier.carry_again(id);
  });
}

// What the traces of a few entries need is asked for side by side; each is near then until the last step.
void Engine::Impl::adopt_together() {
  std::array<NodeId, kAdoptedTogether> nodes;
  for (std::size_t i = 0; i < adopting.size(); ++i) {
    nodes[i] = adopting[i].node;
    graph.prefetch(nodes[i]);
    base::prefetch(&payload(nodes[i]));
  }
  carrier.link_batch({nodes.data(), adopting.size()});
  for (const engine::Touch& touch : adopting)
    if (const RecordId id = graph.record(touch.node); id != 0) ledger.prefetch(id);
  for (const engine::Touch& touch : adopting) adopt(touch);
  adopting.clear();
}

// Those that have spans were linked with them.
void Engine::Impl::link_created() {
  std::array<NodeId, kAdoptedTogether> nodes;
  std::size_t count = 0;
  const auto link = [&] { carrier.link_batch({nodes.data(), std::exchange(count, 0)}); };
  graph.drain_created([&](NodeId node) {
    graph.prefetch(node);
    nodes[count++] = node;
    if (count == nodes.size()) link();
  });
  link();
}

// The trace of this node got spans.
void Engine::Impl::adopt(const engine::Touch& touch) {
  payload(touch.node).spans.clear_touched();
  const NodeId newest = graph.newest(touch.node);
  RecordId id = graph.record(newest);
  if (id == 0) {
    id = ledger.add();
    ledger[id].node = newest;
    ledger[id].has_one_incarnation = graph.older(newest) == 0;
    graph.set_record(newest, id);
  }
  Record& record = ledger[id];
  record.touched_ns = now_ns;
  touched.push_back(id);
  if (record.phase == Phase::absent) {
    record.phase = Phase::pending;
    record.arrival_ns = engine::kNever;
    record.generation = touch.generation;
    ++open_generations[record.generation];
    arrived.push_back(id);
    ++traces_received;
    ++traces_pending;
    record.deadline_ns = engine::kNever;
    set_deadline(id, touch);
    carrier.arrive(id);
  } else if (record.phase == Phase::pending) {
    hold_generation(id, touch.generation);
    set_deadline(id, touch);
  } else if (record.phase == Phase::retained) {
    hold_generation(id, touch.generation);
  }
}

// A trace that holds spans got one that a slow lane wrote in an earlier generation (PROTOCOL touch P2).
void Engine::Impl::hold_generation(RecordId id, std::uint32_t generation) {
  if (generation >= ledger[id].generation) return;
  ++open_generations[generation];
  close_generation(id);
  ledger[id].generation = generation;
}

// A pending trace is due a wait after its first span, or after its first span without a parent, if that is earlier.
void Engine::Impl::set_deadline(RecordId id, const engine::Touch& touch) {
  Record& record = ledger[id];
  const auto later = [](std::int64_t time, std::int64_t wait) {
    return time > engine::kNever - 1 - wait ? engine::kNever - 1 : time + wait;
  };
  record.arrival_ns = std::min(record.arrival_ns, touch.arrival_ns());
  std::int64_t deadline = later(record.arrival_ns, options.tail_sampling.decision_wait_ns);
  if (touch.is_root())
    deadline =
        std::min(deadline, later(touch.arrival_ns(), options.tail_sampling.decision_wait_after_root_received_ns));
  if (deadline >= record.deadline_ns) return;
  record.deadline_ns = deadline;  // an entry under a later deadline is stale
  due_at[deadline].push_back(id);
}

void Engine::Impl::collect_due(bool drain) {
  for (auto entry = due_at.begin(); entry != due_at.end() && (drain || entry->first <= now_ns);
       entry = due_at.erase(entry)) {
    constexpr std::size_t kAhead = 32;
    const std::vector<RecordId>& ids = entry->second;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (i + kAhead < ids.size()) ledger.prefetch(ids[i + kAhead]);
      const Record& record = ledger[ids[i]];
      if (record.phase == Phase::pending && record.deadline_ns == entry->first) due.push_back(ids[i]);
    }
  }
  if (!std::is_sorted(due.begin(), due.end())) std::sort(due.begin(), due.end());
  due.erase(std::unique(due.begin(), due.end()), due.end());
}

Engine::Impl::ArrivalKey Engine::Impl::arrival_key(RecordId id) const noexcept {
  return {ledger[id].arrival_ns / kNanosPerSecond, trace_id(id)};
}

// The keys are fetched once and side by side, not in every comparison.
void Engine::Impl::sort_by_arrival(std::vector<RecordId>& ids) const {
  constexpr std::size_t kAhead = 16;
  std::vector<std::pair<ArrivalKey, RecordId>> arrivals;
  arrivals.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i + 2 * kAhead < ids.size()) ledger.prefetch(ids[i + 2 * kAhead]);
    if (i + kAhead < ids.size()) graph.prefetch_key(ledger[ids[i + kAhead]].node);
    arrivals.emplace_back(arrival_key(ids[i]), ids[i]);
  }
  std::sort(arrivals.begin(), arrivals.end());
  std::transform(arrivals.begin(), arrivals.end(), ids.begin(), [](const auto& arrival) { return arrival.second; });
}

policy::Facts Engine::Impl::facts(RecordId id) const noexcept {
  const Record& record = ledger[id];
  policy::Facts facts = payload(record.node).fold().facts(bit_words);
  for (NodeId node = older(record, record.node); node != 0; node = graph.older(node))
    facts.merge(payload(node).fold().facts(bit_words));
  return facts;
}

}  // namespace v1
}  // namespace entail
