// Requests for the policy tests: a protobuf writer of a few lines that shares nothing with wire and otlp, and what a
// PolicySet makes of them.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "otlp/decode.hpp"
#include "policy/policy_set.hpp"

namespace entail::policy {

inline void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}
inline std::string varint_field(unsigned number, std::uint64_t value) {
  std::string out;
  put_varint(out, number << 3);
  put_varint(out, value);
  return out;
}
inline std::string fixed_field(unsigned number, std::uint64_t value, int bytes = 8) {
  std::string out;
  put_varint(out, (number << 3) | (bytes == 8 ? 1 : 5));
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}
inline std::string bytes_field(unsigned number, const std::string& value) {
  std::string out;
  put_varint(out, (number << 3) | 2);
  put_varint(out, value.size());
  return out + value;
}

struct Missing {};  // a KeyValue without a value
struct Array {};    // an empty ArrayValue
using Value = std::variant<std::string, bool, std::int64_t, double, Missing, Array>;
using Attributes = std::vector<std::pair<std::string, Value>>;

inline std::string any_value(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return bytes_field(1, *text);
  if (const auto* boolean = std::get_if<bool>(&value)) return varint_field(2, *boolean ? 1 : 0);
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    return varint_field(3, static_cast<std::uint64_t>(*integer));
  if (const auto* floating = std::get_if<double>(&value))
    return fixed_field(4, std::bit_cast<std::uint64_t>(*floating));
  return bytes_field(5, "");
}
inline std::string key_value(const std::string& key, const Value& value) {
  std::string out = bytes_field(1, key);
  return std::holds_alternative<Missing>(value) ? out : out + bytes_field(2, any_value(value));
}

struct SpanSpec {
  std::uint64_t start_ns = 1'000'000'000;
  std::uint64_t end_ns = 1'000'000'000;
  unsigned status = 0;
  unsigned flags = 0;
  std::string trace_state{};
  Attributes attributes{};
  std::string raw{};      // further fields of the span, as they are
  Attributes resource{};  // each span has a resource of its own

  std::string bytes() const {
    std::string out = bytes_field(1, std::string(16, '\x11')) + bytes_field(2, std::string(8, '\x22'));
    if (!trace_state.empty()) out += bytes_field(3, trace_state);
    out += bytes_field(5, "span") + fixed_field(7, start_ns) + fixed_field(8, end_ns);
    for (const auto& [key, value] : attributes) out += bytes_field(9, key_value(key, value));
    if (status != 0) out += bytes_field(15, varint_field(3, status));
    if (flags != 0) out += fixed_field(16, flags, 4);
    return out + raw;
  }
};

inline std::string request_bytes(const std::vector<SpanSpec>& spans) {
  std::string out;
  for (const SpanSpec& span : spans) {
    std::string resource;
    for (const auto& [key, value] : span.resource) resource += bytes_field(1, key_value(key, value));
    out += bytes_field(1, bytes_field(1, resource) + bytes_field(2, bytes_field(2, span.bytes())));
  }
  return out;
}

inline Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// The facts of each span, with its resource, in order.
inline std::vector<Facts> facts_of_spans(const PolicySet& policies, const std::vector<SpanSpec>& spans) {
  const std::string bytes = request_bytes(spans);
  otlp::Decoded decoded;
  EXPECT_TRUE(otlp::decode(bytes_of(bytes), nullptr, decoded).ok());
  EXPECT_EQ(decoded.spans.size(), spans.size());
  std::vector<Facts> result;
  for (const otlp::SpanView& span : decoded.spans) {
    Bits resource_bits{};
    policies.match_resource(decoded, decoded.resources[decoded.scopes[span.scope].resource], resource_bits);
    Facts& facts = result.emplace_back();
    policies.match_span(decoded, span, resource_bits, facts);
    facts.size = facts.bytes;  // ingest adds the shares of resource and scope (engine/trace_sizes.hpp)
  }
  return result;
}

