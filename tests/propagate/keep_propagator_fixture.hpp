// A KeepPropagator over a small graph in which traces are numbers; links lead from the first argument to the second.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "graph/graph.hpp"
#include "propagate/keep_propagator.hpp"

namespace entail::propagate {

using Ids = std::vector<TraceId>;

class KeepPropagatorTest : public ::testing::Test {
 protected:
  KeepPropagatorTest() : graph_({.lanes = 2, .payload_bytes = 8}) {}

  // In the current window.
  graph::NodeId node(std::uint64_t trace) {
    graph::Writer& writer = graph_.writer(0);
    EXPECT_TRUE(writer.try_begin(1, 0));
    const graph::NodeId found = node_in(writer, trace);
    writer.end();
    return found;
  }
  static graph::NodeId node_in(graph::Writer& writer, std::uint64_t trace) {
    const TraceId id{0, trace};
    graph::NodeId found = 0;
    writer.find_or_insert({&id, 1}, &found);
    return found;
  }
  void link(std::uint64_t from, std::uint64_t to, unsigned limit = graph::kNoLimit, bool on_error_span = false) {
    graph::Writer& writer = graph_.writer(0);
    ASSERT_TRUE(writer.try_begin(2, 1));
    link_by(writer, from, to, limit, on_error_span);
    writer.end();
  }
  // In the writer's batch, and therefore in its window.
  static void link_by(graph::Writer& writer, std::uint64_t from, std::uint64_t to, unsigned limit = graph::kNoLimit,
                      bool on_error_span = false) {
    const graph::NodeId near = node_in(writer, from);
    const graph::NodeId far = node_in(writer, to);
    const graph::EdgeCell out = writer.cell(far, limit, limit, on_error_span, false);
    const SpanId span{to};
    writer.append_out(near, {&out, 1}, {&span, 1});
    writer.append_in(far, writer.cell(near, limit, limit, on_error_span, false));
  }
  void open(const PropagateOptions& options) { propagator_.emplace(graph_, ledger_, options, 0); }
  // As adopt() does with a trace that got spans.
  RecordId present(std::uint64_t trace) {
    const graph::NodeId found = node(trace);
    propagator_->link_batch({&found, 1});
    const RecordId id = propagator_->record_of(found);
    if (ledger_[id].phase == Phase::absent) {
      ledger_.set_phase(id, Phase::pending);
      propagator_->on_first_span(id);
    }
    return id;
  }
  // Traces 1 to `last` are present, each linked to the next.
  void open_chain(const PropagateOptions& options, std::uint64_t last) {
    open(options);
    for (std::uint64_t trace = 1; trace <= last; ++trace) present(trace);
    for (std::uint64_t trace = 1; trace < last; ++trace) link(trace, trace + 1);
  }
  // As when the window of its newest node closes.
  void forget(RecordId id) {
    ledger_.set_phase(id, Phase::sealed);
    propagator_->forget(id);
    for (graph::NodeId at = ledger_[id].node; at != 0; at = graph_.older(at)) graph_.set_record(at, 0);
    ledger_.remove(id);
  }
  // The number of entries in the late log.
  unsigned tick() {
    unsigned late_entries = 0;
    graph_.drain_created([&](graph::NodeId created) { propagator_->link_batch({&created, 1}); });
    graph_.drain_late([&](const graph::LateEdges& late) {
      ++late_entries;
      propagator_->carry_over(late);
    });
    propagator_->run(1);
    return late_entries;
  }
  Ids path(std::uint64_t trace) { return ledger_.paths().trace_ids(propagator_->nearest_path(present(trace))); }
  unsigned hops(std::uint64_t trace, Layer layer = kLinked) {
    const RecordId id = propagator_->find_record(node(trace));
    return id == 0 ? 0 : propagator_->hops(id, layer);
  }

  graph::Graph graph_;
  Ledger ledger_;
  std::optional<KeepPropagator> propagator_;
};

}  // namespace entail::propagate
