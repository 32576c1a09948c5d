#include "output/summary.hpp"

namespace entail::cli {
namespace {

// Names with counts; those of 0 are left out.
void counts_field(JsonText& json, std::string_view name, const std::vector<NamedCount>& counts) {
  json.key(name).begin_object();
  for (const NamedCount& named : counts) {
    if (named.count > 0) json.field(named.name, named.count);
  }
  json.end_object();
}

void spans_field(JsonText& json, const Statistics& statistics) {
  const auto& spans = statistics.spans;
  json.key("spans").begin_object();
  json.field("received", spans.received).field("emitted", spans.emitted).field("dropped", spans.dropped);
  counts_field(json, "rejected", spans.rejected);
  counts_field(json, "lost", spans.lost);
  json.end_object();
}

void traces_field(JsonText& json, const Statistics& statistics) {
  const auto& traces = statistics.traces;
  json.key("traces").begin_object();
  json.field("received", traces.received).field("kept", traces.kept).field("dropped", traces.dropped);
  json.field("origins", traces.origins).field("revived", traces.revived);
  counts_field(json, "kept_by_policy", traces.kept_by_policy);
  counts_field(json, "dropped_by_policy", traces.dropped_by_policy);
  json.key("kept_by_link").begin_array();
  for (const auto& group : traces.kept_by_link) {
    json.begin_object();
    json.field("direction", direction_name(group.direction)).field("hops", group.hops).field("traces", group.traces);
    json.end_object();
  }
  json.end_array().end_object();
}

void links_field(JsonText& json, const Statistics& statistics) {
  const auto& links = statistics.links;
  json.key("links").begin_object();
  json.field("received", links.received).field("edges", links.edges);
  json.field("same_trace", links.same_trace).field("null_target", links.null_target);
  counts_field(json, "invalid", links.invalid);
  json.field("bad_tracestate", links.bad_tracestate).field("duplicates", links.duplicates);
  json.field("sampled_spans", links.sampled_spans);
  json.field("emitted", links.emitted).field("dropped", links.dropped);
  json.field("truncated", links.truncated).field("restored", links.restored);
  json.end_object();
}

void notes_field(JsonText& json, const Statistics& statistics, const RunFacts& facts) {
  json.key("notes").begin_array();
  for (const std::string& note : summary_notes(statistics, facts)) json.value(note);
  json.end_array();
}

void run_field(JsonText& json, const Statistics& statistics, const RunFacts& facts) {
  const double rate = facts.seconds > 0 ? static_cast<double>(statistics.spans.received) / facts.seconds : 0;
  json.key("run").begin_object();
  json.field("seconds", facts.seconds).field("cpu_seconds", facts.cpu_seconds).field("spans_per_second", rate);
  json.field("peak_memory_bytes", facts.peak_memory_bytes).field("account_peak_bytes", statistics.memory.peak_bytes);
  json.field("memory_limit_bytes", facts.memory_limit_bytes).field("threads", facts.threads);
  json.field("rank_seed", statistics.rank_seed);
  json.end_object();
}

}  // namespace

void input_fields(JsonText& json, const RunFacts& facts) {
  json.field("files", facts.files).field("requests", facts.requests).field("bytes", facts.bytes);
  json.key("skipped").begin_object();
  for (std::size_t i = 0; i < kSkipNames.size(); ++i) {
    if (facts.skipped[i] > 0) json.field(kSkipNames[i], facts.skipped[i]);
  }
  json.end_object();
}

std::string summary_json(const Statistics& statistics, const RunFacts& facts) {
  JsonText json;
  json.begin_object().key("input").begin_object();
  input_fields(json, facts);
  json.end_object();
  spans_field(json, statistics);
  traces_field(json, statistics);
  links_field(json, statistics);
  counts_field(json, "losses", statistics.losses);
  notes_field(json, statistics, facts);
  run_field(json, statistics, facts);
  json.end_object();
  return json.take() + "\n";
}

}  // namespace entail::cli
