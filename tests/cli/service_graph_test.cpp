// ServiceGraph compared with a plain computation that looks at every pair of spans, whatever order they come in; its
// bounds; and the accuracy of DurationSketch.
#include "services/service_graph.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "tests/workload/otlp_writer.hpp"

namespace entail::cli {
namespace {

using Random = std::mt19937_64;

std::string id_of(std::uint64_t number, std::size_t size) {
  std::string id(size, '\0');
  for (std::size_t i = 0; i < 8; ++i) id[size - 1 - i] = static_cast<char>(number >> (8 * i) & 0xff);
  return id;
}

struct PlainSpan {
  std::string service;
  workload::Span span;
};

// Spans of a few traces: each span ID once, parents and linked spans anywhere, some of them absent.
std::vector<PlainSpan> some_spans(Random& random, std::size_t count) {
  std::vector<PlainSpan> spans(count);
  for (std::size_t i = 0; i < count; ++i) {
    workload::Span& span = spans[i].span;
    spans[i].service = "service-" + std::to_string(random() % 4);
    span.trace_id = id_of(1 + i % 3, 16);
    span.span_id = id_of(1 + i, 8);
    if (random() % 4 != 0) span.parent_span_id = id_of(1 + (i % 3 + 3 * (random() % (count / 3 + 2))), 8);
    span.start_ns = random() % 9 == 0 ? 0 : 1'000'000 + random() % 1'000'000;
    span.end_ns = span.start_ns + random() % 1000;
    span.status_code = random() % 3 == 0 ? 2 : 0;
    for (std::size_t links = random() % 3; links > 0; --links) {
      const std::size_t linked = random() % (count + count / 4);
      workload::Link link;
      link.trace_id = id_of(1 + linked % 3, 16);
      link.span_id = id_of(1 + linked, 8);
      span.links.push_back(link);
    }
  }
  std::ranges::shuffle(spans, random);
  return spans;
}

struct PlainEdge {
  std::uint64_t count = 0, errors = 0, overlapping = 0, delays = 0, durations = 0;
  auto operator<=>(const PlainEdge&) const = default;
};
using PlainEdges = std::map<std::tuple<EdgeKind, std::string, std::string>, PlainEdge>;

struct PlainGraph {
  PlainEdges edges;
  std::array<std::uint64_t, 2> named = {}, absent = {};
  std::uint64_t within_service = 0;

  explicit PlainGraph(const std::vector<PlainSpan>& spans) {
    for (const PlainSpan& naming : spans) {
      const workload::Span& span = naming.span;
      if (!span.parent_span_id.empty()) add(spans, EdgeKind::call, span.trace_id, span.parent_span_id, naming);
      for (const workload::Link& link : span.links) add(spans, EdgeKind::link, link.trace_id, link.span_id, naming);
    }
  }

