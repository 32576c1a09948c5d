#include "tests/workload/random_options.hpp"

#include <algorithm>

namespace entail::workload {
namespace {

PolicyOptions named(const char* type, std::string name) {
  PolicyOptions policy;
  policy.type = type;
  policy.name = std::move(name);
  return policy;
}

void draw_latency(Random& random, PolicyOptions& policy) {
  policy.threshold_ms = random.between(1, 600);
  if (random.chance(30)) policy.upper_threshold_ms = policy.threshold_ms + random.between(1, 400);
}

void draw_number(Random& random, PolicyOptions& policy) {
  policy.key = random.chance(60) ? "http.status" : random.chance(60) ? "score" : "tier";
  if (random.chance(80))
    policy.min_value = policy.key == "http.status" ? random.between(0, 5) * 100 : random.between(0, 2);
  if (random.chance(50) || !policy.min_value) policy.max_value = policy.min_value.value_or(0) + random.between(0, 3);
  policy.invert_match = random.chance(20);
}

void draw_text(Random& random, PolicyOptions& policy) {
  policy.enabled_regex_matching = random.chance(40);
  policy.key = random.chance(60) ? "user" : "service.name";
  if (policy.key == "user") {
    policy.values =
        policy.enabled_regex_matching ? std::vector<std::string>{"r-[12]$"} : std::vector<std::string>{"", "user-3"};
  } else {
    policy.values =
        policy.enabled_regex_matching ? std::vector<std::string>{"^pay", "art$"} : std::vector<std::string>{"checkout"};
  }
  policy.invert_match = random.chance(20);
}

void draw_limit(Random& random, PolicyOptions& policy) {
  const bool bytes = policy.type == PolicyType::bytes_limiting;
  policy.per_second = bytes ? random.between(50, 800) : random.between(1, 6);
  if (random.chance(50)) policy.burst_capacity = bytes ? random.between(200, 2000) : random.between(2, 12);
}

std::string span_condition(Random& random) {
  static const char* const kConditions[] = {
      "attributes[\"http.status\"] >= 300",
      "attributes[\"http.status\"] != nil and attributes[\"http.status\"] < 200",
      "attributes[\"user\"] == \"user-3\"",
      "IsMatch(attributes[\"user\"], \"r-[12]$\")",
      "IsMatch(attributes[\"http.status\"], \"^5\") or IsMatch(attributes[\"score\"], \"25$\")",
      "HasPrefix(attributes[\"user\"], \"user-1\")",
      "name == \"root\" and kind == SPAN_KIND_SERVER",
      "status.code == STATUS_CODE_ERROR",
      "span.status.code != STATUS_CODE_UNSET and span.name == \"child\"",
      "resource.attributes[\"service.name\"] == \"cart\" or resource.attributes[\"tier\"] > 1",
      "end_time - start_time > Duration(\"120ms\")",
      "Milliseconds(end_time - start_time) >= 150",
      "(end_time_unix_nano - start_time_unix_nano) / 1000000 > 160",
      "IsRootSpan() and not (attributes[\"cached\"] == true)",
      "attributes[\"score\"] * 2 > 2.5",
      "Int(attributes[\"score\"]) == 1 or String(attributes[\"cached\"]) == \"true\"",
      "Substring(attributes[\"user\"], 5, 1) == \"4\"",
      "trace_state[\"tenant\"] == \"gold\"",
      "dropped_links_count > 500",
      "Len(name) == 5 and flags == 257",
      "ContainsValue(attributes[\"tags\"], \"blue\")",
      "Concat([name, kind.string, attributes[\"user\"]], \"-\") == \"root-Server-<nil>\"",
      "attributes[\"tags\"][1] == \"red\"",
      "10000 / attributes[\"http.status\"] < 30",
      "ToUpperCase(attributes[\"user\"]) == \"USER-2\"",
      "IsInt(attributes[\"http.status\"]) and IsString(attributes[\"user\"])",
      "Len(attributes[\"tags\"]) > 2"};
  return kConditions[random.below(std::size(kConditions))];
}

std::string spanevent_condition(Random& random) {
  static const char* const kConditions[] = {"name == \"exception\" and attributes[\"exception.type\"] != nil",
                                            "attributes[\"exception.type\"] == \"Timeout\"",
                                            "HasSuffix(attributes[\"exception.type\"], \"Error\")",
                                            "span.name == \"root\" and name == \"retry\"",
                                            "time - span.start_time > Duration(\"150ms\")",
                                            "attributes[\"attempt\"] >= 3"};
  return kConditions[random.below(std::size(kConditions))];
}

void draw_conditions(Random& random, PolicyOptions& policy) {
  const auto drawn = [&](std::string (*one)(Random&)) {
    const std::string first = one(random);
    switch (random.below(5)) {
      case 0:
        return "not (" + first + ")";
      case 1:
        return "(" + first + ") and (" + one(random) + ")";
      default:
        return first;
    }
  };
  const bool events = random.chance(35);
  if (!events || random.chance(30))
    for (std::int64_t i = random.between(1, 2); i > 0; --i) policy.span_conditions.push_back(drawn(span_condition));
  if (events)
    for (std::int64_t i = random.between(1, 2); i > 0; --i)
      policy.spanevent_conditions.push_back(drawn(spanevent_condition));
  policy.error_mode = static_cast<OttlErrorMode>(random.below(3));
}

void draw_links(Random& random, PolicyOptions& policy) {
  static const char* const kTypes[] = {"retry_of", "retry-of", "batch-member", "caused_by", "other"};
  policy.values = {kTypes[random.below(5)]};
  if (random.chance(30)) policy.values.push_back(kTypes[random.below(5)]);
  if (policy.type == PolicyType::link_type) return;
  policy.values.clear();
  policy.min_links = random.between(0, 4);
  if (random.chance(50) || policy.min_links == 0) policy.max_links = policy.min_links + random.between(0, 3);
}

// A policy on one property. Limits only where the caller can handle policies whose evaluation order matters.
PolicyOptions leaf(Random& random, const std::string& name, bool may_limit) {
  static constexpr const char* kTypes[] = {
      PolicyType::latency,        PolicyType::numeric_attribute, PolicyType::probabilistic,
      PolicyType::status_code,    PolicyType::string_attribute,  PolicyType::span_count,
      PolicyType::trace_state,    PolicyType::boolean_attribute, PolicyType::trace_flags,
      PolicyType::link_count,     PolicyType::link_type,         PolicyType::ottl_condition,
      PolicyType::ottl_condition, PolicyType::rate_limiting,     PolicyType::bytes_limiting};
  PolicyOptions policy = named(kTypes[random.below(std::size(kTypes) - (may_limit ? 0 : 2))], name);
  if (policy.type == PolicyType::latency) draw_latency(random, policy);
  if (policy.type == PolicyType::numeric_attribute) draw_number(random, policy);
  if (policy.type == PolicyType::string_attribute) draw_text(random, policy);
  if (policy.type == PolicyType::ottl_condition) draw_conditions(random, policy);
  if (policy.type == PolicyType::link_count || policy.type == PolicyType::link_type) draw_links(random, policy);
  if (policy.type == PolicyType::rate_limiting || policy.type == PolicyType::bytes_limiting) draw_limit(random, policy);
  if (policy.type == PolicyType::probabilistic) {
    policy.sampling_percentage = static_cast<double>(random.between(0, 40)) * 2.5;
    if (random.chance(30)) policy.hash_salt = "salt";
  }
  if (policy.type == PolicyType::status_code)
    policy.status_code_mask = static_cast<std::uint8_t>(random.chance(60) ? 4 : 2);
  if (policy.type == PolicyType::span_count) {
    policy.min_spans = static_cast<std::int32_t>(random.between(1, 4));
    if (random.chance(40)) policy.max_spans = policy.min_spans + static_cast<std::int32_t>(random.between(0, 2));
  }
  if (policy.type == PolicyType::trace_state) {
    policy.key = "tenant";
    policy.values = {"gold"};
  }
  if (policy.type == PolicyType::boolean_attribute) {
    policy.key = "cached";
    policy.boolean_value = random.chance(50);
    policy.invert_match = random.chance(20);
  }
  return policy;
}

// A part of `and` or `drop`: a leaf, the negation of one that is no status_code, or a nested `and`.
PolicyOptions part(Random& random, bool may_limit, int depth) {
  if (depth < 2 && random.chance(12)) {
    PolicyOptions inner = named(PolicyType::and_policy, "inner");
    for (int i = 0; i < 2; ++i) inner.parts.push_back(part(random, may_limit, depth + 1));
    return inner;
  }
  PolicyOptions policy = leaf(random, "part", may_limit);
  if (policy.type == PolicyType::status_code || !random.chance(20)) return policy;
  PolicyOptions negation = named(PolicyType::not_policy, "negation");
  negation.parts.push_back(policy);
  return negation;
}

PolicyOptions composite(Random& random, const std::string& name) {
  PolicyOptions policy = named(PolicyType::composite, name);
  policy.max_total_spans_per_second = random.between(1, 12);
  for (std::int64_t i = random.between(1, 3); i > 0; --i) {
    PolicyOptions one = random.chance(15) ? named(PolicyType::always_sample, "") : part(random, true, 1);
    one.name = "share-" + std::to_string(i);
    if (random.chance(60)) policy.rate_allocation.push_back({one.name, random.between(0, 100)});
    if (random.chance(50)) policy.policy_order.insert(policy.policy_order.begin(), one.name);
    policy.parts.push_back(std::move(one));
  }
  return policy;
}

PolicyOptions any_policy(Random& random, const std::string& name, bool may_limit) {
  if (may_limit && random.chance(25)) return composite(random, name);
  const std::uint64_t kind = random.below(100);
  if (kind >= 30) return leaf(random, name, may_limit);
  if (kind < 4) return named(PolicyType::always_sample, name);
  PolicyOptions policy = named(kind < 10 ? PolicyType::not_policy : PolicyType::and_policy, name);
  const int parts = policy.type == PolicyType::not_policy ? 1 : 2;
  for (int i = 0; i < parts; ++i) policy.parts.push_back(part(random, may_limit, 0));
  return policy;
}

TailSamplingOptions draw_sampling(Random& random) {
  TailSamplingOptions sampling;
  sampling.decision_wait_ns = random.between(1, 10) * kNanosPerSecond;
  if (random.chance(40)) sampling.decision_wait_after_root_received_ns = random.between(1, 6) * kNanosPerSecond;
  sampling.sample_on_first_match = random.chance(10);
  const bool may_limit = random.chance(30);
  if (random.chance(80)) {
    PolicyOptions errors = named(PolicyType::status_code, "errors");
    errors.status_code_mask = 4;
    sampling.policies.push_back(errors);
  }
  const std::int64_t more = random.between(sampling.policies.empty() ? 1 : 0, 3);
  for (std::int64_t i = 0; i < more; ++i)
    sampling.policies.push_back(any_policy(random, "policy-" + std::to_string(i), may_limit));
  if (random.chance(20)) {
    PolicyOptions drop = named(PolicyType::drop_policy, "drop");
    drop.parts.push_back(part(random, false, 1));
    if (random.chance(40)) drop.parts.push_back(part(random, false, 1));
    sampling.policies.insert(
        sampling.policies.begin() + static_cast<std::ptrdiff_t>(random.below(sampling.policies.size() + 1)), drop);
  }
  return sampling;
}

void draw_types(Random& random, PropagateOptions& propagate) {
  for (const char* type : {"retry_of", "batch_member", "caused_by"}) {
    if (!random.chance(60)) continue;
    TypeRule rule;
    if (random.chance(70)) rule.linked = static_cast<std::uint32_t>(random.below(7));
    if (random.chance(70) || !rule.linked) rule.linking = static_cast<std::uint32_t>(random.below(7));
    propagate.types[type] = rule;
  }
  if (random.chance(20)) propagate.type_keys = {"kind"};
}

PropagateOptions draw_propagation(Random& random) {
  PropagateOptions propagate;
  const std::uint64_t mode = random.below(100);
  propagate.mode = mode < 60 ? PropagateMode::cone : mode < 88 ? PropagateMode::component : PropagateMode::none;
  if (random.chance(60)) {
    propagate.max_hops_linked = static_cast<std::uint32_t>(random.below(8));
    propagate.max_hops_linking = static_cast<std::uint32_t>(random.below(8));
  }
  if (propagate.mode != PropagateMode::component && random.chance(30))
    propagate.origin_links = OriginLinks::error_spans;
  if (random.chance(40)) draw_types(random, propagate);
  return propagate;
}

std::vector<std::string> error_policies(const Options& options) {
  std::vector<std::string> names;
  for (const PolicyOptions& policy : options.tail_sampling.policies)
    if (policy.type == PolicyType::status_code) names.push_back(policy.name);
  return names;
}

}  // namespace

Options random_options(Random& random) {
  Options options;
  options.tail_sampling = draw_sampling(random);
  options.links.propagate = draw_propagation(random);
  if (random.chance(25)) {
    std::vector<std::string> names;
    for (const PolicyOptions& policy : options.tail_sampling.policies)
      if (policy.type != PolicyType::drop_policy && random.chance(50)) names.push_back(policy.name);
    options.links.origins = names;
  }
  if (random.chance(60)) options.links.sample.max_links_per_span = static_cast<std::uint32_t>(random.between(1, 6));
  options.links.sample.seed = random.chance(50) ? 0 : random.bits();
  options.probability = random.chance(15) ? Probability::consistent : Probability::collector;
  // Where rv differs between spans, a probabilistic keep may be revoked; such a policy must not create origins.
  if (options.probability == Probability::consistent) options.links.origins = error_policies(options);
  options.retain.window_ns = random.between(0, 30) * kNanosPerSecond;
  options.memory_limit_bytes = 64 << 20;
  return options;
}

}  // namespace entail::workload
