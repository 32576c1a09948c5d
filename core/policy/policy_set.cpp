#include "policy/policy_set.hpp"

#include <algorithm>

#include "context/identity.hpp"
#include "context/tracestate.hpp"
#include "policy/compiler.hpp"
#include "policy/link_types.hpp"
#include "wire/field_cursor.hpp"

namespace entail::policy {

namespace {

// No more words than there are conditions: the rest is zero.
void join(Bits& bits, const Bits& more, unsigned bit_words) noexcept {
  for (unsigned word = 0; word < bit_words; ++word) bits[word] |= more[word];
}

void read_randomness(const otlp::Decoded& decoded, const otlp::SpanView& span, Facts& facts) {
  const char* text = reinterpret_cast<const char*>(decoded.bytes.data()) + span.trace_state.offset;
  // Without a valid tracestate the trace ID decides.
  const auto ot = context::parse_tracestate({text, span.trace_state.size});
  if (ot.ok() && ot->randomness) facts.randomness_min = *ot->randomness;
}

}  // namespace

struct PolicySet::Impl {
  CompiledPolicies compiled;
  std::vector<std::uint32_t> drops;  // indexes of policies, in configuration order
  std::vector<std::uint32_t> early_origins;
  std::vector<std::string> link_type_keys;

  // The first drop policy that matches, or -1.
  std::int32_t first_drop(const Question& question) const noexcept {
    for (const std::uint32_t index : drops)
      if (compiled.tree.answer(compiled.policies[index].compiled.condition, question) == Answer::yes)
        return static_cast<std::int32_t>(index);
    return -1;
  }
};

PolicySet::PolicySet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PolicySet::~PolicySet() = default;

std::unique_ptr<PolicySet> PolicySet::compile(const Options& options, option::Findings& findings) {
  const std::size_t before = findings.error_count();
  auto impl = std::make_unique<Impl>();
  impl->compiled = Compiler(options, findings).run();
  if (findings.error_count() != before) return nullptr;

  const std::vector<CompiledPolicy>& policies = impl->compiled.policies;
  for (std::uint32_t index = 0; index < policies.size(); ++index)
    if (policies[index].compiled.traits.drops) impl->drops.push_back(index);
  for (std::uint32_t index = 0; index < policies.size(); ++index) {
    if (!policies[index].propagates) continue;
    if (policies[index].compiled.traits.monotone && impl->drops.empty() && impl->compiled.size_max == 0)
      impl->early_origins.push_back(index);
  }
  impl->link_type_keys = options.links.propagate.type_keys;
  return std::unique_ptr<PolicySet>(new PolicySet(std::move(impl)));
}

FoldShape PolicySet::shape() const noexcept {
  return {(impl_->compiled.bit_count + 63) / 64, impl_->compiled.reads_sizes};
}
bool PolicySet::is_too_large(const Facts& trace) const noexcept {
  return impl_->compiled.size_max != 0 && trace.size > impl_->compiled.size_max;
}
bool PolicySet::has_stateful() const noexcept {
  return !impl_->compiled.buckets.empty() || !impl_->compiled.budgets.empty();
}
bool PolicySet::has_early_origins() const noexcept { return !impl_->early_origins.empty(); }
std::size_t PolicySet::policy_count() const noexcept { return impl_->compiled.policies.size(); }

bool PolicySet::drops(std::size_t policy) const noexcept {
  return impl_->compiled.policies[policy].compiled.traits.drops;
}

std::string_view PolicySet::name(std::int32_t policy) const noexcept {
  if (policy < 0 || static_cast<std::size_t>(policy) >= policy_count()) return {};
  return impl_->compiled.policies[static_cast<std::size_t>(policy)].name;
}

bool PolicySet::reads_links() const noexcept { return impl_->compiled.counts_links || reads_link_types(); }
bool PolicySet::reads_link_types() const noexcept { return !impl_->compiled.link_type_tests.empty(); }

void PolicySet::match_link_type(std::string_view type, Bits& bits) const {
  for (const LinkTypeTest& test : impl_->compiled.link_type_tests)
    if (!has_bit(bits, test.bit) && test.types.matches(type)) set_bit(bits, test.bit);
}

void PolicySet::match_links(const otlp::Decoded& decoded, const otlp::SpanView& span, LinkFacts& facts) const {
  facts = {};
  otlp::LinkView link;
  for (otlp::LinkCursor cursor(decoded, span); cursor.next(link);) {
    const auto identity = context::classify(wire::slice(decoded.bytes, link.trace_id),
                                            wire::slice(decoded.bytes, link.span_id), link.bad_hex, false);
    facts.links += identity == context::Identity::good;
    if (reads_link_types())
      for_each_link_type(decoded.bytes, link, impl_->link_type_keys,
                         [&](std::string_view type) { match_link_type(type, facts.bits); });
  }
}

void PolicySet::match_resource(const otlp::Decoded& decoded, const otlp::ResourceView& resource, Bits& bits) const {
  bits = {};
  if (impl_->compiled.attributes.empty()) return;
  for (std::uint32_t index = 0; index < resource.field_count; ++index) {
    wire::FieldCursor cursor(decoded.bytes, decoded.fields[resource.first_field + index]);
    wire::FieldView field;
    while (cursor.next(field))
      if (field.is(otlp::resource_spans_field::kResource))
        impl_->compiled.attributes.match_resource(decoded.bytes, field.payload, bits);
  }
}

void PolicySet::match_span(const otlp::Decoded& decoded, const otlp::SpanView& span, const Bits& resource_bits,
                           Facts& facts, ottl::Moment moment) const {
  const CompiledPolicies& compiled = impl_->compiled;
  // Word by word: a temporary is copied by vector loads of what has just been stored in words, which stalls.
  facts.bits = resource_bits;
  facts.start_min_ns = span.start_ns;
  facts.end_max_ns = span.end_ns;
  facts.spans = 1;
  facts.bytes = span.payload.size;
  facts.size = 0;
  facts.links = 0;
  facts.randomness_min = ~std::uint64_t{0};
  facts.policy_errors = 0;
  const unsigned bit_words = shape().bit_words;
  if (span.status_code < kStatusCodeCount) join(facts.bits, compiled.status_bits[span.status_code], bit_words);
  if ((span.flags & otlp::flag::kSampled) != 0) join(facts.bits, compiled.sampled_flag_bits, bit_words);
  if (compiled.reads_randomness && span.trace_state.size != 0) read_randomness(decoded, span, facts);
  for (const SpanTest& test : compiled.span_tests)
    if (!has_bit(facts.bits, test.bit) && test.holds(decoded, span)) set_bit(facts.bits, test.bit);
  compiled.attributes.match_span(decoded, span, facts.bits);
  if (!compiled.ottl.empty()) compiled.ottl.match(decoded, span, moment, facts);
}

void PolicySet::fold(TraceFold& trace, const Facts& span) const noexcept {
  const CompiledPolicies& compiled = impl_->compiled;
  if (compiled.compat && (!compiled.ottl.empty() || compiled.reads_randomness)) {
    Facts stopped = span;
    const Facts before = trace.facts(shape());
    if (!compiled.ottl.empty()) compiled.ottl.stop_at_first(before.bits, stopped.bits);
    if (before.has_randomness()) stopped.randomness_min = before.randomness_min;  // the first rv counts
    trace.fold(stopped, shape());
  } else {
    trace.fold(span, shape());
  }
  if (impl_->compiled.fold_tests.empty()) return;
  const Facts so_far = trace.facts(shape());
  Bits bits{};
  for (const FoldTest& test : impl_->compiled.fold_tests)
    if (test.holds(so_far, {})) set_bit(bits, test.bit);
  trace.fold_bits(bits, shape());
}

bool PolicySet::early_origin(const Facts& trace, TraceId id) const noexcept {
  StatefulAnswers none;
  const Question question{.trace = trace, .id = id, .answers = none};
  return std::any_of(impl_->early_origins.begin(), impl_->early_origins.end(), [&](std::uint32_t index) {
    return impl_->compiled.tree.answer(impl_->compiled.policies[index].compiled.condition, question) == Answer::yes;
  });
}

OwnVerdict PolicySet::evaluate(const Facts& trace, TraceId id, StatefulAnswers& answers, std::int64_t now_ns,
                               bool evaluate_stateful) {
  CompiledPolicies& compiled = impl_->compiled;
  Question question{.trace = trace,
                    .id = id,
                    .answers = answers,
                    .evaluate_stateful = evaluate_stateful,
                    .buckets = compiled.buckets.data(),
                    .budgets = compiled.budgets.data(),
                    .now_ns = now_ns};
  OwnVerdict verdict;
  if (is_too_large(trace)) {
    verdict.vetoed = true;
    return verdict;
  }
  if (const std::int32_t drop = impl_->first_drop(question); drop >= 0) {
    verdict.vetoed = true;
    verdict.policy = drop;
    return verdict;
  }
  const std::uint32_t answered = answers.evaluated;
  bool all_probabilistic = true;
  bool all_thresholds = true;
  std::uint64_t threshold = context::kThresholdCount;
  for (std::size_t index = 0; index < compiled.policies.size(); ++index) {
    const CompiledPolicy& policy = compiled.policies[index];
    if (policy.compiled.traits.drops || compiled.tree.answer(policy.compiled.condition, question) != Answer::yes)
      continue;
    if (!verdict.keep) verdict.policy = static_cast<std::int32_t>(index);
    verdict.keep = true;
    if (compiled.first_match) question.evaluate_stateful = false;  // the rest spends nothing
    verdict.origin |= compiled.spreads(policy, question);
    all_probabilistic &= policy.compiled.traits.is_probabilistic;
    all_thresholds &= policy.compiled.traits.threshold.has_value();
    std::uint64_t own = policy.compiled.traits.threshold.value_or(context::kThresholdCount);
    for (const std::uint32_t limit : policy.limits) {
      const Condition& condition = compiled.tree.conditions[limit];
      own = std::max(own, compiled.buckets[condition.index].threshold);
      all_thresholds &= ((answered >> condition.evaluated_bit) & 1) == 0;  // an earlier tick's threshold is gone
    }
    threshold = std::min(threshold, own);
  }
  verdict.by_chance = verdict.keep && all_probabilistic;
  verdict.threshold_known = verdict.by_chance && all_thresholds;
  if (verdict.by_chance && threshold != context::kThresholdCount) verdict.threshold = threshold;
  return verdict;
}

bool PolicySet::has_batch_limits() const noexcept {
  return std::ranges::any_of(impl_->compiled.policies, [](const auto& policy) { return !policy.limits.empty(); });
}

void PolicySet::share_limits(const std::vector<BatchItem>& items, std::int64_t now_ns) {
  CompiledPolicies& compiled = impl_->compiled;
  const auto question_of = [&](const BatchItem& item) {
    return Question{.trace = item.facts,
                    .id = item.id,
                    .answers = *item.answers,
                    .evaluate_stateful = true,
                    .buckets = compiled.buckets.data(),
                    .budgets = compiled.budgets.data(),
                    .now_ns = now_ns};
  };
  std::vector<const BatchItem*> undropped;
  for (const BatchItem& item : items)
    if (!is_too_large(item.facts) && impl_->first_drop(question_of(item)) < 0) undropped.push_back(&item);
  for (const CompiledPolicy& policy : compiled.policies) {
    if (policy.limits.empty()) continue;
    std::vector<const BatchItem*> batch = undropped;
    std::erase_if(batch, [&](const BatchItem* item) {
      return !std::ranges::all_of(policy.limit_others, [&](std::uint32_t other) {
        return compiled.tree.answer(other, question_of(*item)) == Answer::yes;
      });
    });
    for (const std::uint32_t limit : policy.limits) {
      Bucket& bucket = compiled.buckets[compiled.tree.conditions[limit].index];
      bucket.threshold = take_batch(bucket, batch, now_ns);
    }
  }
}

const NearNumbers& PolicySet::near_numbers() const noexcept { return impl_->compiled.near_numbers; }

void PolicySet::distances(const Missed& missed, const StatefulAnswers& answers, bool none_holds,
                          std::vector<PolicyDistance>& out) const {
  CompiledPolicies& compiled = impl_->compiled;
  StatefulAnswers known = answers;
  const Question question{.trace = missed.trace,
                          .id = missed.id,
                          .answers = known,
                          .buckets = compiled.buckets.data(),
                          .budgets = compiled.budgets.data(),
                          .near_numbers = missed.near_numbers};
  out.clear();
  for (std::size_t index = 0; index < compiled.policies.size() && out.size() < kDistancesMax; ++index) {
    const Compiled& policy = compiled.policies[index].compiled;
    if (policy.traits.drops) continue;
    if (std::optional<Distance> distance = none_holds ? compiled.tree.distance_of_missed(policy.condition, question)
                                                      : compiled.tree.distance(policy.condition, question))
      out.push_back({static_cast<std::int32_t>(index), std::move(*distance)});
  }
}

bool PolicySet::would_be_origin(const Facts& span, TraceId id) const {
  StatefulAnswers none;
  const Question question{.trace = span, .id = id, .answers = none, .unevaluated = Answer::yes};
  if (impl_->first_drop(question) >= 0) return false;
  const std::vector<CompiledPolicy>& policies = impl_->compiled.policies;
  return std::any_of(policies.begin(), policies.end(), [&](const CompiledPolicy& policy) {
    return policy.propagates && impl_->compiled.tree.answer(policy.compiled.condition, question) == Answer::yes &&
           impl_->compiled.spreads(policy, question);
  });
}

}  // namespace entail::policy
