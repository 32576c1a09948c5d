// Shorthand for tests of OTTL conditions.
#pragma once

#include <string>
#include <vector>

#include "ottl/program.hpp"
#include "tests/policy/request.hpp"

namespace entail::policy {

inline PolicyOptions conditions(std::vector<std::string> span, std::vector<std::string> spanevent = {},
                                OttlErrorMode mode = OttlErrorMode::ignore, std::string name = "ottl") {
  PolicyOptions policy = policy_of(PolicyType::ottl_condition, std::move(name));
  policy.span_conditions = std::move(span);
  policy.spanevent_conditions = std::move(spanevent);
  policy.error_mode = mode;
  return policy;
}

inline std::string event_field(const std::string& name, const Attributes& attributes = {}, std::uint64_t time_ns = 0) {
  std::string event = fixed_field(1, time_ns) + bytes_field(2, name);
  for (const auto& [key, value] : attributes) event += bytes_field(3, key_value(key, value));
  return bytes_field(11, event);
}

// "yes", "no" or "error": the result of a condition on a span.
inline std::string result_of(const std::string& condition, const SpanSpec& span) {
  const auto policies = compile_ok(options_of({conditions({condition}, {}, OttlErrorMode::propagate)}));
  if (policies == nullptr) return "does not compile";
  const Facts facts = facts_of_spans(*policies, {span})[0];
  if (facts.policy_errors != 0) return "error";
  return has_bit(facts.bits, 0) ? "yes" : "no";
}

}  // namespace entail::policy
