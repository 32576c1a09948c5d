// entail/memory_estimate.hpp: the parts of memory in the order of docs/operations.md "What takes memory". Every size
// and share comes from the structure that has it.
#include "entail/memory_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <new>
#include <optional>

#include "config/check_options.hpp"
#include "engine/details.hpp"
#include "engine/memory_shares.hpp"
#include "engine/retained_queue.hpp"
#include "engine/trace_payload.hpp"
#include "engine/window_sizes.hpp"
#include "graph/graph.hpp"
#include "graph/window.hpp"
#include "retention/headroom.hpp"
#include "store/span_entry.hpp"
#include "store/span_store.hpp"

namespace entail {
inline namespace v1 {
namespace {

using namespace engine;

constexpr double kTickSeconds = 1;
// What the decoder and the batch of a request need on a lane that stays in use, and the output of a tick.
constexpr std::uint64_t kLaneBytes = 256 << 10;
// Lists of record numbers that a tick fills, for each trace that arrives, is decided or is sealed in it.
constexpr std::uint64_t kTickListBytes = 8 * sizeof(propagate::RecordId);
// What stays free beside the engine's own headroom, because no load is even.
constexpr std::uint64_t kUnevenShare = 16;
constexpr unsigned kWindowsMax = graph::kWindowSlots - 2;  // room.cpp closes windows early to leave two free

double seconds(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }
// More than any memory_limit, and little enough that sums of it do not overflow.
constexpr double kBytesMost = 1e18;
std::uint64_t whole(double amount) {
  return static_cast<std::uint64_t>(std::ceil(std::clamp(amount, 0.0, kBytesMost)));
}

// The chunks of a lane in an average generation that brings it `bytes` on average: spans of `entry` bytes, `spans` of
// them at most. Generations differ, and a lane that fills its small first chunk takes a large one.
// - Up to a first chunk on average: no distribution has more of the lanes exceed it than bytes / first (Markov).
// - Above: three standard deviations of a random number of spans, but no more than half a chunk, since a load near the
//   end of a chunk exceeds it in half of the generations.
double lane_chunk_bytes(double bytes, double entry, double spans) {
  constexpr double kFirst = store::SpanStore::kFirstChunkBytes - sizeof(store::Chunk);
  if (bytes <= kFirst)
    return std::min(spans, 1.0) * store::SpanStore::kFirstChunkBytes + bytes / kFirst * store::SpanStore::kChunkBytes;
  const double margin = std::min(3 * std::sqrt(bytes * entry), store::SpanStore::kChunkBytes / 2.0);
  return static_cast<double>(store::SpanStore::chunk_bytes_for(whole(bytes + margin)));
}

// The chunks of all lanes. A load may use only some of the lanes, and chunks are whole: the most that any number of
// lanes takes, so that more lanes never need less.
double chunk_bytes(double bytes, double entry, double spans, unsigned lanes) {
  double most = 0;
  for (unsigned used = 1; used <= std::clamp(lanes, 1u, unsigned{kIngestLanesMax}); ++used)
    most = std::max(most, used * lane_chunk_bytes(bytes / used, entry, spans / used));
  return most;
}

// A load with these options, at one memory_limit.
class Estimate {
 public:
  Estimate(const Options& options, const policy::PolicySet& policies, const ExpectedLoad& load)
      : options_(options),
        policies_(policies),
        load_(load),
        traces_per_second_(load.spans_per_second / std::max(load.spans_per_trace, 1.0)),
        limit_(options.memory_limit_bytes) {
    shape_.fold = policies.shape();
    shape_.has_notes = load.has_decision_log && options.decisions.detail == DecisionDetail::full;
    shape_.near_number_count = shape_.has_notes ? policies.near_numbers().count() : 0;
  }

  MemoryEstimate run() {
    add_spans();
    add_graph();
    add_records();
    add_details();
    add_scratch();
    result_.total_bytes = sum();
    // A closed window is kept for the next one while there is much room.
    if (result_.total_bytes < limit_ / 2 && window_bytes_ <= limit_ / kSpareWindowsShare) {
      result_.graph_bytes += window_bytes_ - idle_window_bytes_;
      result_.total_bytes = sum();
    }
    const std::uint64_t usable =
        limit_ - limit_ / retention::kHeadroomShare * retention::kHeadroomAhead - limit_ / kUnevenShare;
    result_.exceeds_memory_limit = result_.total_bytes > usable;
    return result_;
  }

 private:
  std::uint64_t sum() const noexcept {
    return result_.span_bytes + result_.graph_bytes + result_.record_bytes + result_.detail_bytes +
           result_.scratch_bytes;
  }

  // A generation is freed when no trace that arrived in it or earlier holds spans, so that kept spans stay in memory as
  // long as dropped ones.
  void add_spans() {
    const double wait = seconds(options_.tail_sampling.decision_wait_ns) + kTickSeconds;
    const double dropped = 1 - std::clamp(load_.kept_share, 0.0, 1.0);
    double window = dropped == 0 ? 0 : seconds(options_.retain.window_ns);
    const double retained_per_second = load_.spans_per_second * load_.bytes_per_span * dropped;
    const auto retained_max = static_cast<double>(options_.retain.max_bytes.value_or(limit_ / 2));
    result_.exceeds_retain_bytes = retained_per_second * window > retained_max;
    if (result_.exceeds_retain_bytes) window = retained_max / retained_per_second;
    result_.spans_held_ns = static_cast<std::int64_t>((wait + window) * 1e9);
    result_.traces_held = whole(traces_per_second_ * (wait + window * dropped));

    const double entry = static_cast<double>(store::kSpanEntryBytes) + 8 * std::ceil(load_.bytes_per_span / 8);
    const double per_second = load_.spans_per_second * entry;
    const double by_volume = static_cast<double>(limit_ / kGenerationShare) / std::max(per_second, 1.0);
    const double generation = std::min(kTickSeconds, by_volume);
    const double generation_bytes =
        chunk_bytes(per_second * generation, entry, load_.spans_per_second, load_.requests_at_once);
    const double generations = (wait + window) / generation + 1;
    // What a tick frees waits in the pool for the spans of the next one.
    const std::uint64_t pooled = std::min(limit_ / kPooledShare, whole(generation_bytes * kTickSeconds / generation));
    result_.span_bytes = whole(generation_bytes * generations) + pooled;
  }

  // The edges of a trace: the block of its own links, and the cells of links that lead to it, of which a node has room
  // for the first. Links choose their targets at random, so their number in a trace is Poisson distributed.
  double edge_bytes() const {
    const double links = load_.links_per_trace;
    if (links <= 0) return 0;
    double bytes = 2 * graph::kUnitBytes * links + graph::kUnitBytes * std::min(links, 1.0);
    const double in = std::max(0.0, links - load_.absent_per_trace);
    // With many, the last chunk is half full on average, and exp(-in) would be too small to compute with.
    constexpr unsigned kInMany = 64, kInMax = 256;
    if (in > kInMany)
      return bytes + (in - graph::kInFirstCells + (graph::kInChunkCells - 1) / 2.0) / graph::kInChunkCells *
                         sizeof(graph::InChunk<>);
    double probability = std::exp(-in);
    for (unsigned count = 0; count < kInMax; probability *= in / ++count)
      if (count > graph::kInFirstCells)
        bytes += probability * std::ceil(static_cast<double>(count - graph::kInFirstCells) / graph::kInChunkCells) *
                 sizeof(graph::InChunk<>);
    return bytes;
  }

  // Windows are written to for a part of retain.records, or until they are full, and closed retain.records later.
  void add_graph() {
    const double nodes_per_second = std::max(traces_per_second_ * (1 + load_.absent_per_trace), 1e-9);
    const double records = seconds(options_.retain.records_ns);
    graph::Window::Shape shape{.capacity = window_nodes_first(limit_),
                               .payload_bytes = static_cast<unsigned>(TracePayload::bytes_for(shape_)),
                               .writers = options_.ingest_lanes_max + 1};
    const double node_bytes = graph::kNodeBytes + kIndexBytes + 1 + edge_bytes() +
                              static_cast<double>(shape.payload_bytes) / (1 + load_.absent_per_trace);
    double period = seconds(window_time_ns(options_.retain.records_ns));
    period = std::min(period, static_cast<double>(limit_ / kWindowBytesShare) / (node_bytes * nodes_per_second));
    double full = 0;  // windows that are closed for writing
    for (const unsigned live : {1u, 10u, 13u}) {
      const std::uint64_t largest = window_nodes_max(limit_, live);
      while (shape.capacity < largest && holds(shape.capacity) < nodes_per_second * period)
        shape.capacity = std::min(2 * shape.capacity, largest);
      full = records / std::min(period, holds(shape.capacity) / nodes_per_second);
      if (full + 2 < live + 3) break;
    }
    period = std::min(period, holds(shape.capacity) / nodes_per_second);
    result_.windows = static_cast<unsigned>(std::min(full + 2, 1e6));
    result_.exceeds_windows = result_.windows > kWindowsMax;
    const double nodes = nodes_per_second * period;
    const double traces = traces_per_second_ * period;
    window_bytes_ = graph::Window::bytes_for(shape, whole(nodes), whole(traces), whole(traces * edge_bytes()));
    idle_window_bytes_ = graph::Window::bytes_for(shape, 1, 0, 0);
    result_.graph_bytes = whole(static_cast<double>(window_bytes_) * (full + 1)) + idle_window_bytes_;
    result_.nodes = whole(nodes_per_second * (records + period));
    result_.traces_known = whole(traces_per_second_ * (records + period));
  }
  static double holds(std::uint64_t capacity) { return static_cast<double>(capacity - capacity / kCapacityShare); }

  void add_records() {
    const std::uint64_t record =
        sizeof(propagate::Record) + (policies_.has_stateful() ? sizeof(policy::StatefulAnswers) : 0);
    const std::uint64_t queued = sizeof(std::int64_t) + sizeof(std::int64_t) + 3 * sizeof(propagate::RecordId);
    result_.record_bytes = result_.traces_known * record + result_.traces_held * queued;
  }

  // The root's note has its name, the others only that of the service; failed spans are few.
  void add_details() {
    if (!shape_.has_notes) return;
    const auto text = static_cast<std::size_t>(load_.name_bytes);
    const double others = std::clamp(load_.services_per_trace, 1.0, double{notes::kServicesMax}) - 1;
    const double notes = static_cast<double>(notes::SpanNote::bytes_for(2 * text)) +
                         others * static_cast<double>(notes::SpanNote::bytes_for(text));
    result_.detail_bytes =
        whole(static_cast<double>(result_.traces_known) * (static_cast<double>(sizeof(notes::TraceNotes)) + notes));
  }

  void add_scratch() {
    const double kept_per_second = load_.spans_per_second * load_.bytes_per_span * load_.kept_share;
    const std::uint64_t buffer =
        std::min({options_.output_batch_bytes_max, limit_ / kBufferShare, whole(kept_per_second)});
    result_.scratch_bytes = std::min(limit_ / kLaneScratchShare, load_.requests_at_once * kLaneBytes) + 2 * buffer +
                            whole(traces_per_second_ * kTickSeconds) * (kTickListBytes + sizeof(Touch));
  }

  const Options& options_;
  const policy::PolicySet& policies_;
  const ExpectedLoad& load_;
  const double traces_per_second_;
  const std::uint64_t limit_;
  PayloadShape shape_;
  std::uint64_t window_bytes_ = 0;
  std::uint64_t idle_window_bytes_ = 0;
  MemoryEstimate result_;
};

// The policies; an error with its text in *why.
Result<std::unique_ptr<policy::PolicySet>> compile(const Options& options, std::string* why) {
  try {
    config::CheckedOptions checked = config::check_options(options);
    if (checked.policies != nullptr) return std::move(checked.policies);
    const auto error = std::ranges::find_if(checked.findings, &option::Finding::is_error);
    if (why != nullptr) *why = error->text;
    return Error{ErrorCode::bad_options};
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory};
  }
}

}  // namespace

Result<MemoryEstimate> estimate_memory(const Options& options, const ExpectedLoad& load, std::string* why) {
  const auto policies = compile(options, why);
  if (!policies.ok()) return policies.error();
  return Estimate(options, **policies, load).run();
}

Result<std::uint64_t> memory_limit_for(const Options& options, const ExpectedLoad& load, std::string* why) {
  constexpr std::uint64_t kStep = 16ull << 20, kLargeStep = 64ull << 20, kLargeFrom = 1ull << 30, kMax = 1ull << 44;
  const auto policies = compile(options, why);
  if (!policies.ok()) return policies.error();
  Options tried = options;
  const auto fits = [&](std::uint64_t limit) {
    tried.memory_limit_bytes = limit;
    return Estimate(tried, **policies, load).run().fits();
  };
  // Steps of the structures make the need uneven, so what follows a doubling is tried step by step.
  std::uint64_t most = kStep;
  while (most < kMax && !fits(most)) most *= 2;
  if (!fits(most)) return std::uint64_t{0};
  constexpr std::uint64_t kTriesMax = 512;
  const std::uint64_t step = std::max(most < kLargeFrom * 2 ? kStep : kLargeStep, most / 2 / kTriesMax / kStep * kStep);
  for (std::uint64_t limit = std::max(most / 2, kStep); limit < most; limit += step)
    if (fits(limit)) return limit;
  return most;
}

Result<double> spans_per_second_for(const Options& options, const ExpectedLoad& load, std::string* why) {
  const auto policies = compile(options, why);
  if (!policies.ok()) return policies.error();
  ExpectedLoad tried = load;
  const auto fits = [&](double rate) {
    tried.spans_per_second = rate;
    return Estimate(options, **policies, tried).run().fits();
  };
  if (!fits(1)) return 0.0;
  double least = 1, most = 2;
  for (constexpr double kMax = 1e9; most < kMax && fits(most); most *= 2) least = most;
  for (int halvings = 0; halvings < 32 && most - least > 1; ++halvings) {
    const double middle = (least + most) / 2;
    (fits(middle) ? least : most) = middle;
  }
  return std::floor(least);
}

std::uint64_t memory_bound_bytes(const Options& options, unsigned requests_at_once,
                                 std::uint64_t request_bytes) noexcept {
  return options.memory_limit_bytes / 8 * 9 + requests_at_once * request_bytes + options.output_batch_bytes_max;
}

}  // namespace v1
}  // namespace entail
