// Chain and cycle: traces that link one another in a row or in a ring, one of which fails. Its keep goes along the
// links to the causes and against them to the consequences, hop by hop up to the limit.
#include <algorithm>

#include "stories/story.hpp"

namespace entail::cli {
namespace {

constexpr std::uint64_t kCycleSeconds = 5;

// Two spans: the work, and under it the span that carries the link.
void add_step(StoryTeller& teller, std::uint64_t index, std::optional<std::uint64_t> linked, std::uint64_t second,
              bool error) {
  const TraceId trace_id = teller.random.trace_id(index);
  const SpanId root = teller.random.span_id(2 * index);
  SpanFacts facts = teller.span(trace_id, root, {}, "step", second);
  facts.kind = 5;
  facts.error = error;
  teller.requests.begin_span(facts);
  teller.requests.attribute("story.step", static_cast<std::int64_t>(index));
  teller.requests.end_span("worker");
  teller.requests.begin_span(teller.span(trace_id, teller.random.span_id(2 * index + 1), root, "take over", second));
  if (linked) {
    teller.requests.link(teller.random.trace_id(*linked), teller.random.span_id(2 * *linked));
    ++teller.expectation.links;
  }
  teller.requests.end_span("worker");
  ++teller.expectation.traces;
  teller.flush_if_full();
}

}  // namespace

std::string tell_chain(const Flags& flags, StoryTeller& teller) {
  const std::uint64_t depth = flags.count("depth");
  const std::uint64_t step_seconds = flags.count("step-seconds");
  const std::uint64_t max_hops = flags.count("max-hops");
  // A trace that the keep reaches later than that has lost its spans already.
  if (max_hops * step_seconds > kRetainWindowSeconds) {
    return "--max-hops times --step-seconds is more than the retention of " + std::to_string(kRetainWindowSeconds) +
           " s";
  }
  const std::string& where = flags.word("error-at");
  const std::uint64_t error_at = where == "first" ? 0 : where == "middle" ? depth / 2 : depth;
  StoryConfig config;
  config.max_hops = max_hops;
  teller.expectation.config = story_config_json(config);

  for (std::uint64_t i = 0; i <= depth; ++i) {
    const auto linked = i > 0 ? std::optional(i - 1) : std::nullopt;
    add_step(teller, i, linked, i * step_seconds, i == error_at);
    if (step_seconds > 0) teller.flush();
    const std::uint64_t distance = i > error_at ? i - error_at : error_at - i;
    if (distance > max_hops) continue;
    ExpectedTrace trace{teller.random.trace_id(i), "policy", {}, 0, false, false};
    if (distance > 0) {
      // An earlier trace is a cause of the error: the links lead to it.
      trace = {trace.trace_id,
               "link",
               i < error_at ? "linked" : "linking",
               static_cast<std::uint32_t>(distance),
               i < error_at && distance * step_seconds >= kDecisionWaitSeconds,
               false};
    }
    teller.expectation.kept.push_back(trace);
  }
  teller.flush();
  return {};
}

std::string tell_cycle(const Flags& flags, StoryTeller& teller) {
  const std::uint64_t length = flags.count("length");
  StoryConfig config;
  config.max_hops = flags.count("max-hops");
  teller.expectation.config = story_config_json(config);
  std::uint64_t second = 0;
  for (std::uint64_t i = 0; i < length; ++i) {
    const std::uint64_t own_second = i * kCycleSeconds / length;
    if (own_second != second) teller.flush();
    second = own_second;
    add_step(teller, i, (i + 1) % length, second, i == 0);
    const std::uint64_t linked_hops = i;
    const std::uint64_t linking_hops = length - i;
    const std::uint64_t hops = std::min(linked_hops, linking_hops);
    if (hops > config.max_hops) continue;
    const std::string_view direction = linked_hops < linking_hops   ? "linked"
                                       : linked_hops > linking_hops ? "linking"
                                                                    : "either";
    ExpectedTrace trace{teller.random.trace_id(i), "policy", {}, 0, false, false};
    if (i > 0) trace = {trace.trace_id, "link", direction, static_cast<std::uint32_t>(hops), false, false};
    teller.expectation.kept.push_back(trace);
  }
  teller.flush();
  return {};
}

}  // namespace entail::cli
