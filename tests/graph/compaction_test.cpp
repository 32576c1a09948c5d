// What moves, what is forgotten, and which edges still resolve when a window closes.
#include "graph/compaction.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "tests/graph/edges.hpp"

namespace entail::graph {
namespace {

using Fate = Compaction::Fate;
using Nodes = std::vector<NodeId>;

// A graph whose traces are numbers, used as record numbers too. A trace moves unless the test sets another fate.
class Closing final : private Compaction::Owner {
 public:
  Closing() : graph({.lanes = 2, .payload_bytes = 8, .first_capacity = 1000}), compaction_(graph) {}

  // The trace's node in the current window, chained with those of other windows.
  NodeId node(std::uint64_t trace) {
    const NodeId made = absent(trace);
    link_to_older(made);
    graph.set_record(made, static_cast<std::uint32_t>(trace));
    return made;
  }
  NodeId absent(std::uint64_t trace) {
    Writer& writer = graph.writer(0);
    EXPECT_TRUE(writer.try_begin(1, 0));
    const NodeId made = insert_all(writer, {key_of(trace)})[0];
    writer.end();
    return made;
  }
  // In the current window, where both traces have nodes.
  void link(std::uint64_t from, std::uint64_t to) {
    Writer& writer = graph.writer(0);
    ASSERT_TRUE(writer.try_begin(0, 1));
    const Nodes nodes = insert_all(writer, {key_of(from), key_of(to)});
    const EdgeCell out = plain_cell(writer, nodes[1]);
    const SpanId span{to};
    writer.append_out(nodes[0], {&out, 1}, {&span, 1});
    writer.append_in(nodes[1], plain_cell(writer, nodes[0]));
    writer.end();
  }
  std::uint64_t& payload(NodeId node) {
    graph.mark_payload(node);
    return *static_cast<std::uint64_t*>(graph.payload(node));
  }
  NodeId find(std::uint64_t trace) const { return graph.find(key_of(trace)); }
  void rotate(std::uint64_t capacity = 1000) { ASSERT_TRUE(graph.rotate(capacity)); }

  void begin(unsigned slot) { compaction_.begin(slot); }
  Compaction::Step advance(std::uint64_t nodes_max) { return compaction_.advance(*this, nodes_max); }
  // How often a move ran out of room.
  unsigned close(unsigned slot) {
    begin(slot);
    unsigned failures = 0;
    while (advance(~std::uint64_t{0}) == Compaction::Step::no_room) {
      ++failures;
      rotate();
    }
    return failures;
  }

  Graph graph;
  std::map<std::uint64_t, Fate> fates;
  bool absent_are_needed = true;
  unsigned forgotten_absent = 0;

 private:
  void link_to_older(NodeId node) {
    NodeId older = 0;
    graph.older_of({&node, 1}, &older);
    if (older != 0) graph.link_incarnations(older, node);
  }
  Fate fate_of(NodeId node) const {
    const auto set = fates.find(graph.record(graph.newest(node)));
    return set == fates.end() ? Fate::move : set->second;
  }
  Fate fate(NodeId node) override {
    const Fate fate = fate_of(node);
    if (fate == Fate::forget) graph.set_record(node, 0);
    return fate;
  }
  bool needs_edges(NodeId newest) const noexcept override { return fate_of(newest) == Fate::move; }
  bool needs_absent() const noexcept override { return absent_are_needed; }
  void on_forgotten_absent() noexcept override { ++forgotten_absent; }
  void continue_at(NodeId node, NodeId newest) override {
    graph.link_incarnations(newest, node);
    graph.set_record(node, graph.record(newest));
  }
  void move_payload(NodeId from, NodeId to) override { payload(to) += std::exchange(payload(from), 0); }
  void prefetch(NodeId) const noexcept override {}

