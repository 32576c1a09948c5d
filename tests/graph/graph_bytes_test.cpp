// Graph::bytes() matches resident memory: graphs of several sizes and shapes, each in its own process.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "tests/base/resident.hpp"
#include "tests/graph/edges.hpp"

namespace entail::graph {
namespace {

constexpr unsigned kLanes = 4;
constexpr std::uint64_t kBatchNodes = 1000;

struct Load {
  std::uint64_t capacity;     // nodes per window
  std::uint64_t node_count;   // used in each
  unsigned payload_bytes;     // every other batch writes it
  std::uint64_t batch_links;  // per batch
  std::uint64_t edge_room_bytes;
  unsigned window_count;
};

// One batch: new nodes, and links among them.
void run_batch(Graph& graph, Writer& writer, const Load& load, std::uint64_t first_key, bool with_payload,
               std::mt19937_64& random) {
  std::vector<TraceId> keys;
  for (std::uint64_t i = 0; i < kBatchNodes; ++i) keys.push_back(key_of(first_key + i));
  if (!writer.try_begin(kBatchNodes, load.batch_links)) std::abort();
  const std::vector<NodeId> nodes = insert_all(writer, keys);
  for (std::uint64_t i = 0; i < load.batch_links; i += 4) {
    const NodeId from = nodes[random() % nodes.size()];
    const NodeId to = nodes[random() % nodes.size()];
    const std::vector<EdgeCell> cells(4, plain_cell(writer, to));
    const std::vector<SpanId> spans(4, SpanId{i});
    writer.append_out(from, cells, spans);
    for (int n = 0; n < 4; ++n) writer.append_in(to, plain_cell(writer, from));
  }
  if (with_payload && load.payload_bytes != 0)
    for (const NodeId node : nodes) {
      writer.mark_payload(node);
      std::memset(graph.payload(node), 1, load.payload_bytes);
    }
  writer.end();
  for (const NodeId node : nodes) {
    graph.set_record(node, 1);
    graph.set_hint(node, 1);
  }
  graph.drain_created([](NodeId) {});
}

void fill(Graph& graph, const Load& load, std::uint64_t first_key) {
  std::mt19937_64 random(first_key);
  for (std::uint64_t done = 0; done < load.node_count; done += kBatchNodes)
    run_batch(graph, graph.writer(static_cast<unsigned>(done / kBatchNodes % kLanes)), load, first_key + done,
              done / kBatchNodes % 2 == 0, random);
}

bool is_near(const char* what, const Graph& graph, std::int64_t before) {
  return tests::is_near(what, graph.bytes(), tests::resident_bytes() - before, 0.97, 1.25, 1 << 20);
}

// Windows in sequence with overlapping keys, so that there are incarnations; then filters; then some are dropped.
bool account_is_resident(const Load& load) {
  {  // code and heap that all graphs need
    Graph first({.lanes = kLanes, .payload_bytes = load.payload_bytes, .first_capacity = 4 * kBatchNodes});
    fill(first, {0, 2 * kBatchNodes, load.payload_bytes, load.batch_links, 0, 1}, 0);
  }
  const std::int64_t before = tests::resident_bytes();
  Graph graph({.lanes = kLanes,
               .payload_bytes = load.payload_bytes,
               .first_capacity = load.capacity,
               .spare_bytes_max = std::uint64_t{1} << 30,
               .edge_room_bytes = load.edge_room_bytes});
  bool good = true;
  for (unsigned window = 0; window < load.window_count; ++window) {
    if (window != 0 && !graph.rotate(load.capacity)) std::abort();
    fill(graph, load, window * load.node_count / 2);
    good = is_near("a window more", graph, before) && good;
  }
  const unsigned newest = graph.current_window().slot;
  std::vector<NodeId> nodes;
  const std::uint32_t offset_end = graph.current_window().offset_end;
  if (load.window_count > 1) {
    for (std::uint32_t offset = 1; offset < offset_end; ++offset)
      nodes.push_back(NodeId{newest << kOffsetBits} | offset);
    std::vector<NodeId> older(nodes.size());
    graph.older_of(nodes, older.data());
    for (std::size_t i = 0; i < nodes.size(); ++i)
      if (older[i] != 0) graph.link_incarnations(older[i], nodes[i]);
    std::vector<NodeId>().swap(nodes);
    std::vector<NodeId>().swap(older);
    malloc_trim(0);
    good = is_near("with incarnations", graph, before) && good;
  }
  for (int i = 0; i < 40; ++i) graph.filter_frozen();
  good = is_near("with filters", graph, before) && good;
  // The oldest window's memory is reused, with edges and payload at other places in it.
  if (!graph.rotate(load.capacity)) std::abort();
  graph.drop(graph.windows().items[0].slot);
  for (int i = 0; i < 400; ++i) graph.reclaim(true);
  good = is_near("with a spare window", graph, before) && good;
  if (!graph.rotate(load.capacity)) std::abort();
  Load other = load;
  other.node_count = load.node_count / 4;
  other.batch_links = load.batch_links * 4;
  fill(graph, other, 1'000'000'000);
  good = is_near("with its memory used again", graph, before) && good;
  while (graph.window_count() > 1) graph.drop(graph.windows().items[0].slot);
  graph.reclaim(false);
  return is_near("with the last window", graph, before) && good;
}

TEST(GraphBytes, MatchResidentMemory_ManySmallWindows) {
  tests::expect_apart([] { return account_is_resident({8192, 7000, 72, 400, 64 << 10, 10}); });
}
TEST(GraphBytes, MatchResidentMemory_WindowsOfTheDefaultLimit) {
  tests::expect_apart([] { return account_is_resident({1 << 17, 110'000, 72, 2000, 512 << 10, 4}); });
}
TEST(GraphBytes, MatchResidentMemory_FewNodesAndManyLinks) {
  tests::expect_apart([] { return account_is_resident({1 << 14, 14'000, 72, 100'000, 1 << 20, 2}); });
}
TEST(GraphBytes, MatchResidentMemory_LargeWindowsOnHugePages) {
  tests::expect_apart([] { return account_is_resident({1 << 21, 1'700'000, 72, 1000, 1 << 20, 1}); });
}
TEST(GraphBytes, MatchResidentMemory_NoPayload) {
  tests::expect_apart([] { return account_is_resident({300'000, 250'000, 0, 0, 1 << 20, 2}); });
}

// Reserved space that a batch does not use costs nothing, whatever its size.
TEST(GraphBytes, ExcludeReservedPagesNeverFaultedIn) {
  tests::expect_apart([] {
    Graph graph({.lanes = 1, .first_capacity = 1 << 12});
    const std::int64_t before = tests::resident_bytes();
    const std::uint64_t bytes = graph.bytes();
    if (!graph.writer(0).try_begin(10, 1'000'000)) return false;
    graph.writer(0).end();
    return graph.bytes() == bytes && tests::resident_bytes() - before < 1 << 20;
  });
}

// Each batch reserves several times what it uses. From 32 MiB on the arena is on huge pages, where unused space
// is resident.
TEST(GraphBytes, DoNotGrow_WhenABatchFillsWhatThePreviousOneLeft) {
  constexpr std::uint64_t kLinks = 2560, kBatches = 1000;
  Graph graph({.lanes = 1, .edge_room_bytes = kEdgeRoomBytesMin});
  const std::uint64_t before = graph.bytes();
  Writer& writer = graph.writer(0);
  const std::vector<SpanId> spans(kLinks, SpanId{1});
  for (std::uint64_t batch = 0; batch < kBatches; ++batch) {
    ASSERT_TRUE(writer.try_begin(1, kLinks));
    const NodeId node = insert_all(writer, {key_of(1)})[0];
    writer.append_out(node, std::vector<EdgeCell>(kLinks, plain_cell(writer, node)), spans);
    writer.end();
  }
  const std::uint64_t written = kBatches * kLinks * (sizeof(EdgeCell) + sizeof(SpanId));
  EXPECT_LT(graph.bytes() - before, written + written / 4);
}

}  // namespace
}  // namespace entail::graph
