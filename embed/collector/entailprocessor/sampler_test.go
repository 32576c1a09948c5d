package entailprocessor

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"entail.dev/entail"
)

const (
	root          = "../../.."
	entailProgram = root + "/build/release/bin/entail"
	demoCapture   = root + "/tests/golden/otel_demo_capture/otel_demo_2024-10-30.mixed.jsonl"
)

func settings(wait string, policy map[string]any, more map[string]any) map[string]any {
	all := map[string]any{"decision_wait": wait, "policies": []any{policy}}
	maps.Copy(all, more)
	return all
}

var (
	keepErrors = map[string]any{"name": "errors", "type": "status_code",
		"status_code": map[string]any{"status_codes": []any{"ERROR"}}}
	keepAll = map[string]any{"name": "all", "type": "always_sample"}
)

func configOf(t *testing.T, values map[string]any) *Config {
	t.Helper()
	config := NewFactory().CreateDefaultConfig().(*Config)
	if err := confmap.NewFromStringMap(values).Unmarshal(config); err != nil {
		t.Fatal(err)
	}
	return config
}

func started(t *testing.T, values map[string]any, next consumer.Traces, set processor.Settings) processor.Traces {
	t.Helper()
	sampler, err := NewFactory().CreateTraces(context.Background(), set, configOf(t, values), next)
	if err != nil {
		t.Fatal(err)
	}
	if err := sampler.Start(context.Background(), componenttest.NewNopHost()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, sampler) })
	return sampler
}

func start(t *testing.T, values map[string]any, next consumer.Traces) processor.Traces {
	return started(t, values, next, processortest.NewNopSettings(componentType))
}

func shutdown(t *testing.T, sampler processor.Traces) {
	t.Helper()
	if err := sampler.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

// tracesOf is `count` traces of one span each, their IDs numbered from `from`.
func tracesOf(from, count, payloadBytes int) ptrace.Traces {
	traces := ptrace.NewTraces()
	spans := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for i := range count {
		var traceID pcommon.TraceID
		binary.BigEndian.PutUint64(traceID[8:], uint64(from+i+1))
		span := spans.AppendEmpty()
		span.SetTraceID(traceID)
		span.SetSpanID(pcommon.SpanID{1})
		span.SetName("s")
		span.SetStartTimestamp(1)
		span.SetEndTimestamp(2)
		span.Attributes().PutStr("payload", strings.Repeat("x", payloadBytes))
	}
	return traces
}

// spansOf counts spans by trace.
func spansOf(all []ptrace.Traces) map[string]int {
	counts := map[string]int{}
	for _, traces := range all {
		for _, resource := range traces.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					counts[span.TraceID().String()]++
				}
			}
		}
	}
	return counts
}

func readCapture(t *testing.T, path string) []ptrace.Traces {
	t.Helper()
	bytes, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var requests []ptrace.Traces
	for len(bytes) > 0 {
		size := binary.BigEndian.Uint32(bytes)
		traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(bytes[4 : 4+size])
		if err != nil {
			t.Fatal(err)
		}
		requests = append(requests, traces)
		bytes = bytes[4+size:]
	}
	return requests
}

// readLines reads the traces of a capture in JSON lines.
func readLines(t *testing.T, path string) []ptrace.Traces {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var requests []ptrace.Traces
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line[:min(len(line), 40)], `"resourceSpans"`) {
			continue // metrics and logs
		}
		traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		requests = append(requests, traces)
	}
	return requests
}

// keptByCommand is what `entail sample` keeps of a capture with the same configuration.
func keptByCommand(t *testing.T, config map[string]any, capture string) map[string]int {
	t.Helper()
	yaml, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	settings, kept := filepath.Join(folder, "entail.yaml"), filepath.Join(folder, "kept")
	if err := os.WriteFile(settings, yaml, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(entailProgram, "sample", "-c", settings, capture, "-o", kept, "--to", "proto-u32be")
	if told, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, told)
	}
	return spansOf(readCapture(t, kept))
}

