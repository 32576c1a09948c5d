package sampler

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"

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

// Shutdown ends with its context, also when nobody takes what was kept.
func TestShutdownEndsWithItsContext(t *testing.T) {
	stuck := &slowSink{refuse: 1 << 30, failure: errors.New("not now")}
	sampler := start(t, settings("1h", keepAll, nil), stuck)
	if err := take(sampler, captures.Numbered(0, 10, 10)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := sampler.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if time.Since(began) > 5*time.Second {
		t.Errorf("took %v", time.Since(began))
	}
	if lost := sampler.delivery.spansLost.Load(); lost != 10 {
		t.Errorf("%d spans were counted as lost", lost)
	}
}
