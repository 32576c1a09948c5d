#include "tests/pressure/moving_workload.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/workload/otlp_writer.hpp"
#include "tests/workload/random_options.hpp"

namespace entail::pressure {
namespace {

using workload::ByteString;
using workload::Random;
using workload::Span;

constexpr std::int64_t kRecordsSeconds = 100;
constexpr std::int64_t kStepSeconds = 26;      // more than a quarter of the above: a window per step
constexpr std::size_t kStepsBetweenSpans = 3;  // of one trace: less than kRecordsSeconds
constexpr std::int64_t kForeverSeconds = 500'000;

Options moving_options(Random& random, const MovingShape& shape) {
  Options options;
  PolicyOptions errors;
  errors.name = "errors";
  errors.type = PolicyType::status_code;
  errors.status_code_mask = 4;
  options.tail_sampling.policies.push_back(errors);
  if (random.chance(40)) {
    PolicyOptions slow;
    slow.name = "slow";
    slow.type = PolicyType::latency;
    slow.threshold_ms = 990;  // its facts come from several spans, and must survive every move
    options.tail_sampling.policies.push_back(slow);
    if (random.chance(50)) options.links.origins = {"errors", "slow"};
  }
  options.tail_sampling.decision_wait_ns =
      (shape.stays_pending ? kForeverSeconds : random.between(1, 2 * kStepSeconds)) * kNanosPerSecond;
  options.retain.window_ns = kForeverSeconds * kNanosPerSecond;
  options.retain.records_ns = kRecordsSeconds * kNanosPerSecond;
  options.memory_limit_bytes = 64 << 20;
  PropagateOptions& propagate = options.links.propagate;
  propagate.mode = random.chance(70) ? PropagateMode::cone : PropagateMode::component;
  propagate.max_hops_linked = static_cast<std::uint32_t>(random.between(1, 6));
  propagate.max_hops_linking = static_cast<std::uint32_t>(random.between(1, 6));
  propagate.max_links_followed = workload::kUnboundedNeighbours;
  propagate.max_traces_per_origin = workload::kUnboundedTraces;
  if (propagate.mode == PropagateMode::cone && random.chance(20)) propagate.origin_links = OriginLinks::error_spans;
  if (shape.truncates_links) options.links.sample.max_links_per_span = static_cast<std::uint32_t>(random.between(1, 3));
  options.table_seed = random.bits();
  return options;
}

class Maker {
 public:
  Maker(Random& random, const MovingShape& shape) : random_(random), shape_(shape) {
    for (std::size_t i = 0; i < shape.traces; ++i) {
      ids_.push_back(workload::random_trace_id(random));
      roots_.push_back(workload::random_span_id(random));
      first_step_.push_back(random.chance(60) ? i % kStepsBetweenSpans : random.below(shape.steps));
    }
  }

  // The spans of one step, in requests of a few spans.
  std::vector<workload::Request> requests(std::size_t step) {
    std::vector<Span> spans;
    for (std::size_t trace = 0; trace < shape_.traces; ++trace) {
      if (step < first_step_[trace]) continue;
      const bool is_due = (step - first_step_[trace]) % kStepsBetweenSpans == 0;
      for (std::uint64_t count = is_due ? 1 + random_.below(2) : random_.below(2); count > 0; --count)
        spans.push_back(span(trace, step));
    }
    for (std::size_t i = spans.size(); i > 1; --i) std::swap(spans[i - 1], spans[random_.below(i)]);
    std::vector<workload::Request> requests;
    for (std::size_t at = 0; at < spans.size();) {
      workload::Request request;
      request.groups.push_back({{{"service.name", std::string("test")}}, {}});
      for (std::uint64_t count = 1 + random_.below(12); count > 0 && at < spans.size(); --count)
        request.groups[0].spans.push_back(std::move(spans[at++]));
      workload::measure(request);
      requests.push_back(std::move(request));
    }
    return requests;
  }

 private:
  Span span(std::size_t trace, std::size_t step) {
    Span out;
    out.trace_id = ids_[trace];
    out.span_id = workload::random_span_id(random_);
    out.parent_span_id = roots_[trace];
    out.name = "work";
    out.start_ns = 1'700'000'000'000'000'000ULL + random_.below(1000) * 1'000'000;
    out.end_ns = out.start_ns + random_.below(100) * 1'000'000;
    out.status_code = random_.chance(shape_.errors) ? 2 : 0;
    if (shape_.pad_bytes != 0) out.attributes.push_back({"pad", std::string(random_.below(shape_.pad_bytes), 'x')});
    if (random_.chance(50))
      for (std::int64_t count = random_.between(1, 4); count > 0; --count) add_link(out, trace, step);
    return out;
  }

  // To a trace that is present, or will be before an absent one is forgotten.
  void add_link(Span& span, std::size_t trace, std::size_t step) {
    const std::size_t to =
        random_.chance(60) ? (trace + 1 + random_.below(4)) % shape_.traces : random_.below(shape_.traces);
    if (first_step_[to] > step + 1) return;
    workload::Link link;
    link.trace_id = ids_[to];
    link.span_id = roots_[to];
    span.links.push_back(std::move(link));
  }

  Random& random_;
  const MovingShape& shape_;
  std::vector<ByteString> ids_;
  std::vector<ByteString> roots_;
  std::vector<std::size_t> first_step_;
};

}  // namespace

MovingShape random_shape(Random& random) {
  MovingShape shape;
  shape.traces = 8 + random.below(50);
  shape.steps = 2 + random.below(20);
  shape.stays_pending = random.chance(50);
  shape.errors = static_cast<unsigned>(random.between(1, 6));
  return shape;
}

workload::Workload moving_workload(Random& random, const MovingShape& shape) {
  workload::Workload workload;
  workload.options = moving_options(random, shape);
  Maker maker(random, shape);
  std::int64_t now_ns = 1'700'000'000 * kNanosPerSecond;
  workload.steps.push_back({{}, now_ns});
  for (std::size_t step = 0; step < shape.steps; ++step)
    workload.steps.push_back({maker.requests(step), now_ns += kStepSeconds * kNanosPerSecond});
  return workload;
}

}  // namespace entail::pressure
