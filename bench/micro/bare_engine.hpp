// An engine through the public API for benchmarks that measure its ticks: a sink that discards, policies, requests
// built span by span.
#pragma once

#include <string_view>

#include "entail/entail.hpp"
#include "workload/span_bytes.hpp"

namespace entail::bench {

struct NoSink final : Sink {
  void on_batch(Bytes, std::uint64_t) override {}
  void on_decision(const DecisionRecord&) override {}
  bool wants_decisions() const noexcept override { return false; }
};

// The policy `errors`: traces with an ERROR span.
inline void keep_errors(Options& options) {
  PolicyOptions& policy = options.tail_sampling.policies.emplace_back();
  policy.name = "errors";
  policy.type = PolicyType::status_code;
  policy.status_code_mask = 4;
}
inline void keep_all(Options& options) {
  PolicyOptions& policy = options.tail_sampling.policies.emplace_back();
  policy.name = "all";
  policy.type = PolicyType::always_sample;
}

inline void append_link(Buffer& span, TraceId trace, SpanId id) {
  Buffer link;
  append_trace_id(link, 1, trace);
  append_span_id(link, 2, id);
  append_content(span, 13, link);
}
inline void append_error_status(Buffer& span) {
  Buffer status;
  append_number(status, 3, 2);
  append_content(span, 15, status);
}
// The request of one ScopeSpans message.
inline Buffer request_of(const Buffer& scope) {
  Buffer resource, request;
  append_content(resource, 2, scope);
  append_content(request, 1, resource);
  return request;
}

// Random-looking, the same for the same number.
inline std::uint64_t spread(std::uint64_t number) noexcept {
  number += 0x9e3779b97f4a7c15;
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
  number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
  return number ^ (number >> 31);
}

}  // namespace entail::bench
