#include <array>

#include "output/json_text.hpp"
#include "output/table.hpp"
#include "size/size_plan.hpp"

namespace entail::cli {
namespace {

// "max_bytes", as keys of the JSON and words of the table.
struct Exceeded {
  bool is_exceeded;
  const char* key;
  const char* text;
};
std::array<Exceeded, 4> exceeded(const SizePlan& plan) {
  const MemoryEstimate& estimate = plan.estimate;
  return {{{estimate.exceeds_memory_limit, "memory_limit",
            "memory_limit is too low: traces will be decided early (loss evicted)"},
           {estimate.exceeds_retain_bytes, "retain.max_bytes",
            "retain.max_bytes is too low: traces will be released early (loss evicted)"},
           {estimate.exceeds_windows, "retain.records",
            "memory_limit is too low for retain.records: records will be forgotten early"},
           {plan.exceeds_request, "max_request",
            "memory_limit is too low for the largest request: requests over a quarter of it are refused for good; set "
            "the receiver's max_request_body_size no higher"}}};
}

// As configurations write it.
std::string limit_text(std::uint64_t bytes) {
  return bytes % (1 << 20) == 0 ? std::to_string(bytes >> 20) + "MiB" : std::to_string(bytes);
}

std::string seconds_text(std::int64_t ns) {
  const std::int64_t tenths = ns / (kNanosPerSecond / 10);
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10)) + " s";
}

std::string number_text(double number) {
  const auto tenths = static_cast<std::uint64_t>(number * 10 + 0.5);
  return grouped(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10));
}

void load_fields(JsonText& json, const SizeQuestion& question) {
  const ExpectedLoad& load = question.load;
  const Options& options = question.options;
  json.key("load").begin_object();
  json.field("spans_per_second", load.spans_per_second).field("spans_per_trace", load.spans_per_trace);
  json.field("bytes_per_span", load.bytes_per_span).field("links_per_trace", load.links_per_trace);
  json.field("absent_per_trace", load.absent_per_trace).field("kept_share", load.kept_share);
  json.field("services_per_trace", load.services_per_trace).field("requests_at_once", load.requests_at_once);
  json.end_object().key("options").begin_object();
  json.field("decision_wait_ns", static_cast<std::uint64_t>(options.tail_sampling.decision_wait_ns));
  json.field("retain_window_ns", static_cast<std::uint64_t>(options.retain.window_ns));
  json.field("retain_records_ns", static_cast<std::uint64_t>(options.retain.records_ns));
  json.field("decision_log", load.has_decision_log);
  json.field("decision_detail", options.decisions.detail == DecisionDetail::full ? "full" : "ids");
  json.end_object();
}

}  // namespace

std::string size_json(const SizePlan& plan) {
  const MemoryEstimate& estimate = plan.estimate;
  JsonText json;
  json.begin_object();
  load_fields(json, plan.question);
  json.key("memory").begin_object();
  json.field("spans_bytes", estimate.span_bytes).field("graph_bytes", estimate.graph_bytes);
  json.field("records_bytes", estimate.record_bytes).field("details_bytes", estimate.detail_bytes);
  json.field("scratch_bytes", estimate.scratch_bytes).field("total_bytes", estimate.total_bytes);
  json.end_object().key("held").begin_object();
  json.field("traces", estimate.traces_held).field("known_traces", estimate.traces_known);
  json.field("nodes", estimate.nodes).field("windows", estimate.windows);
  json.field("spans_held_ns", static_cast<std::uint64_t>(estimate.spans_held_ns));
  json.end_object();
  json.field("fits", plan.is_possible && estimate.fits() && !plan.exceeds_request);
  json.key("exceeds").begin_array();
  for (const Exceeded& each : exceeded(plan))
    if (each.is_exceeded) json.value(each.key);
  json.end_array();
  json.field("memory_limit_bytes", plan.memory_limit);
  json.field("library_bytes_max", plan.library_bytes);
  json.field("container_processor_bytes", plan.container_bytes_processor);
  json.field("container_receiver_bytes", plan.container_bytes);
  return json.end_object().take() + "\n";
}

std::string size_table(const SizePlan& plan, Paint paint) {
  const MemoryEstimate& estimate = plan.estimate;
  const SizeQuestion& question = plan.question;
  const Options& options = question.options;
  Table table(paint);
  table.heading("Load");
  table.row("spans per second", number_text(question.load.spans_per_second),
            question.has_rate ? "" : "the most that fits");
  table.row("spans per trace", number_text(question.load.spans_per_trace));
  table.row("bytes per span", number_text(question.load.bytes_per_span));
  table.row("links per trace", number_text(question.load.links_per_trace));
  table.row("decision_wait", seconds_text(options.tail_sampling.decision_wait_ns));
  table.row("retain.window", seconds_text(options.retain.window_ns));
  table.row("retain.records", seconds_text(options.retain.records_ns));
  table.heading("Memory of the engine");
  table.row("spans", byte_count(estimate.span_bytes), "held for " + seconds_text(estimate.spans_held_ns));
  table.row("link graph", byte_count(estimate.graph_bytes), plural(estimate.nodes, "trace", "traces"));
  table.row("records", byte_count(estimate.record_bytes), plural(estimate.traces_known, "trace", "traces"));
  table.row("details", byte_count(estimate.detail_bytes),
            estimate.detail_bytes == 0 ? "" : "names; none with detail: ids");
  table.row("output and scratch", byte_count(estimate.scratch_bytes));
  table.row("in total", byte_count(estimate.total_bytes));
  if (plan.is_possible) {
    table.heading(question.memory_limit ? "With this memory_limit" : "Set");
    table.row("memory_limit", limit_text(*plan.memory_limit), "a quarter of it stays free");
    table.row("container, receiver", limit_text(*plan.container_bytes), "for a Collector");
    table.row("container, processor", limit_text(*plan.container_bytes_processor), "without its receivers");
    table.row("embedded engine", byte_count(*plan.library_bytes), "the most beside the program");
  }
  if (!plan.is_possible) table.line("No such load fits: retain.max_bytes or memory_limit is too low.", paint.red());
  for (const Exceeded& each : exceeded(plan))
    if (each.is_exceeded) table.line(each.text, paint.red());
  return table.take();
}

}  // namespace entail::cli
