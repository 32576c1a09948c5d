#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/hash.hpp"
#include "sync/sync_point.hpp"
#include "tests/graph/edges.hpp"

namespace entail::graph {
namespace {

NodeId put(Graph& graph, std::uint64_t number) {
  Writer& writer = graph.writer(0);
  EXPECT_TRUE(writer.try_begin(1, 0));
  const NodeId node = insert_all(writer, {key_of(number)})[0];
  writer.end();
  return node;
}

TEST(Windows, RotateStartsAnEmptyWindow_AndKeepsTheOldOneReadable) {
  Graph graph({.lanes = 2, .first_capacity = 100});
  const NodeId first = put(graph, 1);
  ASSERT_TRUE(graph.rotate(5000));
  const NodeId second = put(graph, 1);
  EXPECT_NE(first, second);
  EXPECT_NE(slot_of(first), slot_of(second));
  EXPECT_EQ(graph.key(first), graph.key(second));
  EXPECT_EQ(graph.find(key_of(1)), second);
  const WindowList windows = graph.windows();
  ASSERT_EQ(windows.count, 2u);
  EXPECT_EQ(windows.items[0].slot, slot_of(first));
  EXPECT_FALSE(windows.items[0].is_current);
  EXPECT_TRUE(windows.items[0].frozen);
  EXPECT_EQ(windows.items[0].capacity, 100u);
  EXPECT_EQ(windows.items[0].node_count, 1u);
  EXPECT_TRUE(windows.items[1].is_current);
  EXPECT_FALSE(windows.items[1].frozen);
  EXPECT_EQ(windows.items[1].capacity, 5000u);
  EXPECT_EQ(windows.items[1].sequence, windows.items[0].sequence + 1);
  EXPECT_EQ(windows.items[0].bytes + windows.items[1].bytes, graph.bytes());
  EXPECT_EQ(previous_slot(graph), slot_of(first));
  EXPECT_EQ(graph.sequence(slot_of(second)), windows.items[1].sequence);
}

TEST(Windows, OlderOfFindsTheNewestOlderNode) {
  Graph graph({.lanes = 1, .first_capacity = 1000});
  std::vector<NodeId> oldest, middle, current;
  for (std::uint64_t i = 0; i < 300; ++i) oldest.push_back(put(graph, i));
  ASSERT_TRUE(graph.rotate(1000));
  for (std::uint64_t i = 200; i < 400; ++i) middle.push_back(put(graph, i));
  ASSERT_TRUE(graph.rotate(1000));
  for (std::uint64_t i = 100; i < 500; ++i) current.push_back(put(graph, i));
  std::vector<NodeId> older(current.size());
  graph.older_of(current, older.data());
  for (std::uint64_t i = 100; i < 500; ++i) {
    const NodeId expected = i < 200 ? oldest[i] : i < 400 ? middle[i - 200] : 0;
    EXPECT_EQ(older[i - 100], expected) << i;
  }
  older.assign(middle.size(), 1);
  graph.older_of(middle, older.data());  // for a node in an older window: only nodes older than it
  for (std::uint64_t i = 200; i < 400; ++i) EXPECT_EQ(older[i - 200], i < 300 ? oldest[i] : 0);
  EXPECT_EQ(graph.newer_of(oldest[0]), 0u);
  EXPECT_EQ(graph.newer_of(oldest[150]), current[50]);
  EXPECT_EQ(graph.newer_of(oldest[250]), middle[50]);
  EXPECT_EQ(graph.newer_of(current[50]), 0u);
}

// Filters change the cost, not the result, whether they are complete or still being built.
TEST(Windows, OlderOfGivesTheSameResult_WithFilters) {
  constexpr std::uint64_t kNodes = 300'000;  // more than one filter_frozen() call covers
  Graph graph({.lanes = 1, .first_capacity = kNodes});
  Writer& writer = graph.writer(0);
  std::vector<NodeId> nodes[3];
  for (std::uint64_t window = 0; window < 3; ++window) {
    ASSERT_TRUE(window == 0 || graph.rotate(kNodes));
    std::vector<TraceId> keys;  // half of them new
    for (std::uint64_t i = 0; i < kNodes; ++i) keys.push_back(key_of(i + window * kNodes / 2));
    ASSERT_TRUE(writer.try_begin(kNodes, 0));
    nodes[window] = insert_all(writer, keys);
    writer.end();
  }
  std::vector<NodeId> older(kNodes);
  for (int step = 0; step < 6; ++step) {
    const std::uint64_t bytes = graph.bytes();
    graph.older_of(nodes[2], older.data());
    for (std::uint64_t i = 0; i < kNodes; ++i) ASSERT_EQ(older[i], i < kNodes / 2 ? nodes[1][i + kNodes / 2] : 0u);
    graph.older_of(nodes[1], older.data());
    for (std::uint64_t i = 0; i < kNodes; ++i) ASSERT_EQ(older[i], i < kNodes / 2 ? nodes[0][i + kNodes / 2] : 0u);
    graph.filter_frozen();
    const bool begins = step == 0 || step == 2;  // a window's filter, one byte per node
    EXPECT_EQ(graph.bytes() >= bytes + kNodes, begins) << step;
    EXPECT_EQ(graph.bytes() == bytes, !begins) << step;
  }
}

TEST(KeyFilter, MatchesAllKeys_AndFewOthers) {
  constexpr std::uint64_t kKeys = 50'000;
  std::vector<std::uint64_t> words(KeyFilter::words_for(kKeys));
  KeyFilter filter(words.data(), words.size());
  for (std::uint64_t i = 0; i < kKeys; ++i) filter.add(base::table_hash(key_of(i), 5));
  std::uint64_t others = 0;
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    EXPECT_TRUE(filter.may_have(base::table_hash(key_of(i), 5)));
    others += filter.may_have(base::table_hash(key_of(kKeys + i), 5));
  }
  EXPECT_LT(others, kKeys / 15);
  EXPECT_EQ(filter.bytes(), words.size() * 8);
}

TEST(Windows, ChainsIncarnations) {
  Graph graph({.lanes = 1, .first_capacity = 100});
  const NodeId a = put(graph, 1);
  ASSERT_TRUE(graph.rotate(100));
  const NodeId b = put(graph, 1);
  ASSERT_TRUE(graph.rotate(100));
  const NodeId c = put(graph, 1);
  EXPECT_EQ(graph.newest(a), a);
  graph.link_incarnations(a, b);
  graph.link_incarnations(b, c);
  EXPECT_EQ(graph.newest(a), c);
  EXPECT_EQ(graph.older(c), b);
  EXPECT_EQ(graph.older(b), a);
  EXPECT_EQ(graph.newer(a), b);
  graph.drop(slot_of(a));
  EXPECT_EQ(graph.older(b), 0u);  // its window is unmapped
  EXPECT_EQ(graph.older(c), b);
}

TEST(Windows, CellsResolveToNothing_OnceTheirWindowIsDropped) {
  Graph graph({.lanes = 1, .first_capacity = 100});
  const NodeId old_node = put(graph, 1);
  const EdgeCell cell = graph.cell_of(old_node);
  EXPECT_EQ(graph.node_of(cell), old_node);
  const EdgeCell limited = EdgeCell::make(0, 0, 2, 3, true, true);
  EXPECT_EQ(graph.cell_of(old_node, limited).limit_linking(), 3u);
  EXPECT_EQ(graph.node_of(graph.cell_of(old_node, limited)), old_node);
  ASSERT_TRUE(graph.rotate(100));
  EXPECT_EQ(graph.node_of(cell), old_node);
  graph.drop(slot_of(old_node));
  EXPECT_EQ(graph.node_of(cell), 0u);
  EXPECT_EQ(graph.windows().count, 1u);
  EXPECT_EQ(graph.find(key_of(1)), 0u);
  // After 15 more rotations the slot holds another window: the cell still resolves to nothing.
  for (unsigned i = 0; i < 15; ++i) {
    graph.reclaim();
    ASSERT_TRUE(graph.rotate(100));
    if (i < 14) graph.drop(previous_slot(graph));
  }
  EXPECT_EQ(graph.current_window().slot, slot_of(old_node));
  const NodeId reused = put(graph, 2);
  EXPECT_EQ(reused, old_node);  // the same slot and offset
  EXPECT_EQ(graph.node_of(cell), 0u);
  EXPECT_EQ(graph.node_of(graph.cell_of(reused)), reused);
}

TEST(Windows, IgnoresALinkToADroppedIncarnation_WhenItsSlotIsReused) {
  Graph graph({.lanes = 1, .first_capacity = 100});
  const NodeId gone = put(graph, 1);
  ASSERT_TRUE(graph.rotate(100));
  const NodeId stays = put(graph, 1);
  graph.link_incarnations(gone, stays);
  graph.drop(slot_of(gone));
  graph.reclaim();
  for (unsigned i = 0; i < 15; ++i) ASSERT_TRUE(graph.rotate(100));  // the last of them takes the slot
  ASSERT_EQ(graph.current_window().slot, slot_of(gone));
  ASSERT_EQ(graph.window_count(), kWindowSlots);
  EXPECT_EQ(graph.older(stays), 0u);
  EXPECT_EQ(graph.newest(stays), stays);
}

TEST(Windows, OlderOfFindsEveryKeyOfAWindowWithAFilter) {
  constexpr std::uint64_t kNodes = 1000;
  Graph graph({.lanes = 1, .first_capacity = kNodes});
  std::vector<NodeId> old_nodes, nodes;
  for (std::uint64_t i = 0; i < kNodes; ++i) old_nodes.push_back(put(graph, i));
  ASSERT_TRUE(graph.rotate(kNodes));
  graph.filter_frozen();
  for (std::uint64_t i = 0; i < kNodes; ++i) nodes.push_back(put(graph, i));
  std::vector<NodeId> older(nodes.size());
  graph.older_of(nodes, older.data());
  EXPECT_EQ(older, old_nodes);
}

TEST(Windows, AReusedSlotIsNotFrozenEarly) {
  Graph graph({.lanes = 1, .first_capacity = 10});
  for (unsigned i = 0; i < 2 * kWindowSlots; ++i) {
    ASSERT_TRUE(graph.rotate(10));
    EXPECT_FALSE(graph.frozen(graph.current_window().slot)) << i;
    ASSERT_TRUE(graph.frozen(previous_slot(graph)));
    graph.drop(previous_slot(graph));
    graph.reclaim();
  }
}

#ifdef ENTAIL_DEBUG_CHECKS
// Begins a batch while rotate() is held at a sync point.
class BatchDuringRotation final : public sync::PointListener {
 public:
  explicit BatchDuringRotation(Writer& writer) : writer_(writer) { sync::listen_to_sync_points(this); }
  ~BatchDuringRotation() { sync::listen_to_sync_points(nullptr); }
  NodeId node() const noexcept { return node_; }

