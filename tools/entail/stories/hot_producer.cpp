// The hot producer: one trace that very many consumers link. If it fails, its keep goes to the consumers, as many as
// max_links_followed lets it; if one consumer fails, only the producer is kept with it, for its siblings merely share
// it.
#include <algorithm>

#include "stories/story.hpp"

namespace entail::cli {
namespace {

constexpr std::uint64_t kConsumerSeconds = 5;

void add_producer(StoryTeller& teller, bool error) {
  SpanFacts facts = teller.span(teller.random.trace_id(0), teller.random.span_id(0), {}, "publish", 0);
  facts.kind = 4;
  facts.error = error;
  teller.requests.begin_span(facts);
  teller.requests.attribute("messaging.destination.name", "prices");
  teller.requests.end_span("producer");
  ++teller.expectation.traces;
  teller.flush();
}

void add_consumer(StoryTeller& teller, std::uint64_t index, std::uint64_t second, bool error) {
  SpanFacts facts = teller.span(teller.random.trace_id(index), teller.random.span_id(index), {}, "consume", second);
  facts.kind = 5;
  facts.error = error;
  teller.requests.begin_span(facts);
  teller.requests.attribute("messaging.destination.name", "prices");
  teller.requests.link(teller.random.trace_id(0), teller.random.span_id(0));
  teller.requests.end_span("consumer");
  ++teller.expectation.traces;
  ++teller.expectation.links;
  teller.flush_if_full();
}

std::string configure_hot_producer(const Flags& flags, StoryConfig& config) {
  const std::uint64_t cap = flags.count("max-links-followed");
  config.max_links_followed = cap;
  config.max_traces_per_origin = std::max(config.max_traces_per_origin, cap + 1);
  return {};
}

void tell_hot_producer(const Flags& flags, const StoryConfig& config, StoryTeller& teller) {
  const std::uint64_t consumers = flags.count("consumers");
  const std::uint64_t cap = config.max_links_followed;
  const bool producer_fails = flags.word("fails") == "producer";
  Expectation& expectation = teller.expectation;
  const TraceId producer = teller.random.trace_id(0);
  expectation.named_traces.push_back({"producer", producer});

  add_producer(teller, producer_fails);
  if (producer_fails) expectation.kept.push_back({producer, "policy", {}, 0, false, false});
  const std::uint64_t failing = producer_fails ? 0 : 1 + consumers / 2;
  std::uint64_t second = 0;
  for (std::uint64_t i = 1; i <= consumers; ++i) {
    const std::uint64_t own_second = 1 + (i - 1) * kConsumerSeconds / consumers;
    if (own_second != second) teller.flush();
    second = own_second;
    add_consumer(teller, i, second, i == failing);
    const TraceId trace_id = teller.random.trace_id(i);
    if (i == failing) {
      expectation.kept.push_back({trace_id, "policy", {}, 0, false, false});
      expectation.kept.push_back({producer, "link", "linked", 1, false, false});
    } else if (producer_fails && consumers <= cap) {
      expectation.kept.push_back({trace_id, "link", "linking", 1, false, false});
    } else if (producer_fails) {
      expectation.unspecified.push_back(trace_id);
      expectation.kept_of_unspecified = cap;
    }
  }
  teller.flush();
}

using Kind = FlagSpec::Kind;

const std::vector<FlagSpec> kFlags = {
    {"consumers", Kind::count, "200", "traces that link to the producer", 1, 10'000'000, {}},
    {"fails", Kind::word, "producer", "what fails: the producer or one consumer", 0, 0, {"producer", "consumer"}},
    {"max-links-followed",
     Kind::count,
     "256",
     "links.propagate.max_links_followed of the configuration",
     1,
     1'000'000,
     {}},
};

}  // namespace

Scenario hot_producer_scenario() {
  return {"hot-producer", "one trace that very many others link to", kFlags, configure_hot_producer, tell_hot_producer};
}

}  // namespace entail::cli
