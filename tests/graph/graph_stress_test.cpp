// Real threads on the real graph, then every edge is counted. Meant to run under ThreadSanitizer as well.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "tests/graph/edges.hpp"

namespace entail::graph {
namespace {

#ifdef __SANITIZE_THREAD__
constexpr unsigned kScale = 1;
#else
constexpr unsigned kScale = 4;
#endif

// An edge by the numbers of its ends, and its index among equal ones.
using Edge = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;

// Threads insert overlapping keys in different orders and link them; each edge carries its own span ID.
TEST(GraphStress, StoresEachKeyAndEachEdgeOnce) {
  constexpr unsigned kThreads = 4;
  constexpr std::uint64_t kKeys = 3000;
  constexpr std::uint64_t kHub = 0;
  const unsigned batches = 60 * kScale;
  Graph graph({.lanes = kThreads, .first_capacity = kKeys + kThreads * 400});
  std::vector<std::map<std::uint64_t, NodeId>> nodes_seen(kThreads);
  std::vector<std::vector<Edge>> edges_made(kThreads);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(100 + t);
      Writer& writer = graph.writer(t);
      for (unsigned batch = 0; batch < batches; ++batch) {
        std::vector<std::uint64_t> numbers(200);
        for (auto& number : numbers) number = random() % 5 == 0 ? kHub : random() % kKeys;
        std::vector<TraceId> keys;
        for (const std::uint64_t number : numbers) keys.push_back(key_of(number));
        while (!writer.try_begin(keys.size(), keys.size())) std::this_thread::yield();  // others hold the room
        const auto nodes = insert_all(writer, keys);
        for (std::size_t i = 0; i < nodes.size(); ++i) nodes_seen[t].emplace(numbers[i], nodes[i]);
        const NodeId from = nodes[0];
        std::vector<EdgeCell> cells;
        std::vector<SpanId> spans;
        for (std::size_t i = 1; i < nodes.size(); ++i) {
          cells.push_back(plain_cell(writer, nodes[i]));
          spans.push_back({edges_made[t].size() * kThreads + t + 1});
          edges_made[t].emplace_back(numbers[0], numbers[i], spans.back().value);
        }
        writer.append_out(from, cells, spans);
        for (std::size_t i = 1; i < nodes.size(); ++i) writer.append_in(nodes[i], plain_cell(writer, from));
        writer.end();
      }
    });
  }
  for (auto& thread : threads) thread.join();

  std::map<std::uint64_t, NodeId> nodes;
  std::vector<Edge> edges;
  for (unsigned t = 0; t < kThreads; ++t) {
    for (const auto& [number, node] : nodes_seen[t]) EXPECT_EQ(nodes.emplace(number, node).first->second, node);
    edges.insert(edges.end(), edges_made[t].begin(), edges_made[t].end());
  }
  std::map<NodeId, std::uint64_t> number_of;
  for (const auto& [number, node] : nodes) EXPECT_TRUE(number_of.emplace(node, number).second);
  std::set<NodeId> created;
  graph.drain_created([&](NodeId node) { EXPECT_TRUE(created.insert(node).second); });
  EXPECT_EQ(created.size(), nodes.size());
  EXPECT_EQ(graph.current_window().node_count, nodes.size());

  std::vector<Edge> out_edges;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::int64_t> balance;  // of both ends
  for (const auto& [number, node] : nodes) {
    graph.for_each_out(node, [&, from = number](EdgeCell cell, SpanId span) {
      const std::uint64_t to = number_of.at(graph.node_of(cell));
      out_edges.emplace_back(from, to, span.value);
      ++balance[{from, to}];
    });
    graph.for_each_in(node, [&, to = number](EdgeCell cell) { --balance[{number_of.at(graph.node_of(cell)), to}]; });
  }
  EXPECT_EQ(sorted(out_edges), sorted(edges));
  for (const auto& [ends, count] : balance) ASSERT_EQ(count, 0) << ends.first << " -> " << ends.second;
}

// PROTOCOL late_edge under real threads: the tick thread reads each edge, or the late log reports it.
TEST(GraphStress, MissesNoEdge_WhileReachIsRaised) {
  constexpr unsigned kThreads = 2;
  constexpr std::uint64_t kNodes = 400;
  const unsigned rounds = 15 * kScale;
  for (unsigned round = 0; round < rounds; ++round) {
    Graph graph({.lanes = kThreads, .first_capacity = 4 * kNodes, .seed = round});
    std::vector<NodeId> nodes;
    for (std::uint64_t i = 0; i < kNodes; ++i) nodes.push_back(graph.insert(key_of(i)));
    std::atomic<unsigned> running{kThreads};
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        std::mt19937_64 random(round * 10 + t);
        Writer& writer = graph.writer(t);
        for (unsigned batch = 0; batch < 8; ++batch) {
          ASSERT_TRUE(writer.try_begin(0, 2 * 200));
          for (unsigned i = 0; i < 200; ++i) {
            const NodeId near = nodes[random() % 4 == 0 ? 7 : random() % kNodes];
            // Every edge has its own number in place of a far node.
            const EdgeCell cell = EdgeCell::make(1 + (t * 8 + batch) * 200 + i, 1, kNoLimit, kNoLimit, false, false);
            const SpanId span{1};
            writer.append_in(near, cell);
            writer.append_out(near, {&cell, 1}, {&span, 1});
          }
          writer.end();
        }
        running.fetch_sub(1);
      });
    }
    // The tick thread: propagates a keep from every node once, over all its edges and those in the late log.
    std::set<std::uint64_t> carried;
    const auto carry = [&](bool is_out, EdgeCell cell) { carried.insert(std::uint64_t{is_out} << 32 | cell.offset()); };
    const auto carry_from = [&](NodeId node) {
      graph.for_each_in(node, [&](EdgeCell cell) { carry(false, cell); });
      graph.for_each_out(node, [&](EdgeCell cell, SpanId) { carry(true, cell); });
    };
    const auto carry_late = [&](const LateEdges& late) {
      graph.for_each_late_edge(late, [&](EdgeCell cell) { carry(late.is_out(), cell); });
    };
    std::size_t next = 0;
    bool last_round = false;
    for (;;) {
      for (unsigned i = 0; i < 20 && next < kNodes; ++i, ++next) {
        graph.raise_reach(nodes[next], 1);
        carry_from(nodes[next]);
      }
      graph.drain_late(carry_late);
      if (last_round) break;
      last_round = running.load() == 0 && next == kNodes;
    }
    for (auto& thread : threads) thread.join();
    graph.drain_late(carry_late);
    ASSERT_EQ(carried.size(), kThreads * 8 * 200 * 2u) << "round " << round;
  }
}

