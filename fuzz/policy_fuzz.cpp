// Any request that decodes, through the policies: the table of attribute conditions, with its shortcuts, must find
// what a plain walk over the attributes finds, and a trace's verdict must not depend on the order of its spans.
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "otlp/decode.hpp"
#include "policy/policy_set.hpp"

using namespace entail;

namespace {

PolicyOptions policy_of(const char* type, const char* name) {
  PolicyOptions policy;
  policy.name = name;
  policy.type = type;
  return policy;
}

// The first policy is compared with the plain walk; its condition has bit 0.
std::unique_ptr<policy::PolicySet> compile() {
  PolicyOptions string = policy_of(PolicyType::string_attribute, "string");
  string.key = "s";
  string.values = {"a"};
  PolicyOptions regex = policy_of(PolicyType::string_attribute, "regex");
  regex.key = "http.route";
  regex.values = {"a+b", "^c"};
  regex.enabled_regex_matching = true;
  PolicyOptions number = policy_of(PolicyType::numeric_attribute, "number");
  number.key = "s";
  number.min_value = 1;
  PolicyOptions state = policy_of(PolicyType::trace_state, "state");
  state.key = "k";
  state.values = {"v"};
  PolicyOptions some = policy_of(PolicyType::probabilistic, "some");
  some.sampling_percentage = 50;
  PolicyOptions slow = policy_of(PolicyType::latency, "slow");
  slow.threshold_ms = 10;
  slow.upper_threshold_ms = 1000;
  Options options;
  options.probability = Probability::consistent;
  options.tail_sampling.policies = {string, regex, number, state, some, slow};
  option::Findings findings;
  auto policies = policy::PolicySet::compile(options, findings);
  ENTAIL_CHECK(policies != nullptr);
  return policies;
}

std::string_view text_of(Bytes bytes, wire::Range range) {
  return {reinterpret_cast<const char*>(bytes.data()) + range.offset, range.size};
}

bool found_by_plain_walk(const otlp::Decoded& decoded, const otlp::SpanView& span) {
  if (span.attribute_count == 0) return false;
  otlp::AttributeCursor cursor(decoded.bytes, span.first_attribute, span.attributes_end, otlp::span_field::kAttributes);
  otlp::AttributeView attribute;
  bool found = false;
  while (cursor.next(attribute))
    found |= attribute.kind == otlp::AttributeView::Kind::string && text_of(decoded.bytes, attribute.key) == "s" &&
             text_of(decoded.bytes, attribute.string) == "a";
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::unique_ptr<policy::PolicySet> policies = compile();
  static otlp::Decoded decoded;
  if (!otlp::decode({data, size}, nullptr, decoded).ok()) return 0;

  policy::Facts forward;
  std::vector<policy::Facts> facts(decoded.spans.size());
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const otlp::SpanView& span = decoded.spans[i];
    policies->match_span(decoded, span, policy::Bits{}, facts[i]);
    ENTAIL_CHECK(policy::has_bit(facts[i].bits, 0) == found_by_plain_walk(decoded, span));
    policy::Bits resource_bits{};
    policies->match_resource(decoded, decoded.resources[decoded.scopes[span.scope].resource], resource_bits);
    policies->match_span(decoded, span, resource_bits, facts[i]);
    forward.merge(facts[i]);
  }
  std::vector<std::uint64_t> memory(policy::TraceFold::bytes_for(policies->shape()) / 8);
  policy::TraceFold& fold = policy::TraceFold::at(memory.data());
  for (std::size_t i = facts.size(); i-- > 0;) policies->fold(fold, facts[i]);

  policy::StatefulAnswers answers;
  const TraceId id{1, size};
  const policy::OwnVerdict one = policies->evaluate(forward, id, answers, 0, true);
  const policy::OwnVerdict other = policies->evaluate(fold.facts(policies->shape()), id, answers, 0, true);
  ENTAIL_CHECK(one.policy == other.policy && one.keep == other.keep && one.threshold == other.threshold);
  return 0;
}
