// The cost of reading OTLP protobuf: ns per span of about 450 bytes, and ns per link of one span with a million links,
// compared with a plain read of the same bytes, protobuf C++ with an arena, and protozero. The readers' digests of IDs
// and end times are compared, so that a reader that skips work is noticed.
#include <benchmark/benchmark.h>
#include <google/protobuf/arena.h>

#include <protozero/pbf_message.hpp>
#include <random>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "otlp/decode.hpp"
#include "otlp_trace.pb.h"
#include "wire/writer.hpp"

namespace entail {
namespace {

using wire::Buffer;

constexpr std::uint64_t kSeed = 7;

void append_random_id(Buffer& out, std::uint32_t number, std::size_t size, std::mt19937_64& random) {
  wire::append_length_header(out, number, size);
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(random()));
}

void append_string_attribute(Buffer& out, std::uint32_t number, std::string_view key, std::string_view value) {
  const std::size_t value_size = wire::length_field_size(1, value.size());
  wire::append_length_header(out, number,
                             wire::length_field_size(1, key.size()) + wire::length_field_size(2, value_size));
  wire::append_bytes_field(out, 1, base::bytes_of(key));
  wire::append_length_header(out, 2, value_size);
  wire::append_bytes_field(out, 1, base::bytes_of(value));
}

void append_int_attribute(Buffer& out, std::uint32_t number, std::string_view key, std::uint64_t value) {
  const std::size_t value_size = wire::varint_field_size(3, value);
  wire::append_length_header(out, number,
                             wire::length_field_size(1, key.size()) + wire::length_field_size(2, value_size));
  wire::append_bytes_field(out, 1, base::bytes_of(key));
  wire::append_length_header(out, 2, value_size);
  wire::append_varint_field(out, 3, value);
}

void append_link(Buffer& out, std::mt19937_64& random, bool with_attributes) {
  Buffer link;
  append_random_id(link, 1, 16, random);
  append_random_id(link, 2, 8, random);
  if (with_attributes) {
    append_string_attribute(link, 4, "messaging.operation", "process");
    append_int_attribute(link, 4, "messaging.offset", random() % 1000000);
  }
  wire::append_fixed32_field(link, 6, 0x301);
  wire::append_bytes_field(out, 13, link);
}

Buffer make_span(std::mt19937_64& random, unsigned links) {
  Buffer span;
  append_random_id(span, 1, 16, random);
  append_random_id(span, 2, 8, random);
  append_random_id(span, 4, 8, random);
  wire::append_bytes_field(span, 5, base::bytes_of("GET /api/v1/carts/{id}"));
  wire::append_varint_field(span, 6, 2);
  wire::append_fixed64_field(span, 7, 1700000000000000000 + random() % 1000000000);
  wire::append_fixed64_field(span, 8, 1700000001000000000 + random() % 1000000000);
  append_string_attribute(span, 9, "http.request.method", "GET");
  append_string_attribute(span, 9, "url.full", "http://cart.shop.svc.cluster.local:8080/api/v1/carts/4711");
  append_string_attribute(span, 9, "http.route", "/api/v1/carts/{id}");
  append_int_attribute(span, 9, "http.response.status_code", 200);
  append_string_attribute(span, 9, "network.protocol.version", "1.1");
  append_string_attribute(span, 9, "server.address", "cart.shop.svc");
  append_int_attribute(span, 9, "server.port", 8080);
  append_string_attribute(span, 9, "user_agent.original", "Mozilla/5.0 (X11)");
  append_string_attribute(span, 9, "thread.name", "http-nio-8080-exec-4");
  append_int_attribute(span, 9, "thread.id", 44);
  for (unsigned i = 0; i < links; ++i) append_link(span, random, true);
  wire::append_bytes_field(span, 15, {});
  wire::append_fixed32_field(span, 16, 0x101);
  return span;
}

Buffer in_request(const std::vector<Buffer>& spans) {
  Buffer scope_spans;
  for (const Buffer& span : spans) wire::append_bytes_field(scope_spans, 2, span);
  Buffer resource_spans;
  Buffer resource;
  append_string_attribute(resource, 1, "service.name", "cart");
  wire::append_bytes_field(resource_spans, 1, resource);
  wire::append_bytes_field(resource_spans, 2, scope_spans);
  Buffer request;
  wire::append_bytes_field(request, 1, resource_spans);
  return request;
}

// 2,000 requests of 500 spans would not fit into a cache; this many (about 23 MB) do not either.
std::vector<Buffer> make_requests() {
  std::mt19937_64 random(kSeed);
  std::vector<Buffer> requests;
  for (int r = 0; r < 100; ++r) {
    std::vector<Buffer> spans;
    for (int s = 0; s < 500; ++s)
      spans.push_back(make_span(random, random() % 20 == 0 ? 1 + unsigned(random() % 5) : 0));
    requests.push_back(in_request(spans));
  }
  return requests;
}

std::uint64_t fold(std::uint64_t sum, std::uint64_t value) { return (sum ^ value) * 0x9e3779b97f4a7c15ULL; }

// The floor: every byte of the same requests is loaded once, eight at a time.
void read_words(benchmark::State& state) {
  const std::vector<Buffer> requests = make_requests();
  std::uint64_t spans = 0;
  std::uint64_t digest = 0;
  std::size_t next = 0;
  for (auto _ : state) {
    const Buffer& request = requests[next++ % requests.size()];
    for (std::size_t at = 0; at + 8 <= request.size(); at += 8) digest += base::load_le64(&request[at]);
    benchmark::DoNotOptimize(digest);
    spans += 500;
  }
  state.counters["span"] =
      benchmark::Counter(static_cast<double>(spans), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(read_words);

void decode_spans(benchmark::State& state) {
  const std::vector<Buffer> requests = make_requests();
  const bool read_attributes = state.range(0) != 0;
  otlp::Decoded decoded;
  std::uint64_t spans = 0;
  std::uint64_t bytes = 0;
  std::uint64_t digest = 0;
  std::size_t next = 0;
  for (auto _ : state) {
    const Buffer& request = requests[next++ % requests.size()];
    ENTAIL_CHECK(otlp::decode(request, nullptr, decoded).ok());
    for (const otlp::SpanView& span : decoded.spans) {
      digest = fold(digest, base::load_be64(&request[span.trace_id.offset]) + span.end_ns);
      if (!read_attributes) continue;
      otlp::AttributeCursor cursor(decoded.bytes, span.first_attribute, span.attributes_end,
                                   otlp::span_field::kAttributes);
      for (otlp::AttributeView attribute; cursor.next(attribute);) digest += attribute.key.size + attribute.string.size;
    }
    spans += decoded.spans.size();
    bytes += request.size();
  }
  ENTAIL_CHECK(spans == static_cast<std::uint64_t>(state.iterations()) * 500);
  benchmark::DoNotOptimize(digest);
  state.SetItemsProcessed(static_cast<std::int64_t>(spans));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["span"] =
      benchmark::Counter(static_cast<double>(spans), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(decode_spans)->Arg(0)->Arg(1)->ArgName("attributes");

// --- alternatives over the same requests; every reader sums up IDs and end times of all spans -----------------------

std::uint64_t id_of(const char* bytes) { return base::load_be64(reinterpret_cast<const std::uint8_t*>(bytes)); }

std::uint64_t sum_by_views(const Buffer& request) {
  static otlp::Decoded decoded;
  ENTAIL_CHECK(otlp::decode(request, nullptr, decoded).ok());
  std::uint64_t sum = 0;
  for (const otlp::SpanView& span : decoded.spans)
    sum += base::load_be64(&request[span.trace_id.offset]) + span.end_ns + span.link_count;
  return sum;
}

std::uint64_t sum_by_protobuf(const Buffer& request) {
  google::protobuf::Arena arena;
  auto* data = google::protobuf::Arena::CreateMessage<otlp_proto::TracesData>(&arena);
  ENTAIL_CHECK(data->ParseFromArray(request.data(), static_cast<int>(request.size())));
  std::uint64_t sum = 0;
  for (const otlp_proto::ResourceSpans& resource : data->resource_spans())
    for (const otlp_proto::ScopeSpans& scope : resource.scope_spans())
      for (const otlp_proto::Span& span : scope.spans())
        sum +=
            id_of(span.trace_id().data()) + span.end_time_unix_nano() + static_cast<std::uint64_t>(span.links_size());
  return sum;
}

std::uint64_t sum_by_protozero(const Buffer& request) {
  std::uint64_t sum = 0;
  protozero::pbf_reader data(reinterpret_cast<const char*>(request.data()), request.size());
  while (data.next(1)) {
    protozero::pbf_reader resource = data.get_message();
    while (resource.next(2)) {
      protozero::pbf_reader scope = resource.get_message();
      while (scope.next(2)) {
        protozero::pbf_reader span = scope.get_message();
        while (span.next()) {
          if (span.tag() == 1)
            sum += id_of(span.get_view().data());
          else if (span.tag() == 8)
            sum += span.get_fixed64();
          else if (span.tag() == 13)
            span.skip(), ++sum;
          else
            span.skip();
        }
      }
    }
  }
  return sum;
}

void sum_spans(benchmark::State& state, std::uint64_t (*sum)(const Buffer&)) {
  const std::vector<Buffer> requests = make_requests();
  for (const Buffer& request : requests)
    if (sum(request) != sum_by_views(request)) state.SkipWithError("another sum");
  std::uint64_t spans = 0;
  std::uint64_t digest = 0;
  std::size_t next = 0;
  for (auto _ : state) {
    digest += sum(requests[next++ % requests.size()]);
    spans += 500;
  }
  benchmark::DoNotOptimize(digest);
  state.counters["span"] =
      benchmark::Counter(static_cast<double>(spans), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(sum_spans, views, sum_by_views);
BENCHMARK_CAPTURE(sum_spans, protobuf_arena, sum_by_protobuf);
BENCHMARK_CAPTURE(sum_spans, protozero, sum_by_protozero);

Buffer make_link_request(bool with_attributes, std::uint64_t links) {
  std::mt19937_64 random(kSeed);
  Buffer span = make_span(random, 0);
  for (std::uint64_t i = 0; i < links; ++i) append_link(span, random, with_attributes);
  return in_request({span});
}

constexpr std::uint64_t kLinks = 1000000;

void count_links(benchmark::State& state, std::uint64_t links) {
  ENTAIL_CHECK(links == static_cast<std::uint64_t>(state.iterations()) * kLinks);
  state.counters["link"] =
      benchmark::Counter(static_cast<double>(links), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void read_link_words(benchmark::State& state) {
  const Buffer request = make_link_request(state.range(0) != 0, kLinks);
  std::uint64_t links = 0;
  std::uint64_t digest = 0;
  for (auto _ : state) {
    for (std::size_t at = 0; at + 8 <= request.size(); at += 8) digest += base::load_le64(&request[at]);
    benchmark::DoNotOptimize(digest);
    links += kLinks;
  }
  count_links(state, links);
}
BENCHMARK(read_link_words)->Arg(0)->Arg(1)->ArgName("attributes")->Unit(benchmark::kMillisecond);

void protobuf_arena_links(benchmark::State& state) {
  const Buffer request = make_link_request(state.range(0) != 0, kLinks);
  std::uint64_t links = 0;
  for (auto _ : state) {
    google::protobuf::Arena arena;
    auto* data = google::protobuf::Arena::CreateMessage<otlp_proto::TracesData>(&arena);
    ENTAIL_CHECK(data->ParseFromArray(request.data(), static_cast<int>(request.size())));
    links += static_cast<std::uint64_t>(data->resource_spans(0).scope_spans(0).spans(0).links_size());
  }
  count_links(state, links);
}
BENCHMARK(protobuf_arena_links)->Arg(1)->ArgName("attributes")->Unit(benchmark::kMillisecond);

void decode_links(benchmark::State& state) {
  const bool with_attributes = state.range(0) != 0;
  const bool walk = state.range(1) != 0;
  const Buffer request = make_link_request(with_attributes, kLinks);
  otlp::Decoded decoded;
  std::uint64_t links = 0;
  std::uint64_t digest = 0;
  for (auto _ : state) {
    ENTAIL_CHECK(otlp::decode(request, nullptr, decoded).ok());
    links += decoded.link_count;
    if (!walk) continue;
    otlp::LinkCursor cursor(decoded, decoded.spans[0]);
    for (otlp::LinkView link; cursor.next(link);)
      digest = fold(digest, base::load_be64(&request[link.trace_id.offset]));
  }
  benchmark::DoNotOptimize(digest);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(request.size()));
  count_links(state, links);
}
BENCHMARK(decode_links)->ArgsProduct({{0, 1}, {0, 1}})->ArgNames({"attributes", "walk"})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace entail

BENCHMARK_MAIN();