constexpr unsigned kBatchNodes = 150;

// Batches of nodes with links from the first to each of the others, in both directions; the writer retries until the
// tick thread has made room.
void write_batches(Graph& graph, unsigned lane, unsigned batches, std::atomic<std::uint64_t>& links_written) {
  std::mt19937_64 random(lane);
  Writer& writer = graph.writer(lane);
  for (unsigned batch = 0; batch < batches;) {
    if (!writer.try_begin(kBatchNodes, kBatchNodes - 1)) {
      std::this_thread::yield();
      continue;
    }
    ++batch;
    std::vector<TraceId> keys;
    for (unsigned i = 0; i < kBatchNodes; ++i) keys.push_back(key_of(random() % 4000));
    const auto nodes = insert_all(writer, keys);
    if (lane == 0 && batch % 16 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(3));  // the stalled lane
    std::vector<EdgeCell> cells;
    for (std::size_t i = 1; i < nodes.size(); ++i) {
      cells.push_back(plain_cell(writer, nodes[i]));
      ASSERT_EQ(slot_of(nodes[i]), slot_of(nodes[0]));
      ASSERT_EQ(writer.key(nodes[i]), keys[i]);
    }
    writer.append_out(nodes[0], cells, std::vector<SpanId>(cells.size()));
    for (std::size_t i = 1; i < nodes.size(); ++i) writer.append_in(nodes[i], plain_cell(writer, nodes[0]));
    writer.end();
    links_written.fetch_add(cells.size());
  }
}

// What the dropped windows contained.
struct Dropped {
  std::uint64_t out_edges = 0;
  std::uint64_t in_edges = 0;
  std::uint64_t nodes = 0;
  std::uint64_t created = 0;  // reported by the logs

  void count_and_drop(Graph& graph, const WindowInfo& window) {
    std::set<std::pair<std::uint64_t, std::uint64_t>> keys;
    graph.for_each_node(window.slot, [&](NodeId node) {
      ++nodes;
      const TraceId key = graph.key(node);
      EXPECT_TRUE(keys.emplace(key.hi, key.lo).second) << "one node per key and window";
      graph.for_each_out(node, [&](EdgeCell cell, SpanId) {
        ++out_edges;
        EXPECT_EQ(slot_of(graph.node_of(cell)), window.slot);
      });
      graph.for_each_in(node, [&](EdgeCell) { ++in_edges; });
    });
    EXPECT_EQ(keys.size(), window.node_count);
    graph.drain_created([&](NodeId) { ++created; });  // before the drop, which would discard them
    graph.drop(window.slot);
  }
};

// The tick thread rotates and drops under load, while one lane stalls inside its batches. Every link ends up in the
// window in which its batch began; the frozen windows contain what was written.
TEST(GraphStress, LosesNothing_WhenWindowsRotateAndDropUnderLoad) {
  constexpr unsigned kThreads = 3;
  const unsigned batches = 150 * kScale;
  Graph graph({.lanes = kThreads, .payload_bytes = 64, .first_capacity = 2000});
  std::atomic<std::uint64_t> links_written{0};
  std::atomic<unsigned> running{kThreads};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      write_batches(graph, t, batches, links_written);
      running.fetch_sub(1);
    });
  }

  Dropped dropped;
  unsigned rotations = 0;
  const auto tick = [&] {
    graph.reclaim();
    const Need need = graph.wanted();
    const WindowInfo current = graph.current_window();
    if (need.nodes != 0 || current.node_count > current.capacity / 2) rotations += graph.rotate(2000);
    for (const WindowInfo& window : graph.windows())
      if (!window.is_current && window.frozen) dropped.count_and_drop(graph, window);
  };
  while (running.load() != 0) {
    tick();
    std::this_thread::yield();
  }
  for (auto& thread : threads) thread.join();
  graph.reclaim();
  ASSERT_TRUE(graph.rotate(10));
  tick();
  graph.reclaim();
  EXPECT_EQ(graph.window_count(), 1u);
  EXPECT_EQ(graph.bytes(), graph.current_window().bytes);
  EXPECT_EQ(links_written.load(), std::uint64_t{kThreads} * batches * (kBatchNodes - 1));
  EXPECT_EQ(dropped.out_edges, links_written.load());
  EXPECT_EQ(dropped.in_edges, links_written.load());
  EXPECT_EQ(dropped.created, dropped.nodes);
  EXPECT_GT(rotations, 20u);
}

}  // namespace
}  // namespace entail::graph
