// What the parts of a tick share: the structures that hold traces, and the reads that span several of them. Thread
// rule: Confined (tick), except for the options and policies that ingest reads, which are immutable.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/details.hpp"
#include "engine/trace_payload.hpp"
#include "entail/entail.hpp"
#include "graph/graph.hpp"
#include "policy/policy_set.hpp"
#include "propagate/keep_propagator.hpp"
#include "propagate/record.hpp"
#include "retention/rule.hpp"
#include "store/held_spans.hpp"

namespace entail::engine {

using propagate::Phase;
using propagate::Record;
using propagate::RecordId;
using retention::after;
using retention::kNever;

struct Traces {
  const Options& options;
  policy::PolicySet& policies;
  store::HeldSpans& spans;
  graph::Graph& graph;
  propagate::Ledger& ledger;
  propagate::KeepPropagator& propagator;
  Details& details;
  const PayloadShape shape;
  const std::uint64_t seed;  // of what policies draw by chance

  TracePayload& payload(graph::NodeId node) const noexcept { return *static_cast<TracePayload*>(graph.payload(node)); }
  // The next older incarnation of the record's trace; most have none, and skip reading their cold row.
  graph::NodeId older(const Record& record, graph::NodeId node) const noexcept {
    return record.has_one_incarnation ? 0 : graph.older(node);
  }
  // f(node) for every incarnation of the trace, newest first.
  template <class F>
  void for_each_node(RecordId id, F&& f) const {
    const Record& record = ledger[id];
    for (graph::NodeId node = record.node; node != 0; node = older(record, node)) f(node);
  }
  // The spans of all incarnations of the trace. `taken` holds nothing else afterwards.
  void take_spans(RecordId id, store::TakenSpans& taken) const {
    taken.clear();
    for_each_node(id, [&](graph::NodeId node) { spans.take(payload(node).spans, taken); });
    collect_notes(id);
  }
  // Moves what ingest has noted of the trace to its record: if its spans were taken before, all notes of them.
  void collect_notes(RecordId id) const {
    if (!details.wanted()) return;
    for_each_node(id, [&](graph::NodeId node) {
      if (notes::TraceWords& words = payload(node).notes(shape); words.has_notes()) details.add(id, words.take());
    });
  }
  // Of all incarnations, by ingest. REQUIRES details.wanted().
  std::uint64_t errors(RecordId id) const {
    std::uint64_t errors = 0;
    for_each_node(id, [&](graph::NodeId node) { errors += payload(node).notes(shape).errors(); });
    return errors;
  }
  // Of all incarnations, by range.
  void near_numbers(RecordId id, std::span<std::uint64_t> out) const {
    for_each_node(id, [&](graph::NodeId node) {
      for (unsigned i = 0; i < out.size(); ++i)
        out[i] = std::max(out[i], payload(node).near_number(shape, i).load(std::memory_order_relaxed));
    });
  }
  TraceId trace_id(RecordId id) const noexcept { return graph.key(ledger[id].node); }
  // All incarnations of the trace together.
  policy::Facts facts(RecordId id) const noexcept;
  // The policies' verdict on the trace by itself, given its facts. Stateful policies are evaluated once and remembered.
  policy::OwnVerdict evaluate(RecordId id, const policy::Facts& known, std::int64_t now_ns) const;
  // True if this span alone, as a trace of its own, would be an origin. Decodes the stored span.
  bool would_be_origin(const store::HeldSpan& span, TraceId id, std::int64_t now_ns) const;

  // The sort key of traces: arrival second, trace ID. The same for every order of arrival within one second.
  using ArrivalKey = std::pair<std::int64_t, TraceId>;
  ArrivalKey arrival_key(RecordId id) const noexcept { return {ledger[id].arrival_ns / kNanosPerSecond, trace_id(id)}; }
  void sort_by_arrival(std::vector<RecordId>& ids) const;
};

}  // namespace entail::engine
