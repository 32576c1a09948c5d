// Package entail is a tail sampler that follows span links: when a failed trace is sampled, the traces linked to it are
// sampled too. OTLP bytes go in, kept OTLP bytes and the reasons come out. The package is a thin layer over the C
// interface of the engine (core/include/entail/entail.h); docs/embedding.md describes that interface.
//
//	engine, err := entail.Open(yaml, entail.Options{})
//	defer engine.Close()
//	...
//	receipt, err := engine.Ingest(request)          // from any number of goroutines
//	...
//	err = engine.Tick(now)                          // about once a second; now is in ns and never decreases
//	var batch entail.Batch
//	for {
//		ok, err := engine.NextBatch(&batch)         // batch.Bytes is reused
//		if err != nil || !ok { break }
//		send(batch.Bytes)
//	}
//	...
//	err = engine.Drain(now)                         // at the end of the input: decides pending traces; then poll again
//
// A Sink (Options.Sink) receives batches during Tick instead, with the boundaries between traces, and may decline or
// defer them.
//
// Neither an engine nor this package has threads, a clock, files or logs of its own: time is an input. The engine's
// memory is outside the Go heap and bounded by memory_limit. Only Close releases it: there are no finalizers.
//
// # Finding the library
//
// The package links libentail.a statically. By default it uses the build of this repository in build/release/core
// (cmake --preset release && cmake --build --preset release). To use another one, set its place in the environment,
// which takes precedence:
//
//	CGO_CFLAGS="-I/opt/entail/include" CGO_LDFLAGS="-L/opt/entail/lib" go build ./...
//
// xxhash, re2, simdjson, yaml-cpp and libstdc++ are linked as the system provides them.
package entail

/*
#cgo CFLAGS: -I${SRCDIR}/../../core/include
#cgo LDFLAGS: -L${SRCDIR}/../../build/release/core -l:libentail.a
#cgo LDFLAGS: -lxxhash -lre2 -lsimdjson -lyaml-cpp -lstdc++ -lpthread -lm
#include <entail/entail.h>

extern uint32_t entailGoOutput(uintptr_t user, entail_output_t* batch);

static uint32_t on_output(void* user, const entail_output_t* batch) {
  return entailGoOutput((uintptr_t)user, (entail_output_t*)batch);
}

// sink: a handle of Go; 0: there is none.
static entail_status_t open_engine(entail_open_options_t* options, uintptr_t sink, const char* yaml, size_t yaml_size,
                                   entail_engine_t** engine, entail_error_t* error) {
  if (sink != 0) {
    options->user = (void*)sink;
    options->on_output = on_output;
  }
  return entail_engine_open(options, yaml, yaml_size, engine, error);
}
*/
import "C"

import (
	"runtime"
	"runtime/cgo"
	"sync"
	"unsafe"
)

// TraceID is a trace ID: 16 bytes, as on the wire.
type TraceID [16]byte

// Options are settings that are not part of the configuration. The zero value has good defaults.
type Options struct {
	// Decisions queues a record of every decision for NextDecision. Otherwise there are no records.
	Decisions bool
	// Sink receives batches, and may decline or defer them; nil: they wait for NextBatch.
	Sink Sink
	// BatchBytesMax limits the size of emitted batches, which end at a span boundary; 0 = 4 MiB.
	BatchBytesMax uint64
	// TableSeed seeds the trace table's hash; no result depends on it.
	TableSeed uint64
	// IngestLanes is the number of concurrent Ingest calls, 1 to 256; 0 = GOMAXPROCS. Further callers wait until a call
	// returns.
	IngestLanes int
}

// Engine samples traces: requests go in, batches of kept spans come out.
//
// All methods are safe for concurrent use. Ingest and Acknowledge run in parallel with all other methods; Tick, Drain,
// OfferOutput, polling, statistics and Explain exclude each other. Close waits for running calls; later calls return
// ErrClosed.
type Engine struct {
	open  sync.RWMutex  // read: a call is running; write: Close
	turn  sync.Mutex    // Guarded by turn: all of the engine but taking in; names
	lanes chan struct{} // as many as the engine has
	c     *C.entail_engine_t
	names map[*C.char]string // strings that live as long as the engine, copied once

	receiver *receiver  // nil without a Sink
	handle   cgo.Handle // of the receiver
}

// Version returns the version of the linked library, such as "0.1.0".
func Version() string { return C.GoString(C.entail_version()) }

// Open opens an engine with a configuration in YAML (docs/configuration.md). An invalid one returns an *Error with line
// and column; ConfigCheck returns all errors.
func Open(yaml []byte, options Options) (*Engine, error) {
	lanes := options.IngestLanes
	if lanes == 0 {
		lanes = min(runtime.GOMAXPROCS(0), 256)
	}
	if lanes < 0 || lanes > 256 {
		return nil, &Error{Status: StatusArgument, Message: "IngestLanes: expected 0 to 256"}
	}
	given := C.entail_open_options_t{struct_size: C.sizeof_entail_open_options_t}
	if options.Decisions {
		given.flags = C.ENTAIL_OPEN_POLL_DECISIONS
	}
	given.output_batch_bytes_max = C.uint64_t(options.BatchBytesMax)
	given.table_seed = C.uint64_t(options.TableSeed)
	given.ingest_lanes_max = C.uint32_t(lanes)
	engine := &Engine{lanes: make(chan struct{}, lanes), names: make(map[*C.char]string)}
	if options.Sink != nil {
		engine.receiver = &receiver{sink: options.Sink}
		engine.handle = cgo.NewHandle(engine.receiver)
	}
	var c *C.entail_engine_t
	var fail failure
	status := C.open_engine(&given, C.uintptr_t(engine.handle), (*C.char)(pointer(yaml)), C.size_t(len(yaml)), &c,
		fail.out())
	if err := fail.of(status); err != nil {
		engine.deleteHandle()
		return nil, err
	}
	engine.c = c
	return engine, nil
}

