// PROTOCOL incarnations (keep_propagator.hpp) in the shipped code: traces with nodes in several windows, and lanes that
// stall in an old one. A Writer that has begun a batch is such a lane: it stays in its window across rotations.
#include <functional>
#include <utility>

#include "sync/sync_point.hpp"
#include "tests/propagate/keep_propagator_fixture.hpp"

namespace entail::propagate {
namespace {

class IncarnationsTest : public KeepPropagatorTest {
 protected:
  graph::Writer& stalled() { return graph_.writer(1); }
  void stall() { ASSERT_TRUE(stalled().try_begin(16, 16)); }
  void resume() { stalled().end(); }
  void rotate() { ASSERT_TRUE(graph_.rotate(1000)); }
  void append_in(std::uint64_t from, std::uint64_t to) {
    const graph::NodeId near = node_in(stalled(), from);
    stalled().append_in(node_in(stalled(), to), stalled().cell(near, graph::kNoLimit, graph::kNoLimit, false, false));
  }
  void append_out(std::uint64_t from, std::uint64_t to) {
    const graph::EdgeCell out = stalled().cell(node_in(stalled(), to), graph::kNoLimit, graph::kNoLimit, false, false);
    const SpanId span{to};
    stalled().append_out(node_in(stalled(), from), {&out, 1}, {&span, 1});
  }
};

// The loss of issue 14: 2 links to 1; its lane stalls between the two ends, across a rotation, while the absent 2
// gets a new node in the next window, and the keep reaches it there.
TEST_F(IncarnationsTest, CarriesAKeep_WhenTheSecondEndOfALinkReachesAnOldNode) {
  open({});
  present(1);
  present(3);
  stall();
  append_in(2, 1);
  tick();
  rotate();
  link(3, 2);
  tick();
  propagator_->make_origin(present(1), true);
  tick();  // against the direction of the link to 2, which is absent
  present(2);
  tick();
  append_out(2, 1);
  resume();
  tick();
  EXPECT_EQ(hops(2, kLinking), 1u);
  EXPECT_EQ(hops(3, kLinking), 2u);
}

TEST_F(IncarnationsTest, AnAbsentTracePullsKeeps_OverTheEdgesOfAllItsNodes) {
  open({});
  propagator_->make_origin(present(1), true);
  link(1, 2);
  tick();
  rotate();
  present(3);
  link(3, 2);
  tick();
  rotate();
  present(2);
  tick();
  EXPECT_EQ(hops(2), 1u);
  EXPECT_EQ(path(2), (Ids{{0, 1}, {0, 2}}));
}

TEST_F(IncarnationsTest, CarriesAKeepOverAnEdgeOfAnOldNode_WhenItReachedTheNewOne) {
  open({});
  for (const std::uint64_t trace : {1, 2, 4}) present(trace);
  stall();
  rotate();
  present(1);
  link(1, 2);
  tick();
  propagator_->make_origin(present(1), true);
  tick();
  EXPECT_EQ(hops(2), 1u);
  append_out(1, 4);  // at the node of the previous window
  append_in(1, 4);
  resume();
  EXPECT_EQ(tick(), 1u);
  EXPECT_EQ(hops(4), 1u);
}

// The node exists and has its edges before any log reports it: then its log entry arrives, and with it the edges.
TEST_F(IncarnationsTest, ANodeFoundLateContributesItsEdges) {
  open({});
  for (const std::uint64_t trace : {2, 4}) present(trace);
  stall();
  rotate();
  propagator_->make_origin(present(1), true);
  tick();
  append_out(1, 4);  // created in the previous window: the trace has no other node there
  append_in(1, 4);
  resume();
  EXPECT_EQ(tick(), 0u);
  EXPECT_EQ(hops(4), 1u);
  const RecordId id = present(1);
  EXPECT_EQ(propagator_->find_record(graph_.older(graph_.newest(ledger_[id].node))), id);
}

// Three windows, the middle node found last or first: one chain, one record.
TEST_F(IncarnationsTest, ATraceHasOneRecord_InAnyDiscoveryOrder) {
  for (const bool middle_first : {true, false}) {
    SCOPED_TRACE(middle_first);
    const std::uint64_t trace = middle_first ? 10 : 20;
    open({});
    const RecordId id = present(trace);
    rotate();
    stall();
    const graph::NodeId middle = node_in(stalled(), trace);  // no log is drained before the newest is found
    rotate();
    if (middle_first) propagator_->link_batch({&middle, 1});
    EXPECT_EQ(present(trace), id);
    propagator_->link_batch({&middle, 1});
    EXPECT_EQ(propagator_->find_record(middle), id);
    EXPECT_EQ(graph_.newest(middle), ledger_[id].node);
    EXPECT_NE(graph_.older(middle), 0u);
    EXPECT_NE(graph_.newer(middle), 0u);
    resume();
    tick();
  }
}

TEST_F(IncarnationsTest, AForgottenTracePullsKeeps_AtAllItsNodes) {
  open({});
  present(1);
  stall();
  rotate();
  propagator_->make_origin(present(3), true);
  link(3, 1);
  tick();
  EXPECT_EQ(hops(1), 1u);
  forget(present(1));
  present(1);
  tick();
  EXPECT_EQ(hops(1), 1u);
  propagator_->make_origin(present(5), true);
  tick();
  append_in(5, 1);  // only one end, at the old node: the trace pulls over it
  resume();
  EXPECT_EQ(tick(), 1u);
  EXPECT_EQ(hops(1), 1u);
}

// Record numbers and entries that wait for the next run(): an entry names a node, and is dropped with it.
TEST_F(IncarnationsTest, LateEdgesOfAForgottenTrace_AreNotTakenForItsSuccessors) {
  open({});
  const RecordId id = present(1);
  propagator_->make_origin(id, true);
  tick();
  present(2);
  link(1, 2);
  graph_.drain_late([&](const graph::LateEdges& late) { propagator_->carry_over(late); });
  forget(id);
  EXPECT_EQ(present(9), id);  // the number is reused for another trace
  propagator_->run(1);
  EXPECT_EQ(hops(2), 0u);
}

TEST_F(IncarnationsTest, EdgesRewrittenByAMove_AreNotLogged) {
  open({});
  propagator_->make_origin(present(1), true);
  present(2);
  link(1, 2);
  tick();
  graph::Writer& writer = graph_.tick_writer();
  ASSERT_TRUE(writer.try_begin(0, 1));
  writer.set_logs_late(false);
  link_by(writer, 1, 2);
  writer.set_logs_late(true);
  writer.end();
  EXPECT_EQ(tick(), 0u);
  link(1, 2);
  EXPECT_EQ(tick(), 2u);
}

#ifdef ENTAIL_DEBUG_CHECKS
// Calls f once, when the writer is at the sync point.
class AtPoint final : public sync::PointListener {
 public:
  AtPoint(unsigned point, std::function<void()> f) : point_(point), f_(std::move(f)) {
    sync::listen_to_sync_points(this);
  }
  ~AtPoint() { sync::listen_to_sync_points(nullptr); }

 private:
  void reach(unsigned point) noexcept override {
    if (point != point_) return;
    sync::listen_to_sync_points(nullptr);
    f_();
  }
  const unsigned point_;
  std::function<void()> f_;
};

// PROTOCOL late_edge at its call sites: the edge is published, but the keep has not been checked yet (I1, I2).
TEST_F(KeepPropagatorTest, CarriesAKeep_ThatArrivesBetweenAnEdgeAndItsCheck) {
  for (const bool is_out : {true, false}) {
    SCOPED_TRACE(is_out);
    open({});
    const std::uint64_t failed = is_out ? 1 : 11, other = failed + 1;
    const RecordId origin = present(failed);
    present(other);
    tick();
    {
      const AtPoint between(
          is_out ? sync::sync_point_index("writer:after_out_append") : sync::sync_point_index("writer:after_in_append"),
          [&] {
            propagator_->make_origin(origin, true);
            propagator_->run(1);
          });
      if (is_out)
        link(failed, other);
      else
        link(other, failed);
    }
    tick();
    EXPECT_EQ(hops(other, is_out ? kLinked : kLinking), 1u);
  }
}
#endif

}  // namespace
}  // namespace entail::propagate
