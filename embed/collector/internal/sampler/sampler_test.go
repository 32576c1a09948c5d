package sampler

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"entail.dev/collector/internal/captures"
	"entail.dev/entail"
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
	config := &Config{}
	if err := confmap.NewFromStringMap(values).Unmarshal(config); err != nil {
		t.Fatal(err)
	}
	return config
}

func nopSettings() Settings {
	return Settings{
		Kind: "processor", ID: component.MustNewID("entail"), Telemetry: componenttest.NewNopTelemetrySettings(),
	}
}

// take puts traces in.
func take(s *Sampler, traces ptrace.Traces) error {
	request, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	if err == nil {
		_, err = s.Ingest((*entail.Engine).Ingest, request)
	}
	return err
}

func takeProducerError(t *testing.T, s *Sampler) {
	t.Helper()
	for _, request := range captures.Read(t, captures.ProducerError()) {
		if err := take(s, request); err != nil {
			t.Fatal(err)
		}
	}
}

func started(t *testing.T, values map[string]any, next consumer.Traces, set Settings) *Sampler {
	t.Helper()
	sampler, err := New(set, configOf(t, values), next)
	if err != nil {
		t.Fatal(err)
	}
	if err := sampler.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, sampler) })
	return sampler
}

func start(t *testing.T, values map[string]any, next consumer.Traces) *Sampler {
	return started(t, values, next, nopSettings())
}

func shutdown(t *testing.T, sampler *Sampler) {
	t.Helper()
	if err := sampler.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestTicksByItself(t *testing.T) {
	sink := new(consumertest.TracesSink)
	sampler := start(t, settings("100ms", keepAll, nil), sink)
	if err := take(sampler, captures.Numbered(0, 5, 10)); err != nil {
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
		if err := take(sampler, captures.Numbered(0, 1000, 10)); err != nil {
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
		err := take(sampler, captures.Numbered(0, 1, 1))
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
				err := take(sampler, captures.Numbered((sender<<20+i)*10, 10, 10))
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

func TestInstancesDoNotMix(t *testing.T) {
	var sinks [3]consumertest.TracesSink
	var all []*Sampler
	for i := range sinks {
		all = append(all, start(t, settings("1h", keepAll, nil), &sinks[i]))
	}
	for i, sampler := range all {
		if err := take(sampler, captures.Numbered(i*100, i+1, 10)); err != nil {
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
	takeProducerError(t, sampler)
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
	if found, err := os.Stat(path); err != nil || found.Mode().Perm()&0o137 != 0 {
		t.Error("others may read or change it: ", found.Mode(), err)
	}
	want := map[string]int{"policy": 1, "link": 3, "no_match": 14}
	if !maps.Equal(reasons, want) {
		t.Errorf("got %v, want %v", reasons, want)
	}

	values[keyDecisionLog] = filepath.Join(t.TempDir(), "missing", "decisions.jsonl")
	faulty, err := New(nopSettings(), configOf(t, values), new(consumertest.TracesSink))
	if err != nil {
		t.Fatal(err)
	}
	if err := faulty.Start(context.Background()); err == nil ||
		!strings.Contains(err.Error(), keyDecisionLog) {
		t.Error(err)
	}
	shutdown(t, faulty)
}
