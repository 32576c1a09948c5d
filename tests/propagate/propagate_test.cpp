// Paths, records, and keeps propagated over a small graph: hops, limits, caps, absent traces.
#include "tests/propagate/keep_propagator_fixture.hpp"

namespace entail::propagate {
namespace {

TEST(PathPool, ReturnsTheWholePath_AfterItsMiddleIsForgotten) {
  PathPool paths;
  const PathId origin = paths.origin({1, 1});
  const PathId middle = paths.step(origin, {2, 2}, 1);
  const PathId end = paths.step(middle, {3, 3}, 3);
  paths.drop_reference(middle);
  paths.drop_reference(origin);
  EXPECT_EQ(paths.trace_ids(end), (std::vector<TraceId>{{1, 1}, {2, 2}, {3, 3}}));
  EXPECT_EQ(paths.hops(end), 2u);
  EXPECT_EQ(paths.direction(end), Direction::linked);
  EXPECT_EQ(paths.origin_of(end), origin);
  paths.drop_reference(end);
  EXPECT_EQ(paths.count(), 0u);
}

TEST(PathPool, DirectionIsMixed_WhenStepsDiffer) {
  PathPool paths;
  const PathId end = paths.step(paths.step(paths.origin({1, 1}), {2, 2}, 1), {3, 3}, 2);
  EXPECT_EQ(paths.direction(end), Direction::mixed);
}

TEST_F(KeepPropagatorTest, CarriesAKeepAlongLinks_UpToTheHopLimit) {
  PropagateOptions options;
  options.max_hops_linked = 2;
  options.max_hops_linking = 1;
  open_chain(options, 6);
  propagator_->make_origin(present(3), true);
  tick();
  EXPECT_EQ(hops(4), 1u);
  EXPECT_EQ(hops(5), 2u);
  EXPECT_EQ(hops(6), 0u);
  EXPECT_EQ(hops(2, kLinking), 1u);
  EXPECT_EQ(hops(1, kLinking), 0u);
  EXPECT_EQ(path(5), (Ids{{0, 3}, {0, 4}, {0, 5}}));
}

TEST_F(KeepPropagatorTest, CarriesAKeepOverALateEdge_AndPropagatesFewerHops) {
  open({});
  for (std::uint64_t trace = 1; trace <= 5; ++trace) present(trace);
  propagator_->make_origin(present(1), true);
  link(1, 2);
  link(2, 3);
  link(3, 4);
  link(4, 5);
  tick();
  EXPECT_EQ(hops(5), 4u);
  link(1, 4);
  tick();
  EXPECT_EQ(hops(4), 1u);
  EXPECT_EQ(hops(5), 2u);
}

TEST_F(KeepPropagatorTest, AnAbsentTracePullsKeeps_OnItsFirstSpan) {
  open({});
  propagator_->make_origin(present(1), true);
  link(1, 2);
  tick();
  EXPECT_EQ(propagator_->find_record(node(2)), 0u);
  present(2);
  tick();
  EXPECT_EQ(hops(2), 1u);
}

TEST_F(KeepPropagatorTest, ReachesATraceThroughItsOwnLinks_WhenTheyArePublishedFirst) {
  open({});
  propagator_->make_origin(present(1), true);
  present(3);
  link(3, 2);
  link(2, 1);  // the far end is published; the spans of 2 are not reported yet
  tick();
  EXPECT_EQ(propagator_->find_record(node(2)), 0u);
  present(2);
  tick();
  EXPECT_EQ(hops(2, kLinking), 1u);
  EXPECT_EQ(hops(3, kLinking), 2u);
}

// The two ends of a link as ingest publishes them: a thread may stall in between, while another reports the trace.
TEST_F(KeepPropagatorTest, ReachesATraceThatArrivesBetweenTheEndsOfItsLink) {
  open({});
  propagator_->make_origin(present(1), true);
  tick();
  const graph::NodeId far = node(1);
  const graph::NodeId near = node(2);
  graph::Writer& writer = graph_.writer(0);
  ASSERT_TRUE(writer.try_begin(0, 1));
  writer.append_in(far, writer.cell(near, graph::kNoLimit, graph::kNoLimit, false, false));
  writer.end();
  tick();
  present(2);
  tick();
  EXPECT_EQ(hops(2, kLinking), 0u);
  ASSERT_TRUE(writer.try_begin(0, 1));
  const graph::EdgeCell out = writer.cell(far, graph::kNoLimit, graph::kNoLimit, false, false);
  const SpanId span{1};
  writer.append_out(near, {&out, 1}, {&span, 1});
  writer.end();
  tick();
  EXPECT_EQ(hops(2, kLinking), 1u);
}

TEST_F(KeepPropagatorTest, FollowsAllNeighboursAtTheCap_AndTheFirstByRankBeyondIt) {
  PropagateOptions options;
  options.max_links_followed = 3;
  open(options);
  for (std::uint64_t trace = 1; trace <= 9; ++trace) present(trace);
  for (std::uint64_t trace = 2; trace <= 9; ++trace) link(1, trace, graph::kNoLimit, trace == 9);
  propagator_->make_origin(present(1), true);
  tick();
  unsigned followed = 0;
  for (std::uint64_t trace = 2; trace <= 9; ++trace) followed += hops(trace) == 1;
  EXPECT_EQ(followed, 3u);
  EXPECT_EQ(hops(9), 1u);  // on an ERROR span: first by rank
  EXPECT_EQ(propagator_->not_followed(present(1)), 5u);
  EXPECT_EQ(propagator_->take_refused_count(), 5u);
}

TEST_F(KeepPropagatorTest, AppliesALinksOwnLimit_AndTheLargestOfSeveral) {
  open({});
  for (std::uint64_t trace = 1; trace <= 3; ++trace) present(trace);
  link(1, 2, 0);
  link(1, 3, 0);
  link(1, 3, 1);
  propagator_->make_origin(present(1), true);
  tick();
  EXPECT_EQ(hops(2), 0u);
  EXPECT_EQ(hops(3), 1u);
}

TEST_F(KeepPropagatorTest, ComponentModeCountsBothDirectionsTogether_ThroughAbsentTraces) {
  PropagateOptions options;
  options.mode = PropagateMode::component;
  options.max_hops_linked = options.max_hops_linking = 2;
  open(options);
  for (const std::uint64_t trace : {1, 3, 4}) present(trace);
  link(1, 2);  // 2 is absent
  link(3, 2);
  link(4, 3);
  propagator_->make_origin(present(1), true);
  tick();
  EXPECT_EQ(hops(3), 2u);
  EXPECT_EQ(hops(4), 0u);
  EXPECT_EQ(ledger_.paths().direction(propagator_->nearest_path(present(3))), Direction::mixed);
}

// The path is complete before any part of it is erased, however late it is requested.
TEST_F(KeepPropagatorTest, APathOutlivesItsTraces) {
  open_chain({}, 4);
  propagator_->make_origin(present(1), true);
  tick();
  for (const std::uint64_t forgotten : {2, 1, 3}) {
    forget(present(forgotten));
    EXPECT_EQ(hops(forgotten), 0u);
  }
  const RecordId reused = present(5);  // reuses the number of a predecessor
  link(5, 4);
  propagator_->make_origin(reused, true);
  EXPECT_EQ(path(4), (Ids{{0, 1}, {0, 2}, {0, 3}, {0, 4}}));
  tick();
  EXPECT_EQ(path(4), (Ids{{0, 5}, {0, 4}}));
  forget(present(4));
  forget(reused);
  EXPECT_EQ(ledger_.paths().count(), 0u);
}

TEST_F(KeepPropagatorTest, AKeepExtendsTheLifeOfRecordsItReaches) {
  open_chain({}, 4);
  propagator_->make_origin(present(1), true);
  propagator_->run(77);
  static_cast<void>(propagator_->take_reached());
  for (const std::uint64_t trace : {2, 3, 4}) EXPECT_EQ(ledger_[present(trace)].touched_ns, 77) << trace;
}

TEST_F(KeepPropagatorTest, ReplacesAMaterializedPath_WhenAKeepArrivesWithFewerHops) {
  open_chain({}, 5);
  propagator_->make_origin(present(1), true);
  tick();
  EXPECT_EQ(path(5), (Ids{{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}}));
  const PathId materialized = propagator_->nearest_path(present(5));
  EXPECT_EQ(propagator_->nearest_path(present(5)), materialized);  // once materialized, it stays
  link(1, 4);
  tick();
  EXPECT_EQ(path(5), (Ids{{0, 1}, {0, 4}, {0, 5}}));
  EXPECT_EQ(propagator_->nearest_hops(present(5)), 2u);
}

// Only edges of ingest at a trace that still propagates a keep are logged: not where no hop is left.
TEST_F(KeepPropagatorTest, DoesNotLogAnEdge_WhereNoHopIsLeft) {
  PropagateOptions options;
  options.max_hops_linked = 1;
  options.max_hops_linking = 0;
  open(options);
  for (std::uint64_t trace = 1; trace <= 3; ++trace) present(trace);
  link(1, 2);
  propagator_->make_origin(present(1), true);
  tick();
  EXPECT_EQ(hops(2), 1u);
  link(2, 3);
  unsigned late = 0;
  graph_.drain_late([&](const graph::LateEdges&) { ++late; });
  EXPECT_EQ(late, 0u);
  link(1, 3);
  graph_.drain_late([&](const graph::LateEdges&) { ++late; });
  EXPECT_EQ(late, 1u);
}

// A trace continues in a newer window with all the state of its node.
TEST_F(KeepPropagatorTest, ReachContinuesInANewerWindow) {
  open({});
  for (std::uint64_t trace = 1; trace <= 3; ++trace) present(trace);
  link(1, 2);
  propagator_->make_origin(present(1), true);
  tick();
  ASSERT_TRUE(graph_.rotate(1000));
  link(2, 3);  // both have a node in the new window now
  tick();
  EXPECT_EQ(hops(2), 1u);
  EXPECT_EQ(hops(3), 2u);
  EXPECT_EQ(path(3), (Ids{{0, 1}, {0, 2}, {0, 3}}));
  EXPECT_EQ(propagator_->find_record(node(2)), present(2));
}

}  // namespace
}  // namespace entail::propagate
