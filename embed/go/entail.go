// Package entail samples distributed traces by what they are linked with: OTLP bytes in, kept OTLP bytes and the
// reasons out. It is a thin layer over the C interface of the engine (core/include/entail/entail.h).
//
//	engine, err := entail.Open(yaml, entail.Options{})
//	defer engine.Close()
//	...
//	receipt, err := engine.Ingest(request)          // from any number of goroutines
//	...
//	err = engine.Tick(now)                          // about once a second, nanoseconds of a clock that never goes back
//	var batch entail.Batch
//	for {
//		ok, err := engine.NextBatch(&batch)         // batch.Bytes is reused
//		if err != nil || !ok { break }
//		send(batch.Bytes)
//	}
//	...
//	err = engine.Drain(now)                         // the end of the input: decides what is pending; then poll again
//
// An engine owns no threads, clock, files or logs, and neither does this package: time is an input. Memory of the
// engine is outside the Go heap, bounded by memory_limit, and given back by Close alone: there are no finalizers.
//
// # Finding the library
//
// The package links libentail.a statically. By default it looks where the build of this repository leaves it,
// build/release/core (cmake --preset release && cmake --build --preset release). A library elsewhere is named in the
// environment, which is searched first:
//
//	CGO_CFLAGS="-I/opt/entail/include" CGO_LDFLAGS="-L/opt/entail/lib" go build ./...
//
// xxhash, re2, simdjson, yaml-cpp and libstdc++ are linked as the system has them.
package entail

/*
#cgo CFLAGS: -I${SRCDIR}/../../core/include
#cgo LDFLAGS: -L${SRCDIR}/../../build/release/core -l:libentail.a
#cgo LDFLAGS: -lxxhash -lre2 -lsimdjson -lyaml-cpp -lstdc++ -lpthread -lm
#include <entail/entail.h>

static entail_status_t open_engine(const entail_open_options_t* options, const char* yaml, size_t yaml_size,
                                   entail_engine_t** engine, entail_error_t* error) {
  return entail_engine_open(options, yaml, yaml_size, engine, error);
}
*/
import "C"

import (
	"runtime"
	"sync"
	"unsafe"
)

// TraceID is the 16 bytes of a trace's ID, as on the wire.
type TraceID [16]byte

// Options are what is not part of the configuration. The zero value is a good start.
type Options struct {
	// Decisions keeps a record of every decision until NextDecision takes it. Without it there are none.
	Decisions bool
	// BatchBytesMax cuts emitted batches, at a span boundary; 0 = 4 MiB.
	BatchBytesMax uint64
	// TableSeed seeds the trace table's hash; no result depends on it.
	TableSeed uint64
	// IngestLanes is how many calls of Ingest work at once, 1 to 256; 0 = GOMAXPROCS. More callers wait for their turn,
	// for the time that a request takes.
	IngestLanes int
}

// Engine takes trace requests in and gives kept ones out.
//
// Every method may be called from any goroutine at any time. Ingest runs beside all others; Tick, Drain, polling,
// statistics and Explain take turns. Close waits for the calls that are running; what is called later gets ErrClosed.
type Engine struct {
	open  sync.RWMutex  // read: a call is running; write: Close
	turn  sync.Mutex    // Guarded by turn: all of the engine but taking in; names
	lanes chan struct{} // as many as the engine has
	c     *C.entail_engine_t
	names map[*C.char]string // strings that live as long as the engine, copied once
}

// Version is the version of the library that is linked, such as "0.1.0".
func Version() string { return C.GoString(C.entail_version()) }

// Open opens an engine from a configuration in YAML (docs/configuration.md). A faulty one is an *Error with its line
// and column; ConfigCheck tells all that is wrong with it.
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
	var c *C.entail_engine_t
	var fail failure
	status := C.open_engine(&given, (*C.char)(pointer(yaml)), C.size_t(len(yaml)), &c, fail.out())
	if err := fail.of(status); err != nil {
		return nil, err
	}
	return &Engine{lanes: make(chan struct{}, lanes), c: c, names: make(map[*C.char]string)}, nil
}

// Close gives everything back. What is pending is not decided: Drain before. A second Close does nothing.
func (e *Engine) Close() {
	e.open.Lock()
	defer e.open.Unlock()
	C.entail_engine_close(e.c)
	e.c = nil
}

// Receipt tells what became of one request. It is written whether the request was taken in or not.
type Receipt struct {
	Signal       Signal // JSON of another signal than traces is no error, and passed over
	Spans        uint64 // in the request, refused ones included
	ValuesLost   uint64 // JSON values that protobuf cannot hold, each dropped alone
	EndTimeMaxNs int64  // the largest end time of its spans that may move a clock; 0 = none
	Rejected     uint64 // of the spans: refused for their IDs, while the rest was taken in
}

// Signal says what a request holds.
type Signal uint32

// The signals of OTLP.
const (
	SignalTraces   Signal = C.ENTAIL_SIGNAL_TRACES
	SignalLogs     Signal = C.ENTAIL_SIGNAL_LOGS
	SignalMetrics  Signal = C.ENTAIL_SIGNAL_METRICS
	SignalProfiles Signal = C.ENTAIL_SIGNAL_PROFILES
)

// Ingest takes in one ExportTraceServiceRequest (or TracesData) in protobuf, whole or not at all. It arrives at the now
// of the last Tick. request is borrowed until return.
//
// ErrNoRoom: memory_limit is spent; Tick with the same now and try again, some 8 times at most; when that fails too,
// later.
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

// Tick decides what is due at now, carries keeps over links, and queues what was kept for NextBatch. now is in
// nanoseconds of a clock that does not go back; an earlier one than before is an error, and nothing is done.
func (e *Engine) Tick(now int64) error {
	return e.inTurn(func(detail *C.entail_error_t) C.entail_status_t {
		return C.entail_tick(e.c, C.int64_t(now), detail)
	})
}

// Drain is the end of the input: a last tick in which everything is due. The engine then takes in nothing more; its
// output can still be polled.
func (e *Engine) Drain(now int64) error {
	return e.inTurn(func(detail *C.entail_error_t) C.entail_status_t {
		return C.entail_drain(e.c, C.int64_t(now), detail)
	})
}

// inTurn makes a call that may not run beside others of its kind.
func (e *Engine) inTurn(call func(*C.entail_error_t) C.entail_status_t) error {
	e.open.RLock()
	defer e.open.RUnlock()
	if e.c == nil {
		return errClosed()
	}
	e.turn.Lock()
	defer e.turn.Unlock()
	var fail failure
	return fail.of(call(fail.out()))
}

// name copies a string that lives as long as the engine, once.
func (e *Engine) name(text *C.char) string {
	known, ok := e.names[text]
	if !ok {
		known = C.GoString(text)
		e.names[text] = known
	}
	return known
}

// pointer is the address of the bytes; nil when there are none.
func pointer(bytes []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(bytes)) }
