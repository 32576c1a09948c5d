package entail

/*
#include <entail/entail.h>
*/
import "C"

// Statistics are counts since the engine was opened. Spans: Received = Emitted + Dropped + Rejected + Lost + Held,
// where Held counts pending and retained spans, and those of batches that the Sink has not accepted or acknowledged
// yet.
type Statistics struct {
	Spans  SpanCounts
	Traces TraceCounts
	Links  LinkCounts
	Memory MemoryBytes
	Output OutputCounts
	Lanes  LaneCounts

	// RankSeed is links.propagate.rank_seed, or the random value drawn when the engine was opened.
	RankSeed uint64
}

// SpanCounts counts spans.
type SpanCounts struct{ Received, Emitted, Dropped, Rejected, Lost, Held uint64 }

// TraceCounts counts traces. A trace that was dropped and later revived counts as kept, no longer as dropped.
type TraceCounts struct{ Received, Kept, Dropped, Pending, KeptByLink, Origins, Revived uint64 }

// LinkCounts counts links.
type LinkCounts struct {
	Received, Edges, SameTrace, NullTarget, Invalid uint64
	BadTraceState, Duplicates, SampledSpans         uint64
	Emitted, Dropped, Restored, Held                uint64
}

// MemoryBytes is the engine's memory; memory_limit bounds the total. ProcessPeak is the largest resident set of the
// whole process so far.
type MemoryBytes struct{ Spans, Graph, Records, Total, Peak, ProcessPeak uint64 }

// OutputCounts describes the batches that the Sink has not accepted yet. Unacknowledged ones are deferred; the other
// counts include them. WaitingBytes are a part of the memory's total.
type OutputCounts struct {
	WaitingBatches, WaitingSpans, WaitingBytes uint64
	UnacknowledgedBatches                      uint64
	RepeatedOffers                             uint64 // of batches that were offered before
}

// LaneCounts describes callers inside Ingest. A stalled caller has been inside one call for more than two ticks and
// keeps memory from being released until it returns; StalledTicks is the number of ticks of the longest call.
type LaneCounts struct{ InUse, Stalled, StalledTicks uint64 }

// Statistics returns the counts so far.
func (e *Engine) Statistics() (Statistics, error) {
	s := C.entail_statistics_t{struct_size: C.sizeof_entail_statistics_t}
	err := e.inTurn(func(detail *C.entail_error_t) C.entail_status_t { return C.entail_statistics(e.c, &s, detail) })
	if err != nil {
		return Statistics{}, err
	}
	return Statistics{
		Spans: SpanCounts{
			Received: uint64(s.spans_received), Emitted: uint64(s.spans_emitted), Dropped: uint64(s.spans_dropped),
			Rejected: uint64(s.spans_rejected), Lost: uint64(s.spans_lost), Held: uint64(s.spans_held),
		},
		Traces: TraceCounts{
			Received: uint64(s.traces_received), Kept: uint64(s.traces_kept), Dropped: uint64(s.traces_dropped),
			Pending: uint64(s.traces_pending), KeptByLink: uint64(s.traces_kept_by_link),
			Origins: uint64(s.traces_origin), Revived: uint64(s.traces_revived),
		},
		Links: LinkCounts{
			Received: uint64(s.links_received), Edges: uint64(s.links_edges), SameTrace: uint64(s.links_same_trace),
			NullTarget: uint64(s.links_null_target), Invalid: uint64(s.links_invalid),
			BadTraceState: uint64(s.links_bad_tracestate), Duplicates: uint64(s.links_duplicates),
			SampledSpans: uint64(s.links_sampled_spans), Emitted: uint64(s.links_emitted),
			Dropped: uint64(s.links_dropped), Restored: uint64(s.links_restored), Held: uint64(s.links_held),
		},
		Memory: MemoryBytes{
			Spans: uint64(s.memory_spans_bytes), Graph: uint64(s.memory_graph_bytes),
			Records: uint64(s.memory_records_bytes),
			Total:   uint64(s.memory_total_bytes), Peak: uint64(s.memory_peak_bytes),
			ProcessPeak: uint64(s.memory_process_peak_bytes),
		},
		Output: OutputCounts{
			WaitingBatches: uint64(s.output_waiting_batches), WaitingSpans: uint64(s.output_waiting_spans),
			WaitingBytes:          uint64(s.output_waiting_bytes),
			UnacknowledgedBatches: uint64(s.output_unacknowledged_batches),
			RepeatedOffers:        uint64(s.output_repeated_offers),
		},
		Lanes: LaneCounts{
			InUse: uint64(s.lanes_in_use), Stalled: uint64(s.lanes_stalled),
			StalledTicks: uint64(s.lanes_stalled_ticks),
		},
		RankSeed: uint64(s.rank_seed),
	}, nil
}

