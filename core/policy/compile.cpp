// Options to CompiledPolicies: one walk over the policies, which hands out bits and conditions and collects what is
// wrong. Equal questions about spans, such as the same service.name in ten policies, share one bit.

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "context/tracestate.hpp"
#include "policy/compiled.hpp"

namespace entail::policy {

namespace {

constexpr unsigned kBitsMax = kBitWordsMax * 64;

// The identity of a question about spans: parts carry their length, so that no two questions look alike.
class QuestionKey {
 public:
  explicit QuestionKey(std::string_view kind) : text_(kind) {}
  QuestionKey& with(std::string_view part) {
    text_ += ':' + std::to_string(part.size()) + ':';
    text_ += part;
    return *this;
  }
  QuestionKey& with(std::int64_t part) { return with(std::to_string(part)); }
  QuestionKey& with(const std::vector<std::string>& parts) {
    for (const std::string& part : parts) with(part);
    return *this;
  }
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

class Compiler {
 public:
  Compiler(const Options& options, std::vector<ConfigMessage>& errors) : options_(options), errors_(errors) {}

  CompiledPolicies run() {
    std::set<std::string> names;
    for (const PolicyOptions& policy : options_.tail_sampling.policies) {
      where_ = "policy '" + policy.name + "'";
      if (policy.name.empty()) fault("its name is empty");
      if (!names.insert(policy.name).second) fault("another policy has this name");
      CompiledPolicy compiled{policy.name, 0, policy.type == PolicyType::drop_policy, false, {}};
      compiled.condition = add_condition(policy, 0, compiled.traits);
      out_.policies.push_back(std::move(compiled));
    }
    choose_origins();
    check_limits();
    out_.attributes.finish();
    return std::move(out_);
  }

 private:
  void fault(const std::string& text) { errors_.push_back({0, 0, where_ + ": " + text}); }

  // The bit of a question about spans; *fresh says that nobody asked it before.
  unsigned bit_of(const QuestionKey& question, bool* fresh) {
    const auto [place, inserted] = bits_.try_emplace(question.text(), static_cast<unsigned>(bits_.size()));
    *fresh = inserted && place->second < kBitsMax;  // check_limits() refuses the rest; they may not be set meanwhile
    return std::min(place->second, kBitsMax - 1);
  }

  std::uint32_t push(const Condition& condition) {
    out_.tree.conditions.push_back(condition);
    return static_cast<std::uint32_t>(out_.tree.conditions.size() - 1);
  }

  std::uint32_t push_bit(unsigned bit, bool invert = false) {
    return push({.kind = invert ? Condition::Kind::bit_missing : Condition::Kind::bit, .index = bit});
  }

  std::uint32_t add_condition(const PolicyOptions& policy, unsigned depth, PolicyTraits& traits) {
    switch (policy.type) {
      case PolicyType::always_sample:
        traits.lasting = true;
        return push({});
      case PolicyType::latency:
        return add_latency(policy, traits);
      case PolicyType::numeric_attribute:
      case PolicyType::string_attribute:
      case PolicyType::boolean_attribute:
        return add_attribute(policy, traits);
      case PolicyType::probabilistic:
        return add_probabilistic(policy, traits);
      case PolicyType::status_code:
        return add_status(policy, traits);
      case PolicyType::rate_limiting:
      case PolicyType::bytes_limiting:
        return add_bucket(policy, traits);
      case PolicyType::span_count:
        traits.lasting = policy.max_spans == 0;
        return push({.kind = Condition::Kind::span_count,
                     .low = policy.min_spans,
                     .high = policy.max_spans == 0 ? std::numeric_limits<std::int64_t>::max() : policy.max_spans});
      case PolicyType::trace_state:
        return add_tracestate(policy, traits);
      case PolicyType::trace_flags:
        return add_trace_flags(traits);
      case PolicyType::and_policy:
      case PolicyType::drop_policy:
      case PolicyType::not_policy:
        return add_parts(policy, depth, traits);
    }
    fault("its type is unknown");
    return push({});
  }

