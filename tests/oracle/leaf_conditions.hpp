// What the policies that look at one property of the spans say (the naive engine).
#pragma once

#include <functional>
#include <string>

#include "tests/oracle/policy_oracle.hpp"

namespace entail::oracle {

bool any_span(const SeenSpans& spans, const std::function<bool(const workload::Span&)>& test);
// True if the key holds a matching value, on any span or on the resource of one.
bool any_value(const SeenSpans& spans, const std::string& key, const std::function<bool(const workload::Value&)>& test);
bool within(const PolicyOptions& policy, const workload::Value& value);
bool matches_text(const PolicyOptions& policy, const workload::Value& value);
bool has_state(const PolicyOptions& policy, const SeenSpans& spans);
bool has_latency(const PolicyOptions& policy, const SeenSpans& spans);
bool has_count(const PolicyOptions& policy, const SeenSpans& spans);
bool has_link_count(const PolicyOptions& policy, const SeenSpans& spans);

}  // namespace entail::oracle
