// Shorthand for hand-written tests: traces and spans by number. Thread rule: Immutable (functions).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "entail/options.hpp"
#include "tests/workload/otlp_plain.hpp"
#include "tests/workload/otlp_writer.hpp"

namespace entail::workload {

// 16 bytes that look random enough, the same for the same number.
inline ByteString trace_bytes(std::uint64_t number) {
  ByteString out;
  std::uint64_t state = number * 0x9e3779b97f4a7c15ULL + 1;
  for (int i = 0; i < 16; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    out += static_cast<char>(state >> 56);
  }
  return out;
}
inline ByteString span_bytes(std::uint64_t number) { return trace_bytes(number ^ 0xabcdef).substr(0, 8); }

constexpr std::uint32_t kError = 2;  // Status.StatusCode

// A root span of trace `trace`.
inline Span make_span(std::uint64_t trace, std::uint32_t status = 0, std::uint64_t number = 1) {
  Span span;
  span.trace_id = trace_bytes(trace);
  span.span_id = span_bytes(trace * 1000 + number);
  span.name = "work";
  span.start_ns = 1'700'000'000'000'000'000ULL + number;
  span.end_ns = span.start_ns + 1'000'000;
  span.status_code = status;
  return span;
}
inline Link make_link(std::uint64_t trace, std::uint64_t number = 1) {
  Link link;
  link.trace_id = trace_bytes(trace);
  link.span_id = span_bytes(trace * 1000 + number);
  return link;
}
inline Span linking(Span span, const std::vector<std::uint64_t>& traces) {
  for (const std::uint64_t trace : traces) span.links.push_back(make_link(trace));
  return span;
}
inline Request make_request(std::vector<Span> spans) {
  Request request;
  request.groups.push_back({{{"service.name", std::string("test")}}, std::move(spans)});
  measure(request);
  return request;
}

// decision_wait 10 s, one policy that keeps ERROR traces, retained for 20 s.
inline Options error_options() {
  Options options;
  PolicyOptions errors;
  errors.name = "errors";
  errors.type = PolicyType::status_code;
  errors.status_code_mask = 4;
  options.tail_sampling.policies = {errors};
  options.tail_sampling.decision_wait_ns = 10 * kNanosPerSecond;
  options.retain.window_ns = 20 * kNanosPerSecond;
  options.memory_limit_bytes = 64 << 20;
  return options;
}
inline PolicyOptions make_policy(const char* type, std::string name) {
  PolicyOptions policy;
  policy.type = type;
  policy.name = std::move(name);
  return policy;
}

}  // namespace entail::workload