  std::uint32_t add_latency(const PolicyOptions& policy, PolicyTraits& traits) {
    if (policy.upper_threshold_ms == 0) {
      traits.lasting = true;
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

  std::uint32_t add_attribute(const PolicyOptions& policy, PolicyTraits& traits) {
    if (policy.key.empty()) fault("key is empty");
    traits.lasting = !policy.invert_match;
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

  StringMatcher matcher_of(const PolicyOptions& policy) {
    if (!policy.enabled_regex_matching) return StringMatcher::exact(policy.values);
    std::vector<std::string> faults;
    StringMatcher matcher = StringMatcher::regex(policy.values, faults);
    for (const std::string& text : faults) fault(text);
    return matcher;
  }

  std::uint32_t add_probabilistic(const PolicyOptions& policy, PolicyTraits& traits) {
    traits.lasting = true;
    traits.rolls_dice = true;
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

  std::uint32_t add_status(const PolicyOptions& policy, PolicyTraits& traits) {
    constexpr unsigned kErrorMask = 1u << 2;
    const unsigned mask = policy.status_code_mask;
    traits.lasting = true;
    traits.names_error = (mask & kErrorMask) != 0;
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

  std::uint32_t add_bucket(const PolicyOptions& policy, PolicyTraits& traits) {
    traits.rolls_dice = true;
    if (policy.per_second < 0) fault("the rate must not be negative");
    const bool by_spans = policy.type == PolicyType::rate_limiting;
    const auto index = static_cast<std::uint32_t>(out_.buckets.size());
    // As in the Collector, a burst of 0 or less is the default.
    out_.buckets.emplace_back(static_cast<std::uint64_t>(std::max<std::int64_t>(policy.per_second, 0)),
                              static_cast<std::uint64_t>(std::max<std::int64_t>(policy.burst_capacity, 0)));
    return push({.kind = by_spans ? Condition::Kind::span_bucket : Condition::Kind::byte_bucket, .index = index});
  }

  std::uint32_t add_tracestate(const PolicyOptions& policy, PolicyTraits& traits) {
    traits.lasting = true;
    if (policy.key.empty()) fault("key is empty");
    bool fresh = false;
    const unsigned bit = bit_of(QuestionKey("tracestate").with(policy.key).with(policy.values), &fresh);
    if (fresh) out_.tracestate_tests.push_back({policy.key, StringMatcher::exact(policy.values), bit});
    return push_bit(bit);
  }

  std::uint32_t add_trace_flags(PolicyTraits& traits) {
    traits.lasting = true;
    bool fresh = false;
    const unsigned bit = bit_of(QuestionKey("sampled_flag"), &fresh);
    if (fresh) set_bit(out_.sampled_flag_bits, bit);
    return push_bit(bit);
  }

  // and, drop: all parts; not: its one part.
  std::uint32_t add_parts(const PolicyOptions& policy, unsigned depth, PolicyTraits& traits) {
    const bool negation = policy.type == PolicyType::not_policy;
    const std::string outer = where_;
    if (policy.type == PolicyType::drop_policy && depth > 0) fault("a drop policy cannot be part of another one");
    if (depth >= kPartsDepthMax) {
      fault("its parts are nested deeper than " + std::to_string(kPartsDepthMax));
      return push({});
    }
    if (policy.parts.empty() || (negation && policy.parts.size() != 1))
      fault(negation ? "not needs exactly one part" : "it needs at least one part");

    std::vector<std::uint32_t> children;
    std::vector<PolicyTraits> parts;
    for (const PolicyOptions& part : policy.parts) {
      where_ = outer + ", part " + std::to_string(children.size() + 1);
      if (!part.name.empty()) where_ += " '" + part.name + "'";
      children.push_back(add_condition(part, depth + 1, parts.emplace_back()));
    }
    where_ = outer;
    join_traits(policy.type, parts, traits);
    const auto first = static_cast<std::uint32_t>(out_.tree.children.size());
    out_.tree.children.insert(out_.tree.children.end(), children.begin(), children.end());
    return push({.kind = negation ? Condition::Kind::negation : Condition::Kind::all,
                 .index = first,
                 .count = static_cast<std::uint32_t>(children.size())});
  }

  static void join_traits(PolicyType type, const std::vector<PolicyTraits>& parts, PolicyTraits& traits) {
    const bool conjunction = type == PolicyType::and_policy;
    traits.lasting = conjunction;
    bool only_thresholds = conjunction;
    for (const PolicyTraits& part : parts) {
      traits.names_error |= conjunction && part.names_error;
      traits.lasting &= part.lasting;
      traits.rolls_dice |= part.rolls_dice;
      only_thresholds &= !part.rolls_dice || part.threshold.has_value();
      if (part.threshold) traits.threshold = std::max(traits.threshold.value_or(0), *part.threshold);
    }
    if (!only_thresholds) traits.threshold.reset();
  }

  // DESIGN 3.2: the policies that links.origins names, else those that name ERROR.
  void choose_origins() {
    if (!options_.links.origins) {
      for (CompiledPolicy& policy : out_.policies) policy.spreads = !policy.drops && policy.traits.names_error;
      return;
    }
    for (const std::string& name : *options_.links.origins) {
      where_ = "links.origins";
      const auto found = std::find_if(out_.policies.begin(), out_.policies.end(),
                                      [&](const CompiledPolicy& policy) { return policy.name == name; });
      if (found == out_.policies.end())
        fault("no policy is named '" + name + "'");
      else if (found->drops)
        fault("'" + name + "' is a drop policy: it keeps nothing that could spread");
      else
        found->spreads = true;
    }
  }

  void check_limits() {
    where_ = "tail_sampling.policies";
    out_.bit_count = std::min(static_cast<unsigned>(bits_.size()), kBitsMax);
    if (bits_.size() > kBitsMax)
      fault("they ask " + std::to_string(bits_.size()) + " different questions about spans; at most " +
            std::to_string(kBitsMax) + " are possible");
    if (out_.buckets.size() > kStatefulMax)
      fault("they hold " + std::to_string(out_.buckets.size()) + " rate_limiting and bytes_limiting parts; at most " +
            std::to_string(kStatefulMax) + " are possible");
  }

  const Options& options_;
  std::vector<ConfigMessage>& errors_;
  CompiledPolicies out_;
  std::map<std::string, unsigned> bits_;
  std::string where_;  // what an error is about
};

}  // namespace

CompiledPolicies compile_policies(const Options& options, std::vector<ConfigMessage>& errors) {
  return Compiler(options, errors).run();
}

}  // namespace entail::policy
