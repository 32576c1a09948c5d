#include "policy/policy_set.hpp"

#include <algorithm>

#include "context/identity.hpp"
#include "context/tracestate.hpp"
#include "policy/compiled.hpp"
#include "policy/link_types.hpp"

namespace entail::policy {

namespace {

constexpr std::uint32_t kResourceField = 1;  // of ResourceSpans
constexpr std::uint32_t kLengthDelimited = 2;
constexpr std::uint32_t kSampledFlag = 1;

// No more words than there are conditions: the rest is zero.
void join(Bits& bits, const Bits& more, unsigned bit_words) noexcept {
  for (unsigned word = 0; word < bit_words; ++word) bits[word] |= more[word];
}

}  // namespace

struct PolicySet::Impl {
  CompiledPolicies compiled;
  std::vector<std::uint32_t> drops;  // indexes of policies, in configuration order
  std::vector<std::uint32_t> early_origins;
  bool reads_tracestate = false;
  std::vector<std::string> link_type_keys;

  // The first drop policy that matches, or -1.
  std::int32_t first_drop(const Question& question) const noexcept {
    for (const std::uint32_t index : drops)
      if (compiled.tree.answer(compiled.policies[index].condition, question) == Answer::yes)
        return static_cast<std::int32_t>(index);
    return -1;
  }
  void match_tracestate(std::string_view text, Facts& facts) const;
};

void PolicySet::Impl::match_tracestate(std::string_view text, Facts& facts) const {
  for (const TracestateTest& test : compiled.tracestate_tests) {
    if (has_bit(facts.bits, test.bit)) continue;
    const auto value = context::tracestate_value(text, test.key);
    if (value && test.values.matches(*value)) set_bit(facts.bits, test.bit);
  }
  if (!compiled.reads_randomness) return;
  context::OtState ot;
  // A tracestate that does not parse leaves ot empty: the trace ID decides then.
  static_cast<void>(context::parse_tracestate(text, ot));
  if (ot.randomness) facts.randomness_min = *ot.randomness;
}

PolicySet::PolicySet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PolicySet::~PolicySet() = default;

std::unique_ptr<PolicySet> PolicySet::compile(const Options& options, std::vector<ConfigMessage>& errors) {
  const std::size_t errors_before = errors.size();
  auto impl = std::make_unique<Impl>();
  impl->compiled = compile_policies(options, errors);
  if (errors.size() != errors_before) return nullptr;

  const std::vector<CompiledPolicy>& policies = impl->compiled.policies;
  for (std::uint32_t index = 0; index < policies.size(); ++index)
    if (policies[index].drops) impl->drops.push_back(index);
  for (std::uint32_t index = 0; index < policies.size(); ++index) {
    if (!policies[index].propagates) continue;
    if (policies[index].traits.monotone && impl->drops.empty()) impl->early_origins.push_back(index);
  }
  impl->reads_tracestate = !impl->compiled.tracestate_tests.empty() || impl->compiled.reads_randomness;
  impl->link_type_keys = options.links.propagate.type_keys;
  return std::unique_ptr<PolicySet>(new PolicySet(std::move(impl)));
}

unsigned PolicySet::bit_words() const noexcept { return (impl_->compiled.bit_count + 63) / 64; }
bool PolicySet::has_stateful() const noexcept {
  return !impl_->compiled.buckets.empty() || !impl_->compiled.budgets.empty();
}
bool PolicySet::has_early_origins() const noexcept { return !impl_->early_origins.empty(); }
std::size_t PolicySet::policy_count() const noexcept { return impl_->compiled.policies.size(); }

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
    const wire::Range range = decoded.fields[resource.first_field + index];
    wire::FieldCursor cursor(decoded.bytes, range.offset, range.offset + range.size);
    wire::FieldView field;
    while (cursor.next(field))
      if (field.number == kResourceField && field.wire_type == kLengthDelimited)
        impl_->compiled.attributes.match_resource(decoded.bytes, field.payload, bits);
  }
}

