// The batch: one span whose links lead to the producers of its items. Some of these failed, before the batch, after it,
// or only when the batch was decided already. A failed producer is kept and carries its keep along the link backwards,
// to the batch; the other producers, which merely share the batch, stay out (cone mode never turns).
#include <algorithm>

#include "stories/story.hpp"

namespace entail::cli {
namespace {

constexpr std::uint64_t kBatchSecond = 3;  // healthy producers come in the seconds before
constexpr std::uint64_t kDecisionSecond = kBatchSecond + kDecisionWaitSeconds;
constexpr std::uint64_t kErrorSeconds = 3;  // the errors are spread over as many seconds
constexpr std::uint64_t kSampleSize = 128;  // links.sample.max_links_per_span by default

struct BatchPlan {
  std::uint64_t links = 0;
  std::uint64_t errors = 0;
  std::uint64_t malformed = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t producers = 0;  // distinct good targets; the first `errors` of them fail
  std::uint64_t present = 0;    // producers of which spans come, the failing ones included
  std::uint64_t first_error_second = 0;
};

// Identities: index 0 is the batch, 1 and 2 are bystanders, producers follow, then IDs that are malformed.
constexpr std::uint64_t kBatchIndex = 0;
constexpr std::uint64_t kBystanderIndex = 1;
constexpr std::uint64_t kFirstProducer = 3;

void add_producer(StoryTeller& teller, std::uint64_t producer, std::uint64_t second, bool error) {
  const TraceId trace_id = teller.random.trace_id(kFirstProducer + producer);
  SpanFacts facts = teller.span(trace_id, teller.random.span_id(kFirstProducer + producer), {}, "enqueue item", second);
  facts.kind = 4;
  facts.error = error;
  teller.requests.begin_span(facts);
  teller.requests.attribute("messaging.destination.name", "items");
  teller.requests.end_span("producer");
  ++teller.expectation.traces;
  if (error) teller.expectation.kept.push_back({trace_id, "policy", {}, 0, false, false});
  teller.flush_if_full();
}

// A healthy trace that has nothing to do with the batch; its time moves the clock.
void add_bystander(StoryTeller& teller, std::uint64_t number, std::uint64_t second) {
  const std::uint64_t index = kBystanderIndex + number;
  teller.requests.begin_span(
      teller.span(teller.random.trace_id(index), teller.random.span_id(index), {}, "health check", second));
  teller.requests.end_span("bystander");
  ++teller.expectation.traces;
  teller.flush();
}

void add_errors(StoryTeller& teller, const BatchPlan& plan) {
  for (std::uint64_t second = 0; second < kErrorSeconds; ++second) {
    for (std::uint64_t i = second; i < plan.errors; i += kErrorSeconds) {
      add_producer(teller, i, plan.first_error_second + second, true);
    }
    teller.flush();
  }
}

// The order of the links: every producer once, then repetitions and malformed ones, all shuffled.
std::vector<std::uint32_t> shuffled_links(StoryTeller& teller, const BatchPlan& plan) {
  std::vector<std::uint32_t> links;
  links.reserve(plan.links);
  for (std::uint64_t i = 0; i < plan.producers; ++i) links.push_back(static_cast<std::uint32_t>(i));
  for (std::uint64_t i = 0; i < plan.duplicates; ++i) {
    links.push_back(static_cast<std::uint32_t>(teller.random.below(plan.producers)));
  }
  for (std::uint64_t i = 0; i < plan.malformed; ++i) links.push_back(static_cast<std::uint32_t>(plan.producers + i));
  for (std::size_t i = links.size(); i > 1; --i) std::swap(links[i - 1], links[teller.random.below(i)]);
  return links;
}

void add_batch(StoryTeller& teller, const BatchPlan& plan, bool late) {
  const TraceId trace_id = teller.random.trace_id(kBatchIndex);
  SpanFacts facts = teller.span(trace_id, teller.random.span_id(kBatchIndex), {}, "process batch", kBatchSecond);
  facts.kind = 5;
  teller.requests.begin_span(facts);
  teller.requests.attribute("messaging.batch.message_count", static_cast<std::int64_t>(plan.links));
  std::uint64_t zero_count = 0;
  for (const std::uint32_t link : shuffled_links(teller, plan)) {
    LinkDamage damage = LinkDamage::none;
    if (link >= plan.producers) damage = static_cast<LinkDamage>(1 + (link - plan.producers) % 4);
    zero_count += damage == LinkDamage::zero_trace_id || damage == LinkDamage::empty_trace_id;
    teller.requests.link(teller.random.trace_id(kFirstProducer + link), teller.random.span_id(kFirstProducer + link),
                         damage);
  }
  teller.requests.end_span("consumer");
  teller.flush();
  Expectation& expectation = teller.expectation;
  ++expectation.traces;
  expectation.links = plan.links;
  expectation.named_traces.push_back({"batch", trace_id});
  if (plan.errors > 0) expectation.kept.push_back({trace_id, "link", "linking", 1, late, false});
  const bool cut = plan.links > kSampleSize;
  expectation.facts = {
      {"links_malformed", plan.malformed},
      {"links_all_zero", zero_count},
      {"links_wrong_length", plan.malformed - zero_count},
      {"links_duplicates", plan.duplicates},
      {"edges_distinct", plan.producers},
      {"links_emitted_of_batch", cut ? std::min(kSampleSize, plan.links - plan.duplicates) : plan.links}};
}

// An error text where the counts cannot be.
std::string plan_batch(const Flags& flags, BatchPlan& plan) {
  plan.links = flags.count("links");
  plan.errors = flags.count("errors");
  plan.malformed = flags.count("malformed");
  plan.duplicates = flags.count("duplicates");
  if (plan.malformed + plan.duplicates > plan.links)
    return "--links is less than --malformed and --duplicates together";
  plan.producers = plan.links - plan.malformed - plan.duplicates;
  if (plan.errors > plan.producers) return "--errors is more than the number of distinct valid links";
  if (plan.duplicates > 0 && plan.producers == 0) return "--duplicates need a link to repeat";
  const std::uint64_t healthy = plan.producers - plan.errors;
  plan.present = plan.producers - static_cast<std::uint64_t>(static_cast<double>(healthy) * flags.share("absent"));
  const std::string& when = flags.word("errors-when");
  plan.first_error_second = when == "before" ? 0 : when == "after" ? kBatchSecond + 2 : kDecisionSecond + 7;
  return {};
}

std::string configure_batch(const Flags& flags, StoryConfig&) {
  BatchPlan plan;
  return plan_batch(flags, plan);
}

void tell_batch(const Flags& flags, const StoryConfig&, StoryTeller& teller) {
  BatchPlan plan;
  plan_batch(flags, plan);
  const std::string& when = flags.word("errors-when");
  if (when == "before") add_errors(teller, plan);
  for (std::uint64_t i = plan.errors; i < plan.present; ++i) add_producer(teller, i, kBatchSecond - 1, false);
  teller.flush();
  add_batch(teller, plan, when == "late");
  if (when == "after") add_errors(teller, plan);
  add_bystander(teller, 0, kDecisionSecond + 1);
  if (when == "late") add_errors(teller, plan);
  add_bystander(teller, 1, kDecisionSecond + 7 + kErrorSeconds);
}

using Kind = FlagSpec::Kind;

const std::vector<FlagSpec> kFlags = {
    {"links", Kind::count, "1000", "total links of the batch span", 1, 20'000'000, {}},
    {"errors", Kind::count, "3", "links that lead to traces with an error", 0, 100'000, {}},
    {"errors-when",
     Kind::word,
     "before",
     "the errors come before the batch, after it, or after its decision",
     0,
     0,
     {"before", "after", "late"}},
    {"malformed", Kind::count, "0", "links with a bad trace or span ID", 0, 20'000'000, {}},
    {"duplicates", Kind::count, "0", "links that repeat another one", 0, 20'000'000, {}},
    {"absent", Kind::share, "0.9", "share of healthy linked traces whose spans never arrive", 0, 1, {}},
};

}  // namespace

Scenario batch_scenario() {
  return {"batch", "one span with very many links, some of them to traces that fail", kFlags, configure_batch,
          tell_batch};
}

}  // namespace entail::cli
