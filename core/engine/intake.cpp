// The tick's side of Intake; ingest.cpp has the requests.
#include "engine/intake.hpp"

#include <algorithm>

#include "engine/memory_shares.hpp"

namespace entail::engine {
namespace {

static_assert(kHopsMax < graph::kNoLimit, "a limit of a link type is not taken for none");

auto limits_of(const Options& options) {
  std::map<std::string, Intake::TypeLimits, std::less<>> limits;
  for (const auto& [type, rule] : options.links.propagate.types)
    limits[type] = {rule.linked.value_or(graph::kNoLimit), rule.linking.value_or(graph::kNoLimit)};
  return limits;
}

}  // namespace

Intake::Intake(const Options& options, const policy::PolicySet& policies, store::SpanStore& store, graph::Graph& graph,
               PayloadShape shape, std::uint64_t seed)
    : options_(options),
      policies_(policies),
      store_(store),
      graph_(graph),
      seed_(seed),
      shape_(shape),
      payload_bytes_(static_cast<unsigned>(TracePayload::bytes_for(shape))),
      scratch_bytes_max_(options.memory_limit_bytes / kLaneScratchShare / options.ingest_lanes_max),
      read_link_types_(!options.links.propagate.types.empty()),
      reads_roots_(options.tail_sampling.decision_wait_after_root_received_ns > 0),
      type_rules_(limits_of(options)),
      lanes_(options.ingest_lanes_max),
      admission_(store, graph, options.memory_limit_bytes, options.memory_limit_bytes / kMarginShare) {}

bool Intake::open() {
  if (!graph_.ok()) return false;
  for (unsigned i = 0; i < lanes_.count(); ++i) {
    Lane& lane = lanes_.lane(i);
    lane.index = i;
    lane.spans.emplace(store_);
  }
  return true;
}

void Intake::begin_tick(std::int64_t now_ns) noexcept {
  published_now_ns_.store(now_ns, std::memory_order_seq_cst);
  tick_count_.fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t Intake::open_generation() const noexcept {
  std::uint64_t open = generations_.current();
  for (unsigned i = 0; i < lanes_.count(); ++i)
    open = store::GenerationClock<>::bound(open, lanes_.lane(i).active_generation);
  return open;
}

std::uint64_t Intake::scratch_bytes() const noexcept {
  std::uint64_t bytes = 0;
  for (unsigned i = 0; i < lanes_.count(); ++i) bytes += lanes_.lane(i).scratch_bytes.load(std::memory_order_relaxed);
  return bytes;
}

Intake::Stalls Intake::stalls() const noexcept {
  Stalls stalls;
  const std::uint64_t now = tick_count_.load(std::memory_order_relaxed);
  for (unsigned i = 0; i < lanes_.count(); ++i) {
    const std::uint64_t entered = lanes_.lane(i).entered_tick.load(std::memory_order_relaxed);
    if (entered == 0) continue;
    ++stalls.in_use;
    const std::uint64_t ticks = now - std::min(entered, now);
    stalls.stalled += ticks >= 2;
    stalls.ticks_max = std::max(stalls.ticks_max, ticks);
  }
  return stalls;
}

}  // namespace entail::engine
