// What reading OTLP protobuf costs: ns per span of about 450 bytes, and ns per link of one span with a million links.
// Each run checks its counts and prints a digest of what it read, so that a reader that skips work is seen.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "wire/decode.hpp"
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
  wire::append_bytes_field(out, 1, wire::bytes_of(key));
  wire::append_length_header(out, 2, value_size);
  wire::append_bytes_field(out, 1, wire::bytes_of(value));
}

void append_int_attribute(Buffer& out, std::uint32_t number, std::string_view key, std::uint64_t value) {
  const std::size_t value_size = wire::varint_field_size(3, value);
  wire::append_length_header(out, number,
                             wire::length_field_size(1, key.size()) + wire::length_field_size(2, value_size));
  wire::append_bytes_field(out, 1, wire::bytes_of(key));
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
  wire::append_bytes_field(span, 5, wire::bytes_of("GET /api/v1/carts/{id}"));
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

// 2,000 requests of 500 spans would not stay in a cache; this many (about 23 MB) do not either.
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
  wire::Decoded decoded;
  std::uint64_t spans = 0;
  std::uint64_t bytes = 0;
  std::uint64_t digest = 0;
  std::size_t next = 0;
  for (auto _ : state) {
    const Buffer& request = requests[next++ % requests.size()];
    ENTAIL_CHECK(wire::decode(request, nullptr, decoded).ok());
    for (const wire::SpanView& span : decoded.spans) {
      digest = fold(digest, base::load_be64(&request[span.trace_id.offset]) + span.end_ns);
      if (!read_attributes) continue;
      wire::AttributeCursor cursor(decoded.bytes, span.first_attribute, span.attributes_end, 9);
      for (wire::AttributeView attribute; cursor.next(attribute);) digest += attribute.key.size + attribute.string.size;
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

void decode_links(benchmark::State& state) {
  const bool with_attributes = state.range(0) != 0;
  const bool walk = state.range(1) != 0;
  constexpr std::uint64_t kLinks = 1000000;
  std::mt19937_64 random(kSeed);
  Buffer span = make_span(random, 0);
  for (std::uint64_t i = 0; i < kLinks; ++i) append_link(span, random, with_attributes);
  const Buffer request = in_request({span});
  wire::Decoded decoded;
  std::uint64_t links = 0;
  std::uint64_t digest = 0;
  for (auto _ : state) {
    ENTAIL_CHECK(wire::decode(request, nullptr, decoded).ok());
    links += decoded.link_count;
    if (!walk) continue;
    wire::LinkCursor cursor(decoded, decoded.spans[0]);
    for (wire::LinkView link; cursor.next(link);)
      digest = fold(digest, base::load_be64(&request[link.trace_id.offset]));
  }
  ENTAIL_CHECK(links == static_cast<std::uint64_t>(state.iterations()) * kLinks);
  benchmark::DoNotOptimize(digest);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(request.size()));
  state.counters["link"] =
      benchmark::Counter(static_cast<double>(links), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(decode_links)->ArgsProduct({{0, 1}, {0, 1}})->ArgNames({"attributes", "walk"})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace entail

BENCHMARK_MAIN();
