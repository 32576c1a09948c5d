package entail

/*
#include <entail/entail.h>
*/
import "C"

import "unsafe"

// Batch is one emitted batch.
type Batch struct {
	Bytes []byte // a TracesData message, which is also an ExportTraceServiceRequest
	Spans uint64
}

// NextBatch takes the oldest waiting batch. It reuses the array of batch.Bytes and grows it if needed, so pass the same
// batch again. It returns false if no batch waits.
func (e *Engine) NextBatch(batch *Batch) (bool, error) {
	found := false
	err := e.inTurn(func(detail *C.entail_error_t) C.entail_status_t {
		status, size, spans := e.pollBatch(batch.Bytes[:cap(batch.Bytes)], detail)
		if status == C.ENTAIL_E_BUFFER {
			batch.Bytes = make([]byte, size)
			status, size, spans = e.pollBatch(batch.Bytes, detail)
		}
		if status == C.ENTAIL_OK {
			found = true
			batch.Bytes = batch.Bytes[:size]
			batch.Spans = uint64(spans)
		}
		return status
	})
	return found, err
}

func (e *Engine) pollBatch(buffer []byte, detail *C.entail_error_t) (C.entail_status_t, C.size_t, C.uint64_t) {
	var size C.size_t
	var spans C.uint64_t
	bytes := (*C.uint8_t)(pointer(buffer))
	status := C.entail_poll_batch(e.c, bytes, C.size_t(len(buffer)), &size, &spans, detail)
	return status, size, spans
}

// Verdict is the decision about a trace.
type Verdict uint32

// The verdicts. Decision records never have Undecided.
const (
	Undecided Verdict = C.ENTAIL_VERDICT_UNDECIDED
	Drop      Verdict = C.ENTAIL_VERDICT_DROP
	Keep      Verdict = C.ENTAIL_VERDICT_KEEP
)

// Direction is the direction in which a keep reached a trace.
type Direction uint32

// The directions.
const (
	DirectionNone    Direction = C.ENTAIL_DIRECTION_NONE
	DirectionLinked  Direction = C.ENTAIL_DIRECTION_LINKED  // along links, toward causes
	DirectionLinking Direction = C.ENTAIL_DIRECTION_LINKING // against links, toward consequences
	DirectionMixed   Direction = C.ENTAIL_DIRECTION_MIXED   // mode: component
)

// Decision is one record of the decision log.
type Decision struct {
	TraceID              TraceID
	Verdict              Verdict
	Reason               string // policy, link, no_match, drop_policy, too_large
	Policy               string // "" = none
	Loss                 string // "" = none
	IsOrigin             bool   // its own keep spreads
	IsRevived            bool   // it was dropped, and a keep came
	HasOrigin            bool   // OriginTraceID is set
	HasHops              bool   // Hops is set
	OriginTraceID        TraceID
	Direction            Direction
	Hops                 uint32
	Revision             uint32
	DecidedAtNs          int64 // engine time
	Spans                uint64
	NotFollowed          uint64
	LinksDroppedUpstream uint64
	LinkedTotal          uint64
	Path                 []TraceID // the origin first, this trace last
	Linked               []TraceID // ascending, at most 256
	Detail               *Detail   // nil with decisions.detail: ids
	JSON                 []byte    // the record as one JSON object, without a newline
}

// Detail is what a record says of its trace besides the decision. Texts have at most 256 bytes; "" = none.
type Detail struct {
	RootService  string // of the span that carries the reason
	RootName     string
	HasStart     bool     // StartNs is set
	StartNs      int64    // the earliest start of its spans, since 1970
	HasDuration  bool     // DurationNs is set
	DurationNs   int64    // the latest end minus the earliest start
	Services     []string // ascending, at most 16
	Errors       uint64   // spans with status ERROR
	HasError     bool     // the first of them is set
	ErrorService string
	ErrorName    string
	ErrorMessage string
	Bytes        uint64       // span bytes received
	Nearest      []NearPolicy // of a dropped trace, in configuration order
}

// NearPolicy says how close a policy came to keeping a dropped trace.
type NearPolicy struct {
	Policy    string
	Why       string  // for people: 4.9 s of 5 s
	Value     float64 // of the trace, in the unit of the threshold
	Threshold float64
}

// NextDecision takes the oldest waiting decision record (Options.Decisions). It reuses the arrays of decision's slices
// and grows them if needed, so pass the same decision again; only Detail is new each time. It returns false if no
// record waits.
func (e *Engine) NextDecision(decision *Decision) (bool, error) {
	found := false
	err := e.inTurn(func(detail *C.entail_error_t) C.entail_status_t {
		told := C.entail_decision_t{struct_size: C.sizeof_entail_decision_t}
		status := C.entail_poll_decision(e.c, &told, detail)
		if status == C.ENTAIL_OK {
			found = true
			e.copyDecision(&told, decision)
		}
		return status
	})
	return found, err
}

