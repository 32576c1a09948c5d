#include "output/figure_text.hpp"
#include "output/table.hpp"
#include "survey/survey_report.hpp"

namespace entail::cli {
namespace {

constexpr std::size_t kBarWidth = 28;

void histogram_rows(Table& table, const Histogram& histogram) {
  std::uint64_t most = 1;
  for (const std::uint64_t count : histogram.counts) most = std::max(most, count);
  for (std::size_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    const std::uint64_t count = histogram.counts[bucket];
    if (count == 0) continue;
    const auto length = std::max<std::uint64_t>(1, count * kBarWidth / most);
    table.row(Histogram::label(bucket), count, std::string(length, '#'));
  }
}

void bad_rows(Table& table, const SurveyResult::Counts& counts, const std::vector<SurveyResult::Bad>& first) {
  for (const auto& [reason, count] : counts) {
    std::string note;
    for (const SurveyResult::Bad& bad : first)
      if (bad.reason == reason) note = "first in " + place_text(bad.place);
    table.row(reason, count, note, table.paint().red());
  }
}

void input_rows(Table& table, const SurveyResult& result, const RunFacts& facts) {
  table.heading(facts.interrupted ? "Input (interrupted: what was read so far)" : "Input");
  table.row("requests", result.requests,
            "from " + grouped(facts.files) + (facts.files == 1 ? " input, " : " inputs, ") + byte_count(facts.bytes));
  for (std::size_t i = 0; i < kSkipNames.size(); ++i)
    if (facts.skipped[i] != 0) table.row("skipped: " + std::string(kSkipNames[i]), facts.skipped[i]);
  if (facts.values_lost != 0)
    table.row("JSON values dropped", facts.values_lost, "of the wrong type, replaced, or not representable in protobuf",
              table.paint().red());
  if (facts.unknown_keys != 0)
    table.row("unknown fields ignored", facts.unknown_keys, "not part of OTLP", table.paint().yellow());
  table.row("traces", result.traces);
  table.row("spans", result.spans);
  table.row("spans with links", result.spans_with_links, percent_text(result.spans_with_links, result.spans));
  table.row("links", result.links);
  if (result.dropped_upstream != 0)
    table.row("links dropped by SDKs", result.dropped_upstream,
              "on " + grouped(result.spans_cut_upstream) + " spans: chains may be incomplete", table.paint().yellow());
  if (result.rejected.empty()) return;
  table.heading("Spans that the engine rejects");
  bad_rows(table, result.rejected, result.rejected_first);
  if (result.on_rejected_spans != 0) table.row("links on them", result.on_rejected_spans, "not examined");
}

void type_rows(Table& table, const SurveyResult& result) {
  table.heading("By type");
  const std::uint64_t whole = result.links - result.on_rejected_spans;
  for (const auto& [type, count] : result.by_type) table.row(type, count, percent_text(count, whole));
  if (result.other_types != 0) table.row("other types", result.other_types, "too many to name");
  if (result.untyped != 0) table.row("no type", result.untyped, percent_text(result.untyped, whole));
  if (whole == 0) table.line("none");
}

void target_rows(Table& table, const SurveyResult& result) {
  const std::uint64_t good = result.same_trace + result.edges;
  table.heading("Targets");
  table.row("to a span in the input", result.resolved, percent_text(result.resolved, good));
  table.row("to a missing span of a trace in the input", result.span_absent, percent_text(result.span_absent, good));
  table.row("to a trace not in the input", result.trace_absent, percent_text(result.trace_absent, good));
  table.row("within one trace", result.same_trace, percent_text(result.same_trace, good));
  table.row("to another trace", result.edges,
            result.edges == 0
                ? ""
                : percent_text(result.edges, good) + ", " + grouped(result.distinct_edges) + " pairs of traces");
  if (result.bad_tracestate != 0) table.row("with a bad tracestate", result.bad_tracestate, "still followed");
  if (result.invalid.empty() && result.null_target == 0) return;
  table.heading("Links that are not followed");
  bad_rows(table, result.invalid, result.invalid_first);
  if (result.null_target != 0) table.row("null_target", result.null_target, "attributes without a context");
}

void delay_rows(Table& table, const SurveyResult& result) {
  table.heading("Delay, from the end of the linked span to the start of the linking one");
  const Spread& delay = result.delay_ns;
  if (delay.count != 0) {
    table.row("p50", duration_text(static_cast<std::uint64_t>(delay.p50)), "of " + grouped(delay.count) + " links");
    table.row("p99", duration_text(static_cast<std::uint64_t>(delay.p99)));
    table.row("max", duration_text(static_cast<std::uint64_t>(delay.max)));
  }
  if (result.overlapping != 0) table.row("began before the linked span ended", result.overlapping);
  if (result.untimed != 0) table.row("with unusable timestamps", result.untimed);
  if (result.resolved == 0) table.line("unknown: no linked span is in the input");
}

void degree_rows(Table& table, std::string_view title, const Spread& spread,
                 const std::vector<SurveyResult::Degree>& most) {
  table.heading(title);
  if (spread.count == 0) {
    table.line("none");
    return;
  }
  table.line(grouped(spread.count) + (spread.count == 1 ? " trace" : " traces") + "; p50 " +
             grouped(static_cast<std::uint64_t>(spread.p50)) + ", p99 " +
             grouped(static_cast<std::uint64_t>(spread.p99)) + ", max " +
             grouped(static_cast<std::uint64_t>(spread.max)));
  for (const SurveyResult::Degree& degree : most) table.row(to_hex(degree.trace_id), degree.count);
}

void largest_rows(Table& table, const SurveyResult& result) {
  table.heading("Spans with the most links");
  if (result.largest.empty()) table.line("none");
  for (const SurveyResult::Large& large : result.largest)
    table.row(to_hex(large.trace_id) + " " + to_hex(large.span_id), large.links,
              (large.service.empty() ? "" : large.service + ": ") + large.name + ", " + byte_count(large.bytes) + ", " +
                  place_text(large.place));
}

}  // namespace

std::string place_text(const Place& place) {
  switch (place.kind) {
    case Place::Kind::line:
      return place.file + ":" + std::to_string(place.at);
    case Place::Kind::byte:
      return place.file + ", byte " + std::to_string(place.at);
    case Place::Kind::message:
      break;
  }
  return place.file + ", message at byte " + std::to_string(place.at);
}

std::string survey_table(const SurveyResult& result, const RunFacts& facts, Paint paint) {
  Table table(paint);
  input_rows(table, result, facts);
  table.heading("Links of a span");
  histogram_rows(table, result.links_per_span);
  largest_rows(table, result);
  type_rows(table, result);
  target_rows(table, result);
  delay_rows(table, result);
  degree_rows(table, "Fan-out: traces that one trace links to", result.fan_out, result.most_linking_to);
  degree_rows(table, "Fan-in: traces that link to one trace", result.fan_in, result.most_linked_from);
  table.heading("Connected traces");
  table.row("groups", result.components, "of two or more traces, including absent ones");
  table.row("the largest", result.largest_component, "traces");
  histogram_rows(table, result.component_sizes);
  return table.take();
}

}  // namespace entail::cli
