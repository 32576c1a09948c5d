// Outputs: batches, decisions, counts, explanations.
#include <algorithm>
#include <array>

#include "capi/engine_handle.hpp"

namespace {

using namespace entail::capi;
using entail::NamedCount;
using entail::Statistics;

std::uint64_t sum(const std::vector<NamedCount>& counts) noexcept {
  std::uint64_t total = 0;
  for (const NamedCount& named : counts) total += named.count;
  return total;
}

entail_statistics_t flatten(const Statistics& from, const HandleSink& sink) noexcept {
  entail_statistics_t to = ENTAIL_STATISTICS_INIT;
  // Spans that the handle lost after the engine emitted them reached no consumer: they count as lost.
  to.spans_received = from.spans.received;
  to.spans_emitted = from.spans.emitted - sink.spans_lost;
  to.spans_dropped = from.spans.dropped;
  to.spans_rejected = sum(from.spans.rejected);
  to.spans_lost = sum(from.spans.lost) + sink.spans_lost;
  to.spans_held = from.spans.held;
  to.traces_received = from.traces.received;
  to.traces_kept = from.traces.kept;
  to.traces_dropped = from.traces.dropped;
  to.traces_pending = from.traces.pending;
  for (const auto& by_link : from.traces.kept_by_link) to.traces_kept_by_link += by_link.traces;
  to.traces_origin = from.traces.origins;
  to.traces_revived = from.traces.revived;
  to.links_received = from.links.received;
  to.links_edges = from.links.edges;
  to.links_same_trace = from.links.same_trace;
  to.links_null_target = from.links.null_target;
  to.links_invalid = sum(from.links.invalid);
  to.links_bad_tracestate = from.links.bad_tracestate;
  to.links_duplicates = from.links.duplicates;
  to.links_sampled_spans = from.links.sampled_spans;
  to.links_emitted = from.links.emitted;
  to.links_dropped = from.links.dropped;
  to.links_restored = from.links.restored;
  to.links_held = from.links.held;
  to.memory_spans_bytes = from.memory.spans_bytes;
  to.memory_graph_bytes = from.memory.graph_bytes;
  to.memory_records_bytes = from.memory.records_bytes;
  to.memory_total_bytes = from.memory.total_bytes;
  to.memory_peak_bytes = from.memory.peak_bytes;
  to.waiting_bytes = sink.waiting_bytes();
  to.decisions_lost = sink.records_lost;
  to.memory_process_peak_bytes = from.memory.process_peak_bytes;
  to.lanes_in_use = from.lanes.in_use;
  to.lanes_stalled = from.lanes.stalled;
  to.lanes_stalled_ticks = from.lanes.stalled_ticks;
  to.rank_seed = from.rank_seed;
  to.output_waiting_batches = from.output.waiting_batches;
  to.output_waiting_spans = from.output.waiting_spans;
  to.output_waiting_bytes = from.memory.output_bytes;
  to.output_unacknowledged_batches = from.output.unacknowledged_batches;
  to.output_repeated_offers = from.output.repeated_offers;
  return to;
}

// The equal name in the loss table, which is static; the counted one is a copy.
const char* static_name(std::string_view name) noexcept {
  for (const entail::LossInfo& info : entail::loss_table())
    if (info.name == name) return info.name.data();
  return "";
}

std::vector<entail_named_count_t> by_loss_name(const std::vector<NamedCount>& counts) {
  std::vector<entail_named_count_t> named;
  for (const NamedCount& count : counts) named.push_back({static_name(count.name), count.count});
  return named;
}

std::vector<entail_named_count_t> all_losses(const Statistics& statistics, const HandleSink& sink) {
  std::vector<entail_named_count_t> named;
  for (const entail::LossInfo& info : entail::loss_table()) {
    std::uint64_t count = 0;
    for (const NamedCount& loss : statistics.losses)
      if (loss.name == info.name) count = loss.count;
    if (info.name == "out_of_memory") count += sink.spans_lost;
    named.push_back({info.name.data(), count});
  }
  return named;
}

std::vector<entail_named_count_t> by_policy(const Statistics& statistics, const entail::Options& options) {
  std::vector<entail_named_count_t> named;
  const auto& policies = options.tail_sampling.policies;
  for (const NamedCount& kept : statistics.traces.kept_by_policy) {
    const auto policy =
        std::find_if(policies.begin(), policies.end(), [&](const auto& other) { return other.name == kept.name; });
    named.push_back({policy != policies.end() ? policy->name.c_str() : "", kept.count});
  }
  return named;
}

// "linked/1" and the like: one text for each direction and number of hops, made once.
const char* hops_name(entail::Direction direction, std::uint32_t hops) {
  static const auto names = [] {
    std::array<std::array<std::string, entail::kHopsMax + 1>, 4> made;
    for (std::size_t i = 0; i < made.size(); ++i)
      for (std::size_t h = 0; h < made[i].size(); ++h)
        made[i][h] = std::string(direction_name(static_cast<entail::Direction>(i))) + "/" + std::to_string(h);
    return made;
  }();
  return names[static_cast<std::size_t>(direction)][std::min(hops, entail::kHopsMax)].c_str();
}

std::vector<entail_named_count_t> by_link(const Statistics& statistics) {
  std::vector<entail_named_count_t> named;
  for (const auto& row : statistics.traces.kept_by_link)
    named.push_back({hops_name(row.direction, row.hops), row.traces});
  return named;
}

// The names of the rows, by their bounds, made once.
std::vector<entail_named_count_t> by_lag(const Statistics& statistics) {
  const auto& lags = statistics.traces.kept_by_lag;
  static const auto names = [&] {
    std::vector<std::string> made;
    for (const auto& row : lags) made.push_back(std::to_string(row.at_most_ns / entail::kNanosPerSecond));
    made.back() = "+Inf";
    return made;
  }();
  std::vector<entail_named_count_t> named;
  for (std::size_t i = 0; i < lags.size(); ++i) named.push_back({names[i].c_str(), lags[i].traces});
  return named;
}

void append_states(std::string_view key, const std::vector<entail::Explanation::Neighbour>& neighbours,
                   std::string& json) {
  json.append(",\"").append(key).append("\":[");
  for (std::size_t i = 0; i < neighbours.size(); ++i) {
    json.append(i == 0 ? "{\"trace_id\":\"" : ",{\"trace_id\":\"").append(to_hex(neighbours[i].trace_id));
    json.append("\",\"state\":\"").append(neighbours[i].state).append("\"}");
  }
  json.push_back(']');
}

}  // namespace

