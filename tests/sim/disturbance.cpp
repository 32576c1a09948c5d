#include "tests/sim/disturbance.hpp"

#include <algorithm>

#include "tests/workload/otlp_writer.hpp"

namespace entail::sim {
namespace {

using workload::Random;
using workload::Request;
using workload::Step;
using workload::Workload;

constexpr std::uint64_t kTightBytes = 16 << 20;  // the smallest memory_limit that an engine accepts

void swap_some(Random& random, std::vector<Request>& requests) {
  for (std::size_t i = requests.size(); i > 1; --i) std::swap(requests[i - 1], requests[random.below(i)]);
}

void delay(Random& random, Workload& work) {
  for (std::size_t i = 0; i + 1 < work.steps.size(); ++i) {
    auto& requests = work.steps[i].requests;
    for (std::size_t k = 0; k < requests.size();) {
      if (!random.chance(20)) {
        ++k;
        continue;
      }
      const std::size_t to = std::min(work.steps.size() - 1, i + 1 + random.below(6));
      work.steps[to].requests.push_back(std::move(requests[k]));
      requests.erase(requests.begin() + static_cast<std::ptrdiff_t>(k));
    }
  }
}

void duplicate(Random& random, Workload& work) {
  for (std::size_t i = 0; i < work.steps.size(); ++i) {
    const std::size_t count = work.steps[i].requests.size();
    for (std::size_t k = 0; k < count; ++k) {
      if (!random.chance(15)) continue;
      const Request copy = work.steps[i].requests[k];
      work.steps[i + random.below(work.steps.size() - i)].requests.push_back(copy);
    }
  }
}

void split(Workload& work) {
  for (Step& step : work.steps) {
    std::vector<Request> singles;
    for (Request& request : step.requests)
      for (workload::SpanGroup& group : request.groups)
        for (workload::Span& span : group.spans) {
          Request& single = singles.emplace_back();
          single.groups.push_back({group.resource, {std::move(span)}});
        }
    step.requests = std::move(singles);
  }
}

void merge(Workload& work) {
  for (Step& step : work.steps) {
    if (step.requests.size() < 2) continue;
    Request all;
    for (Request& request : step.requests)
      std::move(request.groups.begin(), request.groups.end(), std::back_inserter(all.groups));
    step.requests.clear();
    step.requests.push_back(std::move(all));
  }
}

void jump(Random& random, Workload& work) {
  std::int64_t moved_ns = 0;
  std::int64_t last_ns = 0;
  for (Step& step : work.steps) {
    if (random.chance(8)) moved_ns += random.between(60, 7200) * kNanosPerSecond;
    step.tick_ns += moved_ns;
    if (random.chance(10)) step.tick_ns = last_ns;  // the clock does not advance
    step.tick_ns = last_ns = std::max(step.tick_ns, last_ns);
  }
}

void add_late_errors(Random& random, Workload& work) {
  for (std::size_t i = 0; i + 1 < work.steps.size(); ++i) {
    for (std::size_t k = 0; k < work.steps[i].requests.size(); ++k) {
      if (!random.chance(15)) continue;
      Request late = work.steps[i].requests[k];
      for (workload::SpanGroup& group : late.groups)
        for (workload::Span& span : group.spans) {
          span.status_code = 2;
          span.span_id = workload::random_span_id(random);
        }
      work.steps[i + 1 + random.below(work.steps.size() - i - 1)].requests.push_back(std::move(late));
    }
  }
}

void make_heavy(Random& random, Workload& work) {
  const std::uint64_t padding_max = random.chance(30) ? 1'000'000 : 100'000;
  for (Step& step : work.steps)
    for (Request& request : step.requests)
      for (workload::SpanGroup& group : request.groups)
        for (workload::Span& span : group.spans)
          span.attributes.push_back({"padding", std::string(random.below(padding_max), 'x')});
}

void tighten(Random& random, Options& options) {
  PropagateOptions& propagate = options.links.propagate;
  if (random.chance(50)) propagate.max_links_followed = static_cast<std::uint32_t>(random.between(1, 4));
  if (random.chance(50)) propagate.max_traces_per_origin = static_cast<std::uint32_t>(random.between(1, 4));
  if (random.chance(40)) propagate.max_propagated_bytes_per_second = 1 + random.below(4000);
  if (random.chance(40)) options.retain.max_bytes = random.below(20'000);
}

}  // namespace

std::string Disturbance::describe() const {
  std::string text;
  const auto name = [&](bool on, const char* what) {
    if (on) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  name(delayed, "delayed");
  name(reordered, "reordered");
  name(duplicated, "duplicated");
  name(split, "split");
  name(merged, "merged");
  name(jumps, "clock jumps");
  name(late_errors, "late errors");
  name(heavy, "heavy spans");
  name(tight, "tight caps");
  return text.empty() ? "undisturbed" : text;
}

DisturbedWorkload disturbed_workload(std::uint64_t seed) {
  DisturbedWorkload made;
  Workload& work = made.workload = workload::small_workload(seed);
  Random random(seed ^ 0x73696d);
  Disturbance& disturbance = made.disturbance;
  disturbance = {.delayed = random.chance(50),
                 .reordered = random.chance(50),
                 .duplicated = random.chance(40),
                 .split = random.chance(25),
                 .merged = random.chance(25),
                 .jumps = random.chance(40),
                 .late_errors = random.chance(40),
                 .heavy = random.chance(40),
                 .tight = random.chance(35)};
  if (disturbance.late_errors) add_late_errors(random, work);
  if (disturbance.duplicated) duplicate(random, work);
  if (disturbance.delayed) delay(random, work);
  if (disturbance.reordered)
    for (Step& step : work.steps) swap_some(random, step.requests);
  if (disturbance.split) split(work);
  if (disturbance.merged) merge(work);
  if (disturbance.jumps) jump(random, work);
  if (disturbance.heavy) {
    make_heavy(random, work);
    work.options.memory_limit_bytes = kTightBytes + random.below(kTightBytes / 4);
  }
  if (disturbance.tight) tighten(random, work.options);
  // The oracle, which judges runs in which nothing binds, forgets nothing.
  if (!disturbance.heavy && !disturbance.tight) work.options.retain.records_ns = 168 * 3600 * kNanosPerSecond;
  for (Step& step : work.steps)
    for (Request& request : step.requests) workload::measure(request);
  return made;
}

}  // namespace entail::sim