func (e *Engine) copyDecision(from *C.entail_decision_t, to *Decision) {
	*to = Decision{
		TraceID:              *(*TraceID)(unsafe.Pointer(&from.trace_id)),
		Verdict:              Verdict(from.verdict),
		Reason:               e.name(from.reason),
		Policy:               e.name(from.policy),
		Loss:                 e.name(from.loss),
		IsOrigin:             from.flags&C.ENTAIL_DECISION_ORIGIN != 0,
		IsRevived:            from.flags&C.ENTAIL_DECISION_REVIVED != 0,
		HasOrigin:            from.flags&C.ENTAIL_DECISION_HAS_ORIGIN != 0,
		HasHops:              from.flags&C.ENTAIL_DECISION_HAS_HOPS != 0,
		OriginTraceID:        *(*TraceID)(unsafe.Pointer(&from.origin_trace_id)),
		Direction:            Direction(from.direction),
		Hops:                 uint32(from.hops),
		Revision:             uint32(from.revision),
		DecidedAtNs:          int64(from.decided_at_ns),
		Spans:                uint64(from.spans),
		NotFollowed:          uint64(from.not_followed),
		LinksDroppedUpstream: uint64(from.links_dropped_upstream),
		LinkedTotal:          uint64(from.linked_total),
		Path:                 appendIDs(to.Path[:0], from.path, from.path_count),
		Linked:               appendIDs(to.Linked[:0], from.linked, from.linked_count),
		Detail:               e.copyDetail(from),
		JSON:                 append(to.JSON[:0], unsafe.Slice((*byte)(unsafe.Pointer(from.json)), from.json_size)...),
	}
}

func (e *Engine) copyDetail(from *C.entail_decision_t) *Detail {
	if from.flags&C.ENTAIL_DECISION_HAS_DETAIL == 0 {
		return nil
	}
	detail := &Detail{
		RootService:  C.GoString(from.root_service),
		RootName:     C.GoString(from.root_name),
		HasStart:     from.flags&C.ENTAIL_DECISION_HAS_START != 0,
		StartNs:      int64(from.start_ns),
		HasDuration:  from.flags&C.ENTAIL_DECISION_HAS_DURATION != 0,
		DurationNs:   int64(from.duration_ns),
		Errors:       uint64(from.errors),
		HasError:     from.flags&C.ENTAIL_DECISION_HAS_ERROR != 0,
		ErrorService: C.GoString(from.error_service),
		ErrorName:    C.GoString(from.error_name),
		ErrorMessage: C.GoString(from.error_message),
		Bytes:        uint64(from.bytes),
	}
	if from.service_count != 0 {
		for _, service := range unsafe.Slice(from.services, from.service_count) {
			detail.Services = append(detail.Services, C.GoString(service))
		}
	}
	if from.nearest_count != 0 {
		for _, near := range unsafe.Slice(from.nearest, from.nearest_count) {
			detail.Nearest = append(detail.Nearest, NearPolicy{
				Policy: e.name(near.policy), Why: C.GoString(near.why),
				Value: float64(near.value), Threshold: float64(near.threshold),
			})
		}
	}
	return detail
}

func appendIDs(ids []TraceID, bytes *C.uint8_t, count C.uint64_t) []TraceID {
	if count == 0 {
		return ids
	}
	return append(ids, unsafe.Slice((*TraceID)(unsafe.Pointer(bytes)), count)...)
}

// Explain returns why a trace was kept or dropped, and the state of the traces linked to it, as one JSON object: the
// decision record with linked_states and linking_states, at most 256 each, and linking_total. ErrNotFound means that
// the trace was never seen, or is forgotten.
func (e *Engine) Explain(traceID TraceID) ([]byte, error) {
	var json []byte
	err := e.inTurn(func(detail *C.entail_error_t) C.entail_status_t {
		return fill(&json, func(buffer *C.char, room C.size_t, size *C.size_t) C.entail_status_t {
			id := (*C.uint8_t)(unsafe.Pointer(&traceID))
			return C.entail_explain(e.c, id, buffer, room, size, detail)
		})
	})
	return json, err
}

// ToJSON converts an emitted TracesData message to OTLP/JSON on one line.
func ToJSON(batch []byte) ([]byte, error) {
	var json []byte
	var fail failure
	status := fill(&json, func(buffer *C.char, room C.size_t, size *C.size_t) C.entail_status_t {
		return C.entail_otlp_to_json((*C.uint8_t)(pointer(batch)), C.size_t(len(batch)), buffer, room, size, fail.out())
	})
	return json, fail.of(status)
}

// fill calls once for the size and once for the content.
func fill(text *[]byte, call func(*C.char, C.size_t, *C.size_t) C.entail_status_t) C.entail_status_t {
	var size C.size_t
	status := call(nil, 0, &size)
	if status != C.ENTAIL_E_BUFFER {
		return status
	}
	*text = make([]byte, size)
	return call((*C.char)(pointer(*text)), size, &size)
}