  Compaction compaction_;
};

TEST(Compaction, MovesATraceWithItsEdgesAndPayload) {
  Closing closing;
  const unsigned slot = slot_of(closing.node(1));
  for (const std::uint64_t trace : {2, 3}) closing.node(trace);
  closing.link(1, 2);
  closing.link(3, 1);
  closing.payload(closing.find(1)) = 5;
  closing.rotate();
  EXPECT_EQ(closing.close(slot), 0u);
  EXPECT_EQ(closing.graph.window_count(), 1u);
  const NodeId moved = closing.find(1);
  ASSERT_TRUE(moved != 0 && closing.graph.is_current(moved));
  EXPECT_EQ(closing.graph.record(moved), 1u);
  EXPECT_EQ(closing.payload(moved), 5u);
  EXPECT_EQ(out_nodes(closing.graph, moved), Nodes{closing.find(2)});
  EXPECT_EQ(in_nodes(closing.graph, moved), Nodes{closing.find(3)});
}

TEST(Compaction, MergesPayloadIntoTheNewerNode_AndRedirectsEdges) {
  Closing closing;
  const unsigned slot = slot_of(closing.node(1));
  closing.node(2);
  closing.link(2, 1);
  closing.payload(closing.find(1)) = 5;
  closing.rotate();
  const NodeId newer = closing.node(1);
  closing.payload(newer) = 2;
  closing.fates[1] = Fate::merge;
  closing.close(slot);
  EXPECT_EQ(closing.find(1), newer);
  EXPECT_EQ(closing.payload(newer), 7u);
  EXPECT_EQ(closing.graph.older(newer), 0u);
  EXPECT_EQ(out_nodes(closing.graph, closing.find(2)), Nodes{newer});
}

TEST(Compaction, HidesForgottenNodes_BeforeTheWindowIsUnmapped) {
  Closing closing;
  const NodeId gone = closing.node(1);
  const NodeId stays = closing.node(2);
  closing.link(2, 1);
  closing.rotate();
  closing.fates[1] = Fate::forget;
  closing.begin(slot_of(gone));
  ASSERT_EQ(closing.advance(1), Compaction::Step::more);
  EXPECT_EQ(closing.find(1), 0u);
  EXPECT_EQ(closing.graph.node_of(closing.graph.cell_of(gone)), 0u);
  EXPECT_EQ(out_nodes(closing.graph, stays), Nodes{0});
  EXPECT_EQ(closing.find(2), stays);  // still to be examined
  const NodeId again = closing.absent(1);
  NodeId older = 99;
  closing.graph.older_of({&again, 1}, &older);
  EXPECT_EQ(older, 0u);
  ASSERT_EQ(closing.advance(~std::uint64_t{0}), Compaction::Step::closed);
  EXPECT_EQ(closing.find(1), again);
}

// A stalled lane pins the oldest window, while newer ones close.
TEST(Compaction, KeepsOneChain_WhenTheMiddleNodeIsRemoved) {
  Closing closing;
  const NodeId oldest = closing.node(1);
  closing.rotate();
  const NodeId middle = closing.node(1);
  closing.node(2);
  closing.link(1, 2);
  closing.rotate();
  const NodeId newest = closing.node(1);
  closing.close(slot_of(middle));
  EXPECT_EQ(closing.graph.newest(oldest), newest);
  EXPECT_EQ(closing.graph.older(newest), oldest);
  EXPECT_EQ(out_nodes(closing.graph, newest), Nodes{closing.find(2)});
}

// 1 moves first, so its edge still has the old name of 2, for as long as the window it moved to lives.
TEST(Compaction, ForwardsAnEdge_WhileItsWindowLives) {
  Closing closing;
  const unsigned first = slot_of(closing.node(1));
  closing.node(2);
  closing.link(1, 2);
  closing.rotate();
  closing.close(first);
  const NodeId moved = closing.find(1);
  for (const std::uint64_t trace : {7, 8, 9}) {  // the other windows are dropped one by one
    closing.rotate();
    const unsigned slot = slot_of(closing.node(trace));
    closing.fates[trace] = Fate::forget;
    closing.rotate();
    closing.close(slot);
    EXPECT_EQ(out_nodes(closing.graph, moved), Nodes{closing.find(2)});
  }
  EXPECT_GT(closing.graph.forwarding_bytes(), 0u);
  closing.close(slot_of(moved));
  EXPECT_EQ(out_nodes(closing.graph, closing.find(1)), Nodes{closing.find(2)});
  for (const std::uint64_t trace : {1, 2}) closing.fates[trace] = Fate::forget;
  for (int i = 0; i < 3; ++i) {
    const unsigned slot = closing.graph.windows().items[0].slot;
    closing.rotate();
    closing.close(slot);
  }
  EXPECT_EQ(closing.graph.forwarding_bytes(), 0u);
}

// 1 moves first, and its edge names the newest node of 2 so far. That node gets no edges: those of 2 move to a newer
// node.
TEST(Compaction, ForwardsAnEdge_ToANodeWithoutEdges) {
  Closing closing;
  const unsigned first = slot_of(closing.node(1));
  closing.node(2);
  closing.link(1, 2);
  closing.rotate();
  const NodeId without_edges = closing.node(2);
  closing.payload(without_edges) = 3;
  closing.rotate();
  closing.close(first);
  EXPECT_EQ(out_nodes(closing.graph, closing.find(1)), Nodes{without_edges});
  closing.close(slot_of(without_edges));
  EXPECT_EQ(out_nodes(closing.graph, closing.find(1)), Nodes{closing.find(2)});
  EXPECT_EQ(in_nodes(closing.graph, closing.find(2)), Nodes{closing.find(1)});
  EXPECT_EQ(closing.payload(closing.find(2)), 3u);
}

TEST(Compaction, ForwardsEdgesToManyMovedNodes) {
  constexpr std::uint64_t kNeighbours = 200;
  Closing closing;
  const unsigned slot = slot_of(closing.node(1000));
  for (std::uint64_t trace = 1; trace <= kNeighbours; ++trace) {
    closing.node(trace);
    closing.link(1000, trace);
  }
  closing.rotate();
  closing.close(slot);
  Nodes expected;
  for (std::uint64_t trace = 1; trace <= kNeighbours; ++trace) expected.push_back(closing.find(trace));
  EXPECT_EQ(out_nodes(closing.graph, closing.find(1000)), sorted(expected));
}

TEST(Compaction, MovesAnAbsentTrace_WhenANeighbourIsNeeded) {
  for (const bool absent_are_needed : {true, false}) {
    Closing closing;
    const unsigned slot = slot_of(closing.node(1));
    closing.node(3);
    for (const std::uint64_t trace : {2, 4}) closing.absent(trace);
    closing.link(1, 2);
    closing.link(3, 4);
    closing.fates[3] = Fate::forget;
    closing.absent_are_needed = absent_are_needed;
    closing.rotate();
    closing.close(slot);
    EXPECT_EQ(closing.find(4), 0u);
    EXPECT_EQ(closing.forgotten_absent, absent_are_needed ? 0u : 2u);
    const NodeId linked = closing.find(2);
    ASSERT_EQ(linked != 0, absent_are_needed);
    if (linked != 0) {
      EXPECT_EQ(in_nodes(closing.graph, linked), Nodes{closing.find(1)});
    }
  }
}

// 1 is examined first, and would move before the traces that it links to are forgotten.
TEST(Compaction, SkipsEdgesToForgottenTraces_WhenMemoryIsShort) {
  Closing closing;
  const unsigned slot = slot_of(closing.node(1));
  closing.absent(2);
  for (const std::uint64_t trace : {3, 4, 5}) closing.node(trace);
  for (const std::uint64_t trace : {2, 3, 4, 5}) closing.link(1, trace);
  closing.link(3, 1);
  closing.fates[3] = Fate::forget;
  closing.fates[5] = Fate::merge;
  closing.absent_are_needed = false;
  closing.rotate();
  const NodeId newer = closing.node(5);
  closing.close(slot);
  const NodeId moved = closing.find(1);
  EXPECT_EQ(out_nodes(closing.graph, moved), sorted(Nodes{closing.find(4), newer}));
  EXPECT_EQ(in_nodes(closing.graph, moved), Nodes{});
  EXPECT_EQ(closing.forgotten_absent, 1u);
}

TEST(Compaction, ForgetsEachAbsentTraceOnce_WhenTheRestDoesNotFit) {
  constexpr std::uint64_t kTraces = 9;
  Closing closing;
  const unsigned slot = slot_of(closing.node(1));
  for (std::uint64_t trace = 2; trace <= kTraces; ++trace) {
    closing.absent(100 + trace);
    closing.payload(closing.node(trace)) = trace;
    closing.link(trace, 100 + trace);
  }
  closing.absent_are_needed = false;
  closing.rotate(3);
  EXPECT_EQ(closing.close(slot), 1u);
  EXPECT_EQ(closing.forgotten_absent, kTraces - 1);
  for (std::uint64_t trace = 2; trace <= kTraces; ++trace) {
    EXPECT_EQ(closing.find(100 + trace), 0u);
    ASSERT_NE(closing.find(trace), 0u) << trace;
    EXPECT_EQ(closing.payload(closing.find(trace)), trace);
  }
}

TEST(Compaction, ResumesWithTheSameTrace_WhenOutOfRoom) {
  constexpr std::uint64_t kTraces = 9;
  Closing closing;
  const unsigned slot = slot_of(closing.node(1));
  for (std::uint64_t trace = 2; trace <= kTraces; ++trace) closing.node(trace);
  for (std::uint64_t trace = 1; trace <= kTraces; ++trace) closing.payload(closing.find(trace)) = trace;
  closing.rotate(3);
  EXPECT_EQ(closing.close(slot), 1u);
  for (std::uint64_t trace = 1; trace <= kTraces; ++trace) {
    const NodeId moved = closing.find(trace);
    ASSERT_NE(moved, 0u) << trace;
    EXPECT_EQ(closing.payload(moved), trace);
  }
}

}  // namespace
}  // namespace entail::graph
