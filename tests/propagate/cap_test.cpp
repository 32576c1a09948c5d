// Traces with more neighbours than max_links_followed, and origins that have kept all the traces they may
// (docs/design.md 3.5, 3.10).
#include "tests/propagate/keep_propagator_fixture.hpp"

namespace entail::propagate {
namespace {

class CapTest : public KeepPropagatorTest {
 protected:
  void open_capped(std::uint32_t max_links_followed, PropagateMode mode = PropagateMode::cone) {
    PropagateOptions options;
    options.max_links_followed = max_links_followed;
    options.mode = mode;
    open(options);
  }
  unsigned followed(std::uint64_t first, std::uint64_t last, Layer layer = kLinked) {
    unsigned count = 0;
    for (std::uint64_t trace = first; trace <= last; ++trace) count += hops(trace, layer) != 0 ? 1 : 0;
    return count;
  }
};

TEST_F(CapTest, FollowsLateNeighboursUpToTheCap_AndKeepsEarlierOnes) {
  open_capped(3);
  for (std::uint64_t trace = 1; trace <= 9; ++trace) present(trace);
  propagator_->make_origin(present(1), true);
  link(1, 2);
  link(1, 3);
  tick();
  EXPECT_EQ(followed(2, 9), 2u);
  for (std::uint64_t trace = 4; trace <= 6; ++trace) link(1, trace);
  tick();  // the first edge beyond the cap creates the frontier: 2 and 3 are in it
  EXPECT_TRUE(hops(2) == 1 && hops(3) == 1);
  EXPECT_EQ(followed(4, 6), 1u);
  EXPECT_EQ(propagator_->not_followed(present(1)), 2u);
  for (const std::uint64_t trace : {7, 7, 4, 2}) link(1, trace);
  tick();
  EXPECT_EQ(propagator_->not_followed(present(1)), 3u);
  EXPECT_EQ(propagator_->take_refused_count(), 3u);
}

// The number of edges is counted, so that the first one beyond the cap is detected in the middle of a batch: earlier
// ones keep their places.
TEST_F(CapTest, RespectsTheCap_WithinOneBatchOfLateEdges) {
  constexpr std::uint64_t kCap = 100;
  for (const bool is_linked : {true, false}) {
    open_capped(kCap);
    const std::uint64_t hub = is_linked ? 1000 : 2000;
    for (std::uint64_t trace = hub; trace <= hub + 160; ++trace) present(trace);
    propagator_->make_origin(present(hub), true);
    tick();
    const auto link_hub = [&](std::uint64_t other) { is_linked ? link(hub, other) : link(other, hub); };
    for (std::uint64_t trace = hub + 1; trace <= hub + 80; ++trace) link_hub(trace);
    tick();
    for (std::uint64_t trace = hub + 81; trace <= hub + 110; ++trace) link_hub(trace);
    tick();
    const Layer layer = is_linked ? kLinked : kLinking;
    EXPECT_EQ(followed(hub + 1, hub + 80, layer), 80u);
    EXPECT_EQ(followed(hub + 81, hub + 110, layer), kCap - 80);
    EXPECT_EQ(propagator_->not_followed(present(hub)), 10u);
    for (std::uint64_t trace = hub + 111; trace <= hub + 160; ++trace) link_hub(trace);
    tick();
    EXPECT_EQ(followed(hub + 1, hub + 160, layer), kCap);
    EXPECT_EQ(propagator_->not_followed(present(hub)), 60u);
  }
}

// 11 to 15 were absent when the keep of 1 passed. When they arrive, 2 is an origin whose keep has not been propagated.
TEST_F(CapTest, ALateTraceTakesAPlace_AtANeighbourWithoutAFrontier) {
  open_capped(2);
  for (const std::uint64_t trace : {1, 2}) present(trace);
  for (std::uint64_t trace = 11; trace <= 15; ++trace) {
    link(trace, 1);
    link(trace, 2);
  }
  propagator_->make_origin(present(1), true);
  tick();
  propagator_->make_origin(present(2), true);
  for (std::uint64_t trace = 11; trace <= 15; ++trace) present(trace);
  tick();
  EXPECT_LE(followed(11, 15, kLinking), 4u);
  EXPECT_EQ(propagator_->not_followed(present(1)), 3u);
  EXPECT_EQ(propagator_->not_followed(present(2)), 3u);
}

// The links of 11 to 15 to 2 arrive after the last drain of the late log; the traces pull over them when they arrive.
TEST_F(CapTest, ALateTraceTakesAPlace_BeforeTheLateLogReportsItsEdge) {
  open_capped(2);
  for (const std::uint64_t trace : {1, 2}) present(trace);
  for (std::uint64_t trace = 11; trace <= 15; ++trace) link(trace, 1);
  for (const std::uint64_t origin : {1, 2}) propagator_->make_origin(present(origin), true);
  tick();
  for (std::uint64_t trace = 11; trace <= 15; ++trace) {
    link(trace, 2);
    present(trace);
  }
  propagator_->run(1);
  tick();
  EXPECT_LE(followed(11, 15, kLinking), 4u);
  EXPECT_EQ(propagator_->not_followed(present(1)), 3u);
  EXPECT_EQ(propagator_->not_followed(present(2)), 3u);
}

TEST_F(CapTest, ARepeatedEdgeTakesNoSecondPlace) {
  open_capped(2);
  for (std::uint64_t trace = 1; trace <= 4; ++trace) present(trace);
  propagator_->make_origin(present(1), true);
  link(1, 2);
  tick();
  for (unsigned i = 0; i < 3; ++i) link(1, 2);
  tick();
  link(1, 3);
  tick();
  EXPECT_EQ(followed(2, 3), 2u);
  link(1, 4);
  tick();
  EXPECT_EQ(followed(2, 4), 2u);
  EXPECT_EQ(propagator_->not_followed(present(1)), 1u);
}

// With fewer hops a keep passes more edges than before; traces already followed keep their places, though others rank
// higher.
TEST_F(CapTest, FollowedNeighboursKeepTheirPlaces_WhenHopsFall) {
  open_capped(2);
  for (const std::uint64_t trace : {1, 2, 10, 21, 22, 23, 24}) present(trace);
  link(1, 2);
  link(2, 10);
  for (const std::uint64_t trace : {21, 22}) link(10, trace);
  for (const std::uint64_t trace : {23, 24}) link(10, trace, 2, true);  // on ERROR spans, limited to the second hop
  tick();
  propagator_->make_origin(present(1), true);
  tick();
  EXPECT_TRUE(hops(21) == 3 && hops(22) == 3);
  EXPECT_EQ(followed(23, 24), 0u);
  link(1, 10);
  tick();
  EXPECT_TRUE(hops(21) == 2 && hops(22) == 2);
  EXPECT_EQ(followed(23, 24), 0u);
  EXPECT_EQ(propagator_->not_followed(present(10)), 2u);
}

TEST_F(CapTest, StoresNoNeighbours_BelowTheCap) {
  open_capped(1000);
  for (std::uint64_t trace = 1; trace <= 901; ++trace) present(trace);
  propagator_->make_origin(present(1), true);
  tick();
  const std::uint64_t before = propagator_->bytes();
  for (std::uint64_t trace = 2; trace <= 901; ++trace) {
    link(1, trace);
    if (trace % 100 == 0) tick();
  }
  tick();
  EXPECT_EQ(followed(2, 901), 900u);
  EXPECT_LT(propagator_->bytes(), before + 32768);  // lists that ticks reuse
  EXPECT_EQ(propagator_->not_followed(present(1)), 0u);
}

TEST_F(CapTest, BoundsMemoryForRefusedNeighbours) {
  open_capped(4);
  propagator_->make_origin(present(1), true);
  constexpr std::uint64_t kLast = 60'000;
  std::uint64_t refused = 0;
  for (std::uint64_t trace = 2; trace <= kLast; ++trace) {
    if (trace == 20'000) {
      ASSERT_TRUE(graph_.rotate(1 << 18));
    }
    present(trace);
    link(trace, 1);
    if (trace % 100 != 0) continue;
    tick();
    refused += propagator_->take_refused_count();
  }
  EXPECT_EQ(propagator_->not_followed(present(1)), refused);
  EXPECT_NEAR(static_cast<double>(refused), kLast, 0.1 * kLast);
  EXPECT_LT(propagator_->bytes(), 400'000u);
  propagator_->forget(present(1));
  EXPECT_LT(propagator_->bytes(), 360'000u);
}

TEST_F(CapTest, AnAbsentNeighbourTakesAPlace_OnItsFirstSpan) {
  open_capped(2);
  for (const std::uint64_t trace : {1, 2}) present(trace);
  for (std::uint64_t trace = 2; trace <= 5; ++trace) link(1, trace);
  propagator_->make_origin(present(1), true);
  tick();
  present(3);
  tick();
  EXPECT_EQ(hops(3), 1u);
  present(4);
  tick();
  EXPECT_EQ(hops(4), 0u);
  EXPECT_EQ(propagator_->not_followed(present(1)), 1u);
}

// 1 is full; the absent 5 was passed through on the way to 6, and finds no place when it arrives.
TEST_F(CapTest, AKeepDoesNotReturnToATrace_ThroughTracesItReached) {
  open_capped(2, PropagateMode::component);
  for (const std::uint64_t trace : {1, 2, 3, 6}) present(trace);
  for (const std::uint64_t trace : {2, 3, 5}) link(1, trace);
  link(6, 5);
  propagator_->make_origin(present(1), true);
  tick();
  EXPECT_EQ(hops(6), 2u);
  const RecordId id = present(5);
  tick();
  EXPECT_EQ(hops(5), 0u);
  EXPECT_EQ(hops(6), 2u);  // still reached
  link(6, 5);
  tick();
  EXPECT_EQ(hops(5), 0u);
  EXPECT_FALSE(ledger_[id].reached);
  propagator_->make_origin(present(6), true);
  tick();
  EXPECT_EQ(hops(5), 1u);  // its own keep is separate
}

// 1 and 2 are origins, 3 is between 2 and 4.
TEST_F(CapTest, FindsTheNextNearestOriginWithRoom_AndItsPath) {
  open({});
  for (std::uint64_t trace = 1; trace <= 5; ++trace) present(trace);
  link(1, 4);
  link(2, 3);
  link(3, 4);
  propagator_->make_origin(present(1), true);
  propagator_->make_origin(present(2), true);
  tick();
  PathPool& paths = ledger_.paths();
  EXPECT_EQ(path(4), (Ids{{0, 1}, {0, 4}}));
  ++paths.kept_count(paths.origin_of(propagator_->nearest_path(present(4))));
  const PathId found = propagator_->path_with_room(present(4), 1);
  ASSERT_NE(found, 0u);
  EXPECT_EQ(paths.trace_ids(found), (Ids{{0, 2}, {0, 3}, {0, 4}}));
  EXPECT_EQ(paths.direction(found), Direction::linked);
  ++paths.kept_count(paths.origin_of(found));
  EXPECT_EQ(propagator_->path_with_room(present(4), 1), 0u);
  paths.drop_reference(found);
}

TEST_F(CapTest, SearchForAnotherOriginRespectsHopLimitsOfLinks) {
  open({});
  for (std::uint64_t trace = 1; trace <= 6; ++trace) present(trace);
  link(1, 4);
  link(2, 3);
  link(3, 4, 1);  // first hop only: from 2 it would be the second
  link(6, 5);
  link(5, 4);
  propagator_->make_origin(present(1), true);
  for (const std::uint64_t origin : {2, 6}) propagator_->make_origin(present(origin), true);
  tick();
  PathPool& paths = ledger_.paths();
  ++paths.kept_count(paths.origin_of(propagator_->nearest_path(present(4))));
  const PathId found = propagator_->path_with_room(present(4), 1);
  ASSERT_NE(found, 0u);
  EXPECT_EQ(paths.trace_ids(found), (Ids{{0, 6}, {0, 5}, {0, 4}}));
  paths.drop_reference(found);
}

// Eight other origins are tried, not nine.
TEST_F(CapTest, SearchForAnotherOriginIsBounded) {
  open({});
  present(100);
  const auto spend = [&](std::uint64_t trace) {
    link(trace, 100 + trace);
    present(100 + trace);
    tick();
    ++ledger_.paths().kept_count(ledger_.paths().origin_of(propagator_->nearest_path(present(100 + trace))));
  };
  for (std::uint64_t trace = 1; trace <= 10; ++trace) {
    propagator_->make_origin(present(trace), true);
    link(trace, 100);
    if (trace <= 8) spend(trace);
  }
  tick();
  const PathId found = propagator_->path_with_room(present(100), 1);
  EXPECT_NE(found, 0u);
  ledger_.paths().drop_reference(found);
  for (const std::uint64_t trace : {9, 10}) spend(trace);
  EXPECT_EQ(propagator_->path_with_room(present(100), 1), 0u);
}

// Once an origin is kept by probability alone, deterministic keeps are tracked separately; all earlier ones are
// deterministic.
TEST_F(CapTest, KeepsAreDeterministic_UntilAnOriginIsKeptByProbabilityAlone) {
  open_chain({}, 4);
  propagator_->make_origin(present(1), true);
  tick();
  EXPECT_TRUE(propagator_->is_reached_deterministically(present(4)));
  link(5, 3);
  link(5, 6);
  for (const std::uint64_t trace : {5, 6}) present(trace);
  propagator_->make_origin(present(5), false);
  tick();
  EXPECT_EQ(hops(3), 1u);
  EXPECT_TRUE(propagator_->is_reached_deterministically(present(3)));
  EXPECT_TRUE(propagator_->is_reached_deterministically(present(4)));
  EXPECT_EQ(hops(6), 1u);
  EXPECT_FALSE(propagator_->is_reached_deterministically(present(6)));
  link(4, 6);
  tick();
  EXPECT_TRUE(propagator_->is_reached_deterministically(present(6)));
}

}  // namespace
}  // namespace entail::propagate
