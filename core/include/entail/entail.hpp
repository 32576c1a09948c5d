// The public C++ API of Entail: OTLP bytes in, kept OTLP bytes and decisions out.
//
// An Engine ingests OTLP trace requests from any number of threads, decides in tick(now), and passes kept traces and
// decision records to a sink during that call. It owns no threads, clock, files or logs: time is an input, so a run can
// be replayed exactly (docs/design.md 3.0).
//
// It does not route traces between processes, and keeps no state beyond its own lifetime.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "entail/batch_sink.hpp"
#include "entail/context.hpp"
#include "entail/context_store.hpp"
#include "entail/decision.hpp"
#include "entail/link_builder.hpp"
#include "entail/memory_estimate.hpp"
#include "entail/options.hpp"
#include "entail/request_visitor.hpp"
#include "entail/result.hpp"
#include "entail/types.hpp"

namespace entail {
inline namespace v1 {

// Receives the output of tick(). A batch counts as delivered when on_batch() returns; to decline or defer batches, or
// to see the boundaries between traces, implement BatchSink.
class Sink : public DecisionSink {
 public:
  // One OTLP TracesData message (the same bytes as an ExportTraceServiceRequest). Borrowed until return.
  virtual void on_batch(Bytes traces_data, std::uint64_t span_count) = 0;
};

// A Sink that keeps all output until it is polled. Thread rule: Confined to the thread that ticks.
class PollSink final : public Sink {
 public:
  void on_batch(Bytes traces_data, std::uint64_t span_count) override;
  void on_decision(const DecisionRecord& record) override;
  std::vector<std::vector<std::uint8_t>> take_batches() noexcept { return std::move(batches_); }
  std::vector<DecisionRecord> take_decisions() noexcept { return std::move(decisions_); }

 private:
  std::vector<std::vector<std::uint8_t>> batches_;
  std::vector<DecisionRecord> decisions_;
};

// A value of a JSON request that was left out, or an ID that is not hex of its length.
struct JsonLoss {
  enum class Reason : std::uint8_t {
    wrong_type,         // an object in place of an array, a number in place of a string
    not_representable,  // beyond 64 bits, half of a surrogate pair, not base64, no name of the enumeration
    bad_id,             // counts as wrong_length, bad_hex or bad_parent
    unknown_key,
    replaces,  // an earlier value of the same key, or of the same AnyValue, which is dropped
  };
  Reason reason = Reason::wrong_type;
  std::string path;  // "resourceSpans[0].scopeSpans[0].spans[3].links[1].traceId"
};

// A parsed export request. Thread rule: Confined to one thread at a time. Reuse one object per thread: it keeps its
// buffers.
class Request {
 public:
  Request();
  ~Request();
  Request(Request&&) noexcept;
  Request& operator=(Request&&) noexcept;

  // Parses an ExportTraceServiceRequest or TracesData in protobuf. Borrows the bytes until the next parse. On error,
  // which has the byte offset, the request is empty. Cost: one pass, no allocation once buffers have grown.
  Result<void> parse_protobuf(Bytes bytes);
  // The same for OTLP/JSON, which it converts to protobuf in an internal buffer. Accepts other signals: see signal().
  Result<void> parse_json(std::string_view text);

  enum class Signal : std::uint8_t { traces, logs, metrics, profiles };
  // The signal of the last parse. parse_json() of a signal other than traces succeeds with no spans.
  Signal signal() const noexcept;
  std::uint64_t span_count() const noexcept;
  // The largest plausible end time, by which a clock may advance (docs/design.md 3.0: not 0, not before the start of
  // the span, < 2^63); 0 if none.
  std::int64_t end_time_max_ns() const noexcept;
  // JSON values that protobuf cannot represent, or that a later one replaces; only the value is dropped (docs/design.md
  // 4.7).
  std::uint64_t values_lost() const noexcept;
  // JSON keys without an OTLP field; ignored with their values, as OTLP/JSON requires of receivers.
  std::uint64_t unknown_keys() const noexcept;
  // The losses of the last parse_json(): how many, and the first few with their places. Cost: a pass over the text for
  // each.
  std::uint64_t json_loss_count() const noexcept;
  std::vector<JsonLoss> first_json_losses() const;
  // The request as protobuf bytes; borrowed until the next parse. An ID that was not hex of its length in JSON is one
  // zero byte here; repair_otlp() empties it.
  Bytes protobuf() const noexcept;
  // Calls the visitor for every span and link, in order. Exceptions of the visitor propagate to the caller.
  // Cost: one more pass over the spans and their links.
  void visit(RequestVisitor& visitor) const;

 private:
  friend class Engine;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What repair_otlp() changed.
struct RepairLosses {
  std::uint64_t ids = 0;     // neither empty nor of their length: emptied
  std::uint64_t texts = 0;   // not UTF-8: written with U+FFFD
  std::uint64_t fields = 0;  // of another wire type, nested too deep, or not protobuf inside: left out
};
// A TracesData message as every OTLP reader accepts it (docs/design.md 4.5): the message itself if nothing is wrong
// with it, else a copy in `buffer`. An engine passes on most of what it received; strict readers, such as the
// Collector's, reject a whole message for one bad field. Adds to `losses` if it is not null. Fails only for lack of
// memory, or with a message of 4 GiB or more.
Result<Bytes> repair_otlp(Bytes traces_data, std::vector<std::uint8_t>& buffer, RepairLosses* losses = nullptr);

// What append_otlp_json() left out or changed.
struct PrintLosses {
  std::uint64_t unknown_fields = 0;  // protobuf fields without an OTLP/JSON name: left out
  std::uint64_t values =
      0;  // strings that are not UTF-8: replaced by U+FFFD; messages with trailing garbage: truncated
};
// Appends a TracesData message as OTLP/JSON on one line, without a newline. The bytes must be valid, as emitted by an
// engine. Adds to `losses` if it is not null.
Result<void> append_otlp_json(Bytes traces_data, std::string& out, PrintLosses* losses = nullptr);

// Everything counted so far; docs/formats.md "Summary" names and relates the fields. Conservation (G3):
// spans.received = emitted + dropped + rejected + lost + held, where held is what is pending or retained, or was kept
// and waits for a BatchSink to accept or acknowledge it. It is what requests stored less what ticks took out again, to
// emit or to drop it, plus what waits.
struct Statistics {
  struct {
    std::uint64_t received = 0, emitted = 0, dropped = 0, held = 0;
    std::vector<NamedCount> rejected;  // by reason
    std::vector<NamedCount> lost;      // by loss; late spans of sealed traces and the like
  } spans;
  struct {
    std::uint64_t received = 0, kept = 0, dropped = 0, origins = 0, revived = 0, pending = 0;
    std::vector<NamedCount> kept_by_policy;     // configuration order
    std::vector<NamedCount> dropped_by_policy;  // drop policies alone, configuration order: traces dropped for good
    struct ByLink {
      Direction direction = Direction::none;
      std::uint32_t hops = 0;
      std::uint64_t traces = 0;
    };
    std::vector<ByLink> kept_by_link;
    // Kept traces by the engine time from the arrival of their first span to the decision. A row counts those of at
    // most so long that are longer than the row before; the last row has no bound. All rows are always there.
    struct Lag {
      std::int64_t at_most_ns = 0;
      std::uint64_t traces = 0;
    };
    std::vector<Lag> kept_by_lag;
  } traces;
  struct {
    std::uint64_t received = 0, edges = 0, same_trace = 0, null_target = 0;
    std::vector<NamedCount> invalid;  // by reason
    std::uint64_t bad_tracestate = 0, duplicates = 0, sampled_spans = 0;
    std::uint64_t emitted = 0, dropped = 0, restored = 0, held = 0;
    std::uint64_t truncated = 0;  // of dropped: removed from emitted spans
  } links;
  std::vector<NamedCount> losses;  // the nonzero ones, in the order of the loss table
  struct {
    std::uint64_t spans_bytes = 0, graph_bytes = 0, records_bytes = 0, scratch_bytes = 0;
    std::uint64_t output_bytes = 0;        // of waiting batches
    std::uint64_t total_bytes = 0;         // bounded by memory_limit: these, and spans that no tick has adopted yet
    std::uint64_t peak_bytes = 0;          // the largest total_bytes at the end of a tick
    std::uint64_t process_peak_bytes = 0;  // the largest resident set of the whole process so far (getrusage)
  } memory;
  // Batches that a BatchSink has not accepted yet, or not acknowledged. All 0 with a Sink.
  struct {
    std::uint64_t waiting_batches = 0, waiting_spans = 0;  // unacknowledged ones included
    std::uint64_t unacknowledged_batches = 0;              // deferred by the sink
    std::uint64_t repeated_offers = 0;                     // of batches that were offered before
  } output;
  // Callers inside ingest(). A stalled lane has been inside one call since before the last two ticks. Until it returns,
  // no span bytes that arrived since are freed, and the graph window that it writes to is retained.
  struct {
    std::uint32_t in_use = 0, stalled = 0;
    std::uint64_t stalled_ticks = 0;  // of the lane that has been inside longest
  } lanes;
  std::uint64_t rank_seed = 0;  // links.propagate.rank_seed, or the random one chosen when the engine was opened
};

// One row of the loss table, for help texts and metrics.
struct LossInfo {
  std::string_view name;
  std::string_view severity;  // info, warning, error
  std::string_view help;
};
std::span<const LossInfo> loss_table() noexcept;

// The state of one trace: its record, and the states of the traces that it links to or that link to it.
struct Explanation {
  DecisionRecord record;
  struct Neighbour {
    TraceId trace_id;
    std::string_view state;  // absent, pending, retained, kept, sealed
  };
  std::vector<Neighbour> linked;    // at most 256; record.linked_total counts all
  std::vector<Neighbour> linking;   // at most 256
  std::uint64_t linking_total = 0;  // all of them
};

// The engine. Thread rule: ingest() and acknowledge() from any number of threads; everything else by one at a time.
class Engine {
 public:
  struct Impl;  // opaque
  // The sink must outlive the engine. Fails with bad_options, explained in *why if that is not null, or out_of_memory.
  static Result<std::unique_ptr<Engine>> open(const Options& options, Sink& sink, std::string* why = nullptr);
  static Result<std::unique_ptr<Engine>> open(const Options& options, BatchSink& sink, std::string* why = nullptr);
  // No other call may be running. Pending traces are not decided: call drain() first. Batches that a BatchSink has not
  // accepted are not delivered: call offer_output() until nothing waits. The bytes of deferred batches become invalid.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Ingests a request, whole or not at all. Its arrival time is the now of the last tick (0 before the first).
  //   threads    any number at once, up to Options::ingest_lanes_max; also during tick()
  //   blocks     never. no_room: call tick() with the same now and retry; two ticks suffice while no caller stalls
  //              inside ingest(), and no deferred batch is larger than a sixteenth of memory_limit (G9). too_large:
  //              an empty engine has no room for it either: it is larger than a quarter of memory_limit, or needs more
  //              than three quarters of it with the tables for its spans and links. busy: too many callers
  //   borrows    the request's bytes until return
  //   on error   nothing of the request was ingested
  // *spans_rejected, if not null, is the number of spans rejected for invalid IDs; 0 on error.
  Result<void> ingest(const Request& request, std::uint64_t* spans_rejected = nullptr);
  // parse_protobuf() and ingest() in one call.
  Result<void> ingest(Bytes otlp_protobuf);

  // Decides, propagates keeps, emits and seals, in the order of docs/design.md 3.0. now must not go back
  // (time_reversed).
  //   threads    one at a time (a second one gets busy); ingest() may run concurrently
  //   on error   nothing was decided, except with out_of_memory: the tick was aborted and was the engine's last; all
  //              that it held is lost and counted in statistics(), and ingest() fails with closed
  Result<void> tick(std::int64_t now_ns);
  // Ends the input with a last tick in which every trace is due. From the first call on, ingest() fails with closed.
  //   on error   busy: a caller is still inside ingest(), and nothing was decided. Call again until it is not, so that
  //              what that caller ingests is decided, too. Else as tick()
  Result<void> drain(std::int64_t now_ns);

  // Offers waiting batches to the BatchSink again, as every tick does first. Call it after drain() or between ticks.
  // Returns the number that still wait, unacknowledged ones included. Thread rule: as tick().
  Result<std::uint64_t> offer_output();
  // Reports the outcome of a deferred batch. A failed one is offered again by the next tick or offer_output().
  //   threads    any, also inside BatchSink::on_batch(), even before the on_batch() that defers the batch has returned
  //   blocks     only for the few instructions of a lookup by another thread; never for a tick or a sink
  //   on error   not_found: no such batch is deferred; it was never offered, or is already acknowledged
  Result<void> acknowledge(std::uint64_t batch_id, Delivery outcome);

  // Thread rule: as tick().
  Statistics statistics() const;
  // not_found: never seen, or forgotten. Thread rule: as tick().
  Result<Explanation> explain(TraceId trace_id) const;

 private:
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The version of the library, such as "0.1.0". Static text.
std::string_view version() noexcept;

}  // namespace v1
}  // namespace entail