void PolicySet::match_span(const otlp::Decoded& decoded, const otlp::SpanView& span, const Bits& resource_bits,
                           Facts& facts) const {
  const CompiledPolicies& compiled = impl_->compiled;
  // Word by word: a temporary is copied by vector loads of what has just been stored in words, which stalls.
  facts.bits = resource_bits;
  facts.start_min_ns = span.start_ns;
  facts.end_max_ns = span.end_ns;
  facts.spans = 1;
  facts.bytes = span.payload.size;
  facts.links = 0;
  facts.randomness_min = ~std::uint64_t{0};
  facts.policy_errors = 0;
  if (span.status_code < kStatusCodeCount) join(facts.bits, compiled.status_bits[span.status_code], bit_words());
  if ((span.flags & kSampledFlag) != 0) join(facts.bits, compiled.sampled_flag_bits, bit_words());
  if (impl_->reads_tracestate && span.trace_state.size != 0) {
    const char* text = reinterpret_cast<const char*>(decoded.bytes.data()) + span.trace_state.offset;
    impl_->match_tracestate({text, span.trace_state.size}, facts);
  }
  compiled.attributes.match_span(decoded, span, facts.bits);
  if (!compiled.ottl.empty()) compiled.ottl.match(decoded, span, facts);
}

void PolicySet::fold(TraceFold& trace, const Facts& span) const noexcept {
  if (impl_->compiled.compat && !impl_->compiled.ottl.empty()) {
    Facts stopped = span;
    impl_->compiled.ottl.stop_at_first(trace.facts(bit_words()).bits, stopped.bits);
    trace.fold(stopped, bit_words());
  } else {
    trace.fold(span, bit_words());
  }
  if (impl_->compiled.prefix_duration_tests.empty()) return;
  const Facts so_far = trace.facts(bit_words());
  Bits bits{};
  for (const PrefixDurationTest& test : impl_->compiled.prefix_duration_tests)
    if (in_duration_range(so_far, test.low_ms, test.high_ms)) set_bit(bits, test.bit);
  trace.fold_bits(bits, bit_words());
}

bool PolicySet::early_origin(const Facts& trace, TraceId id) const noexcept {
  StatefulAnswers none;
  const Question question{.trace = trace, .id = id, .answers = none};
  return std::any_of(impl_->early_origins.begin(), impl_->early_origins.end(), [&](std::uint32_t index) {
    return impl_->compiled.tree.answer(impl_->compiled.policies[index].condition, question) == Answer::yes;
  });
}

OwnVerdict PolicySet::evaluate(const Facts& trace, TraceId id, StatefulAnswers& answers, std::int64_t now_ns,
                               bool evaluate_stateful) {
  CompiledPolicies& compiled = impl_->compiled;
  const Question question{.trace = trace,
                          .id = id,
                          .answers = answers,
                          .evaluate_stateful = evaluate_stateful,
                          .buckets = compiled.buckets.data(),
                          .budgets = compiled.budgets.data(),
                          .now_ns = now_ns};
  OwnVerdict verdict;
  if (const std::int32_t drop = impl_->first_drop(question); drop >= 0) {
    verdict.vetoed = true;
    verdict.policy = drop;
    return verdict;
  }
  bool all_probabilistic = true;
  bool all_thresholds = true;
  std::uint64_t threshold = context::kThresholdCount;
  for (std::size_t index = 0; index < compiled.policies.size(); ++index) {
    const CompiledPolicy& policy = compiled.policies[index];
    if (policy.drops || compiled.tree.answer(policy.condition, question) != Answer::yes) continue;
    if (!verdict.keep) verdict.policy = static_cast<std::int32_t>(index);
    verdict.keep = true;
    verdict.origin |= policy.propagates;
    all_probabilistic &= policy.traits.is_probabilistic;
    all_thresholds &= policy.traits.threshold.has_value();
    if (policy.traits.threshold) threshold = std::min(threshold, *policy.traits.threshold);
  }
  verdict.by_chance = verdict.keep && all_probabilistic;
  verdict.threshold_known = verdict.by_chance && all_thresholds;
  if (verdict.by_chance && threshold != context::kThresholdCount) verdict.threshold = threshold;
  return verdict;
}

bool PolicySet::would_be_origin(const Facts& span, TraceId id) const {
  StatefulAnswers none;
  const Question question{.trace = span, .id = id, .answers = none, .unevaluated = Answer::yes};
  if (impl_->first_drop(question) >= 0) return false;
  const std::vector<CompiledPolicy>& policies = impl_->compiled.policies;
  return std::any_of(policies.begin(), policies.end(), [&](const CompiledPolicy& policy) {
    return policy.propagates && impl_->compiled.tree.answer(policy.condition, question) == Answer::yes;
  });
}

}  // namespace entail::policy
