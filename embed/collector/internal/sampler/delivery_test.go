package sampler

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"entail.dev/collector/internal/captures"
	"entail.dev/entail"
)

// slowSink takes its time, and refuses for a while before it takes anything.
type slowSink struct {
	consumertest.TracesSink
	mutex   sync.Mutex
	refuse  int
	failure error
	delay   time.Duration
}

func (s *slowSink) ConsumeTraces(ctx context.Context, traces ptrace.Traces) error {
	s.mutex.Lock()
	refused := s.refuse > 0
	s.refuse--
	s.mutex.Unlock()
	if refused {
		traces.ResourceSpans().RemoveIf(func(ptrace.ResourceSpans) bool { return true })
		return s.failure
	}
	select {
	case <-time.After(s.delay):
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.TracesSink.ConsumeTraces(ctx, traces)
}

// 10,000 traces that one tick keeps all arrive, once each and in few batches, though the consumer is slow and refuses
// at first; meanwhile intake goes on.
func TestSlowConsumerGetsEverything(t *testing.T) {
	sink := &slowSink{refuse: 3, failure: errors.New("sending queue is full"), delay: 300 * time.Millisecond}
	sampler := start(t, settings("1ms", keepAll, nil), sink)
	const all = 10_000
	var senders sync.WaitGroup
	for sender := range 4 {
		senders.Add(1)
		go func() {
			defer senders.Done()
			for i := range 10 {
				began := time.Now()
				err := take(sampler, captures.Numbered((sender*10+i)*all/40, all/40, 500))
				if err != nil || time.Since(began) > 5*time.Second {
					t.Error(time.Since(began), err)
				}
			}
		}()
	}
	senders.Wait()
	shutdown(t, sampler)
	got := captures.SpansByTrace(sink.AllTraces())
	if len(got) != all || sink.SpanCount() != all {
		t.Errorf("%d spans of %d traces, want %d", sink.SpanCount(), len(got), all)
	}
	if calls := len(sink.AllTraces()); calls < 2 || calls > 100 {
		t.Errorf("the consumer was called %d times", calls)
	}
}

// With a consumer that is stuck, memory_limit is spent in the end: the error may be tried again, and what was taken in
// arrives when the consumer works again.
func TestSpentMemoryPushesBack(t *testing.T) {
	stuck := &slowSink{refuse: 1 << 30, failure: errors.New("not now")}
	sampler := start(t, settings("1h", keepErrors, map[string]any{"memory_limit": "16MiB",
		"retain": map[string]any{"window": "1h"}}), stuck)
	sampler.delivery.waitingBytes.Add(undeliveredBytesMax) // as if so much waited: no tick relieves the engine
	var refused error
	for i := 0; i < 1000 && refused == nil; i++ {
		refused = take(sampler, captures.Numbered(i*100, 100, 1000))
	}
	if !errors.Is(refused, entail.ErrNoRoom) || IsForGood(refused) {
		t.Fatalf("got %v", refused)
	}
	sampler.delivery.waitingBytes.Add(-undeliveredBytesMax)
	for tries := 0; refused != nil && tries < 8; tries++ {
		refused = take(sampler, captures.Numbered(1e6, 100, 1000))
	}
	if refused != nil {
		t.Error("with room again: ", refused)
	}
}

// stubborn does not return from a call, whatever its context says.
type stubborn struct{ consumertest.TracesSink }

func (s *stubborn) ConsumeTraces(context.Context, ptrace.Traces) error { select {} }

// Shutdown ends with its context or with shutdown_timeout, whichever is first, also when nobody takes what was kept. The
// losses are logged once, as a total.
func TestShutdownEndsInTime(t *testing.T) {
	failing := &slowSink{refuse: 1 << 30, failure: errors.New("not now")}
	slow := &slowSink{delay: time.Hour}
	background := func() (context.Context, context.CancelFunc) { return context.WithCancel(context.Background()) }
	short := func() (context.Context, context.CancelFunc) {
		return context.WithTimeout(context.Background(), 200*time.Millisecond)
	}
	for name, each := range map[string]struct {
		next    consumer.Traces
		timeout string
		context func() (context.Context, context.CancelFunc)
	}{
		"failing, context":                  {failing, "1h", short},
		"failing, timeout":                  {failing, "200ms", background},
		"slow, context":                     {slow, "1h", short},
		"slow, timeout":                     {slow, "200ms", background},
		"ignores cancellation, timeout":     {new(stubborn), "200ms", background},
		"ignores cancellation, and context": {new(stubborn), "1h", short},
	} {
		core, logs := observer.New(zap.InfoLevel)
		set := nopSettings()
		set.Telemetry.Logger = zap.New(core)
		values := settings("1h", keepAll, map[string]any{keyShutdownTimeout: each.timeout})
		sampler := started(t, values, each.next, set)
		if err := take(sampler, captures.Numbered(0, 3000, 1000)); err != nil { // several batches
			t.Fatal(err)
		}
		ctx, cancel := each.context()
		began := time.Now()
		if err := sampler.Shutdown(ctx); err != nil {
			t.Error(name, err)
		}
		cancel()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		if lost, waiting := sampler.delivery.spansLost.Load(), sampler.delivery.bytes(); lost != 3000 || waiting != 0 {
			t.Errorf("%s: %d spans were counted as lost, %d bytes wait", name, lost, waiting)
		}
		entries := logs.FilterMessageSnippet("lost").All()
		if len(entries) != 1 || entries[0].ContextMap()["kept_spans_undelivered"] != uint64(3000) {
			t.Errorf("%s: %v", name, entries)
		}
	}
}

func TestDroppedPendingTracesAreLogged(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	set := nopSettings()
	set.Telemetry.Logger = zap.New(core)
	sampler := started(t, settings("1h", keepAll, map[string]any{keyDropPending: true}), consumertest.NewNop(), set)
	if err := take(sampler, captures.Numbered(0, 12, 10)); err != nil {
		t.Fatal(err)
	}
	shutdown(t, sampler)
	entries := logs.FilterMessageSnippet("lost").All()
	if len(entries) != 1 || entries[0].Level != zap.WarnLevel ||
		entries[0].ContextMap()["pending_traces_dropped"] != uint64(12) {
		t.Error(entries)
	}
}

// A request that finds no room runs ticks. When these make none, further requests wait for the next regular tick.
func TestRefusedRequestsDoNotEachTick(t *testing.T) {
	sampler := start(t, settings("1h", keepAll, nil), consumertest.NewNop())
	refuse := func(*entail.Engine, []byte) (entail.Receipt, error) { return entail.Receipt{}, entail.ErrNoRoom }
	began, before := time.Now(), sampler.ticks.Load()
	for range 1000 {
		if _, err := sampler.Ingest(refuse, nil); !errors.Is(err, entail.ErrNoRoom) {
			t.Fatal(err)
		}
	}
	regular := uint64(time.Since(began)/tickInterval) + 1
	if ticks := sampler.ticks.Load() - before; ticks < roomTries || ticks > regular*(roomTries+1) {
		t.Errorf("%d ticks for 1000 refused requests in %v", ticks, time.Since(began))
	}
	calls := 0
	late := func(*entail.Engine, []byte) (entail.Receipt, error) {
		if calls++; calls%(roomTries+1) != 0 {
			return entail.Receipt{}, entail.ErrNoRoom
		}
		return entail.Receipt{}, nil
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if calls = 0; time.Now().After(deadline) {
			t.Fatal("no request runs ticks any more")
		}
		if _, err := sampler.Ingest(late, nil); err == nil {
			break
		}
	}
}
