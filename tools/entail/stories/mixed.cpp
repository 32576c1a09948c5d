// Mixed: plain load. Traces of four spans over two services; some link earlier traces, some fail. What must be kept
// follows from the story's own list of links: the failed traces, and what lies within max_hops of one, in one
// direction. Other stories may be stirred in; no link leads from one to another.
#include <algorithm>

#include "stories/stirred.hpp"

namespace entail::cli {
namespace {

constexpr std::uint64_t kSpansPerTrace = 4;
constexpr std::uint64_t kLinksMax = 4;
constexpr std::uint64_t kLinkBackSeconds = 5;  // how far back links lead: four hops stay within the retention
constexpr std::uint32_t kMaxHops = 4;
constexpr std::uint64_t kSpanBytesMax = 500;
constexpr std::uint64_t kDefaultMemoryMib = 512;
constexpr std::uint32_t kFar = kMaxHops + 1;

struct Edge {
  std::uint32_t linking;
  std::uint32_t linked;
};

struct Graph {
  std::vector<Edge> edges;
  std::vector<std::uint32_t> failed;
};

// Attributes as an instrumented HTTP service sets them: about 400 bytes a span with the rest of it.
void add_attributes(StoryTeller& teller, std::uint64_t trace, std::uint64_t number) {
  static constexpr std::string_view kPaths[] = {"/api/cart/items", "/api/checkout/confirm", "/api/products/search",
                                                "/api/users/profile"};
  RequestWriter& requests = teller.requests;
  requests.attribute("http.request.method", trace % 3 == 0 ? "POST" : "GET");
  requests.attribute("url.path", kPaths[(trace + number) % 4]);
  requests.attribute("url.scheme", "https");
  requests.attribute("http.response.status_code", std::int64_t{200});
  requests.attribute("server.address", number < 2 ? "shop.example.com" : "stock.internal.example.com");
  requests.attribute("server.port", std::int64_t{8443});
  requests.attribute("network.protocol.version", "1.1");
  requests.attribute("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox");
  requests.attribute("thread.id", static_cast<std::int64_t>(20 + trace % 40));
}

void add_links(StoryTeller& teller, std::uint64_t trace, std::uint64_t link_back_max, Graph& graph) {
  const std::uint64_t oldest = trace > link_back_max ? trace - link_back_max : 0;
  const std::uint64_t count = 1 + teller.random.below(kLinksMax);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t linked = oldest + teller.random.below(trace - oldest);
    teller.requests.link(teller.random.trace_id(linked), teller.random.span_id(linked * kSpansPerTrace));
    graph.edges.push_back({static_cast<std::uint32_t>(trace), static_cast<std::uint32_t>(linked)});
  }
  teller.expectation.links += count;
}

void add_trace(StoryTeller& teller, std::uint64_t trace, std::uint64_t second, std::uint64_t link_back_max,
               const Flags& flags, Graph& graph) {
  static constexpr std::string_view kNames[] = {"GET /api", "call stock", "reserve items", "query"};
  static constexpr std::uint32_t kKinds[] = {2, 3, 2, 3};
  const bool links = trace > 0 && teller.random.chance(flags.share("links"));
  const bool fails = teller.random.chance(flags.share("errors"));
  SpanId parent;
  for (std::uint64_t i = 0; i < kSpansPerTrace; ++i) {
    const SpanId span_id = teller.random.span_id(trace * kSpansPerTrace + i);
    SpanFacts facts = teller.span(teller.random.trace_id(trace), span_id, parent, kNames[i], second);
    facts.kind = kKinds[i];
    facts.error = fails && i == 3;
    parent = span_id;
    teller.requests.begin_span(facts);
    add_attributes(teller, trace, i);
    if (links && i == 2) add_links(teller, trace, link_back_max, graph);
    teller.requests.end_span(i < 2 ? "shop" : "stock");
  }
  if (fails) graph.failed.push_back(static_cast<std::uint32_t>(trace));
}

// Neighbours in one array, by trace: those of trace t are ids[begin[t]] up to ids[begin[t + 1]].
struct Neighbours {
  std::vector<std::uint32_t> begin;
  std::vector<std::uint32_t> ids;
};

Neighbours neighbours_of(const std::vector<Edge>& edges, std::size_t traces, bool linked) {
  Neighbours result;
  result.begin.assign(traces + 2, 0);
  for (const Edge& edge : edges) ++result.begin[(linked ? edge.linking : edge.linked) + 2];
  for (std::size_t t = 2; t < result.begin.size(); ++t) result.begin[t] += result.begin[t - 1];
  result.ids.resize(edges.size());
  for (const Edge& edge : edges) {
    const std::uint32_t from = linked ? edge.linking : edge.linked;
    result.ids[result.begin[from + 1]++] = linked ? edge.linked : edge.linking;
  }
  result.begin.pop_back();
  return result;
}

// Hops from the nearest failed trace in one direction, over at least one edge; kFar where it is further.
std::vector<std::uint8_t> hops_from_failed(const Graph& graph, std::size_t traces, bool linked) {
  const Neighbours neighbours = neighbours_of(graph.edges, traces, linked);
  std::vector<std::uint8_t> hops(traces, kFar);
  std::vector<std::uint32_t> frontier = graph.failed;
  for (std::uint8_t hop = 1; hop <= kMaxHops; ++hop) {
    std::vector<std::uint32_t> next;
    for (const std::uint32_t trace : frontier) {
      for (std::uint32_t i = neighbours.begin[trace]; i < neighbours.begin[trace + 1]; ++i) {
        const std::uint32_t other = neighbours.ids[i];
        if (hops[other] <= hop) continue;
        hops[other] = hop;
        next.push_back(other);
      }
    }
    frontier = std::move(next);
  }
  return hops;
}

void expect(StoryTeller& teller, const Graph& graph, std::size_t traces) {
  const std::vector<std::uint8_t> linked = hops_from_failed(graph, traces, true);
  const std::vector<std::uint8_t> linking = hops_from_failed(graph, traces, false);
  std::size_t next_failed = 0;
  for (std::size_t t = 0; t < traces; ++t) {
    const TraceId trace_id = teller.random.trace_id(t);
    if (next_failed < graph.failed.size() && graph.failed[next_failed] == t) {
      ++next_failed;
      teller.expectation.kept.push_back({trace_id, "policy", {}, 0, false, false});
      continue;
    }
    const std::uint32_t hops = std::min(linked[t], linking[t]);
    if (hops == kFar) continue;
    const std::string_view direction = linked[t] < linking[t]   ? "linked"
                                       : linked[t] > linking[t] ? "linking"
                                                                : "either";
    teller.expectation.kept.push_back({trace_id, "link", direction, hops, false, true});
  }
}

std::uint64_t traces_per_second(const Flags& flags) {
  return std::max<std::uint64_t>(flags.count("spans-per-second") / kSpansPerTrace, 1);
}

std::string configure_mixed(const Flags& flags, StoryConfig& config) {
  if (const std::string error = configure_stirred(flags, config); !error.empty()) return error;
  // Plain load is expected by these, whatever else is told beside it.
  config.component = false;
  config.error_spans_only = false;
  config.set_max_hops(kMaxHops);
  config.max_links_followed = std::max<std::uint64_t>(config.max_links_followed, StoryConfig().max_links_followed);
  config.max_traces_per_origin = 1'000'000;  // so that what is expected follows from hops alone
  // A long retention holds all of the load, and half of the memory is for what is retained.
  const std::uint64_t wanted_mib = flags.count("spans") * kSpanBytesMax * 4 >> 20;
  if (config.retain_seconds > kRetainWindowSeconds && wanted_mib > kDefaultMemoryMib) {
    config.memory_limit_mib = wanted_mib;
  }
  return {};
}

void tell_mixed(const Flags& flags, const StoryConfig& config, StoryTeller& teller) {
  const std::uint64_t traces = flags.count("spans") / kSpansPerTrace;
  const std::uint64_t per_second = traces_per_second(flags);
  Stirred stirred(flags, config, teller, traces / per_second);
  teller.expectation.traces += traces;
  Graph graph;
  std::uint64_t second = 0;
  for (std::uint64_t trace = 0; trace < traces && !teller.failed(); ++trace) {
    if (trace / per_second != second) {
      teller.flush();
      stirred.write_before(trace / per_second);
    }
    second = trace / per_second;
    add_trace(teller, trace, second, kLinkBackSeconds * per_second, flags, graph);
    teller.flush_if_full();
  }
  teller.flush();
  expect(teller, graph, traces);
  stirred.write_rest();
}

using Kind = FlagSpec::Kind;

const std::vector<FlagSpec> kFlags = {
    {"spans", Kind::count, "100000", "number of spans; about 400 bytes each, four per trace", 4, 4'000'000'000, {}},
    {"links", Kind::share, "0.3", "share of traces that link one to four earlier ones", 0, 1, {}},
    {"errors", Kind::share, "0.01", "share of traces with an error", 0, 1, {}},
    {"spans-per-second", Kind::count, "5000", "rate of the load in virtual time", 4, 100'000'000, {}},
    {"with", Kind::scenarios, "", "another scenario to mix in, with its defaults; repeatable", 0, 0, {}},
    {"copies", Kind::count, "1", "copies of each of these scenarios, spread over the load", 1, 1'000, {}},
};

}  // namespace

Scenario mixed_scenario() {
  return {"mixed", "background load with some links and errors, mixed with other scenarios", kFlags, configure_mixed,
          tell_mixed};
}

}  // namespace entail::cli
