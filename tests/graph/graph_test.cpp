#include "graph/graph.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <set>

#include "tests/graph/edges.hpp"

namespace entail::graph {
namespace {

std::vector<NodeId> drained_created(Graph& graph) {
  std::vector<NodeId> nodes;
  graph.drain_created([&](NodeId node) { nodes.push_back(node); });
  return nodes;
}
std::vector<NodeId> drained_late(Graph& graph) {
  std::vector<NodeId> nodes;
  graph.drain_late([&](const LateEdges& late) { nodes.push_back(late.node); });
  return nodes;
}

TEST(Graph, CreatesOneNodePerKey_WhenKeysRepeatWithinAndAcrossBatches) {
  Graph graph({.lanes = 2, .first_capacity = 20'000});
  ASSERT_TRUE(graph.ok());
  std::mt19937_64 random(7);
  std::map<std::uint64_t, NodeId> known;
  for (unsigned batch = 0; batch < 40; ++batch) {
    Writer& writer = graph.writer(batch % 2);
    std::vector<std::uint64_t> numbers(1 + random() % 500);
    for (auto& number : numbers) number = random() % 3000;
    std::vector<TraceId> keys;
    for (const std::uint64_t number : numbers) keys.push_back(key_of(number));
    ASSERT_TRUE(writer.try_begin(keys.size(), 0));
    const std::vector<NodeId> nodes = insert_all(writer, keys);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      EXPECT_EQ(known.emplace(numbers[i], nodes[i]).first->second, nodes[i]);
      EXPECT_EQ(writer.key(nodes[i]), keys[i]);
    }
    writer.end();
  }
  std::set<NodeId> distinct;
  for (const auto& [number, node] : known) {
    EXPECT_TRUE(distinct.insert(node).second);
    EXPECT_EQ(graph.find(key_of(number)), node);
    EXPECT_EQ(graph.key(node), key_of(number));
  }
  EXPECT_EQ(graph.find(key_of(99'999)), 0u);
  EXPECT_EQ(graph.current_window().node_count, known.size());
  EXPECT_EQ(sorted(drained_created(graph)), std::vector<NodeId>(distinct.begin(), distinct.end()));
  EXPECT_TRUE(drained_created(graph).empty());
}

TEST(Graph, DistinguishesKeys_ThatDifferInOneHalf) {
  Graph graph({.lanes = 1, .first_capacity = 5000});
  Writer& writer = graph.writer(0);
  std::vector<TraceId> keys;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    keys.push_back({0, i});
    keys.push_back({i, 0});
  }
  ASSERT_TRUE(writer.try_begin(keys.size(), 0));
  const auto nodes = insert_all(writer, keys);
  writer.end();
  EXPECT_EQ(std::set<NodeId>(nodes.begin(), nodes.end()).size(), keys.size());
}

TEST(Graph, OutBlocksPreserveArrivalOrderAndPositions) {
  Graph graph({.lanes = 1});
  Writer& writer = graph.writer(0);
  ASSERT_TRUE(writer.try_begin(4, 10));
  const auto nodes = insert_all(writer, {key_of(1), key_of(2), key_of(3)});
  const EdgeCell to_two = writer.cell(nodes[1], 3, 4, true, false);
  const EdgeCell to_three = writer.cell(nodes[2], kNoLimit, 0, false, true);
  const std::vector<EdgeCell> first = {to_two, EdgeCell{}, to_three};
  const std::vector<SpanId> first_spans = {{10}, {11}, {12}};
  const std::vector<EdgeCell> second = {to_three};
  const std::vector<SpanId> second_spans = {{20}};
  const std::uint32_t first_block = writer.append_out(nodes[0], first, first_spans);
  writer.append_out(nodes[0], second, second_spans);
  EXPECT_EQ(writer.append_out(nodes[0], {}, {}), 0u);
  writer.end();

  std::vector<std::vector<std::uint64_t>> blocks;
  graph.for_each_out_block(nodes[0], [&](const OutBlock& block) {
    ASSERT_EQ(block.cells.size(), block.span_ids.size());
    blocks.emplace_back();
    for (std::size_t i = 0; i < block.cells.size(); ++i)
      blocks.back().push_back(block.cells[i].word == 0 ? 0 : block.span_ids[i].value);
  });
  EXPECT_EQ(blocks, (std::vector<std::vector<std::uint64_t>>{{20}, {10, 0, 12}}));
  EXPECT_EQ(out_nodes(graph, nodes[0]), sorted<NodeId>({nodes[1], nodes[2], nodes[2]}));
  EXPECT_TRUE(out_nodes(graph, nodes[1]).empty());

  const OutBlock block = graph.out_block(nodes[0], first_block);
  ASSERT_EQ(block.cells.size(), 3u);
  EXPECT_EQ(block.cells[0].word, to_two.word);
  EXPECT_EQ(block.cells[0].limit_linked(), 3u);
  EXPECT_EQ(block.cells[0].limit_linking(), 4u);
  EXPECT_TRUE(block.cells[0].on_error_span());
  EXPECT_TRUE(block.cells[2].sampled());
  EXPECT_EQ(block.span_ids[2].value, 12u);
}

// Counts around the boundaries of the first cell, a chunk, hotness, and a full hot buffer.
TEST(Graph, StoresEachInEdgeOnce_ForEveryCountInABatch) {
  Graph graph({.lanes = 1, .first_capacity = 4000});
  Writer& writer = graph.writer(0);
  const std::vector<unsigned> counts = {0, 1, 2, 7, 8, 9, 14, 15, 16, 70, 71, 72, 73, 135, 136, 137, 1000};
  ASSERT_TRUE(writer.try_begin(2000, 4000));
  std::vector<TraceId> keys;
  for (std::uint64_t i = 0; i < 1000; ++i) keys.push_back(key_of(i));
  const auto sources = insert_all(writer, keys);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const NodeId target = insert_all(writer, {key_of(5000 + i)})[0];
    for (unsigned n = 0; n < counts[i]; ++n) writer.append_in(target, plain_cell(writer, sources[n]));
  }
  writer.end();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::vector<NodeId> expected(sources.begin(), sources.begin() + counts[i]);
    EXPECT_EQ(in_nodes(graph, graph.find(key_of(5000 + i))), sorted(expected)) << counts[i];
  }
}

TEST(Graph, StoresEachInEdgeOnce_WhenManyNodesAreHot) {
  Graph graph({.lanes = 1, .first_capacity = 4000});
  Writer& writer = graph.writer(0);
  std::mt19937_64 random(3);
  std::vector<std::vector<NodeId>> expected(100);
  std::vector<TraceId> keys;
  for (std::uint64_t i = 0; i < 300; ++i) keys.push_back(key_of(i));
  for (unsigned batch = 0; batch < 5; ++batch) {
    ASSERT_TRUE(writer.try_begin(300, 6000));
    const auto nodes = insert_all(writer, keys);
    std::vector<NodeId> to;
    std::vector<EdgeCell> cells;
    for (unsigned i = 0; i < 6000; ++i) {
      const std::size_t target = random() % 3 == 0 ? random() % 100 : random() % 4 * 8;  // a few share a hot buffer
      const NodeId source = nodes[100 + random() % 200];
      expected[target].push_back(source);
      to.push_back(nodes[target]);
      cells.push_back(plain_cell(writer, source));
      if (i % 7 == 0 && i + 1 < 6000) {  // a link that makes no edge
        ++i;
        to.push_back(0);
        cells.push_back(EdgeCell{});
      }
    }
    writer.append_in(to, cells);
    writer.end();
  }
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(in_nodes(graph, graph.find(key_of(i))), sorted(expected[i])) << i;
}

TEST(Graph, StoresAMillionLinksOfOneSpan) {
  constexpr std::uint32_t kLinks = 1'000'000;
  Graph graph({.lanes = 1, .first_capacity = kLinks + 10});
  Writer& writer = graph.writer(0);
  ASSERT_TRUE(writer.try_begin(kLinks + 1, kLinks));
  std::vector<TraceId> keys;
  for (std::uint64_t i = 0; i < kLinks; ++i) keys.push_back(key_of(i));
  const auto targets = insert_all(writer, keys);
  const NodeId source = insert_all(writer, {key_of(kLinks)})[0];
  std::vector<EdgeCell> cells;
  std::vector<SpanId> spans;
  for (std::uint32_t i = 0; i < kLinks; ++i) {
    cells.push_back(plain_cell(writer, targets[i]));
    spans.push_back({i + 1u});
  }
  writer.append_out(source, cells, spans);
  writer.append_in(targets, std::vector<EdgeCell>(kLinks, plain_cell(writer, source)));
  writer.end();
  std::uint32_t position = 0;
  graph.for_each_out(source, [&](EdgeCell cell, SpanId span) {
    ASSERT_EQ(graph.node_of(cell), targets[position]);
    ASSERT_EQ(span.value, ++position);
  });
  EXPECT_EQ(position, kLinks);
  for (std::uint32_t i = 0; i < kLinks; i += 997) EXPECT_EQ(in_nodes(graph, targets[i]), std::vector<NodeId>{source});
  const std::uint64_t per_link = (graph.bytes() - std::uint64_t{64} * kLinks) / kLinks;
  EXPECT_GE(per_link, 16u);
  EXPECT_LE(per_link, 21u);  // the cell and span ID; the in-edge is in the node's row; and the rest of the huge pages
}

TEST(Graph, PayloadStartsZeroed_AndIsNotShared) {
  Graph graph({.lanes = 1, .payload_bytes = 104});
  Writer& writer = graph.writer(0);
  ASSERT_TRUE(writer.try_begin(2, 0));
  const auto nodes = insert_all(writer, {key_of(1), key_of(2)});
  const std::vector<char> zero(104, 0);
  EXPECT_EQ(std::memcmp(writer.payload(nodes[0]), zero.data(), 104), 0);
  writer.mark_payload(nodes[0]);
  std::memset(writer.payload(nodes[0]), 0xff, 104);
  writer.end();
  EXPECT_EQ(std::memcmp(graph.payload(nodes[1]), zero.data(), 104), 0);
  EXPECT_EQ(static_cast<unsigned char*>(graph.payload(nodes[0]))[103], 0xff);
}

TEST(Graph, StoresRecordsAndReach) {
  Graph graph({.lanes = 1});
  const NodeId node = graph.insert(key_of(1));
  ASSERT_NE(node, 0u);
  EXPECT_EQ(graph.record(node), 0u);
  EXPECT_EQ(graph.reach(node), 0u);
  graph.set_record(node, 17);
  graph.raise_reach(node, 3);
  EXPECT_EQ(graph.record(node), 17u);
  EXPECT_EQ(graph.reach(node), 3u);
  EXPECT_EQ(graph.insert(key_of(1)), node);
}

TEST(Graph, LateLogListsNodes_ThatAKeepHasReached) {
  Graph graph({.lanes = 2});
  Writer& writer = graph.writer(1);
  ASSERT_TRUE(writer.try_begin(3, 100));
  const auto nodes = insert_all(writer, {key_of(1), key_of(2), key_of(3)});
  const SpanId span{1};
  const EdgeCell cell = plain_cell(writer, nodes[2]);
  writer.append_out(nodes[0], {&cell, 1}, {&span, 1});
  writer.append_in(nodes[1], cell);
  EXPECT_TRUE(drained_late(graph).empty());
  graph.raise_reach(nodes[0], 1);
  graph.raise_reach(nodes[1], 1);
  writer.append_out(nodes[0], {&cell, 1}, {&span, 1});
  EXPECT_EQ(drained_late(graph), std::vector<NodeId>{nodes[0]});
  writer.append_in(nodes[1], cell);
  EXPECT_EQ(drained_late(graph), std::vector<NodeId>{nodes[1]});
  for (unsigned i = 0; i < 40; ++i) writer.append_in(nodes[1], cell);  // hot: the last ones are buffered until end()
  EXPECT_LT(in_nodes(graph, nodes[1]).size(), 42u);
  static_cast<void>(drained_late(graph));
  writer.end();
  EXPECT_EQ(in_nodes(graph, nodes[1]).size(), 42u);
  EXPECT_EQ(drained_late(graph), std::vector<NodeId>{nodes[1]});
}

TEST(Graph, TryBeginFails_WithoutReservingAnything_WhenFull) {
  Graph graph({.lanes = 2, .first_capacity = 100});
  Writer& one = graph.writer(0);
  Writer& two = graph.writer(1);
  ASSERT_TRUE(one.try_begin(60, 10));
  EXPECT_FALSE(two.try_begin(41, 3));
  EXPECT_FALSE(two.try_begin(1000, 2));
  EXPECT_EQ(graph.wanted().nodes, 1000u);
  EXPECT_EQ(graph.wanted().nodes, 0u);
  ASSERT_TRUE(two.try_begin(40, 5));
  std::vector<TraceId> keys;
  for (std::uint64_t i = 0; i < 40; ++i) keys.push_back(key_of(i));
  insert_all(two, keys);
  two.end();
  insert_all(one, keys);  // all are known already
  one.end();
  EXPECT_EQ(graph.current_window().node_count, 40u);
  ASSERT_TRUE(one.try_begin(60, 0));  // unused reservations are available again
  keys.clear();
  for (std::uint64_t i = 40; i < 100; ++i) keys.push_back(key_of(i));
  insert_all(one, keys);
  one.end();
  EXPECT_FALSE(one.try_begin(1, 7));
  const Need need = graph.wanted();
  EXPECT_EQ(need.nodes, 1u);
  EXPECT_EQ(need.links, 7u);
  EXPECT_TRUE(one.try_begin(0, 7));
  one.end();
  EXPECT_FALSE(one.try_begin(0, std::uint64_t{1} << 40));
}

TEST(Graph, BytesCountFaultedInPages) {
  Graph graph({.lanes = 1, .payload_bytes = 128, .first_capacity = 1 << 15});
  const std::uint64_t empty = graph.bytes();
  EXPECT_GE(empty, (1u << 15) * 16u);
  EXPECT_LE(empty, (1u << 15) * 16u + 4 * kPageBytes);
  Writer& writer = graph.writer(0);
  ASSERT_TRUE(writer.try_begin(10'240, 100));
  std::vector<TraceId> keys;
  for (std::uint64_t i = 0; i < 10'240; ++i) keys.push_back(key_of(i));
  const auto nodes = insert_all(writer, keys);
  writer.end();
  EXPECT_GE(graph.bytes(), empty + 10'240 * kNodeBytes);
  EXPECT_LE(graph.bytes(), empty + 10'240 * kNodeBytes + 3 * kPageBytes);  // whole pages of keys, rows and hints
  const std::uint64_t with_nodes = graph.bytes();
  ASSERT_TRUE(writer.try_begin(0, 0));
  for (std::size_t i = 0; i < 1024; ++i) writer.mark_payload(nodes[i]);
  for (std::size_t i = 0; i < 1024; ++i) writer.mark_payload(nodes[i]);
  writer.end();
  EXPECT_GE(graph.bytes(), with_nodes + 1024 * 128);
  EXPECT_LE(graph.bytes(), with_nodes + 1024 * 128 + 8192);
  const std::uint64_t with_payload = graph.bytes();
  graph.mark_payload(nodes[10'000]);
  EXPECT_EQ(graph.bytes(), with_payload + 4096);
  ASSERT_TRUE(writer.try_begin(0, 3));
  const std::vector<EdgeCell> cells(3, plain_cell(writer, nodes[1]));
  const std::vector<SpanId> spans(3);
  writer.append_out(nodes[0], cells, spans);
  writer.end();
  EXPECT_EQ(graph.bytes(), with_payload + 2 * kPageBytes);  // including the first page of the edge arena
  ASSERT_TRUE(writer.try_begin(0, 3));
  writer.append_out(nodes[0], cells, spans);
  writer.end();
  EXPECT_EQ(graph.bytes(), with_payload + 2 * kPageBytes);
  EXPECT_EQ(graph.current_window().bytes, graph.bytes());
}

TEST(Graph, CountsPayloadInHugePages) {
  Graph graph({.lanes = 1, .payload_bytes = 128, .first_capacity = 1 << 17});
  Writer& writer = graph.writer(0);
  ASSERT_TRUE(writer.try_begin(20'000, 0));
  std::vector<TraceId> keys;
  for (std::uint64_t i = 0; i < 20'000; ++i) keys.push_back(key_of(i));
  const auto nodes = insert_all(writer, keys);
  writer.end();
  const std::uint64_t with_nodes = graph.bytes();
  const auto touch = [&](std::size_t begin, std::size_t end) {
    ASSERT_TRUE(writer.try_begin(0, 0));
    for (std::size_t i = begin; i < end; ++i) {
      writer.mark_payload(nodes[i]);
      std::memset(writer.payload(nodes[i]), 1, 128);
    }
    writer.end();
  };
  touch(0, 10'000);
  EXPECT_EQ(graph.bytes(), with_nodes + kHugePageBytes);
  touch(5'000, 20'000);  // offsets start at 1, and 16384 nodes fill a huge page
  EXPECT_EQ(graph.bytes(), with_nodes + 2 * kHugePageBytes);
}

}  // namespace
}  // namespace entail::graph
