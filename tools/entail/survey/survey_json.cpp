#include "output/json_text.hpp"
#include "survey/survey_report.hpp"

namespace entail::cli {
namespace {

// {"0": 17, "1": 4, "3-4": 1}
void histogram_field(JsonText& json, std::string_view name, const Histogram& histogram) {
  json.key(name).begin_object();
  for (std::size_t bucket = 0; bucket < Histogram::kBuckets; ++bucket)
    if (histogram.counts[bucket] != 0) json.field(Histogram::label(bucket), histogram.counts[bucket]);
  json.end_object();
}

void spread_fields(JsonText& json, const Spread& spread) {
  json.field("count", spread.count);
  if (spread.count == 0) return;
  json.field("p50", static_cast<std::uint64_t>(spread.p50));
  json.field("p99", static_cast<std::uint64_t>(spread.p99));
  json.field("max", static_cast<std::uint64_t>(spread.max));
}

void place_fields(JsonText& json, const Place& place) {
  json.field("file", place.file);
  json.field(place.kind == Place::Kind::line ? "line" : "offset", place.at);
}

void counts_field(JsonText& json, std::string_view name, const SurveyResult::Counts& counts) {
  json.key(name).begin_object();
  for (const auto& [reason, count] : counts) json.field(reason, count);
  json.end_object();
}

void first_field(JsonText& json, std::string_view name, const std::vector<SurveyResult::Bad>& first) {
  json.key(name).begin_array();
  for (const SurveyResult::Bad& bad : first) {
    json.begin_object().field("reason", bad.reason).field("trace_id", to_hex(bad.trace_id));
    place_fields(json, bad.place);
    json.end_object();
  }
  json.end_array();
}

void degrees_field(JsonText& json, std::string_view name, const Spread& spread,
                   const std::vector<SurveyResult::Degree>& most) {
  json.key(name).begin_object();
  spread_fields(json, spread);
  json.key("most").begin_array();
  for (const SurveyResult::Degree& degree : most)
    json.begin_object().field("trace_id", to_hex(degree.trace_id)).field("traces", degree.count).end_object();
  json.end_array().end_object();
}

void input_field(JsonText& json, const SurveyResult& result, const RunFacts& facts) {
  json.key("input").begin_object();
  json.field("files", facts.files).field("requests", result.requests).field("bytes", facts.bytes);
  json.key("skipped").begin_object();
  for (std::size_t i = 0; i < kSkipNames.size(); ++i)
    if (facts.skipped[i] > 0) json.field(kSkipNames[i], facts.skipped[i]);
  json.end_object();
  json.field("values_lost", facts.values_lost).field("unknown_fields", facts.unknown_keys).end_object();
}

void spans_field(JsonText& json, const SurveyResult& result) {
  json.key("spans").begin_object();
  json.field("received", result.spans);
  counts_field(json, "rejected", result.rejected);
  first_field(json, "rejected_first", result.rejected_first);
  json.field("with_links", result.spans_with_links).field("cut_upstream", result.spans_cut_upstream);
  histogram_field(json, "by_links", result.links_per_span);
  json.key("largest").begin_array();
  for (const SurveyResult::Large& large : result.largest) {
    json.begin_object().field("trace_id", to_hex(large.trace_id)).field("span_id", to_hex(large.span_id));
    json.field("service", large.service).field("name", large.name).field("links", large.links);
    json.field("bytes", large.bytes);
    place_fields(json, large.place);
    json.end_object();
  }
  json.end_array().end_object();
}

void links_field(JsonText& json, const SurveyResult& result) {
  json.key("links").begin_object();
  json.field("received", result.links).field("dropped_upstream", result.dropped_upstream);
  json.field("edges", result.edges).field("same_trace", result.same_trace);
  json.field("null_target", result.null_target).field("on_rejected_spans", result.on_rejected_spans);
  counts_field(json, "invalid", result.invalid);
  first_field(json, "invalid_first", result.invalid_first);
  json.field("bad_tracestate", result.bad_tracestate);
  counts_field(json, "by_type", result.by_type);
  json.field("untyped", result.untyped).field("other_types", result.other_types);
  json.field("resolved", result.resolved).field("span_absent", result.span_absent);
  json.field("trace_absent", result.trace_absent).field("overlapping", result.overlapping);
  json.field("untimed", result.untimed);
  json.key("delay_ns").begin_object();
  spread_fields(json, result.delay_ns);
  json.end_object().end_object();
}

}  // namespace

std::string survey_json(const SurveyResult& result, const RunFacts& facts) {
  JsonText json;
  json.begin_object();
  input_field(json, result, facts);
  json.field("traces", result.traces);
  spans_field(json, result);
  links_field(json, result);
  json.key("graph").begin_object().field("edges", result.distinct_edges);
  degrees_field(json, "fan_out", result.fan_out, result.most_linking_to);
  degrees_field(json, "fan_in", result.fan_in, result.most_linked_from);
  json.field("components", result.components).field("largest_component", result.largest_component);
  histogram_field(json, "component_sizes", result.component_sizes);
  json.end_object().end_object();
  return json.take() + "\n";
}

}  // namespace entail::cli
