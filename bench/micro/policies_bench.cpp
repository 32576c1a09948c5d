// Policies: spans folded into their trace's words on arrival, then one answer per trace, compared with loops over the
// protobuf objects of whole traces (decoding not counted in either). Four policies: status, latency, probability, one
// attribute of ten.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <unordered_map>

#include "base/check.hpp"
#include "measure/clocks.hpp"
#include "otlp/decode.hpp"
#include "otlp_trace.pb.h"
#include "policy/policy_set.hpp"
#include "workload/load.hpp"

namespace {

using namespace entail;
using namespace entail::bench;

constexpr std::uint64_t kSpans = 200'000;

constexpr std::string_view kPolicies = R"(
tail_sampling:
  policies:
    - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
    - {name: slow, type: latency, latency: {threshold_ms: 2000}}
    - {name: some, type: probabilistic, probabilistic: {sampling_percentage: 1}}
    - {name: gold, type: string_attribute, string_attribute: {key: app.tier, values: [gold]}}
)";

const Load& load() {
  static const Load made = make_load("plain", kSpans);
  return made;
}

void report(benchmark::State& state, const Stopwatch& watch) {
  state.SetIterationTime(watch.wall_s);
  state.counters["cpu_ns"] =
      benchmark::Counter(watch.cpu_s * 1e9 / static_cast<double>(kSpans), benchmark::Counter::kAvgIterations);
}

void fold_and_evaluate(benchmark::State& state) {
  option::Findings findings;
  const auto policies = policy::PolicySet::compile(options_for(load(), kPolicies), findings);
  ENTAIL_CHECK(policies != nullptr);
  std::vector<otlp::Decoded> requests(load().requests.size());
  std::unordered_map<TraceId, std::uint32_t> numbers;
  std::vector<TraceId> ids;
  std::vector<std::uint32_t> trace_of_span;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    ENTAIL_CHECK(otlp::decode(load().requests[i], nullptr, requests[i]).ok());
    for (const otlp::SpanView& span : requests[i].spans) {
      const TraceId id = base::load_trace_id(load().requests[i].data() + span.trace_id.offset);
      const auto [found, is_new] = numbers.emplace(id, static_cast<std::uint32_t>(ids.size()));
      if (is_new) ids.push_back(id);
      trace_of_span.push_back(found->second);
    }
  }
  const std::size_t words = policy::TraceFold::bytes_for(policies->shape()) / sizeof(std::uint64_t);
  for (auto _ : state) {
    std::vector<std::uint64_t> folds(ids.size() * words);
    std::uint64_t kept = 0;
    Stopwatch watch;
    watch.time([&] {
      std::size_t number = 0;
      policy::Facts facts;
      policy::Bits resource_bits{};
      for (const otlp::Decoded& decoded : requests) {
        policies->match_resource(decoded, decoded.resources[0], resource_bits);
        for (const otlp::SpanView& span : decoded.spans) {
          policies->match_span(decoded, span, resource_bits, facts);
          policies->fold(policy::TraceFold::at(&folds[trace_of_span[number++] * words]), facts);
        }
      }
      for (std::size_t i = 0; i < ids.size(); ++i) {
        policy::StatefulAnswers answers;
        const policy::Facts trace = policy::TraceFold::at(&folds[i * words]).facts(policies->shape());
        kept += policies->evaluate(trace, ids[i], answers, 0, true).keep ? 1 : 0;
      }
    });
    if (kept != load().own_kept.size()) state.SkipWithError("not the traces that are kept");
    report(state, watch);
  }
}
BENCHMARK(fold_and_evaluate)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

struct ObjectTrace {
  std::vector<const otlp_proto::Span*> spans;
};

bool keeps(const std::string& id, const ObjectTrace& trace) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : "default-hash-seed" + id) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  if (hash <= 184467440737095516ULL) return true;  // 1 % of 2^64
  std::uint64_t start = ~std::uint64_t{0};
  std::uint64_t end = 0;
  for (const otlp_proto::Span* span : trace.spans) {
    if (span->status().code() == otlp_proto::Status::STATUS_CODE_ERROR) return true;
    for (const otlp_proto::KeyValue& attribute : span->attributes())
      if (attribute.key() == "app.tier" && attribute.value().string_value() == "gold") return true;
    start = std::min<std::uint64_t>(start, span->start_time_unix_nano());
    end = std::max<std::uint64_t>(end, span->end_time_unix_nano());
  }
  return end - start >= 2'000'000'000;
}

void loop_over_objects(benchmark::State& state) {
  std::vector<otlp_proto::TracesData> requests(load().requests.size());
  std::unordered_map<std::string, ObjectTrace> traces;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Buffer& bytes = load().requests[i];
    ENTAIL_CHECK(requests[i].ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    for (const otlp_proto::Span& span : requests[i].resource_spans(0).scope_spans(0).spans())
      traces[span.trace_id()].spans.push_back(&span);
  }
  for (auto _ : state) {
    std::uint64_t kept = 0;
    Stopwatch watch;
    watch.time([&] {
      for (const auto& [id, trace] : traces) kept += keeps(id, trace) ? 1 : 0;
    });
    if (kept != load().own_kept.size()) state.SkipWithError("not the traces that are kept");
    report(state, watch);
  }
}
BENCHMARK(loop_over_objects)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
