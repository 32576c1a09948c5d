package entail

/*
#include <entail/entail.h>

extern uint32_t entailGoOutput(uintptr_t user, entail_output_t* batch);
*/
import "C"

import (
	"runtime/cgo"
	"unsafe"
)

// Sink receives batches during Tick, Drain and OfferOutput (Options.Sink), on the goroutine that calls them. Without a
// Sink, batches wait for NextBatch.
//
// Delivery is at least once: a batch is offered until the sink accepts it or acknowledges it as delivered. Batches are
// offered by ascending ID, and nothing newer is offered before a declined one. Waiting and deferred batches take at
// most a sixteenth of memory_limit; beyond that, new output is lost (output_full).
type Sink interface {
	// OnBatch takes a batch. It may call Acknowledge, and no other method of the engine: that would deadlock. If it
	// panics, the batch counts as declined, and the panic continues in the caller of Tick, Drain or OfferOutput.
	OnBatch(batch *OutputBatch) Answer
}

// Answer is what a Sink does with a batch.
type Answer uint32

// The answers.
const (
	Accepted Answer = C.ENTAIL_ANSWER_ACCEPTED // delivered: the engine forgets the batch
	Declined Answer = C.ENTAIL_ANSWER_DECLINED // not now: it is offered again in the next tick, before newer batches
	Deferred Answer = C.ENTAIL_ANSWER_DEFERRED // the sink works on it and calls Acknowledge later
)

// Delivery is the outcome of a deferred batch.
type Delivery uint32

// The outcomes.
const (
	Delivered Delivery = C.ENTAIL_DELIVERY_DELIVERED
	Failed    Delivery = C.ENTAIL_DELIVERY_FAILED // it is offered again in the next tick
)

// OutputBatch is one batch for a Sink. The memory of all Bytes belongs to the engine: it is valid until OnBatch returns
// or, if the sink defers the batch, until Acknowledge or Close.
type OutputBatch struct {
	ID     uint64 // ascending from 1; a gap is a batch that was lost (output_full)
	Bytes  []byte // the messages of all traces, which together are one TracesData message
	Spans  uint64
	Traces []OutputTrace // each trace once
}

// OutputTrace is one trace's part of a batch.
type OutputTrace struct {
	TraceID   TraceID
	Bytes     []byte // a TracesData message with the spans of this trace
	Spans     uint64
	IsFirst   bool // of the first emission of the trace; later emissions are its late spans
	Continues bool // the batch was full: more of this emission comes first in the next one
}

// receiver connects a Sink with the callback of the C interface.
type receiver struct {
	sink     Sink
	panicked any // Guarded by Engine.turn
}

//export entailGoOutput
func entailGoOutput(user C.uintptr_t, from *C.entail_output_t) (answer C.uint32_t) {
	to := cgo.Handle(user).Value().(*receiver)
	// A panic must not pass through the engine, which could not be used any more.
	defer func() {
		if panicked := recover(); panicked != nil {
			to.panicked = panicked
			answer = C.ENTAIL_ANSWER_DECLINED
		}
	}()
	batch := OutputBatch{
		ID:     uint64(from.id),
		Bytes:  unsafe.Slice((*byte)(unsafe.Pointer(from.traces_data)), from.traces_data_size),
		Spans:  uint64(from.span_count),
		Traces: make([]OutputTrace, from.trace_count),
	}
	for i, trace := range unsafe.Slice(from.traces, from.trace_count) {
		batch.Traces[i] = OutputTrace{
			TraceID:   *(*TraceID)(unsafe.Pointer(&trace.trace_id)),
			Bytes:     batch.Bytes[trace.offset : trace.offset+trace.size : trace.offset+trace.size],
			Spans:     uint64(trace.span_count),
			IsFirst:   trace.flags&C.ENTAIL_OUTPUT_FIRST != 0,
			Continues: trace.flags&C.ENTAIL_OUTPUT_CONTINUES != 0,
		}
	}
	return C.uint32_t(to.sink.OnBatch(&batch))
}

// Acknowledge reports the outcome of a deferred batch. Any goroutine may call it, also from within OnBatch, and before
// the OnBatch that defers the batch has returned. ErrNotFound means that no such batch is deferred: it was never
// offered, or was acknowledged before. While Close waits for running calls, Acknowledge returns ErrClosed.
func (e *Engine) Acknowledge(batchID uint64, outcome Delivery) error {
	// Not RLock, which would wait for a Close that waits for the Tick around OnBatch.
	if !e.open.TryRLock() {
		return errClosed()
	}
	defer e.open.RUnlock()
	if e.c == nil {
		return errClosed()
	}
	var fail failure
	return fail.of(C.entail_acknowledge(e.c, C.uint64_t(batchID), C.uint32_t(outcome), fail.out()))
}

// OfferOutput offers waiting batches to the Sink again, as each Tick does first, and returns how many still wait,
// deferred ones included. After Drain, call it until nothing waits.
func (e *Engine) OfferOutput() (uint64, error) {
	var waiting C.uint64_t
	err := e.inTurn(func(detail *C.entail_error_t) C.entail_status_t {
		return C.entail_offer_output(e.c, &waiting, detail)
	})
	return uint64(waiting), err
}
