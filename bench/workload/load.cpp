#include "workload/load.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <tuple>

namespace entail::bench {
namespace {

constexpr std::uint64_t kSeed = 20250;
constexpr std::uint64_t kEpochNs = 1'700'000'000'000'000'000;
constexpr std::uint64_t kMillisecondNs = 1'000'000;
constexpr std::uint64_t kSpanGapMs = 120;         // between the starts of a trace's spans
constexpr std::uint64_t kLinkDistanceMs = 2'000;  // a consumer follows its producers by at most this
constexpr unsigned kLinksMax = 4;

// Per thousand traces.
constexpr std::uint64_t kErrors = 20;
constexpr std::uint64_t kSlow = 10;
constexpr std::uint64_t kGold = 6;
constexpr std::uint64_t kConsumers = 300;

struct Trace {
  TraceId id;
  std::uint64_t start_ms = 0;
  bool error = false;
  bool slow = false;
  bool gold = false;
  bool kept = false;              // by policies
  std::vector<std::uint32_t> to;  // linked traces
};

// The decision of the Collector's probabilistic policy: FNV-1a over salt and trace ID.
bool kept_by_chance(TraceId id, double percentage) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto eat = [&](std::uint8_t byte) { hash = (hash ^ byte) * 0x100000001b3ULL; };
  for (const char c : std::string_view("default-hash-seed")) eat(static_cast<std::uint8_t>(c));
  Buffer bytes;
  append_big_endian(bytes, id.hi);
  append_big_endian(bytes, id.lo);
  for (const std::uint8_t byte : bytes) eat(byte);
  return hash <= static_cast<std::uint64_t>(std::ldexp(percentage / 100, 64));
}

SpanId span_id_of(const Trace& trace, std::uint64_t number) {
  return {(trace.id.lo ^ (number + 1) * 0x9e3779b97f4a7c15ULL) | 1};
}

void append_link(Buffer& span, const Trace& linked) {
  Buffer link;
  append_trace_id(link, 1, linked.id);
  append_span_id(link, 2, span_id_of(linked, 0));
  append_attribute(link, 4, "messaging.operation.type", "process");
  append_fixed(link, 6, 0x301, 4);
  append_content(span, 13, link);
}

// Fields in ascending order, as SDKs write them.
void append_span(Buffer& out, const Trace& trace, std::uint64_t number, const std::vector<Trace>& traces) {
  const std::uint64_t start_ns = kEpochNs + (trace.start_ms + number * kSpanGapMs) * kMillisecondNs;
  const std::uint64_t length_ms = trace.slow && number == 0 ? 2'500 : 40;
  Buffer span;
  append_trace_id(span, 1, trace.id);
  append_span_id(span, 2, span_id_of(trace, number));
  if (number != 0) append_span_id(span, 4, span_id_of(trace, 0));
  append_content(span, 5, "GET /api/v1/carts/{id}");
  append_number(span, 6, 2);
  append_fixed(span, 7, start_ns, 8);
  append_fixed(span, 8, start_ns + length_ms * kMillisecondNs, 8);
  append_attribute(span, 9, "http.request.method", "GET");
  append_attribute(span, 9, "url.full", "http://cart.shop.svc.cluster.local:8080/api/v1/carts/4711");
  append_attribute(span, 9, "http.route", "/api/v1/carts/{id}");
  append_attribute(span, 9, "http.response.status_code", std::uint64_t{trace.error ? 500u : 200u});
  append_attribute(span, 9, "network.protocol.version", "1.1");
  append_attribute(span, 9, "server.address", "cart.shop.svc");
  append_attribute(span, 9, "server.port", std::uint64_t{8080});
  append_attribute(span, 9, "app.tier", trace.gold ? "gold" : "standard");
  append_attribute(span, 9, "thread.name", "http-nio-8080-exec-4");
  append_attribute(span, 9, "thread.id", std::uint64_t{44});
  if (number == 0)
    for (const std::uint32_t to : trace.to) append_link(span, traces[to]);
  Buffer status;
  if (trace.error && number + 1 == kSpansPerTrace) append_number(status, 3, 2);
  append_content(span, 15, status);
  append_fixed(span, 16, 0x101, 4);
  append_content(out, 2, span);
}

Buffer in_request(const Buffer& spans) {
  Buffer resource;
  append_attribute(resource, 1, "service.name", "cart");
  append_attribute(resource, 1, "service.version", "1.14.2");
  append_attribute(resource, 1, "k8s.pod.name", "cart-6f9c7d9b5-x2x7q");
  append_attribute(resource, 1, "telemetry.sdk.language", "java");
  Buffer scope;
  append_content(scope, 1, "io.opentelemetry.tomcat-10.0");
  Buffer scope_spans;
  append_content(scope_spans, 1, scope);
  scope_spans.insert(scope_spans.end(), spans.begin(), spans.end());
  Buffer resource_spans;
  append_content(resource_spans, 1, resource);
  append_content(resource_spans, 2, scope_spans);
  Buffer request;
  append_content(request, 1, resource_spans);
  return request;
}

void add_request(Load& load, const Buffer& spans, std::uint64_t count, std::int64_t arrival_s) {
  load.requests.push_back(in_request(spans));
  load.arrival_s.push_back(arrival_s);
  load.spans += count;
  load.bytes += load.requests.back().size();
}

// Consumers do not link to consumers, so that a keep propagates one hop.
void add_links(std::vector<Trace>& traces, std::mt19937_64& random) {
  std::vector<std::uint32_t> producers;
  std::size_t oldest = 0;
  for (std::uint32_t i = 0; i < traces.size(); ++i) {
    if (random() % 1000 >= kConsumers) {
      producers.push_back(i);
      continue;
    }
    while (oldest < producers.size() && traces[producers[oldest]].start_ms + kLinkDistanceMs < traces[i].start_ms)
      ++oldest;
    if (oldest == producers.size()) continue;
    const std::uint64_t links = 1 + random() % kLinksMax;
    for (std::uint64_t l = 0; l < links; ++l)
      traces[i].to.push_back(producers[oldest + random() % (producers.size() - oldest)]);
  }
}

void count_kept(Load& load, const std::vector<Trace>& traces) {
  std::vector<bool> reached(traces.size());
  for (std::size_t i = 0; i < traces.size(); ++i) {
    load.links += traces[i].to.size();
    for (const std::uint32_t to : traces[i].to) {
      if (traces[i].error) reached[to] = true;
      if (traces[to].error) reached[i] = true;
    }
  }
  for (std::size_t i = 0; i < traces.size(); ++i) {
    if (traces[i].kept) load.own_kept.push_back(traces[i].id);
    if (!traces[i].kept && reached[i]) load.by_link.push_back(traces[i].id);
  }
  std::sort(load.own_kept.begin(), load.own_kept.end());
  std::sort(load.by_link.begin(), load.by_link.end());
  load.by_link_count = load.by_link.size();
}

void make_services(Load& load, std::uint64_t spans, std::uint64_t seed, bool with_links) {
  std::mt19937_64 random(seed);
  load.traces = spans / kSpansPerTrace;
  std::vector<Trace> traces(load.traces);
  for (std::size_t i = 0; i < traces.size(); ++i) {
    Trace& trace = traces[i];
    trace.id = {random(), random()};
    trace.start_ms = 1000 + i * 1000 * kSpansPerTrace / kSpansPerSecond;
    const std::uint64_t draw = random() % 1000;
    trace.error = draw < kErrors;
    trace.slow = draw >= kErrors && draw < kErrors + kSlow;
    trace.gold = draw >= kErrors + kSlow && draw < kErrors + kSlow + kGold;
    trace.kept = trace.error || trace.slow || trace.gold || kept_by_chance(trace.id, 1);
  }
  if (with_links) add_links(traces, random);
  count_kept(load, traces);

  struct Arrival {
    std::uint64_t at_ms;
    std::uint32_t trace;
    std::uint32_t number;
  };
  std::vector<Arrival> arrivals;
  arrivals.reserve(spans);
  for (std::uint32_t i = 0; i < traces.size(); ++i)
    for (std::uint32_t n = 0; n < kSpansPerTrace; ++n) arrivals.push_back({traces[i].start_ms + n * kSpanGapMs, i, n});
  std::sort(arrivals.begin(), arrivals.end(), [](const Arrival& a, const Arrival& b) {
    return std::tie(a.at_ms, a.trace, a.number) < std::tie(b.at_ms, b.trace, b.number);
  });
  Buffer bytes;
  for (std::size_t begin = 0; begin < arrivals.size(); begin += kSpansPerRequest) {
    const std::size_t end = std::min(arrivals.size(), begin + kSpansPerRequest);
    bytes.clear();
    for (std::size_t i = begin; i < end; ++i) append_span(bytes, traces[arrivals[i].trace], arrivals[i].number, traces);
    add_request(load, bytes, end - begin, static_cast<std::int64_t>(arrivals[end - 1].at_ms / 1000));
  }
}

// Traces of one span, in order; nothing links to the first of them.
std::vector<Trace> single_spans(std::size_t count, std::mt19937_64& random) {
  std::vector<Trace> traces(count);
  for (Trace& trace : traces) trace.id = {random(), random()};
  return traces;
}

// The last span of a trace shows whether it failed (append_span); here traces have one span.
constexpr std::uint64_t kOnlySpan = kSpansPerTrace - 1;

void make_million_links(Load& load, std::uint64_t links, std::uint64_t seed) {
  constexpr std::size_t kSources = 20'000;
  constexpr std::size_t kFailed = 10;
  load.errors_only = true;
  std::mt19937_64 random(seed);
  const std::size_t present = std::min<std::size_t>(kSources, links);
  std::vector<Trace> traces = single_spans(links, random);
  Buffer bytes;
  for (std::size_t i = 0; i < present; ++i) {
    traces[i].start_ms = 1000;
    traces[i].error = i % (present / kFailed) == present / kFailed / 2;
    if (traces[i].error) load.own_kept.push_back(traces[i].id);
    append_span(bytes, traces[i], kOnlySpan, traces);
    if ((i + 1) % kSpansPerRequest != 0 && i + 1 != present) continue;
    add_request(load, bytes, i % kSpansPerRequest + 1, 1);
    bytes.clear();
  }
  Trace batch{.id = {random(), random()}, .start_ms = 2000, .to = {}};
  std::vector<std::uint32_t> to(links);
  for (std::uint32_t i = 0; i < links; ++i) to[i] = i;
  std::shuffle(to.begin(), to.end(), random);
  batch.to = to;
  append_span(bytes, batch, 0, traces);
  add_request(load, bytes, 1, 2);
  load.links = links;
  load.traces = present + 1;
  load.by_link = {batch.id};
  load.by_link_count = 1;
  std::sort(load.own_kept.begin(), load.own_kept.end());
}

void make_hot_producer(Load& load, std::uint64_t spans, std::uint64_t seed) {
  constexpr std::uint64_t kFollowedMax = 256;  // the default of max_links_followed
  load.errors_only = true;
  std::mt19937_64 random(seed);
  std::vector<Trace> traces = single_spans(1 + spans, random);
  traces[0].error = true;
  traces[0].start_ms = 1000;
  Buffer bytes;
  append_span(bytes, traces[0], kOnlySpan, traces);
  add_request(load, bytes, 1, 1);
  bytes.clear();
  for (std::size_t i = 1; i <= spans; ++i) {
    traces[i].to = {0};
    traces[i].start_ms = 1000 + i * 1000 / kSpansPerSecond;
    append_span(bytes, traces[i], 0, traces);
    if (i % kSpansPerRequest != 0 && i != spans) continue;
    add_request(load, bytes, (i - 1) % kSpansPerRequest + 1, static_cast<std::int64_t>(traces[i].start_ms / 1000));
    bytes.clear();
  }
  load.links = spans;
  load.traces = spans + 1;
  load.own_kept = {traces[0].id};
  load.by_link_count = std::min(spans, kFollowedMax);
}

}  // namespace

Load make_load(std::string_view name, std::uint64_t spans, std::uint64_t number) {
  const std::uint64_t seed = kSeed + number;
  Load load;
  load.name = name;
  if (name == "plain" || name == "queue") make_services(load, spans == 0 ? 1'000'000 : spans, seed, name == "queue");
  if (name == "million_links") make_million_links(load, 1'000'000, seed);
  if (name == "hot_producer") make_hot_producer(load, spans == 0 ? 200'000 : spans, seed);
  return load;
}

Options options_for(const Load& load, std::string_view policies_yaml) {
  ConfigResult read = parse_options(policies_yaml);
  Options options = read.options.value_or(Options{});
  if (load.errors_only)
    options.tail_sampling.policies.resize(std::min<std::size_t>(1, options.tail_sampling.policies.size()));
  return options;
}

}  // namespace entail::bench