// Through pdata and back the same spans are kept as by the command, of every capture; the rest is decided at shutdown.
func TestKeepsWhatTheCommandKeeps(t *testing.T) {
	if _, err := os.Stat(entailProgram); err != nil {
		t.Skip("not built: ", entailProgram)
	}
	captures, err := filepath.Glob(root + "/tests/golden/sdk/*.otlp.bin")
	if err != nil || len(captures) < 10 {
		t.Fatal("captures are missing: ", captures, err)
	}
	captures = append(captures, demoCapture)
	keptByLink := false
	for _, mode := range []string{"cone", "component", "none"} {
		links := map[string]any{"propagate": map[string]any{"mode": mode, "max_hops": 8}}
		values := settings("168h", keepErrors, map[string]any{"links": links})
		same := map[string]any{"tail_sampling": settings("168h", keepErrors, nil), "links": links}
		for _, capture := range captures {
			want := keptByCommand(t, same, capture)
			sink := new(consumertest.TracesSink)
			sampler := start(t, values, sink)
			read := readCapture
			if strings.HasSuffix(capture, ".jsonl") {
				read = readLines
			}
			for _, request := range read(t, capture) {
				if err := sampler.ConsumeTraces(context.Background(), request); err != nil {
					t.Fatal(err)
				}
			}
			shutdown(t, sampler)
			if got := spansOf(sink.AllTraces()); !maps.Equal(got, want) {
				t.Errorf("%s, %s: kept %v, want %v", capture, mode, got, want)
			}
			if capture == demoCapture && len(want) < 59 { // traces with an error
				t.Errorf("%d traces of the demo were kept", len(want))
			}
			keptByLink = keptByLink || mode == "cone" && len(want) > 2
		}
	}
	if !keptByLink {
		t.Error("no capture kept anything along links")
	}
}

func TestTicksByItself(t *testing.T) {
	sink := new(consumertest.TracesSink)
	sampler := start(t, settings("100ms", keepAll, nil), sink)
	if err := sampler.ConsumeTraces(context.Background(), tracesOf(0, 5, 10)); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); sink.SpanCount() < 5; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of 5 spans came", sink.SpanCount())
		}
	}
}

func TestShutdownDecidesWhatIsPending(t *testing.T) {
	for _, drop := range []bool{false, true} {
		sink := new(consumertest.TracesSink)
		sampler := start(t, settings("1h", keepAll, map[string]any{keyDropPending: drop}), sink)
		if err := sampler.ConsumeTraces(context.Background(), tracesOf(0, 1000, 10)); err != nil {
			t.Fatal(err)
		}
		shutdown(t, sampler)
		shutdown(t, sampler)
		want := 1000
		if drop {
			want = 0
		}
		if sink.SpanCount() != want {
			t.Errorf("%s: %v: %d spans, want %d", keyDropPending, drop, sink.SpanCount(), want)
		}
		err := sampler.ConsumeTraces(context.Background(), tracesOf(0, 1, 1))
		if !errors.Is(err, entail.ErrClosed) {
			t.Error("after Shutdown: ", err)
		}
	}
}

// What was taken in while Shutdown began is delivered; what was refused is not.
func TestNothingTakenInIsLostAtShutdown(t *testing.T) {
	sink := new(consumertest.TracesSink)
	sampler := start(t, settings("1h", keepAll, nil), sink)
	var senders sync.WaitGroup
	var taken atomic.Int64
	begun := make(chan struct{}, 4)
	for sender := range 4 {
		senders.Add(1)
		go func() {
			defer senders.Done()
			for i := 0; ; i++ {
				err := sampler.ConsumeTraces(context.Background(), tracesOf((sender<<20+i)*10, 10, 10))
				if i == 20 {
					begun <- struct{}{}
				}
				if err != nil {
					if !errors.Is(err, entail.ErrClosed) {
						t.Error(err)
					}
					return
				}
				taken.Add(10)
			}
		}()
	}
	for range 4 {
		<-begun
	}
	shutdown(t, sampler)
	senders.Wait()
	if int64(sink.SpanCount()) != taken.Load() || taken.Load() < 800 {
		t.Errorf("%d spans were taken in, %d delivered", taken.Load(), sink.SpanCount())
	}
}

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
				err := sampler.ConsumeTraces(context.Background(), tracesOf((sender*10+i)*all/40, all/40, 500))
				if err != nil || time.Since(began) > 5*time.Second {
					t.Error(time.Since(began), err)
				}
			}
		}()
	}
	senders.Wait()
	shutdown(t, sampler)
	got := spansOf(sink.AllTraces())
	if len(got) != all || sink.SpanCount() != all {
		t.Errorf("%d spans of %d traces, want %d", sink.SpanCount(), len(got), all)
	}
	if calls := len(sink.AllTraces()); calls < 2 || calls > 100 {
		t.Errorf("the consumer was called %d times", calls)
	}
}

