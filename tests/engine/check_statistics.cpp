#include <algorithm>
#include <map>

#include "tests/engine/comparison_checks.hpp"

namespace entail::engine_test {
namespace {

std::uint64_t sum(const std::vector<NamedCount>& counts) {
  std::uint64_t total = 0;
  for (const NamedCount& count : counts) total += count.count;
  return total;
}

void same(const std::string& what, std::uint64_t expected, std::uint64_t got, Differences& out) {
  if (expected != got) out.push_back(what + ": expected " + std::to_string(expected) + ", got " + std::to_string(got));
}

// Either side may omit counts of 0.
void same(const std::string& what, std::map<std::string, std::uint64_t> expected, const std::vector<NamedCount>& got,
          Differences& out) {
  std::map<std::string, std::uint64_t> seen;
  for (const NamedCount& count : got) seen[count.name] += count.count;
  for (const auto& [name, count] : expected) seen.try_emplace(name, 0);
  for (const auto& [name, count] : seen) same(what + "." + name, expected[name], count, out);
}

std::uint64_t named(const std::vector<NamedCount>& counts, const std::string& name) {
  const auto found =
      std::find_if(counts.begin(), counts.end(), [&](const NamedCount& count) { return count.name == name; });
  return found == counts.end() ? 0 : found->count;
}

}  // namespace

void check_conservation(const Statistics& statistics, Differences& out) {
  const auto& spans = statistics.spans;
  same("conservation of spans", spans.received,
       spans.emitted + spans.dropped + spans.held + sum(spans.rejected) + sum(spans.lost), out);
  const auto& links = statistics.links;
  same("conservation of links", links.received, links.emitted + links.dropped + links.held, out);
  same("classes of links", links.received, links.edges + links.same_trace + links.null_target + sum(links.invalid),
       out);
  const auto& traces = statistics.traces;
  same("conservation of traces", traces.received, traces.kept + traces.dropped + traces.pending, out);
  std::uint64_t by_link = 0;
  for (const auto& row : traces.kept_by_link) by_link += row.traces;
  same("kept traces by reason", traces.kept, sum(traces.kept_by_policy) + by_link, out);
  std::uint64_t by_lag = 0;
  for (const auto& row : traces.kept_by_lag) by_lag += row.traces;
  same("kept traces by lag", traces.kept, by_lag, out);
}

void check_statistics(const oracle::Counts& expected, const Statistics& got, Differences& out) {
  same("spans.received", expected.spans_received, got.spans.received, out);
  same("spans.emitted", expected.spans_emitted, got.spans.emitted, out);
  same("spans.held", expected.spans_held, got.spans.held, out);
  same("spans.dropped and lost", expected.spans_dropped, got.spans.dropped + sum(got.spans.lost), out);
  same("spans.rejected", expected.spans_rejected, got.spans.rejected, out);
  same("traces.received", expected.traces, got.traces.received, out);
  same("traces.kept", expected.kept, got.traces.kept, out);
  same("traces.dropped", expected.dropped, got.traces.dropped, out);
  same("traces.pending", expected.pending, got.traces.pending, out);
  same("traces.origins", expected.origins, got.traces.origins, out);
  same("traces.revived", expected.revived, got.traces.revived, out);
  same("traces.kept_by_policy", expected.kept_by_policy, got.traces.kept_by_policy, out);
  same("traces.dropped_by_policy", expected.dropped_by_policy, got.traces.dropped_by_policy, out);
  std::map<unsigned, std::uint64_t> by_hops = expected.kept_by_link;
  for (const auto& row : got.traces.kept_by_link) by_hops[row.hops] -= row.traces;
  for (const auto& [hops, left] : by_hops)
    same("traces.kept_by_link at " + std::to_string(hops) + " hops, difference", 0, left, out);
  same("links.received", expected.links_received, got.links.received, out);
  same("links.edges", expected.links_edges, got.links.edges, out);
  same("links.same_trace", expected.links_same_trace, got.links.same_trace, out);
  same("links.null_target", expected.links_null_target, got.links.null_target, out);
  same("links.bad_tracestate", expected.links_bad_tracestate, got.links.bad_tracestate, out);
  same("links.invalid", expected.links_invalid, got.links.invalid, out);
  same("links.emitted", expected.links_emitted, got.links.emitted, out);
  same("links.dropped", expected.links_dropped, got.links.dropped, out);
  same("links.held", expected.links_held, got.links.held, out);
  same("links.restored", expected.links_restored, got.links.restored, out);
  same("links.duplicates", expected.links_duplicates, got.links.duplicates, out);
  same("links.sampled_spans", expected.spans_sampled, got.links.sampled_spans, out);
  for (const char* loss :
       {"keep_after_seal", "keep_refused", "late_origin", "late_pin", "policy_error", "bad_parent"}) {
    const auto found = expected.losses.find(loss);
    same(std::string("losses.") + loss, found == expected.losses.end() ? 0 : found->second, named(got.losses, loss),
         out);
  }
}

}  // namespace entail::engine_test
