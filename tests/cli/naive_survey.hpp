// The expected result of a LinkSurvey, computed plainly over plain spans: no sorting tricks, no union-find; it examines
// every pair. For small inputs. Thread rule: Confined.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "survey/link_survey.hpp"
#include "tests/workload/otlp_plain.hpp"

namespace entail::cli::test {

inline std::string bytes_of(TraceId id) {
  std::string bytes;
  for (const std::uint64_t half : {id.hi, id.lo})
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(half >> shift & 0xff);
  return bytes;
}

inline bool is_zero(const std::string& bytes) { return bytes.find_first_not_of('\0') == std::string::npos; }

// The reason why an ID pair is bad, empty if it is good (docs/design.md 4.5); protobuf has no bad_hex.
inline std::string naive_problem(const std::string& trace_id, const std::string& span_id, bool null_allowed) {
  const auto right_or_zero = [](const std::string& id, std::size_t size) { return id.size() == size || id.empty(); };
  if (!right_or_zero(trace_id, 16) || !right_or_zero(span_id, 8)) return "wrong_length";
  if (!is_zero(trace_id) && !is_zero(span_id)) return "";
  return null_allowed ? "null_target" : "all_zero";
}

inline std::set<std::string> naive_types(const workload::Link& link) {
  std::set<std::string> types;
  for (const workload::Attribute& attribute : link.attributes) {
    const auto* text = std::get_if<std::string>(&attribute.value);
    if ((attribute.key != "link.type" && attribute.key != "link.relationship") || text == nullptr || text->empty())
      continue;
    std::string type = *text;
    for (char& c : type)
      if (c == '-') c = '_';
    types.insert(type);
  }
  return types;
}

// The smallest value that at least `percent` of all do not exceed; nullopt if there are none.
inline std::optional<std::uint64_t> naive_percentile(const std::vector<std::uint64_t>& values, std::uint64_t percent) {
  std::optional<std::uint64_t> best;
  for (const std::uint64_t candidate : values) {
    std::uint64_t not_above = 0;
    for (const std::uint64_t value : values) not_above += value <= candidate;
    if (not_above * 100 >= percent * values.size() && (!best || candidate < *best)) best = candidate;
  }
  return best;
}

class NaiveSurvey {
 public:
  explicit NaiveSurvey(const std::vector<workload::Request>& requests) {
    for (const workload::Request& request : requests)
      for (const workload::SpanGroup& group : request.groups)
        for (const workload::Span& span : group.spans) all_.push_back(&span);
    for (const workload::Span* span : all_)
      if (naive_problem(span->trace_id, span->span_id, false).empty()) good_.push_back(span);
    for (const workload::Span* span : all_) take(*span);
    close_components();
  }

  std::uint64_t links = 0, on_rejected_spans = 0, null_target = 0, same_trace = 0, edges = 0, bad_tracestate = 0;
  std::uint64_t resolved = 0, span_absent = 0, trace_absent = 0, overlapping = 0, untimed = 0, untyped = 0;
  std::uint64_t dropped_upstream = 0;
  std::map<std::string, std::uint64_t> rejected, invalid, by_type;
  std::vector<std::uint64_t> links_per_span, delays;
  std::map<std::string, std::set<std::string>> fan_out, fan_in;  // by trace ID in bytes
  std::vector<std::set<std::string>> components;                 // of two traces or more

  std::set<std::string> traces() const {
    std::set<std::string> traces;
    for (const workload::Span* span : good_) traces.insert(span->trace_id);
    return traces;
  }
  std::size_t span_count() const { return all_.size(); }

  static std::vector<std::uint64_t> sizes(const std::map<std::string, std::set<std::string>>& sets) {
    std::vector<std::uint64_t> sizes;
    for (const auto& [id, set] : sets) sizes.push_back(set.size());
    return sizes;
  }

 private:
  void take(const workload::Span& span) {
    links_per_span.push_back(span.links.size());
    links += span.links.size();
    dropped_upstream += span.dropped_links_count;
    const std::string problem = naive_problem(span.trace_id, span.span_id, false);
    if (!problem.empty()) {
      ++rejected[problem];
      on_rejected_spans += span.links.size();
      return;
    }
    for (const workload::Link& link : span.links) take(span, link);
  }

  void take(const workload::Span& span, const workload::Link& link) {
    bad_tracestate += link.trace_state == "!";  // the only bad tracestate that the test creates
    const std::set<std::string> types = naive_types(link);
    for (const std::string& type : types) ++by_type[type];
    untyped += types.empty();
    const bool has_payload = !link.attributes.empty() || !link.trace_state.empty();
    const std::string problem = naive_problem(link.trace_id, link.span_id, has_payload);
    if (problem == "null_target") {
      ++null_target;
    } else if (!problem.empty()) {
      ++invalid[problem];
    } else {
      follow(span, link);
    }
  }

  void follow(const workload::Span& span, const workload::Link& link) {
    const bool within = link.trace_id == span.trace_id;
    ++(within ? same_trace : edges);
    if (!within) {
      fan_out[span.trace_id].insert(link.trace_id);
      fan_in[link.trace_id].insert(span.trace_id);
    }
    const workload::Span* target = nullptr;
    bool trace_here = false;
    for (const workload::Span* other : good_) {
      if (other->trace_id != link.trace_id) continue;
      trace_here = true;
      if (other->span_id != link.span_id) continue;
      if (target == nullptr || std::pair(other->start_ns, other->end_ns) < std::pair(target->start_ns, target->end_ns))
        target = other;
    }
    trace_absent += !trace_here;
    span_absent += trace_here && target == nullptr;
    if (target == nullptr) return;
    ++resolved;
    constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;
    if (span.start_ns == 0 || span.start_ns >= kLimit || target->end_ns == 0 || target->end_ns >= kLimit ||
        target->end_ns < target->start_ns)
      ++untimed;
    else if (span.start_ns < target->end_ns)
      ++overlapping;
    else
      delays.push_back(span.start_ns - target->end_ns);
  }

  // Sets of connected traces, merged until nothing changes.
  void close_components() {
    for (const auto& [linking, linked] : fan_out) {
      std::set<std::string> component = linked;
      component.insert(linking);
      for (bool joined = true; joined;) {
        joined = false;
        for (auto other = components.begin(); other != components.end(); ++other) {
          if (std::none_of(other->begin(), other->end(), [&](const auto& id) { return component.contains(id); }))
            continue;
          component.insert(other->begin(), other->end());
          components.erase(other);
          joined = true;
          break;
        }
      }
      components.push_back(std::move(component));
    }
  }

  std::vector<const workload::Span*> all_, good_;
};

}  // namespace entail::cli::test
