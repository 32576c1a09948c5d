// Generated workloads contain what they promise, and are the same for the same seed.
#include <gtest/gtest.h>

#include <set>

#include "tests/workload/generator.hpp"
#include "tests/workload/otlp_writer.hpp"

namespace entail::workload {
namespace {

std::string bytes_of(const Workload& workload) {
  std::string out;
  for (const Step& step : workload.steps) {
    for (const Request& request : step.requests) out += encode(request);
    out += std::to_string(step.tick_ns);
  }
  return out;
}

TEST(Generator, IsDeterministic) {
  EXPECT_EQ(bytes_of(small_workload(7)), bytes_of(small_workload(7)));
  EXPECT_NE(bytes_of(small_workload(7)), bytes_of(small_workload(8)));
}

TEST(Generator, DrawsEveryKindOfPolicyAndMode) {
  std::set<std::string> types;
  std::set<PropagateMode> modes;
  std::size_t error_spans = 0, rules = 0, named_origins = 0, consistent = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Options options = small_workload(seed).options;
    for (const PolicyOptions& policy : options.tail_sampling.policies) types.insert(policy.type);
    modes.insert(options.links.propagate.mode);
    error_spans += options.links.propagate.origin_links == OriginLinks::error_spans;
    rules += !options.links.propagate.types.empty();
    named_origins += options.links.origins.has_value();
    consistent += options.probability == Probability::consistent;
  }
  EXPECT_GE(types.size(), 19U);
  EXPECT_EQ(modes.size(), 3U);
  for (const std::size_t count : {error_spans, rules, named_origins, consistent}) EXPECT_GT(count, 20U);
}

TEST(Generator, DrawsEveryUnusualCase) {
  std::size_t own_trace = 0, bad_spans = 0, bad_links = 0, null_targets = 0, late = 0, duplicates = 0,
              malformed_parents = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::set<std::string> seen_traces;
    for (const Step& step : small_workload(seed).steps) {
      std::set<std::string> arriving;
      for (const Request& request : step.requests) {
        for (const SpanGroup& group : request.groups) {
          for (const Span& span : group.spans) {
            arriving.insert(span.trace_id);
            late += seen_traces.contains(span.trace_id);
            bad_spans += span.trace_id.size() != 16 || span.span_id.size() != 8;
            malformed_parents += !span.parent_span_id.empty() && span.parent_span_id.size() != 8;
            std::set<std::string> targets;
            for (const Link& link : span.links) {
              own_trace += link.trace_id == span.trace_id;
              bad_links += link.trace_id.size() != 16 || link.span_id.size() != 8;
              null_targets += link.trace_id == std::string(16, '\0') && !link.trace_state.empty();
              duplicates += !targets.insert(link.trace_id + link.span_id).second;
            }
          }
        }
      }
      seen_traces.merge(arriving);
    }
  }
  for (const std::size_t count : {own_trace, bad_spans, bad_links, null_targets, late, duplicates, malformed_parents})
    EXPECT_GT(count, 20U);
}

}  // namespace
}  // namespace entail::workload