// The memory of one trace.
class FoldMemory {
 public:
  explicit FoldMemory(const PolicySet& policies) : words_(TraceFold::bytes_for(policies.shape()) / 8) {}
  TraceFold& fold() { return TraceFold::at(words_.data()); }

 private:
  std::vector<std::uint64_t> words_;
};

// The facts of a trace, by way of TraceFold.
inline Facts facts_of(const PolicySet& policies, const std::vector<SpanSpec>& spans) {
  FoldMemory memory(policies);
  for (const Facts& facts : facts_of_spans(policies, spans)) policies.fold(memory.fold(), facts);
  return memory.fold().facts(policies.shape());
}

constexpr TraceId kTrace{0x0102030405060708ULL, 0x090a0b0c0d0e0f10ULL};

inline OwnVerdict verdict_of(PolicySet& policies, const std::vector<SpanSpec>& spans, TraceId id = kTrace,
                             std::int64_t now_ns = 0) {
  StatefulAnswers answers;
  return policies.evaluate(facts_of(policies, spans), id, answers, now_ns, true);
}

inline std::unique_ptr<PolicySet> compile_ok(const Options& options) {
  option::Findings findings;
  std::unique_ptr<PolicySet> policies = PolicySet::compile(options, findings);
  for (const option::Finding& finding : findings.list)
    if (finding.is_error) ADD_FAILURE() << finding.text;
  return policies;
}
inline std::vector<std::string> compile_errors(const Options& options) {
  option::Findings findings;
  const std::unique_ptr<PolicySet> policies = PolicySet::compile(options, findings);
  std::vector<std::string> texts;
  for (const option::Finding& finding : findings.list)
    if (finding.is_error) texts.push_back(finding.text);
  EXPECT_EQ(policies == nullptr, !texts.empty());
  return texts;
}

inline Options options_of(std::vector<PolicyOptions> policies, Compat compat = Compat::none) {
  Options options;
  options.tail_sampling.policies = std::move(policies);
  options.compat = compat;
  return options;
}
inline Options consistent_options_of(std::vector<PolicyOptions> policies) {
  Options options = options_of(std::move(policies));
  options.probability = Probability::consistent;
  return options;
}
inline bool keeps(const PolicyOptions& policy, const std::vector<SpanSpec>& spans, Compat compat = Compat::none) {
  const auto policies = compile_ok(options_of({policy}, compat));
  return policies != nullptr && verdict_of(*policies, spans).keep;
}

constexpr std::uint8_t kUnset = 1, kOk = 2, kError = 4;  // status masks

