#include <algorithm>
#include <limits>
#include <set>

#include "context/tracestate.hpp"
#include "policy/compiler.hpp"

namespace entail::policy {

CompiledPolicies Compiler::run() {
  std::set<std::string> names;
  for (const PolicyOptions& policy : options_.tail_sampling.policies) {
    where_ = "policy '" + policy.name + "'";
    if (policy.name.empty()) fault("its name is empty");
    if (!names.insert(policy.name).second) fault("another policy has this name");
    CompiledPolicy compiled{policy.name, 0, policy.type == PolicyType::drop_policy, false, {}};
    compiled.condition = add_condition(policy, 0, compiled.traits);
    out_.policies.push_back(std::move(compiled));
  }
  out_.compat = options_.compat == Compat::collector;
  choose_origins();
  check_limits();
  out_.attributes.finish();
  return std::move(out_);
}

unsigned Compiler::bit_of(const QuestionKey& question, bool* fresh) {
  const auto [place, inserted] = bits_.try_emplace(question.text(), static_cast<unsigned>(bits_.size()));
  *fresh = inserted && place->second < kBitsMax;  // check_limits() refuses the rest; they may not be set meanwhile
  return std::min(place->second, kBitsMax - 1);
}

unsigned Compiler::own_bit() {
  bool fresh = false;
  return bit_of(QuestionKey("own").with(static_cast<std::int64_t>(bits_.size())), &fresh);
}

std::uint32_t Compiler::add_condition(const PolicyOptions& policy, unsigned depth, PolicyTraits& traits) {
  const std::string_view type = policy.type;
  const auto is = [type](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), type) != names.end();
  };
  if (is({PolicyType::always_sample})) {
    traits.monotone = true;
    return push({});
  }
  if (is({PolicyType::latency})) return add_latency(policy, traits);
  if (is({PolicyType::numeric_attribute, PolicyType::string_attribute, PolicyType::boolean_attribute}))
    return add_attribute(policy, traits);
  if (is({PolicyType::probabilistic})) return add_probabilistic(policy, traits);
  if (is({PolicyType::status_code})) return add_status(policy, traits);
  if (is({PolicyType::rate_limiting, PolicyType::bytes_limiting})) return add_bucket(policy, traits);
  if (is({PolicyType::span_count, PolicyType::link_count})) return add_count(policy, traits);
  if (is({PolicyType::link_type})) return add_link_type(policy, traits);
  if (is({PolicyType::ottl_condition})) return add_ottl(policy, traits);
  if (is({PolicyType::trace_state})) return add_tracestate(policy, traits);
  if (is({PolicyType::trace_flags})) return add_trace_flags(traits);
  if (is({PolicyType::and_policy, PolicyType::drop_policy, PolicyType::not_policy}))
    return add_parts(policy, depth, traits);
  if (is({PolicyType::composite})) {
    if (depth == 0) return add_composite(policy, traits);
    fault("a composite policy cannot be part of another one");
    return push({});
  }
  fault("its type is unknown");
  return push({});
}

std::uint32_t Compiler::add_latency(const PolicyOptions& policy, PolicyTraits& traits) {
  if (policy.upper_threshold_ms == 0) {
    traits.monotone = true;
    return push({.kind = Condition::Kind::duration, .low = policy.threshold_ms});
  }
  std::uint32_t index = kNoBit;
  if (options_.compat == Compat::collector) {
    bool fresh = false;
    const unsigned bit =
        bit_of(QuestionKey("latency").with(policy.threshold_ms).with(policy.upper_threshold_ms), &fresh);
    if (fresh) out_.prefix_duration_tests.push_back({policy.threshold_ms, policy.upper_threshold_ms, bit});
    index = bit;
  }
  return push({.kind = Condition::Kind::duration_range,
               .index = index,
               .low = policy.threshold_ms,
               .high = policy.upper_threshold_ms});
}

std::uint32_t Compiler::add_attribute(const PolicyOptions& policy, PolicyTraits& traits) {
  if (policy.key.empty()) fault("key is empty");
  traits.monotone = !policy.invert_match;
  AttributeTest test;
  QuestionKey question("");
  if (policy.type == PolicyType::numeric_attribute) {
    const bool collector = options_.compat == Compat::collector;
    const auto bound = [&](std::optional<std::int64_t> value, std::int64_t unbounded) {
      return !value || (collector && *value == 0) ? unbounded : *value;
    };
    test.kind = collector ? AttributeTest::Kind::integer_only : AttributeTest::Kind::number;
    test.min = bound(policy.min_value, AttributeTest::kNoMin);
    test.max = bound(policy.max_value, AttributeTest::kNoMax);
    question = QuestionKey("number").with(policy.key).with(test.min).with(test.max);
  } else if (policy.type == PolicyType::boolean_attribute) {
    test.kind = AttributeTest::Kind::boolean;
    test.boolean = policy.boolean_value;
    question = QuestionKey("boolean").with(policy.key).with(policy.boolean_value);
  } else {
    test.kind = policy.enabled_regex_matching ? AttributeTest::Kind::regex : AttributeTest::Kind::exact;
    question = QuestionKey(policy.enabled_regex_matching ? "regex" : "exact").with(policy.key).with(policy.values);
  }
  bool fresh = false;
  test.bit = bit_of(question, &fresh);
  if (fresh) {
    if (policy.type == PolicyType::string_attribute) test.matcher = out_.attributes.add_matcher(matcher_of(policy));
    out_.attributes.add(policy.key, test);
  }
  return push_bit(test.bit, policy.invert_match);
}

ottl::StringMatcher Compiler::matcher_of(const PolicyOptions& policy) {
  if (!policy.enabled_regex_matching) return ottl::StringMatcher::exact(policy.values);
  std::vector<std::string> faults;
  ottl::StringMatcher matcher = ottl::StringMatcher::regex(policy.values, faults);
  for (const std::string& text : faults) fault(text);
  return matcher;
}