  void add(const std::vector<PlainSpan>& spans, EdgeKind kind, const std::string& trace_id, const std::string& span_id,
           const PlainSpan& naming) {
    ++named[static_cast<std::size_t>(kind)];
    const auto target = std::ranges::find_if(spans, [&](const PlainSpan& other) {
      return other.span.trace_id == trace_id && other.span.span_id == span_id;
    });
    if (target == spans.end()) {
      ++absent[static_cast<std::size_t>(kind)];
      return;
    }
    if (kind == EdgeKind::call && target->service == naming.service) {
      ++within_service;
      return;
    }
    PlainEdge& edge = edges[{kind, target->service, naming.service}];
    ++edge.count;
    edge.errors += naming.span.status_code == 2;
    edge.durations += naming.span.start_ns != 0;
    const std::uint64_t from =
        kind == EdgeKind::call || target->span.end_ns == 0 ? target->span.start_ns : target->span.end_ns;
    if (from == 0 || naming.span.start_ns == 0) return;
    ++(naming.span.start_ns < from ? edge.overlapping : edge.delays);
  }
};

// The graph of the spans, a few to a request.
void feed(ServiceGraph& graph, const std::vector<PlainSpan>& spans) {
  for (std::size_t at = 0; at < spans.size(); at += 5) {
    workload::Request plain;
    for (std::size_t i = at; i < std::min(at + 5, spans.size()); ++i)
      plain.groups.push_back({{{"service.name", spans[i].service}}, {spans[i].span}});
    const std::string bytes = workload::encode(plain);
    Request request;
    ASSERT_TRUE(request.parse_protobuf({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}));
    graph.add(request);
  }
}

PlainEdges edges_of(const ServiceGraph& graph) {
  PlainEdges edges;
  for (const ServiceGraph::Edge* const edge : graph.edges())
    edges[{edge->kind, graph.services().name(edge->from), graph.services().name(edge->to)}] = {
        edge->count, edge->errors, edge->overlapping, edge->delay_ns.count(), edge->duration_ns.count()};
  return edges;
}

TEST(ServiceGraph, EqualsAPlainComputation) {
  std::size_t edges = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const std::vector<PlainSpan> spans = some_spans(random, 20 + random() % 80);
    const PlainGraph plain(spans);
    ServiceGraph graph;
    feed(graph, spans);
    EXPECT_EQ(edges_of(graph), plain.edges);
    edges += plain.edges.size();
    for (const EdgeKind kind : {EdgeKind::call, EdgeKind::link}) {
      const ServiceGraph::Ends ends = graph.ends(kind);
      EXPECT_EQ(ends.named, plain.named[static_cast<std::size_t>(kind)]);
      EXPECT_EQ(ends.absent, plain.absent[static_cast<std::size_t>(kind)]);
      EXPECT_EQ(ends.forgotten, 0u);
    }
    EXPECT_EQ(graph.ends(EdgeKind::call).within_service, plain.within_service);
    EXPECT_EQ(graph.spans(), spans.size());
  }
  EXPECT_GT(edges, 500u);
}

// What is forgotten is counted, and every edge that is found is one of the plain graph's.
TEST(ServiceGraph, CountsWhatItsBoundMakesItForget) {
  for (const std::size_t entries_max : {2u, 8u, 64u}) {
    SCOPED_TRACE(entries_max);
    Random random(7);
    const std::vector<PlainSpan> spans = some_spans(random, 400);
    const PlainGraph plain(spans);
    ServiceGraph graph(entries_max);
    feed(graph, spans);
    std::array<std::uint64_t, 2> found = {};
    for (const auto& [key, edge] : edges_of(graph)) {
      found[static_cast<std::size_t>(std::get<0>(key))] += edge.count;
      EXPECT_LE(edge.count, plain.edges.at(key).count);
    }
    for (const EdgeKind kind : {EdgeKind::call, EdgeKind::link}) {
      const ServiceGraph::Ends ends = graph.ends(kind);
      EXPECT_EQ(ends.named, found[static_cast<std::size_t>(kind)] + ends.within_service + ends.absent + ends.forgotten);
      EXPECT_GT(ends.forgotten, 0u);
    }
  }
}

// The last half of the bound is always there: a chain in which each span names the one before it is resolved whole, in
// either order.
TEST(ServiceGraph, ResolvesNeighbours_HoweverLongTheInput) {
  for (const bool backwards : {false, true}) {
    std::vector<PlainSpan> spans(500);
    for (std::size_t i = 0; i < spans.size(); ++i) {
      spans[i].service = i % 2 == 0 ? "even" : "odd";
      spans[i].span.trace_id = id_of(1, 16);
      spans[i].span.span_id = id_of(i + 1, 8);
      if (i > 0) spans[i].span.parent_span_id = id_of(i, 8);
    }
    if (backwards) std::ranges::reverse(spans);
    ServiceGraph graph(16);
    feed(graph, spans);
    std::uint64_t calls = 0;
    for (const ServiceGraph::Edge* const edge : graph.edges()) calls += edge->count;
    EXPECT_EQ(calls, 499u);
    EXPECT_EQ(graph.ends(EdgeKind::call).forgotten, 0u);
  }
}

TEST(ServiceGraph, NamesABoundedNumberOfServices) {
  NameTable names(3);
  for (const char* const name : {"a", "b", "", "c", "d", "a", "e"}) names.number(name);
  EXPECT_EQ(names.size(), 5u);
  EXPECT_EQ(names.name(names.number("d")), "(other)");
  EXPECT_EQ(names.name(names.number("")), "(none)");
  EXPECT_EQ(names.name(names.number("b")), "b");
  EXPECT_EQ(names.other_count(), 3u);
  EXPECT_EQ(names.number("a"), 1u);
}

TEST(ServiceGraph, KeepsNamesApart_UpToTheirBound) {
  const std::string long_name(NameTable::kNameBytesMax - 1, 'x');
  NameTable names(100);
  const std::vector<std::string> different = {"(none)",   "(other)", "a\n",           "a?",           "a\x1b",
                                              "\xc3\xa4", "\xff",    long_name + "1", long_name + "2"};
  std::set<std::uint16_t> numbers = {NameTable::kNone};
  for (const std::string& name : different) {
    EXPECT_TRUE(numbers.insert(names.number(name)).second) << name;
    EXPECT_FALSE(names.is_other(names.number(name)));
    EXPECT_EQ(names.name(names.number(name)), name == "\xff" ? "\xef\xbf\xbd" : name);
  }
  // What goes beyond is cut, and one where it is cut alike.
  EXPECT_EQ(names.number(long_name + "12"), names.number(long_name + "13"));
  EXPECT_EQ(names.name(names.number(long_name + "12")), long_name + "1...");
  EXPECT_EQ(names.shown(names.number("a\x1b")), "a?");
  EXPECT_EQ(names.shown(names.number(long_name + "1")), long_name.substr(0, NameTable::kShownBytesMax) + "...");
}

TEST(DurationSketch, IsWithinThreeAndAFifthPercent) {
  Random random(3);
  DurationSketch sketch;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t value = random() >> (random() % 64);
    values.push_back(value);
    sketch.add(value);
  }
  std::ranges::sort(values);
  EXPECT_EQ(sketch.count(), values.size());
  for (const unsigned percent : {1u, 10u, 50u, 90u, 99u, 100u}) {
    const std::uint64_t exact = values[(values.size() * percent + 99) / 100 - 1];
    const auto got = static_cast<double>(sketch.percentile(percent));
    EXPECT_NEAR(got, static_cast<double>(exact), static_cast<double>(exact) * 0.032) << percent;
  }
  DurationSketch small;
  for (std::uint64_t value = 0; value < 32; ++value) small.add(value);
  EXPECT_EQ(small.percentile(50), 15u);
  EXPECT_EQ(DurationSketch().percentile(50), 0u);
}

}  // namespace
}  // namespace entail::cli