inline PolicyOptions policy_of(const char* type, std::string name) {
  PolicyOptions policy;
  policy.name = std::move(name);
  policy.type = type;
  return policy;
}
inline PolicyOptions keyed(const char* type, std::string name, std::string key, bool invert = false) {
  PolicyOptions policy = policy_of(type, std::move(name));
  policy.key = std::move(key);
  policy.invert_match = invert;
  return policy;
}
inline PolicyOptions always(std::string name = "always") {
  return policy_of(PolicyType::always_sample, std::move(name));
}
inline PolicyOptions status(std::uint8_t mask, std::string name = "status") {
  PolicyOptions policy = policy_of(PolicyType::status_code, std::move(name));
  policy.status_code_mask = mask;
  return policy;
}
inline PolicyOptions latency(std::int64_t threshold_ms, std::int64_t upper_ms = 0, std::string name = "latency") {
  PolicyOptions policy = policy_of(PolicyType::latency, std::move(name));
  policy.threshold_ms = threshold_ms;
  policy.upper_threshold_ms = upper_ms;
  return policy;
}
inline PolicyOptions numeric(std::optional<std::int64_t> min, std::optional<std::int64_t> max, bool invert = false) {
  PolicyOptions policy = keyed(PolicyType::numeric_attribute, "numeric", "n", invert);
  policy.min_value = min;
  policy.max_value = max;
  return policy;
}
inline PolicyOptions text(std::vector<std::string> values, bool regex = false, bool invert = false,
                          std::string key = "s") {
  PolicyOptions policy = keyed(PolicyType::string_attribute, "text", std::move(key), invert);
  policy.values = std::move(values);
  policy.enabled_regex_matching = regex;
  return policy;
}
inline PolicyOptions boolean(bool value, bool invert = false) {
  PolicyOptions policy = keyed(PolicyType::boolean_attribute, "boolean", "b", invert);
  policy.boolean_value = value;
  return policy;
}
inline PolicyOptions percentage(double value, std::string name = "some") {
  PolicyOptions policy = policy_of(PolicyType::probabilistic, std::move(name));
  policy.sampling_percentage = value;
  return policy;
}
inline PolicyOptions limit(const char* type, std::string name, std::int64_t per_second, std::int64_t burst) {
  PolicyOptions policy = policy_of(type, std::move(name));
  policy.per_second = per_second;
  policy.burst_capacity = burst;
  return policy;
}
inline PolicyOptions span_rate(std::int64_t per_second, std::int64_t burst = 0) {
  return limit(PolicyType::rate_limiting, "rate", per_second, burst);
}
inline PolicyOptions byte_rate(std::int64_t per_second, std::int64_t burst = 0) {
  return limit(PolicyType::bytes_limiting, "bytes", per_second, burst);
}
inline PolicyOptions count(std::int32_t min, std::int32_t max = 0) {
  PolicyOptions policy = policy_of(PolicyType::span_count, "count");
  policy.min_spans = min;
  policy.max_spans = max;
  return policy;
}
inline PolicyOptions tracestate(std::string key, std::vector<std::string> values) {
  PolicyOptions policy = keyed(PolicyType::trace_state, "state", std::move(key));
  policy.values = std::move(values);
  return policy;
}
inline PolicyOptions trace_flags() { return policy_of(PolicyType::trace_flags, "flags"); }
inline PolicyOptions of_parts(const char* type, std::string name, std::vector<PolicyOptions> parts) {
  PolicyOptions policy = policy_of(type, std::move(name));
  policy.parts = std::move(parts);
  return policy;
}
inline PolicyOptions both(std::vector<PolicyOptions> parts, std::string name = "and") {
  return of_parts(PolicyType::and_policy, std::move(name), std::move(parts));
}
inline PolicyOptions negated(PolicyOptions part, std::string name = "not") {
  return of_parts(PolicyType::not_policy, std::move(name), {std::move(part)});
}
inline PolicyOptions drop(std::vector<PolicyOptions> parts, std::string name = "drop") {
  return of_parts(PolicyType::drop_policy, std::move(name), std::move(parts));
}

inline PolicyOptions composite(std::int64_t total, std::vector<PolicyOptions> parts,
                               std::vector<RateAllocation> allocation = {}, std::vector<std::string> order = {}) {
  PolicyOptions policy = of_parts(PolicyType::composite, "composite", std::move(parts));
  policy.max_total_spans_per_second = total;
  policy.rate_allocation = std::move(allocation);
  policy.policy_order = std::move(order);
  return policy;
}
inline PolicyOptions links(std::int64_t min, std::int64_t max = 0) {
  PolicyOptions policy = policy_of(PolicyType::link_count, "links");
  policy.min_links = min;
  policy.max_links = max;
  return policy;
}
inline PolicyOptions link_types(std::vector<std::string> types) {
  PolicyOptions policy = policy_of(PolicyType::link_type, "types");
  policy.values = std::move(types);
  return policy;
}

// A well-spread 64-bit number for each i (splitmix64).
constexpr std::uint64_t spread(std::uint64_t i) {
  i += 0x9e3779b97f4a7c15ULL;
  i = (i ^ (i >> 30)) * 0xbf58476d1ce4e5b9ULL;
  i = (i ^ (i >> 27)) * 0x94d049bb133111ebULL;
  return i ^ (i >> 31);
}

}  // namespace entail::policy