 private:
  void reach(unsigned point) noexcept override {
    if (point != sync::sync_point_index("graph:after_window_store")) return;
    sync::listen_to_sync_points(nullptr);
    EXPECT_TRUE(writer_.try_begin(1, 0));
    node_ = insert_all(writer_, {key_of(1)})[0];
  }
  Writer& writer_;
  NodeId node_ = 0;
};

TEST(Windows, ABatchThatBeginsDuringARotation_WritesToNoFrozenWindow) {
  Graph graph({.lanes = 1, .first_capacity = 10});
  put(graph, 1);
  const BatchDuringRotation batch(graph.writer(0));
  ASSERT_TRUE(graph.rotate(10));
  ASSERT_NE(batch.node(), 0u);
  EXPECT_FALSE(graph.frozen(slot_of(batch.node())));
  graph.writer(0).end();
}
#endif

// Two keys that begin their search at the same slot and share half of the hash.
TEST(Windows, DistinguishesKeys_WithTheSameFingerprint) {
  constexpr std::uint64_t kKeys = 1 << 19, kSlots = 4;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> places;  // fingerprint and slot, number
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    const std::uint64_t hash = base::table_hash(key_of(i), 0);
    places.emplace_back(hash << 32 | (hash >> 32) * kSlots >> 32, i);
  }
  std::sort(places.begin(), places.end());
  const auto same =
      std::adjacent_find(places.begin(), places.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  ASSERT_NE(same, places.end());
  Graph graph({.lanes = 1, .first_capacity = kSlots / 2});
  const NodeId one = put(graph, same->second);
  const NodeId other = put(graph, std::next(same)->second);
  EXPECT_NE(one, other);
  EXPECT_EQ(graph.key(other), key_of(std::next(same)->second));
}

TEST(Windows, RotateFails_WhenAllSlotsAreLive) {
  Graph graph({.lanes = 1, .first_capacity = 10});
  for (unsigned i = 1; i < kWindowSlots; ++i) ASSERT_TRUE(graph.rotate(10));
  EXPECT_EQ(graph.window_count(), kWindowSlots);
  EXPECT_FALSE(graph.rotate(10));
  const WindowInfo oldest = graph.windows().items[0];
  graph.drop(oldest.slot);
  EXPECT_FALSE(graph.rotate(10));  // dropped, but not yet unmapped
  graph.reclaim();
  EXPECT_TRUE(graph.rotate(10));
  EXPECT_EQ(graph.current_window().slot, oldest.slot);
  EXPECT_EQ(graph.current_window().sequence, oldest.sequence + kWindowSlots);
}

TEST(Windows, AStalledWriterPinsItsWindow_AndBlocksNothingElse) {
  Graph graph({.lanes = 2, .first_capacity = 100});
  const std::uint64_t bytes_before = graph.bytes();
  Writer& stalled = graph.writer(1);
  ASSERT_TRUE(stalled.try_begin(10, 10));
  const NodeId early = insert_all(stalled, {key_of(1)})[0];
  const unsigned slot = slot_of(early);
  ASSERT_TRUE(graph.rotate(100));
  const NodeId elsewhere = put(graph, 1);  // other lanes continue in the new window
  EXPECT_NE(slot_of(elsewhere), slot);
  EXPECT_FALSE(graph.frozen(slot));
  const NodeId late = insert_all(stalled, {key_of(2)})[0];  // the stalled one continues in the old one
  EXPECT_EQ(slot_of(late), slot);
  std::set<NodeId> created;
  graph.drain_created([&](NodeId node) { created.insert(node); });
  EXPECT_EQ(created, (std::set<NodeId>{early, late, elsewhere}));
  EXPECT_EQ(graph.newer_of(early), elsewhere);

  graph.drop(slot);
  graph.reclaim();
  const NodeId after_drop = insert_all(stalled, {key_of(3)})[0];  // the memory is still mapped
  stalled.append_in(after_drop, plain_cell(stalled, late));
  EXPECT_EQ(stalled.key(after_drop), key_of(3));
  EXPECT_GT(graph.bytes(), bytes_before + 1000);
  stalled.end();
  graph.drain_created([&](NodeId) { ADD_FAILURE() << "a node of a dropped window"; });
  graph.reclaim();
  EXPECT_EQ(graph.bytes(), graph.current_window().bytes);
  ASSERT_TRUE(stalled.try_begin(1, 0));
  EXPECT_EQ(insert_all(stalled, {key_of(1)})[0], elsewhere);
  stalled.end();
}

TEST(Windows, FreezesAWindow_OnceItsWritersHaveEnded) {
  Graph graph({.lanes = 2, .first_capacity = 100});
  const unsigned slot = graph.current_window().slot;
  EXPECT_FALSE(graph.frozen(slot));
  Writer& writer = graph.writer(0);
  ASSERT_TRUE(writer.try_begin(1, 0));
  ASSERT_TRUE(graph.rotate(100));
  EXPECT_FALSE(graph.frozen(slot));
  ASSERT_TRUE(graph.writer(1).try_begin(1, 0));  // in the new window: does not count
  writer.end();
  EXPECT_TRUE(graph.frozen(slot));
  graph.writer(1).end();
}

TEST(Windows, VisitsEachNodeOfAFrozenWindowOnce) {
  Graph graph({.lanes = 3, .first_capacity = 5000});
  std::set<NodeId> expected;
  for (unsigned lane = 0; lane < 3; ++lane) {
    Writer& writer = graph.writer(lane);
    ASSERT_TRUE(writer.try_begin(1000, 0));
    std::vector<TraceId> keys;
    for (std::uint64_t i = 0; i < 700; ++i) keys.push_back(key_of(lane * 500 + i));
    for (const NodeId node : insert_all(writer, keys)) expected.insert(node);
    writer.end();
  }
  const unsigned slot = graph.current_window().slot;
  ASSERT_TRUE(graph.rotate(10));
  ASSERT_TRUE(graph.frozen(slot));
  std::set<NodeId> visited;
  graph.for_each_node(slot, [&](NodeId node) { EXPECT_TRUE(visited.insert(node).second); });
  EXPECT_EQ(visited, expected);
  EXPECT_EQ(visited.size(), 1700u);
}

TEST(Windows, RotatesToTheWantedSize_AfterNoRoom) {
  Graph graph({.lanes = 1, .first_capacity = 1000});
  Writer& writer = graph.writer(0);
  std::vector<TraceId> keys;
  for (std::uint64_t i = 0; i < 100'000; ++i) keys.push_back(key_of(i));
  EXPECT_FALSE(writer.try_begin(keys.size(), 0));
  ASSERT_TRUE(graph.rotate(graph.wanted().nodes));
  ASSERT_TRUE(writer.try_begin(keys.size(), 0));
  const auto nodes = insert_all(writer, keys);
  writer.end();
  EXPECT_EQ(std::set<NodeId>(nodes.begin(), nodes.end()).size(), keys.size());
  EXPECT_EQ(graph.insert(key_of(200'000)), 0u);  // full to the last node
  EXPECT_EQ(graph.insert(key_of(5)), 0u);        // nothing was reserved, so the key is not even looked up
}

TEST(Windows, InsertWorks_InsideAndOutsideTheTickBatch) {
  Graph graph({.lanes = 1, .first_capacity = 100});
  const NodeId alone = graph.insert(key_of(1));
  Writer& writer = graph.tick_writer();
  ASSERT_TRUE(writer.try_begin(2, 0));
  EXPECT_EQ(graph.insert(key_of(1)), alone);
  const NodeId inside = graph.insert(key_of(2));
  EXPECT_TRUE(writer.begun());
  writer.end();
  EXPECT_EQ(graph.find(key_of(2)), inside);
  EXPECT_TRUE(graph.is_current(inside));
  std::set<NodeId> created;
  graph.drain_created([&](NodeId node) { created.insert(node); });
  EXPECT_EQ(created, (std::set<NodeId>{alone, inside}));
}

}  // namespace
}  // namespace entail::graph
