// Engine::Impl connects the rooms. Intake accepts requests on any lane; everything else belongs to the one tick thread.
// run_tick() (tick.cpp) lists its steps:
//
//   Intake      lanes, admission (intake.hpp)                LifeCycle   phases, queues, counters (life_cycle.hpp)
//   Judge       own verdicts (judge.hpp)                     Settle      verdicts, budgets (settle.hpp)
//   Emission    kept spans (emission.hpp)                    WaitingOutput  batches for the sink (waiting_output.hpp)
//   Room        eviction, windows, memory (room.hpp)         Report      log, statistics, explain (report.hpp)
//   Traces      the structures that they share (traces.hpp)
//
// What both sides access has its PROTOCOL block at its definition: nodes and edges in graph/, a node's spans in
// store/span_list.hpp, span bytes in store/generation.hpp and store/chunk_stack.hpp, lanes in sync/lanes.hpp, the
// account in admission.hpp. Waiting output has a lock. `ticking` is a flag taken by exchange, held for a whole tick.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/details.hpp"
#include "engine/emission.hpp"
#include "engine/intake.hpp"
#include "engine/judge.hpp"
#include "engine/late_pins.hpp"
#include "engine/life_cycle.hpp"
#include "engine/report.hpp"
#include "engine/request_impl.hpp"
#include "engine/room.hpp"
#include "engine/settle.hpp"
#include "engine/traces.hpp"
#include "engine/waiting_output.hpp"
#include "entail/entail.hpp"
#include "graph/graph.hpp"
#include "policy/policy_set.hpp"
#include "propagate/keep_propagator.hpp"
#include "propagate/record.hpp"
#include "retention/retention.hpp"
#include "store/memory_spans.hpp"
#include "store/span_store.hpp"

namespace entail {
inline namespace v1 {

struct Engine::Impl {
  // owned: null, or the sink as an object that lives as long as the engine and takes whole batches.
  Impl(const Options& options, BatchSink& sink, std::unique_ptr<BatchSink> owned,
       std::unique_ptr<policy::PolicySet> policies);
  ~Impl();
  // Exactly one of the sinks is not null.
  static Result<std::unique_ptr<Engine>> open(const Options& options, Sink* sink, BatchSink* batch_sink,
                                              std::string* why);
  Result<void> tick(std::int64_t now_ns, bool drain);
  Result<std::uint64_t> offer_output();
  void run_tick(bool drain);
  void adopt_all();
  void adopt_batch();
  void link_created();
  Result<Explanation> explain(TraceId trace_id) const;

  const Options options;
  const std::unique_ptr<BatchSink> owned_sink;
  std::unique_ptr<policy::PolicySet> policies;
  const std::uint64_t rank_seed;  // as configured, or drawn
  store::SpanStore store;
  const engine::PayloadShape shape;
  graph::Graph graph;
  engine::Intake intake;
  engine::WaitingOutput output;
  sync::HardwareSync::Atomic<std::uint32_t> ticking{0};

  // All below: tick only.
  propagate::Ledger ledger;
  propagate::KeepPropagator propagator;
  store::MemorySpans spans;
  retention::Retention retention;
  engine::Details details;
  engine::Traces traces;
  engine::LifeCycle life;
  engine::LatePins late_pins;
  engine::Judge judge;
  engine::Settle settle;
  engine::Emission emission;
  engine::Room room;
  engine::Report report;
  std::int64_t now_ns = 0;
  bool drained = false;
  bool failed = false;  // a tick ran out of memory: held spans are lost, and nothing can be decided any more
  std::vector<engine::Touch> adopting;
};

}  // namespace v1
}  // namespace entail
