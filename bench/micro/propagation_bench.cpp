// Propagating keeps over edges: 10,000 origins in a graph of 1M traces and 5M links, 4 hops in either direction,
// compared with a breadth-first search over vectors of neighbours; the hops of every trace are compared. Also one keep
// over about 110 edge ends: the latency of a single origin.
#include <algorithm>
#include <cstdlib>
#include <memory>

#include "graph/graph.hpp"
#include "measure/report.hpp"
#include "micro/threads_run.hpp"
#include "propagate/keep_propagator.hpp"

namespace {

using namespace entail;
using namespace entail::bench;
using graph::EdgeCell;
using graph::Graph;
using graph::NodeId;
using propagate::KeepPropagator;
using propagate::Ledger;
using propagate::RecordId;

constexpr std::size_t kLinks = 5'000'000;
constexpr std::size_t kOrigins = 10'000;
constexpr unsigned kHops = 4;
constexpr std::size_t kBatch = 1000;

struct Edge {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
};

std::vector<Edge> random_edges(std::size_t traces) {
  std::mt19937_64 random(11);
  std::vector<Edge> edges(kLinks);
  for (Edge& edge : edges) {
    edge.from = static_cast<std::uint32_t>(random() % traces);
    do edge.to = static_cast<std::uint32_t>(random() % traces);
    while (edge.to == edge.from);
  }
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.from < b.from; });
  return edges;
}

// The edges in the graph, every trace with a record, as after ingest and a tick.
struct World {
  World(std::size_t traces, const std::vector<Edge>& edges, const PropagateOptions& options)
      : links({.lanes = 1, .payload_bytes = 8, .first_capacity = traces + 2 * kBatch, .seed = kTableSeed}),
        propagator(links, ledger, options, 0) {
    const std::vector<TraceId> keys = random_keys(traces, 12);
    graph::Writer& writer = links.writer(0);
    std::vector<NodeId> nodes(traces);
    for (std::size_t at = 0; at < traces; at += kBatch) {
      const std::size_t count = std::min(kBatch, traces - at);
      if (!writer.try_begin(count, 0)) std::abort();
      writer.find_or_insert({keys.data() + at, count}, nodes.data() + at);
      writer.end();
    }
    // A trace's links are those of one of its spans.
    std::vector<EdgeCell> out;
    std::vector<SpanId> spans;
    for (std::size_t at = 0; at < edges.size();) {
      const std::uint32_t from = edges[at].from;
      if (!writer.try_begin(0, kBatch)) std::abort();
      out.clear();
      for (; at < edges.size() && edges[at].from == from; ++at) {
        const NodeId to = nodes[edges[at].to];
        out.push_back(writer.cell(to, graph::kNoLimit, graph::kNoLimit, false, false));
        writer.append_in(to, writer.cell(nodes[from], graph::kNoLimit, graph::kNoLimit, false, false));
      }
      spans.assign(out.size(), SpanId{1});
      writer.append_out(nodes[from], out, spans);
      writer.end();
    }
    links.drain_created([](NodeId) {});
    for (const NodeId node : nodes) {
      records.push_back(propagator.record_of(node));
      ledger[records.back()].phase = propagate::Phase::pending;
    }
  }

  Graph links;
  Ledger ledger;
  KeepPropagator propagator;
  std::vector<RecordId> records;  // by trace
};

using Neighbours = std::vector<std::vector<std::uint32_t>>;

// Hops from the nearest origin over at least one edge, 0 if not reached; the obvious way.
std::vector<std::uint8_t> search(const Neighbours& neighbours) {
  std::vector<std::uint8_t> hops(neighbours.size());
  std::vector<std::uint32_t> queue;
  for (std::uint32_t origin = 0; origin < kOrigins; ++origin) queue.push_back(origin);
  std::size_t end_of_hop = queue.size();
  unsigned hop = 1;
  for (std::size_t at = 0; at < queue.size() && hop <= kHops; ++at) {
    for (const std::uint32_t to : neighbours[queue[at]]) {
      if (hops[to] != 0) continue;
      hops[to] = static_cast<std::uint8_t>(hop);
      if (to >= kOrigins) queue.push_back(to);  // an origin has been expanded already
    }
    if (at + 1 != end_of_hop) continue;
    end_of_hop = queue.size();
    ++hop;
  }
  return hops;
}

struct Reference {
  Neighbours linked;
  Neighbours linking;
};
constexpr std::size_t kTraces = 1'000'000;
const std::vector<Edge>& edges() {
  static const std::vector<Edge> made = random_edges(kTraces);
  return made;
}
const Reference& reference() {
  static const Reference made = [] {
    Reference lists{Neighbours(kTraces), Neighbours(kTraces)};
    for (const Edge& edge : edges()) {
      lists.linked[edge.from].push_back(edge.to);
      lists.linking[edge.to].push_back(edge.from);
    }
    return lists;
  }();
  return made;
}

void carry_many(benchmark::State& state) {
  const std::vector<std::uint8_t> linked = search(reference().linked);
  const std::vector<std::uint8_t> linking = search(reference().linking);
  for (auto _ : state) {
    auto world = std::make_unique<World>(kTraces, edges(), PropagateOptions{});
    Stopwatch watch;
    watch.time([&] {
      for (std::size_t i = 0; i < kOrigins; ++i) world->propagator.make_origin(world->records[i], true);
      world->propagator.run(1);
    });
    for (std::size_t i = 0; i < kTraces; ++i) {
      const RecordId id = world->records[i];
      const bool is_right = world->propagator.hops(id, propagate::kLinked) == linked[i] &&
                            world->propagator.hops(id, propagate::kLinking) == linking[i];
      if (!is_right) state.SkipWithError("other hops than the search finds");
    }
    report(state, {watch.wall_s, watch.cpu_s}, 2 * kLinks, 1);
  }
}
BENCHMARK(carry_many)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

void search_vectors(benchmark::State& state) {
  const Reference& lists = reference();
  for (auto _ : state) {
    Stopwatch watch;
    watch.time([&] {
      benchmark::DoNotOptimize(search(lists.linked));
      benchmark::DoNotOptimize(search(lists.linking));
    });
    report(state, {watch.wall_s, watch.cpu_s}, 2 * kLinks, 1);
  }
}
BENCHMARK(search_vectors)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

// Ten links a trace, two hops toward the linked side: 10 + 100 ends.
void carry_one(benchmark::State& state) {
  constexpr std::size_t kFew = 500'000;
  constexpr std::size_t kKeeps = 200;  // few: traces reached by one keep cost the next one nothing
  PropagateOptions options;
  options.max_hops_linked = 2;
  options.max_hops_linking = 0;
  static const auto world = std::make_unique<World>(kFew, random_edges(kFew), options);
  static std::size_t next = 0;
  for (auto _ : state) {
    std::vector<double> taken_s;
    for (std::size_t i = 0; i < kKeeps; ++i) {
      const RecordId origin = world->records[next++ * 7919 % kFew];
      const double start = wall_s();
      world->propagator.make_origin(origin, true);
      world->propagator.run(1);
      taken_s.push_back(wall_s() - start);
    }
    const std::size_t reached = world->propagator.take_reached().size();
    if (reached < 50 * kKeeps || reached > 130 * kKeeps) state.SkipWithError("not the traces that two hops reach");
    state.counters["p50_us"] = percentile(taken_s, 0.5) * 1e6;
    state.counters["p99_us"] = percentile(taken_s, 0.99) * 1e6;
    state.counters["max_us"] = percentile(taken_s, 1) * 1e6;
    state.SetIterationTime(1e-3);
  }
}
BENCHMARK(carry_one)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
