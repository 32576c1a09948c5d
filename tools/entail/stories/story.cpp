#include "stories/story.hpp"

#include <algorithm>

namespace entail::cli {
namespace {

constexpr std::int64_t kStorySecond = 1'700'000'000;

}  // namespace

std::span<const Scenario> scenarios() noexcept {
  static const std::vector<Scenario> all = {
      batch_scenario(),       batch_items_scenario(), queue_scenario(),          fan_out_scenario(),
      retry_scenario(),       saga_scenario(),        event_sourcing_scenario(), scheduled_job_scenario(),
      dead_letter_scenario(), etl_scenario(),         user_journey_scenario(),   aggregation_scenario(),
      workflow_scenario(),    malformed_scenario(),   head_sampled_scenario(),   sdk_truncated_scenario(),
      chain_scenario(),       cycle_scenario(),       hot_producer_scenario(),   mixed_scenario(),
      incident_scenario(),
  };
  return all;
}

const Scenario* find_scenario(std::string_view name) noexcept {
  const auto all = scenarios();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Scenario& s) { return s.name == name; });
  return found == all.end() ? nullptr : &*found;
}

SpanFacts StoryTeller::span(TraceId trace_id, SpanId span_id, SpanId parent, std::string_view name,
                            std::uint64_t second) noexcept {
  second_ = begin_second_ + second;
  SpanFacts facts;
  facts.trace_id = trace_id;
  facts.span_id = span_id;
  facts.parent_span_id = parent;
  facts.name = name;
  facts.end_ns = (kStorySecond + static_cast<std::int64_t>(second_)) * kNanosPerSecond +
                 static_cast<std::int64_t>(random.below(kNanosPerSecond));
  facts.start_ns = facts.end_ns - static_cast<std::int64_t>(1'000'000 + random.below(200'000'000));
  return facts;
}

void StoryTeller::flush() {
  if (requests.span_count() == 0 || failed_) return;
  expectation.spans += requests.span_count();
  failed_ = !write_(requests.take());
}

}  // namespace entail::cli
