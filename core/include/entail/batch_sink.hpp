// BatchSink: output with trace boundaries and acknowledgements, for sinks that can be busy or down, deliver
// asynchronously, or handle traces one by one. Sink is simpler if delivery cannot fail.
//
// Delivery is at least once: a batch is offered until the sink accepts it or acknowledges it as delivered. A batch that
// was delivered in part, or whose acknowledgement was lost, arrives again under the same ID.
//
// Order: batches are offered by ascending ID, and nothing newer is offered before a declined one. A deferred batch does
// not delay later ones; if it fails, it arrives after them.
//
// Memory: waiting output counts against memory_limit. Waiting and deferred batches together take at most a sixteenth of
// it, and at most one larger batch (a single large span) may wait beside them; beyond that, new output is lost (loss
// output_full). If a request finds no room while the larger batch waits, that batch is dropped as well. A deferred
// batch cannot be dropped, so requests may get no_room until it is acknowledged: the one exception to G9.
//
// drain() decides everything that is pending in one tick; of what a sink defers or declines, only as much as the bound
// is retained. To lose nothing, deliver inside on_batch(), or let traces become due before drain(): call tick() with
// times one second apart, and offer_output() in between, until little output waits.
#pragma once

#include <cstdint>
#include <span>

#include "entail/decision.hpp"
#include "entail/types.hpp"

namespace entail {
inline namespace v1 {

// The spans of one trace in a batch, as a separate TracesData message.
struct OutputTrace {
  TraceId trace_id;
  std::uint64_t offset = 0;  // of the message in OutputBatch::traces_data
  std::uint64_t size = 0;
  std::uint64_t span_count = 0;
  bool is_first = false;   // of the first emission of the trace; later emissions are its late spans
  bool continues = false;  // the batch was full: the next one begins with the rest of this emission
};

// A batch offered to a sink.
struct OutputBatch {
  std::uint64_t id = 0;  // ascending from 1; a gap is a batch that was lost (output_full)
  Bytes traces_data;     // the messages of all traces; protobuf reads them as one TracesData message
  std::uint64_t span_count = 0;
  std::span<const OutputTrace> traces;  // in the order of their messages, without gaps; each trace once
};

// The sink's answer to a batch.
// An acknowledgement inside on_batch() of Delivery::delivered counts whatever the answer is.
enum class OutputAnswer : std::uint8_t {
  accepted,  // delivered: the engine forgets the batch
  declined,  // not now: the engine keeps the batch and offers it again in the next tick, before any newer one
  deferred,  // delivery has begun: bytes and traces stay valid until Engine::acknowledge() or ~Engine()
};

// The outcome of a deferred batch.
enum class Delivery : std::uint8_t {
  delivered,  // the engine forgets the batch
  failed,     // it is offered again in the next tick
};

// Thread rule: called on the thread that runs tick(), drain() or offer_output(), never from ingest(). The only function
// of the engine that it may call is acknowledge(). An exception counts as out_of_memory: offer_output()
// keeps the batch, but the tick that it breaks off is the engine's last.
class BatchSink : public DecisionSink {
 public:
  // The batch, its bytes and its traces are borrowed until return; if the answer is deferred, bytes and traces stay
  // valid until the batch is acknowledged. A batch ends at a span boundary before it would be larger than
  // Options::output_batch_bytes_max or a 64th of memory_limit.
  virtual OutputAnswer on_batch(const OutputBatch& batch) = 0;
};

}  // namespace v1
}  // namespace entail
