// BatchSink: output with trace boundaries and acknowledgements. For a sink that can be busy or down, that delivers
// asynchronously, or that treats every trace by itself. A Sink is simpler where delivery cannot fail.
//
// Delivery is at least once: a batch is offered until the sink accepts it or acknowledges it as delivered, so one that
// was delivered in part, or whose acknowledgement was lost, arrives again under the same ID.
//
// Order: batches are offered by ascending ID, and nothing newer is offered before a declined one. A deferred batch does
// not hold up the next ones; if it fails, it arrives after them.
//
// Memory: what waits counts against memory_limit. Waiting and deferred batches together take at most a sixteenth of it,
// or are a single batch that is larger; beyond that, new output is lost (loss output_full). If a request finds no room
// while such a larger batch waits, the batch is lost.
#pragma once

#include <cstdint>
#include <span>

#include "entail/decision.hpp"
#include "entail/types.hpp"

namespace entail {
inline namespace v1 {

// One trace's spans in a batch: a TracesData message of their own.
struct OutputTrace {
  TraceId trace_id;
  std::uint64_t offset = 0;  // of the message in OutputBatch::traces_data
  std::uint64_t size = 0;
  std::uint64_t span_count = 0;
  bool is_first = false;   // of the first emission of the trace; later emissions are its late spans
  bool continues = false;  // the batch was full: more of this emission comes first in the next one
};

// What a sink is offered.
struct OutputBatch {
  std::uint64_t id = 0;  // ascending from 1; a gap is a batch that was lost (output_full)
  Bytes traces_data;     // the messages of all traces; protobuf reads them as one TracesData message
  std::uint64_t span_count = 0;
  std::span<const OutputTrace> traces;  // in the order of their messages, without gaps; each trace once
};

// What becomes of a batch.
enum class OutputAnswer : std::uint8_t {
  accepted,  // delivered: the engine forgets the batch
  declined,  // not now: the engine keeps it, and offers it again in the next tick, before any newer batch
  deferred,  // delivery has begun: bytes and traces stay valid until Engine::acknowledge() or the engine's end
};

// How a deferred batch ended.
enum class Delivery : std::uint8_t {
  delivered,  // the engine forgets the batch
  failed,     // it is offered again in the next tick
};

// Thread rule: called from the thread that runs tick(), drain() or offer_output(), never from ingest(). Of the engine's
// functions it may call acknowledge() only.
class BatchSink : public DecisionSink {
 public:
  // The batch, its bytes and its traces are borrowed until return; if the answer is deferred, bytes and traces stay
  // valid until the batch is acknowledged. A batch ends at a span boundary before it would be larger than
  // Options::output_batch_bytes_max or a 64th of memory_limit.
  virtual OutputAnswer on_batch(const OutputBatch& batch) = 0;
};

}  // namespace v1
}  // namespace entail