std::uint32_t Compiler::add_probabilistic(const PolicyOptions& policy, PolicyTraits& traits) {
  traits.monotone = true;
  traits.is_probabilistic = true;
  if (!(policy.sampling_percentage >= 0 && policy.sampling_percentage <= 100)) {  // a NaN fails both
    fault("sampling_percentage must lie in 0..100");
    return push({});
  }
  if (options_.probability == Probability::consistent) {
    out_.reads_randomness = true;
    traits.threshold = context::threshold_of_percentage(policy.sampling_percentage);
    return push({.kind = Condition::Kind::randomness, .threshold = *traits.threshold});
  }
  const std::string_view salt = policy.hash_salt.empty() ? std::string_view("default-hash-seed") : policy.hash_salt;
  return push({.kind = Condition::Kind::hash,
               .salt = salt_state(salt),
               .threshold = collector_threshold(policy.sampling_percentage)});
}

std::uint32_t Compiler::add_status(const PolicyOptions& policy, PolicyTraits& traits) {
  constexpr unsigned kErrorMask = 1u << 2;
  const unsigned mask = policy.status_code_mask;
  traits.monotone = true;
  traits.matches_error = (mask & kErrorMask) != 0;
  if (mask == 0 || mask >= (1u << kStatusCodeCount)) {
    fault("status_codes must name at least one of OK, ERROR, UNSET");
    return push({});
  }
  bool fresh = false;
  const unsigned bit = bit_of(QuestionKey("status").with(mask), &fresh);
  for (unsigned code = 0; code < kStatusCodeCount; ++code)
    if (fresh && ((mask >> code) & 1) != 0) set_bit(out_.status_bits[code], bit);
  return push_bit(bit);
}

std::uint32_t Compiler::add_bucket(const PolicyOptions& policy, PolicyTraits& traits) {
  traits.is_probabilistic = true;
  if (policy.per_second < 0) fault("the rate must not be negative");
  const bool by_spans = policy.type == PolicyType::rate_limiting;
  const auto index = static_cast<std::uint32_t>(out_.buckets.size());
  // As in the Collector, a burst of 0 or less is the default.
  out_.buckets.emplace_back(static_cast<std::uint64_t>(std::max<std::int64_t>(policy.per_second, 0)),
                            static_cast<std::uint64_t>(std::max<std::int64_t>(policy.burst_capacity, 0)));
  return push({.kind = by_spans ? Condition::Kind::span_bucket : Condition::Kind::byte_bucket,
               .index = index,
               .evaluated_bit = stateful_count_++});
}

std::uint32_t Compiler::add_tracestate(const PolicyOptions& policy, PolicyTraits& traits) {
  traits.monotone = true;
  if (policy.key.empty()) fault("key is empty");
  bool fresh = false;
  const unsigned bit = bit_of(QuestionKey("tracestate").with(policy.key).with(policy.values), &fresh);
  if (fresh) out_.tracestate_tests.push_back({policy.key, ottl::StringMatcher::exact(policy.values), bit});
  return push_bit(bit);
}

std::uint32_t Compiler::add_trace_flags(PolicyTraits& traits) {
  traits.monotone = true;
  bool fresh = false;
  const unsigned bit = bit_of(QuestionKey("sampled_flag"), &fresh);
  if (fresh) set_bit(out_.sampled_flag_bits, bit);
  return push_bit(bit);
}

std::uint32_t Compiler::add_count(const PolicyOptions& policy, PolicyTraits& traits) {
  const bool of_links = policy.type == PolicyType::link_count;
  const std::int64_t max = of_links ? policy.max_links : policy.max_spans;
  out_.counts_links |= of_links;
  traits.monotone = max == 0;
  return push({.kind = of_links ? Condition::Kind::link_count : Condition::Kind::span_count,
               .low = of_links ? policy.min_links : policy.min_spans,
               .high = max == 0 ? std::numeric_limits<std::int64_t>::max() : max});
}

std::uint32_t Compiler::add_link_type(const PolicyOptions& policy, PolicyTraits& traits) {
  traits.monotone = true;
  std::vector<std::string> types;
  for (const std::string& value : policy.values) types.push_back(normal_link_type(value));
  bool fresh = false;
  const unsigned bit = bit_of(QuestionKey("link_type").with(types), &fresh);
  if (fresh) out_.link_type_tests.push_back({ottl::StringMatcher::exact(types), bit});
  return push_bit(bit);
}

std::uint32_t Compiler::add_ottl(const PolicyOptions& policy, PolicyTraits& traits) {
  const bool propagates = policy.error_mode == OttlErrorMode::propagate;
  traits.monotone = !propagates;  // a later error takes the answer back
  if (policy.span_conditions.empty() && policy.spanevent_conditions.empty())
    fault("ottl_condition needs at least one condition");
  const unsigned bit = own_bit();
  const unsigned error_bit = propagates ? own_bit() : kNoErrorBit;
  std::string condition;
  ottl::Fault found;
  if (!out_.ottl.add(policy, bit, error_bit, condition, found))
    fault("in '" + condition + "', byte " + std::to_string(found.offset) + ": " + found.text);
  if (!propagates) return push_bit(bit);
  return push({.kind = Condition::Kind::bit_unless, .index = bit, .count = error_bit});
}

std::string normal_link_type(std::string_view type) {
  std::string normal(type);
  std::replace(normal.begin(), normal.end(), '-', '_');
  return normal;
}

CompiledPolicies compile_policies(const Options& options, std::vector<ConfigMessage>& errors) {
  return Compiler(options, errors).run();
}

}  // namespace entail::policy