func TestPermanentRefusalIsCounted(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	defer func() { _ = telemetry.Shutdown(context.Background()) }()
	set := processortest.NewNopSettings(componentType)
	set.TelemetrySettings = telemetry.NewTelemetrySettings()
	sink := &slowSink{refuse: 1, failure: consumererror.NewPermanent(errors.New("never"))}
	sampler := started(t, settings("1ms", keepAll, nil), sink, set)
	if err := sampler.ConsumeTraces(context.Background(), tracesOf(0, 7, 10)); err != nil {
		t.Fatal(err)
	}
	waitFor(t, telemetry, prefixOwn+"spans_undelivered", 7)
}

// With a consumer that is stuck, memory_limit is spent in the end: the error may be tried again, and what was taken in
// arrives when the consumer works again.
func TestSpentMemoryPushesBack(t *testing.T) {
	stuck := &slowSink{refuse: 1 << 30, failure: errors.New("not now")}
	sampler := start(t, settings("1h", keepErrors, map[string]any{"memory_limit": "16MiB",
		"retain": map[string]any{"window": "1h"}}), stuck)
	limited := sampler.(*traceSampler)
	limited.delivery.waitingBytes.Add(undeliveredBytesMax) // as if so much waited: no tick relieves the engine
	var refused error
	for i := 0; i < 1000 && refused == nil; i++ {
		refused = sampler.ConsumeTraces(context.Background(), tracesOf(i*100, 100, 1000))
	}
	if !errors.Is(refused, entail.ErrNoRoom) || consumererror.IsPermanent(refused) {
		t.Fatalf("got %v", refused)
	}
	limited.delivery.waitingBytes.Add(-undeliveredBytesMax)
	for tries := 0; refused != nil && tries < 8; tries++ {
		refused = sampler.ConsumeTraces(context.Background(), tracesOf(1e6, 100, 1000))
	}
	if refused != nil {
		t.Error("with room again: ", refused)
	}
}

// Shutdown ends with its context, also when nobody takes what was kept.
func TestShutdownEndsWithItsContext(t *testing.T) {
	stuck := &slowSink{refuse: 1 << 30, failure: errors.New("not now")}
	sampler := start(t, settings("1h", keepAll, nil), stuck)
	if err := sampler.ConsumeTraces(context.Background(), tracesOf(0, 10, 10)); err != nil {
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
	if lost := sampler.(*traceSampler).delivery.spansLost.Load(); lost != 10 {
		t.Errorf("%d spans were counted as lost", lost)
	}
}

func TestInstancesDoNotMix(t *testing.T) {
	var sinks [3]consumertest.TracesSink
	var all []processor.Traces
	for i := range sinks {
		all = append(all, start(t, settings("1h", keepAll, nil), &sinks[i]))
	}
	for i, sampler := range all {
		if err := sampler.ConsumeTraces(context.Background(), tracesOf(i*100, i+1, 10)); err != nil {
			t.Fatal(err)
		}
	}
	for i, sampler := range all {
		shutdown(t, sampler)
		if sinks[i].SpanCount() != i+1 {
			t.Errorf("instance %d: %d spans", i, sinks[i].SpanCount())
		}
	}
}

func TestDecisionLogHasEveryDecision(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	values := settings("1h", keepErrors, map[string]any{keyDecisionLog: path})
	sampler := start(t, values, new(consumertest.TracesSink))
	for _, request := range readCapture(t, root+"/tests/golden/sdk/py_batch_producer_error.otlp.bin") {
		if err := sampler.ConsumeTraces(context.Background(), request); err != nil {
			t.Fatal(err)
		}
	}
	shutdown(t, sampler)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]int{}
	for line := range strings.Lines(string(text)) {
		var record struct{ Reason string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(line, err)
		}
		reasons[record.Reason]++
	}
	want := map[string]int{"policy": 1, "link": 3, "no_match": 14}
	if !maps.Equal(reasons, want) {
		t.Errorf("got %v, want %v", reasons, want)
	}

	values[keyDecisionLog] = filepath.Join(t.TempDir(), "missing", "decisions.jsonl")
	faulty, err := NewFactory().CreateTraces(context.Background(), processortest.NewNopSettings(componentType),
		configOf(t, values), new(consumertest.TracesSink))
	if err != nil {
		t.Fatal(err)
	}
	if err := faulty.Start(context.Background(), componenttest.NewNopHost()); err == nil ||
		!strings.Contains(err.Error(), keyDecisionLog) {
		t.Error(err)
	}
	shutdown(t, faulty)
}

