// tick(): the one thread that decides. run_tick() is the list of its steps (docs/design.md 3.0); this file also takes
// over what ingest has left in the lanes' logs.
#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "base/prefetch.hpp"
#include "engine/impl.hpp"
#include "sync/sync_point.hpp"

namespace entail {
inline namespace v1 {

using graph::NodeId;
using propagate::RecordId;

namespace {
constexpr std::size_t kAdoptedTogether = 128;  // their rows, words and records fit the first cache

using TickFlag = sync::HardwareSync::Atomic<std::uint32_t>;

// The flag `ticking` while it is held. Released on every way out, an exception of the sink's included.
class TickGuard {
 public:
  explicit TickGuard(TickFlag& flag) noexcept : flag_(flag) {
    std::uint32_t idle = 0;
    owns_ = flag.compare_exchange(idle, 1, std::memory_order_acquire, std::memory_order_relaxed);
  }
  ~TickGuard() {
    if (owns_) flag_.store(0, std::memory_order_release);
  }
  TickGuard(const TickGuard&) = delete;
  TickGuard& operator=(const TickGuard&) = delete;
  bool owns() const noexcept { return owns_; }

 private:
  TickFlag& flag_;
  bool owns_;
};
}  // namespace

Result<void> Engine::Impl::tick(std::int64_t time_ns, bool drain) {
  const TickGuard guard(ticking);
  if (!guard.owns()) return Error{ErrorCode::busy};
  Result<void> result;
  if (failed) {
    result = Error{ErrorCode::out_of_memory};
  } else if (drained || (intake.is_closed() && !drain)) {
    result = Error{ErrorCode::closed};
  } else if (time_ns < now_ns) {
    result = Error{ErrorCode::time_reversed};
  } else {
    if (drain && !intake.close()) return Error{ErrorCode::busy};
    drained = drain;
    now_ns = std::min(time_ns, engine::kNever - 1);
    try {
      run_tick(drain);
    } catch (...) {  // no memory, here or in the sink, or another exception of the sink
      // The step that it broke off cannot be taken up again without guessing which keeps it had carried.
      failed = true;
      static_cast<void>(intake.close());
      result = Error{ErrorCode::out_of_memory};
    }
  }
  return result;
}

Result<std::uint64_t> Engine::Impl::offer_output() {
  const TickGuard guard(ticking);
  if (!guard.owns()) return Error{ErrorCode::busy};
  Result<std::uint64_t> waiting{0};
  try {
    output.offer_again();
    waiting = output.counts().batches_waiting;
  } catch (...) {
    waiting = Error{ErrorCode::out_of_memory};  // the sink's
  }
  return waiting;
}

void Engine::Impl::run_tick(bool drain) {
  life.begin_tick(now_ns, drain);
  const bool new_second = now_ns / kNanosPerSecond != intake.published_now_ns() / kNanosPerSecond;
  intake.begin_tick(now_ns);
  output.offer_again();  // first, since what it delivers is room
  if (new_second || room.is_short()) intake.end_generation();
  const std::uint64_t lanes_generation = intake.open_generation();  // before the logs are read
  room.note_frozen();                                               // before the logs are read
  ENTAIL_SYNC_POINT("tick:after_freeze");
  adopt_all();
  ENTAIL_SYNC_POINT("tick:after_adopt");

  if (intake.admission().is_wanted()) output.drop_oversized();
  room.evict();        // 0
  life.collect_due();  // 1
  judge.judge_all();
  life.count(base::Loss::late_pin, late_pins.count(life.new_origins()));
  propagator.run(now_ns);  // 2
  ENTAIL_SYNC_POINT("tick:before_settle");
  settle.settle_all();  // 3
  report.write_log();   // 4
  emission.emit_all();
  life.bound_retention();
  ENTAIL_SYNC_POINT("tick:before_seal");
  life.seal_expired();  // 5
  report.write_log();   // of what was sealed early, and of broken chains

  life.end_tick();
  ENTAIL_SYNC_POINT("tick:before_windows");
  room.release(lanes_generation, settle.bytes() + emission.bytes() + adopting.capacity() * sizeof(engine::Touch));
  ENTAIL_SYNC_POINT("tick:after_windows");
  report.note_peak();
}

void Engine::Impl::adopt_all() {
  adopting.clear();
  auto& lanes = intake.lanes();
  for (unsigned i = 0; i < lanes.count(); ++i) {
    lanes.lane(i).touched_log.drain([&](const engine::Touch& touch) {
      adopting.push_back(touch);
      if (adopting.size() == kAdoptedTogether) adopt_batch();
    });
  }
  adopt_batch();
  // A node that ingest made for a link may belong to a trace that older windows know.
  link_created();
  graph.drain_late([&](const graph::LateEdges& late) { propagator.carry_over(late); });
}

// What the traces of a few entries need is fetched side by side; each is near then until the last step.
void Engine::Impl::adopt_batch() {
  std::array<NodeId, kAdoptedTogether> nodes;
  for (std::size_t i = 0; i < adopting.size(); ++i) {
    nodes[i] = adopting[i].node;
    graph.prefetch(nodes[i]);
    base::prefetch(&traces.payload(nodes[i]));
  }
  propagator.link_batch({nodes.data(), adopting.size()});
  for (const engine::Touch& touch : adopting)
    if (const RecordId id = graph.record(touch.node); id != 0) ledger.prefetch(id);
  for (const engine::Touch& touch : adopting) life.adopt(touch);
  adopting.clear();
}

// Those that have spans were linked with them.
void Engine::Impl::link_created() {
  std::array<NodeId, kAdoptedTogether> nodes;
  std::size_t count = 0;
  std::uint64_t created = 0;
  const auto link = [&] { propagator.link_batch({nodes.data(), std::exchange(count, 0)}); };
  graph.drain_created([&](NodeId node) {
    graph.prefetch(node);
    nodes[count++] = node;
    ++created;
    if (count == nodes.size()) link();
  });
  link();
  room.note_created(created);
}

}  // namespace v1
}  // namespace entail