entail_status_t entail_poll_batch(entail_engine_t* engine, uint8_t* buffer, size_t buffer_size, size_t* size,
                                  uint64_t* span_count, entail_error_t* error) {
  if (size == nullptr || (buffer == nullptr && buffer_size != 0))
    return fail(error, ENTAIL_E_ARGUMENT, "buffer or size is NULL");
  return with_engine(engine, CallGuard::Mode::exclusive, error, [&](EngineState& open) -> entail_status_t {
    *size = 0;
    if (span_count != nullptr) *span_count = 0;
    if (open.sink.batches.empty()) return ENTAIL_NOTHING;
    const HandleSink::Batch& batch = open.sink.batches.front();
    const std::string_view text(reinterpret_cast<const char*>(batch.bytes.data()), batch.bytes.size());
    const entail_status_t copied = copy_out(text, reinterpret_cast<char*>(buffer), buffer_size, size, error);
    if (copied != ENTAIL_OK) return copied;
    if (span_count != nullptr) *span_count = batch.span_count;
    open.sink.pop_batch();
    return ENTAIL_OK;
  });
}

entail_status_t entail_poll_decision(entail_engine_t* engine, entail_decision_t* decision, entail_error_t* error) {
  if (decision == nullptr) return fail(error, ENTAIL_E_ARGUMENT, "decision is NULL");
  if (!is_known(*decision)) return fail(error, ENTAIL_E_ABI, "decision: not initialised");
  return with_engine(engine, CallGuard::Mode::exclusive, error, [&](EngineState& open) -> entail_status_t {
    if (open.sink.decisions.empty()) return ENTAIL_NOTHING;
    open.polled_record = open.sink.decisions.front();
    write_struct(describe_decision(open.polled_record, open.polled), *decision);
    open.sink.pop_decision();
    return ENTAIL_OK;
  });
}

entail_status_t entail_statistics(entail_engine_t* engine, entail_statistics_t* statistics, entail_error_t* error) {
  if (statistics == nullptr) return fail(error, ENTAIL_E_ARGUMENT, "statistics is NULL");
  if (!is_known(*statistics)) return fail(error, ENTAIL_E_ABI, "statistics: not initialised");
  return with_engine(engine, CallGuard::Mode::exclusive, error, [&](EngineState& open) -> entail_status_t {
    write_struct(flatten(open.engine->statistics(), open.sink), *statistics);
    return ENTAIL_OK;
  });
}

