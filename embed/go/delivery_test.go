package entail

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// sinkFunc is a Sink that is a function, and copies what it was offered.
type sinkFunc struct {
	answer func(*OutputBatch) Answer
	ids    []uint64
	copies []string
}

func (s *sinkFunc) OnBatch(batch *OutputBatch) Answer {
	s.ids = append(s.ids, batch.ID)
	s.copies = append(s.copies, string(batch.Bytes))
	return s.answer(batch)
}

const keepAtOnce = `
tail_sampling:
  decision_wait: 0s
  policies: [{name: all, type: always_sample}]
memory_limit: 16MiB
`

func keepOne(t *testing.T, engine *Engine, trace int, payloadBytes int) {
	t.Helper()
	if _, err := engine.IngestJSON(requestOf(trace-1, 1, payloadBytes)); err != nil {
		t.Fatal(err)
	}
	if err := engine.Tick(int64(trace) * 1e9); err != nil {
		t.Fatal(err)
	}
}

func statisticsOf(t *testing.T, engine *Engine) Statistics {
	t.Helper()
	statistics, err := engine.Statistics()
	if err != nil {
		t.Fatal(err)
	}
	spans := statistics.Spans
	if spans.Received != spans.Emitted+spans.Dropped+spans.Rejected+spans.Lost+spans.Held {
		t.Errorf("%+v", spans)
	}
	return statistics
}

func TestASinkGetsEveryTraceAsAMessage(t *testing.T) {
	sink := &sinkFunc{}
	var traces []OutputTrace
	sink.answer = func(batch *OutputBatch) Answer {
		var all []byte
		for _, trace := range batch.Traces {
			text, err := ToJSON(trace.Bytes)
			if id := fmt.Sprintf("%x", trace.TraceID); err != nil || strings.Count(string(text), id) != int(trace.Spans) {
				t.Errorf("%s is not of %s: %v", text, id, err)
			}
			all = append(all, trace.Bytes...)
			trace.Bytes = nil
			traces = append(traces, trace)
		}
		if !bytes.Equal(all, batch.Bytes) || batch.Spans != uint64(len(batch.Traces)) {
			t.Error("the traces are not the batch")
		}
		return Accepted
	}
	engine := open(t, keepAtOnce, Options{Sink: sink})
	if _, err := engine.IngestJSON(requestOf(0, 3, 10)); err != nil {
		t.Fatal(err)
	}
	if err := engine.Tick(1e9); err != nil {
		t.Fatal(err)
	}
	keepOne(t, engine, 2, 10) // late
	want := []OutputTrace{
		{TraceID: TraceID{15: 1}, Spans: 1, IsFirst: true}, {TraceID: TraceID{15: 2}, Spans: 1, IsFirst: true},
		{TraceID: TraceID{15: 3}, Spans: 1, IsFirst: true}, {TraceID: TraceID{15: 2}, Spans: 1},
	}
	if !slices.EqualFunc(traces, want, func(a, b OutputTrace) bool {
		return a.TraceID == b.TraceID && a.Spans == b.Spans && a.IsFirst == b.IsFirst && a.Continues == b.Continues
	}) {
		t.Errorf("%+v", traces)
	}
	if statistics := statisticsOf(t, engine); statistics.Spans.Emitted != 4 {
		t.Errorf("%+v", statistics)
	}
}

func TestADeclinedBatchIsOfferedAgain(t *testing.T) {
	sink := &sinkFunc{answer: func(*OutputBatch) Answer { return Declined }}
	engine := open(t, keepAtOnce, Options{Sink: sink})
	keepOne(t, engine, 1, 10)
	keepOne(t, engine, 2, 10)
	statistics := statisticsOf(t, engine)
	if output := statistics.Output; output.WaitingBatches != 2 || output.WaitingSpans != 2 || output.WaitingBytes == 0 ||
		output.UnacknowledgedBatches != 0 || output.RepeatedOffers != 1 || statistics.Spans.Held != 2 {
		t.Errorf("%+v", statistics)
	}
	if err := engine.Drain(3e9); err != nil {
		t.Fatal(err)
	}
	if waiting, err := engine.OfferOutput(); waiting != 2 || err != nil {
		t.Error(waiting, err)
	}
	sink.answer = func(*OutputBatch) Answer { return Accepted }
	if waiting, err := engine.OfferOutput(); waiting != 0 || err != nil {
		t.Error(waiting, err)
	}
	if want := []uint64{1, 1, 1, 1, 1, 2}; !slices.Equal(sink.ids, want) {
		t.Errorf("offered %v", sink.ids)
	}
	if statistics := statisticsOf(t, engine); statistics.Spans.Emitted != 2 || statistics.Output.WaitingBytes != 0 {
		t.Errorf("%+v", statistics)
	}
}

