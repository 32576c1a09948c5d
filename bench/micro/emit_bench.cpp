// Emission: kept spans as slices of the received bytes, compared with filtering and serializing protobuf objects
// (parsing not counted). One trace in 20 is kept; both results are decoded and compared span by span.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <unordered_set>

#include "base/check.hpp"
#include "emit/batch_writer.hpp"
#include "measure/clocks.hpp"
#include "otlp/decode.hpp"
#include "otlp_trace.pb.h"
#include "workload/load.hpp"

namespace {

using namespace entail;
using namespace entail::bench;

constexpr std::uint64_t kSpans = 200'000;
constexpr std::uint64_t kKeptShare = 20;
constexpr std::uint64_t kBatchBytes = 4u << 20;

bool is_kept(Bytes trace_id) { return base::load_be64(trace_id.data() + 8) % kKeptShare == 0; }

const Load& load() {
  static const Load made = make_load("plain", kSpans);
  return made;
}

// Digest of the kept spans of these messages, in any order.
std::uint64_t digest_of(const std::vector<Buffer>& messages, std::uint64_t& spans) {
  otlp::Decoded decoded;
  std::uint64_t sum = 0;
  spans = 0;
  for (const Buffer& message : messages) {
    ENTAIL_CHECK(otlp::decode(message, nullptr, decoded).ok());
    for (const otlp::SpanView& span : decoded.spans)
      sum += base::digest(wire::slice(message, span.span_id)).low * (span.attribute_count + 1) + span.end_ns;
    spans += decoded.spans.size();
  }
  return sum;
}

struct Expected {
  std::uint64_t spans = 0;
  std::uint64_t digest = 0;
};
const Expected& expected() {
  static const Expected made = [] {
    Expected all;
    otlp::Decoded decoded;
    for (const Buffer& request : load().requests) {
      ENTAIL_CHECK(otlp::decode(request, nullptr, decoded).ok());
      for (const otlp::SpanView& span : decoded.spans) {
        if (!is_kept(wire::slice(request, span.trace_id))) continue;
        ++all.spans;
        all.digest += base::digest(wire::slice(request, span.span_id)).low * (span.attribute_count + 1) + span.end_ns;
      }
    }
    return all;
  }();
  return made;
}

void finish(benchmark::State& state, const Stopwatch& watch, const std::vector<Buffer>& messages) {
  std::uint64_t spans = 0;
  const std::uint64_t digest = digest_of(messages, spans);
  if (spans != expected().spans || digest != expected().digest) state.SkipWithError("not the spans that are kept");
  state.SetIterationTime(watch.wall_s);
  state.counters["cpu_ns"] =
      benchmark::Counter(watch.cpu_s * 1e9 / static_cast<double>(spans), benchmark::Counter::kAvgIterations);
}

struct Kept {
  Buffer resource;
  Buffer scope;
  std::vector<Bytes> payloads;
};

void emit_slices(benchmark::State& state) {
  std::vector<Kept> kept;
  otlp::Decoded decoded;
  for (const Buffer& request : load().requests) {
    ENTAIL_CHECK(otlp::decode(request, nullptr, decoded).ok());
    Kept one;
    const auto gather = [&](std::uint32_t first, std::uint32_t count, Buffer& out) {
      for (std::uint32_t i = first; i < first + count; ++i) {
        const Bytes field = wire::slice(request, decoded.fields[i]);
        out.insert(out.end(), field.begin(), field.end());
      }
    };
    gather(decoded.resources[0].first_field, decoded.resources[0].field_count, one.resource);
    gather(decoded.scopes[0].first_field, decoded.scopes[0].field_count, one.scope);
    for (const otlp::SpanView& span : decoded.spans)
      if (is_kept(wire::slice(request, span.trace_id))) one.payloads.push_back(wire::slice(request, span.payload));
    kept.push_back(std::move(one));
  }
  for (auto _ : state) {
    std::vector<Buffer> messages;
    emit::BatchWriter writer(kBatchBytes);
    Stopwatch watch;
    watch.time([&] {
      const auto take = [&] {
        const Bytes message = writer.take();
        messages.emplace_back(message.begin(), message.end());
      };
      for (const Kept& one : kept) {
        const base::Digest resource = base::digest(one.resource);
        const base::Digest scope = base::digest(one.scope);
        for (const Bytes payload : one.payloads)
          if (writer.add({one.resource, resource, one.scope, scope, payload, nullptr})) take();
      }
      if (!writer.empty()) take();
    });
    finish(state, watch, messages);
  }
}
BENCHMARK(emit_slices)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

void emit_protobuf(benchmark::State& state) {
  for (auto _ : state) {
    std::vector<Buffer> messages;
    Stopwatch watch;
    for (const Buffer& request : load().requests) {
      otlp_proto::TracesData data;
      ENTAIL_CHECK(data.ParseFromArray(request.data(), static_cast<int>(request.size())));
      watch.time([&] {
        for (otlp_proto::ResourceSpans& resource : *data.mutable_resource_spans())
          for (otlp_proto::ScopeSpans& scope : *resource.mutable_scope_spans()) {
            auto& spans = *scope.mutable_spans();
            const auto is_dropped = [](const otlp_proto::Span& span) {
              return !is_kept({reinterpret_cast<const std::uint8_t*>(span.trace_id().data()), 16});
            };
            spans.erase(std::remove_if(spans.begin(), spans.end(), is_dropped), spans.end());
          }
        Buffer message(data.ByteSizeLong());
        data.SerializeToArray(message.data(), static_cast<int>(message.size()));
        messages.push_back(std::move(message));
      });
    }
    finish(state, watch, messages);
  }
}
BENCHMARK(emit_protobuf)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
