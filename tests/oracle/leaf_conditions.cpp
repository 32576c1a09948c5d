#include "tests/oracle/leaf_conditions.hpp"

#include <algorithm>
#include <regex>

#include "tests/oracle/context_oracle.hpp"

namespace entail::oracle {

using workload::Attributes;
using workload::Value;

bool any_span(const SeenSpans& spans, const std::function<bool(const workload::Span&)>& test) {
  return std::any_of(spans.begin(), spans.end(), [&](const SeenSpan& seen) { return test(seen.span); });
}

bool any_value(const SeenSpans& spans, const std::string& key, const std::function<bool(const Value&)>& test) {
  return std::any_of(spans.begin(), spans.end(), [&](const SeenSpan& seen) {
    for (const Attributes* attributes : {&seen.span.attributes, seen.resource.get()}) {
      const Value* value = workload::find(*attributes, key);
      if (value != nullptr && test(*value)) return true;
    }
    return false;
  });
}

bool within(const PolicyOptions& policy, const Value& value) {
  const auto inside = [&](auto number) {
    return (!policy.min_value || number >= static_cast<decltype(number)>(*policy.min_value)) &&
           (!policy.max_value || number <= static_cast<decltype(number)>(*policy.max_value));
  };
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return inside(*integer);
  if (const auto* number = std::get_if<double>(&value)) return inside(*number);
  return false;
}

bool matches_text(const PolicyOptions& policy, const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return false;
  return std::any_of(policy.values.begin(), policy.values.end(), [&](const std::string& wanted) {
    if (policy.enabled_regex_matching) return std::regex_search(*text, std::regex(wanted));
    return !wanted.empty() && *text == wanted;
  });
}

bool has_state(const PolicyOptions& policy, const SeenSpans& spans) {
  return any_span(spans, [&](const workload::Span& span) {
    const auto members = parse_trace_state(span.trace_state);
    if (!members) return false;
    for (const auto& [key, value] : *members)
      if (key == policy.key) return !value.empty() && std::count(policy.values.begin(), policy.values.end(), value) > 0;
    return false;
  });
}

bool has_latency(const PolicyOptions& policy, const SeenSpans& spans) {
  std::uint64_t start = ~std::uint64_t{0};
  std::uint64_t end = 0;
  for (const SeenSpan& seen : spans) {
    start = std::min(start, seen.span.start_ns);
    end = std::max(end, seen.span.end_ns);
  }
  const std::int64_t ms = static_cast<std::int64_t>(end - start) / 1'000'000;
  if (policy.upper_threshold_ms == 0) return ms > policy.threshold_ms;
  return ms > policy.threshold_ms && ms <= policy.upper_threshold_ms;
}

bool has_count(const PolicyOptions& policy, const SeenSpans& spans) {
  const auto count = static_cast<std::int64_t>(spans.size());
  return count >= policy.min_spans && (policy.max_spans == 0 || count <= policy.max_spans);
}

bool has_link_count(const PolicyOptions& policy, const SeenSpans& spans) {
  std::int64_t count = 0;
  for (const SeenSpan& seen : spans)
    for (const workload::Link& link : seen.span.links) count += bad_reason(link.trace_id, link.span_id).empty();
  return count >= policy.min_links && (policy.max_links == 0 || count <= policy.max_links);
}

}  // namespace entail::oracle
