// A window built from the memory of a dropped one is as empty as one in new memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "base/hash.hpp"
#include "tests/graph/edges.hpp"

namespace entail::graph {
namespace {

constexpr std::uint64_t kNodes = 5000;
constexpr unsigned kPayloadBytes = 64;
constexpr std::uint64_t kSpareBytesMax = std::uint64_t{64} << 20;

// Writes to every part of a window: keys, rows, hints, payload, out-blocks, in-chunks and a hot node's cells.
std::vector<NodeId> fill(Graph& graph, std::uint64_t first_key) {
  Writer& writer = graph.writer(0);
  EXPECT_TRUE(writer.try_begin(kNodes, 2 * kNodes));
  std::vector<TraceId> keys;
  for (std::uint64_t i = 0; i < kNodes; ++i) keys.push_back(key_of(first_key + i));
  std::vector<NodeId> nodes = insert_all(writer, keys);
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const EdgeCell to = plain_cell(writer, nodes[i - 1]);
    const SpanId span{i};
    writer.append_out(nodes[i], {&to, 1}, {&span, 1});
    writer.append_in(nodes[i - 1], plain_cell(writer, nodes[i]));
    writer.append_in(nodes[0], plain_cell(writer, nodes[i]));
  }
  for (std::size_t i = 0; i < nodes.size(); i += 2) {
    writer.mark_payload(nodes[i]);
    std::memset(graph.payload(nodes[i]), 0x5a, kPayloadBytes);
  }
  writer.end();
  for (const NodeId node : nodes) {
    graph.set_record(node, 7);
    graph.set_hint(node, 9);
    graph.raise_reach(node, 1);
  }
  graph.drain_created([](NodeId) {});
  return nodes;
}

void expect_bare(const Graph& graph, NodeId node) {
  EXPECT_EQ(graph.record(node), 0u);
  EXPECT_EQ(graph.hint(node), 0u);
  EXPECT_EQ(graph.reach(node), 0u);
  EXPECT_EQ(graph.older(node), 0u);
  EXPECT_EQ(graph.newer(node), 0u);
  graph.for_each_out(node, [](EdgeCell, SpanId) { ADD_FAILURE() << "an edge of the previous window"; });
  graph.for_each_in(node, [](EdgeCell) { ADD_FAILURE() << "an edge of the previous window"; });
  const auto* payload = static_cast<const unsigned char*>(graph.payload(node));
  EXPECT_TRUE(std::all_of(payload, payload + kPayloadBytes, [](unsigned char byte) { return byte == 0; }));
}

GraphOptions with_spare(std::uint64_t spare_bytes_max) {
  return {.lanes = 1, .payload_bytes = kPayloadBytes, .first_capacity = kNodes, .spare_bytes_max = spare_bytes_max};
}

// Drops the previous window, retains its memory, and reclaims as often as zeroing may need.
void drop_previous(Graph& graph) {
  graph.drop(previous_slot(graph));
  for (int i = 0; i < 4; ++i) graph.reclaim(true);
}

TEST(SpareWindows, AreEmpty_WhenReused) {
  Graph graph(with_spare(kSpareBytesMax));
  const std::vector<NodeId> old_nodes = fill(graph, 0);
  const void* const memory = graph.payload(old_nodes[0]);
  ASSERT_TRUE(graph.rotate(kNodes));
  const std::uint64_t bytes = graph.bytes();
  drop_previous(graph);
  EXPECT_EQ(graph.bytes(), bytes);  // still mapped and counted

  ASSERT_TRUE(graph.rotate(kNodes - 10));
  EXPECT_EQ(graph.bytes(), bytes);
  EXPECT_EQ(graph.current_window().capacity, kNodes);
  EXPECT_EQ(graph.current_window().node_count, 0u);
  EXPECT_EQ(graph.current_window().offset_end, 1u);
  Writer& writer = graph.writer(0);
  ASSERT_TRUE(writer.try_begin(kNodes, 0));
  std::vector<TraceId> keys;
  for (std::uint64_t i = 0; i < kNodes; ++i) keys.push_back(key_of(1'000'000 + i));
  const std::vector<NodeId> nodes = insert_all(writer, keys);
  writer.end();
  EXPECT_EQ(graph.payload(nodes[0]), memory);
  for (const NodeId node : nodes) expect_bare(graph, node);
  for (std::uint64_t i = 0; i < kNodes; ++i) EXPECT_EQ(graph.find(key_of(i)), 0u);
  EXPECT_EQ(graph.bytes(), bytes);  // pages that were faulted in before cost nothing
}

struct Offsets {
  std::uint32_t next() const { return last + 1; }
  void taken() { ++last; }
  std::uint32_t last = 0;
};

// What graph readers would not notice at once: the index, keys of unused offsets, marks, the edge arena.
TEST(SpareWindows, AreZeroThroughout) {
  const Window::Shape shape{.capacity = kNodes, .payload_bytes = kPayloadBytes, .writers = 1};
  const auto hash_of = [](std::uint64_t number) { return base::table_hash(key_of(number), 1); };
  Window* window = Window::make(1, shape);
  ASSERT_NE(window, nullptr);
  for (std::uint64_t offset = 1; offset <= kNodes; offset += Window::kRunCount) ASSERT_EQ(window->take_run(), offset);
  const std::uint32_t units = window->arena().take(1 << 16);
  std::memset(window->arena().at<char>(units), 0x5a, (1 << 16) * kUnitBytes);
  static_cast<void>(window->arena().mark(units, units + (1 << 16)));
  Offsets offsets;
  for (std::uint64_t i = 0; i < kNodes; ++i)
    static_cast<void>(window->mark_payload(window->index().find_or_insert(hash_of(i), key_of(i), offsets)));

  SpareWindows spare(window->bytes());
  ASSERT_TRUE(spare.try_recycle(window));
  EXPECT_EQ(spare.make(2, kNodes), nullptr);  // not zeroed yet
  for (int i = 0; i < 4; ++i) spare.scrub();
  window = spare.make(2, kNodes);
  ASSERT_NE(window, nullptr);
  EXPECT_EQ(window->sequence(), 2u);
  Window* const fresh = Window::make(3, shape);
  ASSERT_NE(fresh, nullptr);
  EXPECT_FALSE(SpareWindows(window->bytes() - 1).try_recycle(window));
  for (std::uint64_t i = 0; i < kNodes; ++i) {
    ASSERT_EQ(window->index().approach(hash_of(i)), fresh->index().approach(hash_of(i)));
    const auto offset = static_cast<std::uint32_t>(i + 1);
    ASSERT_TRUE(window->key(offset).is_zero());
    ASSERT_EQ(window->mark_payload(offset), 0u);  // resident and counted
  }
  const std::uint32_t again = window->arena().take(1 << 16);
  EXPECT_EQ(again, units);
  EXPECT_EQ(window->arena().mark(again, again + (1 << 16)), 0u);
  const char* const memory = window->arena().at<char>(again);
  EXPECT_TRUE(std::all_of(memory, memory + (1 << 16) * kUnitBytes, [](char byte) { return byte == 0; }));
  Window::destroy(window);
  Window::destroy(fresh);
}

TEST(SpareWindows, CountPagesFaultedInBeyondThePreviousWindow) {
  Graph graph(with_spare(kSpareBytesMax));
  ASSERT_NE(graph.insert(key_of(1)), 0u);
  ASSERT_TRUE(graph.rotate(kNodes));
  drop_previous(graph);
  const std::uint64_t bytes = graph.bytes();
  ASSERT_TRUE(graph.rotate(kNodes));
  EXPECT_EQ(graph.bytes(), bytes);
  fill(graph, 0);
  EXPECT_GT(graph.bytes(), bytes + kNodes * 49);
  EXPECT_EQ(graph.bytes(), graph.windows().items[0].bytes + graph.windows().items[1].bytes);
}

TEST(SpareWindows, AreUnmapped_WhenTooLargeOrUnwanted) {
  Graph too_large(with_spare(1000));
  fill(too_large, 0);
  ASSERT_TRUE(too_large.rotate(kNodes));
  drop_previous(too_large);
  EXPECT_EQ(too_large.bytes(), too_large.current_window().bytes);

  Graph graph(with_spare(kSpareBytesMax));
  fill(graph, 0);
  ASSERT_TRUE(graph.rotate(kNodes));
  drop_previous(graph);
  EXPECT_GT(graph.bytes(), graph.current_window().bytes);
  graph.reclaim(false);
  EXPECT_EQ(graph.bytes(), graph.current_window().bytes);
}

std::uint64_t bytes_of_windows(Graph& graph) {
  std::uint64_t bytes = 0;
  for (const WindowInfo& window : graph.windows()) bytes += window.bytes;
  return bytes;
}

TEST(SpareWindows, AreUnmapped_AfterALongTimeUnused) {
  for (const std::uint64_t capacity : {kNodes / 3, kNodes + 1}) {
    Graph graph(with_spare(kSpareBytesMax));
    fill(graph, 0);
    ASSERT_TRUE(graph.rotate(kNodes));
    drop_previous(graph);
    const std::uint64_t spare_bytes = graph.bytes() - bytes_of_windows(graph);
    EXPECT_GT(spare_bytes, 0u);
    for (unsigned pass = 1; pass <= SpareWindows::kPassesMax; ++pass) {
      ASSERT_TRUE(graph.rotate(capacity));
      EXPECT_EQ(graph.current_window().capacity, capacity);
      EXPECT_EQ(graph.bytes(), bytes_of_windows(graph) + (pass < SpareWindows::kPassesMax ? spare_bytes : 0));
    }
  }
}

TEST(SpareWindows, AreNotReused_BeforeTheyAreZeroed) {
  constexpr std::uint64_t kMany = 1'000'000;
  Graph graph({.lanes = 1, .first_capacity = kMany, .spare_bytes_max = kSpareBytesMax});
  Writer& writer = graph.writer(0);
  std::vector<TraceId> keys;
  for (std::uint64_t i = 0; i < kMany / 32; ++i) keys.push_back(key_of(i));
  ASSERT_TRUE(writer.try_begin(keys.size(), 0));
  insert_all(writer, keys);
  writer.end();
  graph.drain_created([](NodeId) {});
  ASSERT_TRUE(graph.rotate(kMany));
  graph.drop(previous_slot(graph));
  const std::uint64_t bytes = graph.bytes();
  graph.reclaim(true);  // zeroes 4 MB of about 16
  ASSERT_TRUE(graph.rotate(kMany));
  EXPECT_GT(graph.bytes(), bytes);
  const std::uint64_t with_another = graph.bytes();
  for (int i = 0; i < 4; ++i) graph.reclaim(true);
  ASSERT_TRUE(graph.rotate(kMany));
  EXPECT_EQ(graph.bytes(), with_another);
}

// Of several spare windows, the smallest that is large enough is used.
TEST(SpareWindows, UseTheSmallestThatFits) {
  constexpr std::uint64_t kSizes[] = {kNodes, 4 * kNodes, 2 * kNodes};
  SpareWindows spares(kSpareBytesMax);
  for (const std::uint64_t capacity : kSizes) {
    Window* const window = Window::make(1, {.capacity = capacity, .payload_bytes = kPayloadBytes, .writers = 1});
    ASSERT_NE(window, nullptr);
    ASSERT_TRUE(spares.try_recycle(window));
  }
  for (int i = 0; i < 12; ++i) spares.scrub();
  EXPECT_EQ(spares.make(2, 4 * kNodes + 1), nullptr);
  EXPECT_EQ(spares.make(2, kNodes / 2 - 1), nullptr);
  Window* const second = spares.make(2, kNodes + 1);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->capacity(), 2 * kNodes);
  Window* const last = spares.make(3, kNodes + 1);
  EXPECT_EQ(last, nullptr);  // four times as large: unusable
  EXPECT_GT(spares.release(), 0u);
  EXPECT_EQ(spares.make(3, kNodes), nullptr);
  Window::destroy(second);
}