// Count is a named count.
type Count struct {
	Name  string
	Count uint64
}

// Losses returns the count of every loss of the loss table, zeros included, always in the order of LossTable.
func (e *Engine) Losses() ([]Count, error) { return e.counts(C.ENTAIL_COUNTS_LOSSES) }

// KeptByPolicy counts traces by the policy that kept them, in the order of the configuration.
func (e *Engine) KeptByPolicy() ([]Count, error) { return e.counts(C.ENTAIL_COUNTS_KEPT_BY_POLICY) }

// SpansRejected counts rejected spans, by reason.
func (e *Engine) SpansRejected() ([]Count, error) { return e.counts(C.ENTAIL_COUNTS_SPANS_REJECTED) }

// LinksInvalid counts invalid links, by reason.
func (e *Engine) LinksInvalid() ([]Count, error) { return e.counts(C.ENTAIL_COUNTS_LINKS_INVALID) }

// SpansLost counts lost spans, by loss.
func (e *Engine) SpansLost() ([]Count, error) { return e.counts(C.ENTAIL_COUNTS_SPANS_LOST) }

// KeptByLink counts traces that a link kept, by direction and hops: "linked/1", "mixed/3".
func (e *Engine) KeptByLink() ([]Count, error) { return e.counts(C.ENTAIL_COUNTS_KEPT_BY_LINK) }

// KeptByLag counts kept traces by the engine time from the arrival of their first span to the decision. Rows are named
// by their upper bounds in seconds, "1", "2", "5", ..., "+Inf", and do not include the rows before. All rows are always
// present.
func (e *Engine) KeptByLag() ([]Count, error) { return e.counts(C.ENTAIL_COUNTS_KEPT_BY_LAG) }

func (e *Engine) counts(table C.uint32_t) ([]Count, error) {
	var named []Count
	err := e.inTurn(func(detail *C.entail_error_t) C.entail_status_t {
		room := make([]C.entail_named_count_t, 64)
		var count C.size_t
		status := C.entail_counts(e.c, table, &room[0], C.size_t(len(room)), &count, detail)
		if status == C.ENTAIL_E_BUFFER {
			room = make([]C.entail_named_count_t, count)
			status = C.entail_counts(e.c, table, &room[0], C.size_t(len(room)), &count, detail)
		}
		if status != C.ENTAIL_OK {
			return status
		}
		named = make([]Count, count)
		for i, told := range room[:count] {
			named[i] = Count{Name: e.name(told.name), Count: uint64(told.count)}
		}
		return status
	})
	return named, err
}

// Loss is a row of the loss table, for help texts and metrics.
type Loss struct {
	Name     string
	Severity string // info, warning, error
	Help     string
}

// LossTable returns all losses.
func LossTable() []Loss {
	var table []Loss
	for index := C.uint32_t(0); ; index++ {
		info := C.entail_loss_info_t{struct_size: C.sizeof_entail_loss_info_t}
		if C.entail_loss_info(index, &info, nil) != C.ENTAIL_OK {
			return table
		}
		table = append(table, Loss{
			Name:     C.GoString(info.name),
			Severity: C.GoString(info.severity),
			Help:     C.GoString(info.help),
		})
	}
}
