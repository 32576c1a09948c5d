#include "tests/sim/simulation.hpp"

#include "tests/engine/comparison.hpp"
#include "tests/sim/bounded_run.hpp"

namespace entail::sim {

std::vector<std::string> simulate(const DisturbedWorkload& disturbed, Happened* happened) {
  if (!disturbed.disturbance.heavy && !disturbed.disturbance.tight)
    return engine_test::compare(disturbed.workload, 1).differences;
  BoundedRun run(disturbed.workload);
  std::vector<std::string> faults = run.run();
  if (happened != nullptr)
    for (const NamedCount& loss : run.losses()) (*happened)[loss.name] += loss.count;
  return faults;
}

namespace {

bool fails(const DisturbedWorkload& disturbed, std::vector<std::string>& faults) {
  std::vector<std::string> now = simulate(disturbed);
  if (now.empty()) return false;
  faults = std::move(now);
  return true;
}

// Removes parts of `items`, halves first, as long as the rest still fails.
template <class Item, class Fails>
void drop_parts(std::vector<Item>& items, Fails&& still_fails) {
  for (std::size_t size = items.size(); size > 0; size /= 2) {
    for (std::size_t at = 0; at + size <= items.size();) {
      std::vector<Item> kept = items;
      const auto first = items.begin() + static_cast<std::ptrdiff_t>(at);
      items.erase(first, first + static_cast<std::ptrdiff_t>(size));
      if (still_fails()) continue;
      items = std::move(kept);
      at += size;
    }
  }
}

}  // namespace

Shrunk shrink(DisturbedWorkload disturbed) {
  Shrunk shrunk;
  std::vector<workload::Step>& steps = disturbed.workload.steps;
  const auto still_fails = [&] { return fails(disturbed, shrunk.faults); };
  drop_parts(steps, still_fails);
  for (workload::Step& step : steps) drop_parts(step.requests, still_fails);
  for (workload::Step& step : steps)
    for (workload::Request& request : step.requests)
      for (workload::SpanGroup& group : request.groups) drop_parts(group.spans, still_fails);
  for (workload::Step& step : steps)
    for (workload::Request& request : step.requests)
      for (workload::SpanGroup& group : request.groups)
        for (workload::Span& span : group.spans) drop_parts(span.links, still_fails);
  shrunk.ticks = steps.size();
  for (const workload::Step& step : steps) {
    shrunk.requests += step.requests.size();
    for (const workload::Request& request : step.requests)
      for (const workload::SpanGroup& group : request.groups) shrunk.spans += group.spans.size();
  }
  shrunk.disturbed = std::move(disturbed);
  return shrunk;
}

std::string print(const workload::Workload& workload) {
  std::string text;
  for (const workload::Step& step : workload.steps) {
    for (const workload::Request& request : step.requests) {
      text += "request\n";
      for (const workload::SpanGroup& group : request.groups)
        for (const workload::Span& span : group.spans) {
          text += "  span of " + workload::hex_of(span.trace_id) + (span.status_code == 2 ? " ERROR" : "");
          for (const workload::Link& link : span.links) text += " -> " + workload::hex_of(link.trace_id);
          text += "\n";
        }
    }
    text += "tick " + std::to_string(step.tick_ns) + "\n";
  }
  return text;
}

}  // namespace entail::sim
