#include "report/decided_inputs.hpp"

#include <algorithm>
#include <cmath>

#include "decision_log.hpp"
#include "stop_signal.hpp"
#include "time_text.hpp"

namespace entail::cli::report {
namespace {

// Passes on what the engine keeps and decides.
class ReportSink final : public BatchSink {
 public:
  explicit ReportSink(ReportData& data) : data_(data) {}
  OutputAnswer on_batch(const OutputBatch& batch) override {
    for (const OutputTrace& trace : batch.traces) data_.add_spans(batch.traces_data.subspan(trace.offset, trace.size));
    return OutputAnswer::accepted;
  }
  void on_decision(const DecisionRecord& record) override { data_.add(record); }

 private:
  ReportData& data_;
};

Direction direction_of(const std::string& name) {
  for (const Direction direction : {Direction::linked, Direction::linking, Direction::mixed})
    if (direction_name(direction) == name) return direction;
  return Direction::none;
}

std::vector<TraceId> ids_of(const std::vector<std::string>& texts) {
  std::vector<TraceId> ids;
  for (const std::string& text : texts)
    if (const auto id = from_hex(text)) ids.push_back(*id);
  return ids;
}

TraceDetail detail_of(const LogRecord& logged) {
  TraceDetail detail;
  detail.root_service = logged.root_service;
  detail.root_name = logged.root_name;
  detail.start_ns = logged.start_ns;
  if (logged.duration_ms) detail.duration_ns = std::llround(*logged.duration_ms * 1e6);
  detail.errors = logged.errors;
  if (logged.error) detail.error = {logged.error->service, logged.error->name, logged.error->message};
  detail.bytes = logged.bytes;
  for (const LogNearPolicy& near : logged.nearest)
    detail.nearest.push_back({near.policy, near.value, near.threshold, near.why});
  return detail;
}

// The record as the engine gave it out; its texts are borrowed from `logged`. False: its trace ID is no ID.
bool record_of(const LogRecord& logged, DecisionRecord& record) {
  const auto id = from_hex(logged.trace_id);
  if (!id) return false;
  record = DecisionRecord();
  record.trace_id = *id;
  record.revision = static_cast<std::uint32_t>(std::min<std::uint64_t>(logged.revision, 0xffff'ffff));
  record.decided_at_ns = parse_time(logged.decided_at).value_or(0);
  record.verdict = logged.verdict == "keep" ? Verdict::keep : Verdict::drop;
  record.reason = logged.reason;
  record.policy = logged.policy;
  record.origin = logged.origin;
  record.revived = logged.revived;
  if (const auto origin = from_hex(logged.origin_trace_id)) record.origin_trace_id = *origin;
  record.direction = direction_of(logged.direction);
  if (logged.hops) record.hops = static_cast<std::uint32_t>(std::min<std::uint64_t>(*logged.hops, kHopsMax));
  record.path = ids_of(logged.path);
  record.loss = logged.loss;
  record.not_followed = logged.not_followed;
  record.links_dropped_upstream = logged.links_dropped_upstream;
  record.spans = logged.spans;
  record.linked_total = logged.linked_total;
  record.linked = ids_of(logged.linked);
  if (logged.has_detail) record.detail = detail_of(logged);
  return true;
}

}  // namespace

DecidedInputs decide_inputs(const EngineInputs& inputs, InputReport& report, Console& console, ReportData& data) {
  DecidedInputs result;
  Options options = inputs.options;
  // Spans say why they were truncated; why their trace was kept is in its record.
  options.links.attributes = SpanAttributes::truncation;
  options.links.sample.names = TruncationNames::entail;
  options.ingest_lanes_max = std::max(options.ingest_lanes_max, inputs.threads);
  ReportSink sink(data);
  auto engine = Engine::open(options, sink, &result.failure);
  if (!engine) {
    if (result.failure.empty()) result.failure = describe(engine.error());
    return result;
  }
  const std::unique_ptr<Executor> executor = make_executor(inputs.threads);
  std::vector<TraceInput> opened = open_inputs(inputs.selection, options.memory_limit_bytes, report, executor.get());
  FeedTarget target;
  target.ingest = [&](const Request& request) { return (*engine)->ingest(request); };
  target.tick = [&](std::int64_t now_ns) { return (*engine)->tick(now_ns); };
  target.goes_on = [] { return true; };
  Feed feed(opened, std::move(target), executor.get(), inputs.clock_max_ns);
  Result<void> fed = run_feed(feed, inputs.selection, opened, console);
  if (fed) fed = (*engine)->drain(feed.now_ns());
  console.clear_progress();
  if (!fed) result.failure = "the engine stopped: " + describe(fed.error());
  result.facts.interrupted = stop_requested();
  result.facts.threads = inputs.threads;
  note_inputs(opened, report, feed, result.facts);
  note_limits(options, result.facts);
  result.statistics = (*engine)->statistics();
  if (feed.clock_outlier_count() != 0)
    result.statistics.losses.push_back({"clock_outlier", feed.clock_outlier_count()});
  report.finish();
  return result;
}

DecidedInputs read_decided(const std::string& decisions, const InputSelection& selection, std::uint64_t page_bytes,
                           InputReport& report, Console& console, ReportData& data) {
  DecidedInputs result;
  DecisionRecord record;
  std::uint64_t bad_ids = 0;
  LogScan scan = scan_decision_log(decisions, [&](const LogRecord& logged) {
    if (record_of(logged, record))
      data.add(record);
    else
      ++bad_ids;
  });
  if (!scan.opened) {
    result.failure = decisions + ": " + scan.error;
    return result;
  }
  scan.bad_line_count += bad_ids;
  report_scan(decisions, scan, console);
  result.log_is_whole = scan.is_whole();
  data.choose_before_spans(page_bytes);
  for_each_request(selection, report, console, result.facts, [&](TraceInput& input, const ParsedRequest& parsed) {
    if (!data.add_spans(parsed.request.protobuf())) input.refuse(parsed, "skipped: cannot be shown");
    return true;
  });
  return result;
}

}  // namespace entail::cli::report
