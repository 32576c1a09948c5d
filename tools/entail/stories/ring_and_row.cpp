// Chain and cycle: traces that link one another in a row or in a ring, one of which fails. Its keep goes along the
// links to the causes and against them to the consequences, hop by hop up to the limit.
#include <algorithm>
#include <optional>

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

std::string configure_chain(const Flags& flags, StoryConfig& config) {
  // A trace that the keep reaches later than that has lost its spans already.
  if (flags.count("max-hops") * flags.count("step-seconds") > config.retain_seconds) {
    return "--max-hops times --step-seconds is more than the retention of " + std::to_string(config.retain_seconds) +
           " s";
  }
  config.set_max_hops(flags.count("max-hops"));
  return {};
}

void tell_chain(const Flags& flags, const StoryConfig& config, StoryTeller& teller) {
  const std::uint64_t depth = flags.count("depth");
  const std::uint64_t step_seconds = flags.count("step-seconds");
  const std::string& where = flags.word("error-at");
  const std::uint64_t error_at = where == "first" ? 0 : where == "middle" ? depth / 2 : depth;
  for (std::uint64_t i = 0; i <= depth; ++i) {
    const auto linked = i > 0 ? std::optional(i - 1) : std::nullopt;
    add_step(teller, i, linked, i * step_seconds, i == error_at);
    if (step_seconds > 0) teller.flush();
    const std::uint64_t distance = i > error_at ? i - error_at : error_at - i;
    if (distance > (i < error_at ? config.max_hops_linked : config.max_hops_linking)) continue;
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
}

std::string configure_cycle(const Flags& flags, StoryConfig& config) {
  config.set_max_hops(flags.count("max-hops"));
  return {};
}

void tell_cycle(const Flags& flags, const StoryConfig& config, StoryTeller& teller) {
  const std::uint64_t length = flags.count("length");
  std::uint64_t second = 0;
  for (std::uint64_t i = 0; i < length; ++i) {
    const std::uint64_t own_second = i * kCycleSeconds / length;
    if (own_second != second) teller.flush();
    second = own_second;
    add_step(teller, i, (i + 1) % length, second, i == 0);
    const std::uint64_t linked_hops = i;
    const std::uint64_t linking_hops = length - i;
    const std::uint64_t hops = std::min(linked_hops, linking_hops);
    if (hops > config.max_hops_linked) continue;
    const std::string_view direction = linked_hops < linking_hops   ? "linked"
                                       : linked_hops > linking_hops ? "linking"
                                                                    : "either";
    ExpectedTrace trace{teller.random.trace_id(i), "policy", {}, 0, false, false};
    if (i > 0) trace = {trace.trace_id, "link", direction, static_cast<std::uint32_t>(hops), false, false};
    teller.expectation.kept.push_back(trace);
  }
  teller.flush();
}

using Kind = FlagSpec::Kind;

const std::vector<FlagSpec> kChainFlags = {
    {"depth", Kind::count, "6", "number of links in the chain; it has one trace more", 1, 10'000'000, {}},
    {"error-at", Kind::word, "last", "which trace fails", 0, 0, {"first", "middle", "last"}},
    {"step-seconds", Kind::count, "1", "time between one trace and the next", 0, 60, {}},
    {"max-hops", Kind::count, "4", "links.propagate.max_hops of the configuration", 0, 62, {}},
};
const std::vector<FlagSpec> kCycleFlags = {
    {"length",
     Kind::count,
     "5",
     "number of traces in the ring, each linking the next; the first one fails",
     2,
     10'000'000,
     {}},
    {"max-hops", Kind::count, "4", "links.propagate.max_hops of the configuration", 0, 62, {}},
};

}  // namespace

Scenario chain_scenario() {
  return {"chain", "a chain of traces, each linking the previous one; one of them fails", kChainFlags, configure_chain,
          tell_chain};
}

Scenario cycle_scenario() {
  return {"cycle", "a ring of traces, each linking the next; one of them fails", kCycleFlags, configure_cycle,
          tell_cycle};
}

}  // namespace entail::cli