// An index with few keys is cleared key by key, including keys in adjacent slots.
TEST(SpareWindows, AreZeroThroughout_AfterFewKeys) {
  constexpr std::uint64_t kMany = 1 << 16;
  constexpr std::uint64_t kKeys = 200;
  const Window::Shape shape{.capacity = kMany, .payload_bytes = kPayloadBytes, .writers = 1};
  Window* window = Window::make(1, shape);
  ASSERT_NE(window, nullptr);
  Offsets offsets;
  ASSERT_EQ(window->take_run(), 1u);
  for (std::uint64_t number = 0; offsets.last < kKeys; ++number) {
    const std::uint64_t hash = base::table_hash(key_of(number), shape.hash_seed);
    if (hash >> 55 == 0 || hash >> 55 == 511)
      static_cast<void>(window->index().find_or_insert(hash, key_of(number), offsets));
  }

  SpareWindows spares(window->bytes());
  ASSERT_TRUE(spares.try_recycle(window));
  for (int i = 0; i < 4; ++i) spares.scrub();
  ASSERT_EQ(spares.make(2, kMany), window);
  Window* const fresh = Window::make(3, shape);
  ASSERT_NE(fresh, nullptr);
  for (std::uint64_t slot = 0; slot < 2 * kMany; ++slot) {
    const std::uint64_t hash = slot << (64 - 17);  // its probe sequence starts at the slot
    ASSERT_EQ(window->index().approach(hash), fresh->index().approach(hash));
  }
  for (std::uint32_t offset = 1; offset <= kKeys; ++offset) ASSERT_TRUE(window->key(offset).is_zero());
  Window::destroy(window);
  Window::destroy(fresh);
}

}  // namespace
}  // namespace entail::graph