func TestDeferredBatchesAreAcknowledgedByAnyGoroutine(t *testing.T) {
	sink := &sinkFunc{}
	engine := open(t, keepAtOnce, Options{Sink: sink})
	var working sync.WaitGroup
	failedOnce := make(map[uint64]bool)
	sink.answer = func(batch *OutputBatch) Answer {
		offered, want := *batch, string(batch.Bytes)
		outcome := Delivered
		if batch.ID%3 == 0 && !failedOnce[batch.ID] {
			failedOnce[batch.ID] = true
			outcome = Failed
		}
		working.Add(1)
		go func() {
			defer working.Done()
			if string(offered.Bytes) != want {
				t.Error("a deferred batch has changed")
			}
			if err := engine.Acknowledge(offered.ID, outcome); err != nil {
				t.Error(offered.ID, err)
			}
		}()
		return Deferred
	}
	const batches = 30
	for trace := range batches {
		keepOne(t, engine, trace+1, 100)
	}
	if err := engine.Drain(1e18); err != nil {
		t.Fatal(err)
	}
	for {
		working.Wait()
		if waiting, err := engine.OfferOutput(); err != nil {
			t.Fatal(err)
		} else if waiting == 0 {
			break
		}
	}
	if len(sink.ids) != batches+batches/3 {
		t.Errorf("%d offers", len(sink.ids))
	}
	if err := engine.Acknowledge(1, Delivered); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if statistics := statisticsOf(t, engine); statistics.Spans.Emitted != batches {
		t.Errorf("%+v", statistics)
	}
	engine.Close()
	if err := engine.Acknowledge(1, Delivered); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// Close waits for the Tick around OnBatch, and must not make OnBatch wait.
func TestAcknowledgeInOnBatchWhileCloseWaits(t *testing.T) {
	sink := &sinkFunc{}
	engine := open(t, keepAtOnce, Options{Sink: sink})
	closed := make(chan struct{})
	sink.answer = func(batch *OutputBatch) Answer {
		go func() {
			engine.Close()
			close(closed)
		}()
		for engine.open.TryRLock() { // until Close waits
			engine.open.RUnlock()
		}
		if err := engine.Acknowledge(batch.ID, Delivered); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		return Deferred
	}
	keepOne(t, engine, 1, 10)
	<-closed
}

func TestAPanicOfTheSinkReachesTheCallerOfTick(t *testing.T) {
	sink := &sinkFunc{answer: func(*OutputBatch) Answer { panic("no network") }}
	engine := open(t, keepAtOnce, Options{Sink: sink})
	if _, err := engine.IngestJSON(requestOf(0, 1, 10)); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if cause := recover(); cause != "no network" {
				t.Error(cause)
			}
		}()
		_ = engine.Tick(1e9)
		t.Error("Tick returned")
	}()
	sink.answer = func(*OutputBatch) Answer { return Accepted }
	if waiting, err := engine.OfferOutput(); waiting != 0 || err != nil {
		t.Error(waiting, err)
	}
	if want := []uint64{1, 1}; !slices.Equal(sink.ids, want) || sink.copies[0] != sink.copies[1] {
		t.Errorf("offered %v", sink.ids)
	}
}

func TestOutputBeyondTheBoundIsLostAndNamed(t *testing.T) {
	sink := &sinkFunc{answer: func(*OutputBatch) Answer { return Declined }}
	engine := open(t, keepAtOnce, Options{Sink: sink})
	for trace := range 30 {
		keepOne(t, engine, trace+1, 100_000)
	}
	statistics := statisticsOf(t, engine)
	lost, err := engine.SpansLost()
	if err != nil || len(lost) != 1 || lost[0].Name != "output_full" ||
		lost[0].Count+statistics.Output.WaitingSpans != 30 {
		t.Error(lost, err)
	}
}