func (e *Engine) deleteHandle() {
	if e.handle != 0 {
		e.handle.Delete()
		e.handle = 0
	}
}

// Close releases everything. Pending traces are not decided: call Drain first. Batches that the Sink has not accepted
// are not delivered: call OfferOutput until nothing waits. A second Close does nothing.
func (e *Engine) Close() {
	e.open.Lock()
	defer e.open.Unlock()
	C.entail_engine_close(e.c)
	e.c = nil
	e.deleteHandle()
}

// Receipt describes the result of one request, accepted or not.
type Receipt struct {
	Signal       Signal // requests of other signals are not an error and are skipped
	Spans        uint64 // in the request, refused ones included
	ValuesLost   uint64 // JSON values that protobuf cannot hold, each dropped alone
	EndTimeMaxNs int64  // the largest end time of its spans that may move a clock; 0 = none
	Rejected     uint64 // spans rejected for invalid IDs; the others were accepted
}

// Signal is the kind of data in a request.
type Signal uint32

// The signals of OTLP.
const (
	SignalTraces   Signal = C.ENTAIL_SIGNAL_TRACES
	SignalLogs     Signal = C.ENTAIL_SIGNAL_LOGS
	SignalMetrics  Signal = C.ENTAIL_SIGNAL_METRICS
	SignalProfiles Signal = C.ENTAIL_SIGNAL_PROFILES
)

// Ingest accepts one ExportTraceServiceRequest (or TracesData) in protobuf, completely or not at all. Its arrival time
// is that of the last Tick. request is only used until Ingest returns.
//
// ErrNoRoom means that memory_limit is reached: Tick with the same time and retry, at most about 8 times; if that fails
// too, retry later.
func (e *Engine) Ingest(request []byte) (Receipt, error) {
	return e.ingest(func(receipt *C.entail_ingest_receipt_t, detail *C.entail_error_t) C.entail_status_t {
		bytes := (*C.uint8_t)(pointer(request))
		return C.entail_ingest_otlp(e.c, bytes, C.size_t(len(request)), receipt, detail)
	})
}

// IngestJSON is Ingest for OTLP/JSON.
func (e *Engine) IngestJSON(request []byte) (Receipt, error) {
	return e.ingest(func(receipt *C.entail_ingest_receipt_t, detail *C.entail_error_t) C.entail_status_t {
		text := (*C.char)(pointer(request))
		return C.entail_ingest_otlp_json(e.c, text, C.size_t(len(request)), receipt, detail)
	})
}

func (e *Engine) ingest(call func(*C.entail_ingest_receipt_t, *C.entail_error_t) C.entail_status_t) (Receipt, error) {
	e.open.RLock()
	defer e.open.RUnlock()
	if e.c == nil {
		return Receipt{}, errClosed()
	}
	e.lanes <- struct{}{}
	defer func() { <-e.lanes }()
	receipt := C.entail_ingest_receipt_t{struct_size: C.sizeof_entail_ingest_receipt_t}
	var fail failure
	status := call(&receipt, fail.out())
	return Receipt{
		Signal:       Signal(receipt.signal),
		Spans:        uint64(receipt.spans),
		ValuesLost:   uint64(receipt.values_lost),
		EndTimeMaxNs: int64(receipt.end_time_max_ns),
		Rejected:     uint64(receipt.spans_rejected),
	}, fail.of(status)
}

// Tick decides the traces that are due at now, propagates keeps over links, and queues kept spans for NextBatch. now is
// in nanoseconds; if it is earlier than that of a previous call, Tick does nothing and returns an error.
func (e *Engine) Tick(now int64) error {
	return e.inTurn(func(detail *C.entail_error_t) C.entail_status_t {
		return C.entail_tick(e.c, C.int64_t(now), detail)
	})
}

// Drain ends the input: a last tick in which all traces are due. From the first call on the engine accepts no more
// requests; its output can still be polled. While another goroutine is inside Ingest, Drain decides nothing and returns
// ErrBusy: call it again until it does not.
func (e *Engine) Drain(now int64) error {
	return e.inTurn(func(detail *C.entail_error_t) C.entail_status_t {
		return C.entail_drain(e.c, C.int64_t(now), detail)
	})
}

// inTurn makes a call that must not run concurrently with others of its kind.
func (e *Engine) inTurn(call func(*C.entail_error_t) C.entail_status_t) error {
	e.open.RLock()
	defer e.open.RUnlock()
	if e.c == nil {
		return errClosed()
	}
	e.turn.Lock()
	defer e.turn.Unlock()
	var fail failure
	status := call(fail.out())
	if e.receiver != nil && e.receiver.panicked != nil {
		panicked := e.receiver.panicked
		e.receiver.panicked = nil
		panic(panicked)
	}
	return fail.of(status)
}

// name copies a string that lives as long as the engine, and caches the copy.
func (e *Engine) name(text *C.char) string {
	known, ok := e.names[text]
	if !ok {
		known = C.GoString(text)
		e.names[text] = known
	}
	return known
}

// pointer returns the address of the bytes, or nil if there are none.
func pointer(bytes []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(bytes)) }
