#include <random>

#include "macro/engine_target.hpp"
#include "macro/measures.hpp"
#include "measure/clocks.hpp"

namespace entail::bench {
namespace {

constexpr std::uint64_t kTracesHeld = 50'000;
constexpr std::uint64_t kKeeps = 2'000;
constexpr std::uint64_t kLinked = 8;

Buffer one_span(TraceId trace_id, bool error, const std::vector<TraceId>& linked) {
  Buffer span;
  append_trace_id(span, 1, trace_id);
  append_span_id(span, 2, {trace_id.lo | 1});
  append_content(span, 5, "process");
  append_fixed(span, 7, 1'000'000'000, 8);
  append_fixed(span, 8, 1'040'000'000, 8);
  append_attribute(span, 9, "messaging.system", "kafka");
  for (const TraceId to : linked) {
    Buffer link;
    append_trace_id(link, 1, to);
    append_span_id(link, 2, {to.lo | 1});
    append_content(span, 13, link);
  }
  Buffer status;
  if (error) append_number(status, 3, 2);
  append_content(span, 15, status);
  Buffer scope_spans;
  append_content(scope_spans, 2, span);
  Buffer resource_spans;
  append_content(resource_spans, 2, scope_spans);
  Buffer request;
  append_content(request, 1, resource_spans);
  return request;
}

}  // namespace

bool measure_keep(const Settings& settings, Report& report) {
  Load errors_only;
  errors_only.errors_only = true;
  Options options = options_for(errors_only, settings.policies_yaml);
  options.tail_sampling.decision_wait_ns = 0;  // each tick decides what arrived since the last one
  std::mt19937_64 random(7);
  std::vector<TraceId> dropped(kTracesHeld);
  for (TraceId& id : dropped) id = {random(), random()};
  for (unsigned i = 0; i < settings.repetitions; ++i) {
    EngineTarget target(options);
    if (!target.ok() || !target.tick(kNanosPerSecond)) return fail("the engine does not open");
    for (const TraceId id : dropped)
      if (!target.ingest(0, one_span(id, false, {}))) return fail("ingest");
    if (!target.tick(kNanosPerSecond)) return fail("tick");
    std::vector<double> keep_s;
    for (std::uint64_t k = 0; k < kKeeps; ++k) {
      std::vector<TraceId> linked;
      for (std::uint64_t l = 0; l < kLinked; ++l) linked.push_back(dropped[k * kLinked + l]);
      const Buffer request = one_span({random(), random()}, true, linked);
      const double start = wall_s();
      if (!target.ingest(0, request) || !target.tick(kNanosPerSecond)) return fail("keep");
      keep_s.push_back(wall_s() - start);
    }
    const Statistics statistics = target.engine->statistics();
    if (statistics.traces.kept != kKeeps * (1 + kLinked) || statistics.traces.revived != kKeeps * kLinked)
      return fail(std::to_string(statistics.traces.kept) + " traces kept by " + std::to_string(kKeeps) + " keeps");
    report.add("macro.keep.p50", "us", percentile(keep_s, 0.5) * 1e6);
    report.add("macro.keep.p99", "us", percentile(keep_s, 0.99) * 1e6);
    report.add("macro.keep.max", "us", percentile(keep_s, 1) * 1e6);
  }
  return true;
}

}  // namespace entail::bench