// sums reads a metric: by attribute set, without the processor's name.
func sums(t *testing.T, telemetry *componenttest.Telemetry, name string) map[string]int64 {
	t.Helper()
	got, err := telemetry.GetMetric(name)
	if err != nil {
		return nil
	}
	var points []metricdata.DataPoint[int64]
	switch data := got.Data.(type) {
	case metricdata.Sum[int64]:
		points = data.DataPoints
	case metricdata.Gauge[int64]:
		points = data.DataPoints
	}
	values := map[string]int64{}
	for _, point := range points {
		var key []string
		for _, attribute := range point.Attributes.ToSlice() {
			if attribute.Key != "processor" {
				key = append(key, fmt.Sprintf("%s=%v", attribute.Key, attribute.Value.AsInterface()))
			}
		}
		slices.Sort(key)
		values[strings.Join(key, " ")] = point.Value
	}
	return values
}

func waitFor(t *testing.T, telemetry *componenttest.Telemetry, name string, want int64) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for sums(t, telemetry, name)[""] != want {
		if time.Now().After(deadline) {
			t.Fatalf("%s: got %v, want %d", name, sums(t, telemetry, name), want)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestMetricsTellWhatWasDecided(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	defer func() { _ = telemetry.Shutdown(context.Background()) }()
	set := processortest.NewNopSettings(componentType)
	set.TelemetrySettings = telemetry.NewTelemetrySettings()
	sampler := started(t, settings("1ms", keepErrors, nil), new(consumertest.TracesSink), set)
	for _, request := range readCapture(t, root+"/tests/golden/sdk/py_batch_producer_error.otlp.bin") {
		if err := sampler.ConsumeTraces(context.Background(), request); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, telemetry, prefixTailSampling+"new_trace_id_received", 18)
	waitFor(t, telemetry, prefixOwn+"traces_pending", 0)
	waitFor(t, telemetry, prefixOwn+"traces_kept_by_link", 3)
	waitFor(t, telemetry, prefixOwn+"spans_received", 44)
	decided := sums(t, telemetry, prefixTailSampling+"global_count_traces_sampled")
	if decided["decision=sampled sampled=true"] != 4 || decided["decision=not_sampled sampled=false"] < 14 {
		t.Error(decided)
	}
	if kept := sums(t, telemetry, prefixOwn+"traces_kept_by_policy"); kept["policy=errors"] != 1 {
		t.Error(kept)
	}
	for _, loss := range entail.LossTable() {
		if values := sums(t, telemetry, prefixOwn+"loss_"+loss.Name); len(values) != 1 || values[""] != 0 {
			t.Errorf("%s: %v", loss.Name, values)
		}
	}
	if _, err := telemetry.GetMetric(prefixTailSampling + "sampling_decision_timer_latency"); err != nil {
		t.Error(err)
	}
}