entail_status_t entail_counts(entail_engine_t* engine, uint32_t table, entail_named_count_t* counts, size_t capacity,
                              size_t* count, entail_error_t* error) {
  if (count == nullptr || (counts == nullptr && capacity != 0))
    return fail(error, ENTAIL_E_ARGUMENT, "counts or count is NULL");
  return with_engine(engine, CallGuard::Mode::exclusive, error, [&](EngineState& open) -> entail_status_t {
    const Statistics statistics = open.engine->statistics();
    std::vector<entail_named_count_t> named;
    switch (table) {
      case ENTAIL_COUNTS_LOSSES:
        named = all_losses(statistics, open.sink);
        break;
      case ENTAIL_COUNTS_KEPT_BY_POLICY:
        named = by_policy(statistics, open.options);
        break;
      case ENTAIL_COUNTS_SPANS_REJECTED:
        named = by_loss_name(statistics.spans.rejected);
        break;
      case ENTAIL_COUNTS_LINKS_INVALID:
        named = by_loss_name(statistics.links.invalid);
        break;
      case ENTAIL_COUNTS_SPANS_LOST:
        named = by_loss_name(statistics.spans.lost);
        break;
      case ENTAIL_COUNTS_KEPT_BY_LINK:
        named = by_link(statistics);
        break;
      case ENTAIL_COUNTS_KEPT_BY_LAG:
        named = by_lag(statistics);
        break;
      default:
        return fail(error, ENTAIL_E_ARGUMENT, "no such table of counts");
    }
    *count = named.size();
    std::copy_n(named.begin(), std::min(capacity, named.size()), counts);
    return named.size() <= capacity ? ENTAIL_OK : fail(error, ENTAIL_E_BUFFER, "there are more counts");
  });
}

entail_status_t entail_loss_info(uint32_t index, entail_loss_info_t* info, entail_error_t* error) {
  if (info == nullptr) return fail(error, ENTAIL_E_ARGUMENT, "info is NULL");
  if (!is_known(*info)) return fail(error, ENTAIL_E_ABI, "info: not initialised");
  const auto table = entail::loss_table();
  if (index >= table.size()) return fail(error, ENTAIL_E_NOT_FOUND, "after the last loss");
  entail_loss_info_t row = ENTAIL_LOSS_INFO_INIT;
  row.name = table[index].name.data();
  row.severity = table[index].severity.data();
  row.help = table[index].help.data();
  write_struct(row, *info);
  return ENTAIL_OK;
}

entail_status_t entail_explain(entail_engine_t* engine, const uint8_t* trace_id, char* buffer, size_t buffer_size,
                               size_t* size, entail_error_t* error) {
  if (trace_id == nullptr || size == nullptr || (buffer == nullptr && buffer_size != 0))
    return fail(error, ENTAIL_E_ARGUMENT, "trace_id, buffer or size is NULL");
  return with_engine(engine, CallGuard::Mode::exclusive, error, [&](EngineState& open) -> entail_status_t {
    *size = 0;
    entail::TraceId id;
    for (int i = 0; i < 8; ++i) {
      id.hi = id.hi << 8 | trace_id[i];
      id.lo = id.lo << 8 | trace_id[8 + i];
    }
    const auto explained = open.engine->explain(id);
    if (!explained) return fail(error, explained.error());
    std::string json;
    append_json(explained->record, json);
    json.pop_back();
    append_states("linked_states", explained->linked, json);
    append_states("linking_states", explained->linking, json);
    json += ",\"linking_total\":" + std::to_string(explained->linking_total) + '}';
    return copy_out(json, buffer, buffer_size, size, error);
  });
}

entail_status_t entail_otlp_to_json(const uint8_t* bytes, size_t bytes_size, char* buffer, size_t buffer_size,
                                    size_t* size, entail_error_t* error) {
  if (size == nullptr || (bytes == nullptr && bytes_size != 0) || (buffer == nullptr && buffer_size != 0))
    return fail(error, ENTAIL_E_ARGUMENT, "bytes, buffer or size is NULL");
  return guarded(error, [&]() -> entail_status_t {
    *size = 0;
    std::string json;
    if (const auto printed = entail::append_otlp_json({bytes, bytes_size}, json); !printed.ok())
      return fail(error, printed.error());
    return copy_out(json, buffer, buffer_size, size, error);
  });
}
