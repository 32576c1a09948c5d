// PROTOCOL incarnations (core/propagate/keep_propagator.hpp): a trace with a node in the previous window and one in the
// current window, edges that arrive at both, and a keep. The steps are those of Writer::append_now,
// KeepPropagator::raise_all, KeepPropagator::carry, KeepPropagator::join and KeepPropagator::on_first_span, on the
// shipped classes.
#include "graph/in_list.hpp"
#include "graph/late_edge.hpp"
#include "sync/spsc_log.hpp"
#include "tests/interleave/chunk_store.hpp"
#include "tests/interleave/protocol.hpp"

namespace {

using namespace entail::graph;
using namespace interleave;

constexpr unsigned kOld = 0;
constexpr unsigned kNewest = 1;

// Lane 0 stalled in the previous window, lane 1 is in the current one: each appends an edge at its node. Thread 2 is
// the tick thread.
template <class Steps>
struct TwoIncarnations {
  static constexpr unsigned kThreads = 3;
  static constexpr std::uint64_t kEdgeWord = 70;
  using List = InList<1, 1, ModelSync, InListOrders>;
  using Race = LateEdge<ModelSync, LateEdgeOrders>;
  using Arena = ChunkArena<2, 1>;
  struct Node {
    typename List::Cell first{};
    typename List::Head head{};
    typename Race::Reach reach{};
  };

  Arena arena;
  Node nodes[2];
  entail::sync::SpscLog<std::uint64_t, ModelSync, entail::sync::SpscLogOrders, 1> late_logs[2];
  bool carried[2] = {};

  TwoIncarnations() {
    for (auto& log : late_logs) (void)log.reserve(1);
  }
  void raise(unsigned node) { Race::raise(nodes[node].reach, kCarries); }
  void read(unsigned node) {
    List::for_each(nodes[node].first, nodes[node].head, arena,
                   [&](std::uint64_t word) { carried[word - kEdgeWord] = true; });
  }
  void thread(unsigned i) {
    if (i == 2) return Steps::run(*this);
    ChunkRoom<Arena> room{arena, 1 + i, 2 + i};
    List::append(nodes[i].first, nodes[i].head, kEdgeWord + i, room);
    if (Race::carries(nodes[i].reach)) late_logs[i].push(kEdgeWord + i);
  }
  void finish() {
    for (auto& log : late_logs) log.drain([&](std::uint64_t word) { carried[word - kEdgeWord] = true; });
    expect(carried[kOld], "the keep is carried over the edge at the old node");
    expect(carried[kNewest], "the keep is carried over the edge at the newest node");
  }
};

// The two are a chain already: a keep is propagated from it, or an absent trace pulls.
struct CarriesFromBoth {
  template <class Trace>
  static void run(Trace& trace) {
    trace.raise(kNewest);
    trace.raise(kOld);
    trace.read(kNewest);
    trace.read(kOld);
  }
};
struct RaisesNewestAlone {
  template <class Trace>
  static void run(Trace& trace) {
    trace.raise(kNewest);
    trace.read(kNewest);
    trace.read(kOld);
  }
};

// The keep is propagated from the newest node; then the old one is found and joins.
struct Joins {
  template <class Trace>
  static void run(Trace& trace) {
    trace.raise(kNewest);
    trace.read(kNewest);
    trace.raise(kOld);  // J2
    trace.read(kOld);   // J3
  }
};
struct ReadsBeforeItRaises {
  template <class Trace>
  static void run(Trace& trace) {
    trace.raise(kNewest);
    trace.read(kNewest);
    trace.read(kOld);
    trace.raise(kOld);
  }
};
struct ReadsNothing {
  template <class Trace>
  static void run(Trace& trace) {
    trace.raise(kNewest);
    trace.read(kNewest);
    trace.raise(kOld);
  }
};

// A keep reached the old node of an absent trace; then it is linked with the newest, and the trace pulls.
struct MarkedJoins {
  template <class Trace>
  static void run(Trace& trace) {
    trace.raise(kOld);
    trace.raise(kNewest);  // J2
    trace.read(kOld);
    trace.read(kNewest);
  }
};
struct MarkStaysAtItsNode {
  template <class Trace>
  static void run(Trace& trace) {
    trace.raise(kOld);
    trace.read(kOld);
    trace.read(kNewest);
  }
};

constexpr const char* kOldLost = "the keep is carried over the edge at the old node";
constexpr const char* kNewestLost = "the keep is carried over the edge at the newest node";

TEST(Incarnations, AKeepPropagatesFromAllNodesOfItsTrace) {
  expect_proved<TwoIncarnations<CarriesFromBoth>>("keep from a chain");
  expect_refuted<TwoIncarnations<RaisesNewestAlone>>("keep from a chain, raised at the newest alone", kOldLost);
}
TEST(Incarnations, AJoiningNodeCarriesItsTracesKeep) {
  expect_proved<TwoIncarnations<Joins>>("a node joins a keep");
  expect_refuted<TwoIncarnations<ReadsBeforeItRaises>>("a node joins, J3 before J2", kOldLost);
  expect_refuted<TwoIncarnations<ReadsNothing>>("a node joins, no J3", kOldLost);
}
TEST(Incarnations, ATracePullsKeepsOverAllItsNodes_WhenOneIsMarked) {
  expect_proved<TwoIncarnations<MarkedJoins>>("a marked node joins");
  expect_refuted<TwoIncarnations<MarkStaysAtItsNode>>("a marked node joins, its mark stays alone", kNewestLost);
}

}  // namespace
