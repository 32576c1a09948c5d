package entailprocessor

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"

	"entail.dev/collector/internal/captures"
	"entail.dev/entail"
)

type settings = map[string]any

func keepErrors(wait string) settings {
	policy := settings{"name": "errors", "type": "status_code", "status_code": settings{"status_codes": []any{"ERROR"}}}
	return settings{"decision_wait": wait, "policies": []any{policy}}
}

func start(t *testing.T, values settings, next consumer.Traces) processor.Traces {
	t.Helper()
	config := NewFactory().CreateDefaultConfig()
	if err := confmap.NewFromStringMap(values).Unmarshal(config); err != nil {
		t.Fatal(err)
	}
	p, err := NewFactory().CreateTraces(context.Background(), processortest.NewNopSettings(componentType), config, next)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(context.Background(), componenttest.NewNopHost()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, p) })
	return p
}

func shutdown(t *testing.T, p processor.Traces) {
	t.Helper()
	if err := p.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

// Through pdata and back the same spans are kept as by the command, of every capture; the rest is decided at shutdown.
func TestKeepsWhatTheCommandKeeps(t *testing.T) {
	keptByLink := false
	for _, mode := range []string{"cone", "component", "none"} {
		links := settings{"propagate": settings{"mode": mode, "max_hops": 8}}
		values := keepErrors("168h")
		values["links"] = links
		same := settings{"tail_sampling": keepErrors("168h"), "links": links}
		for _, capture := range append(captures.SDK(t), captures.Demo()) {
			want := captures.Kept(t, same, capture)
			sink := new(consumertest.TracesSink)
			p := start(t, values, sink)
			for _, request := range captures.Read(t, capture) {
				if err := p.ConsumeTraces(context.Background(), request); err != nil {
					t.Fatal(err)
				}
			}
			shutdown(t, p)
			if got := captures.SpansByTrace(sink.AllTraces()); !maps.Equal(got, want) {
				t.Errorf("%s, %s: kept %v, want %v", capture, mode, got, want)
			}
			if capture == captures.Demo() && len(want) < 59 { // traces with an error
				t.Errorf("%d traces of the demo were kept", len(want))
			}
			keptByLink = keptByLink || mode == "cone" && len(want) > 2
		}
	}
	if !keptByLink {
		t.Error("no capture kept anything along links")
	}
}

// A receiver must know from the error whether its sender may try again.
func TestRefusalsSayWhetherToTryAgain(t *testing.T) {
	for err, permanent := range map[error]bool{
		entail.ErrTooLarge: true, entail.ErrMalformed: true, entail.ErrNoRoom: false, entail.ErrClosed: false,
	} {
		if refused := refusal(err); !errors.Is(refused, err) || consumererror.IsPermanent(refused) != permanent {
			t.Error(refused)
		}
	}
	p := start(t, keepErrors("1h"), new(consumertest.TracesSink))
	shutdown(t, p)
	closed := p.ConsumeTraces(context.Background(), captures.Numbered(0, 1, 1))
	if !errors.Is(closed, entail.ErrClosed) || consumererror.IsPermanent(closed) {
		t.Error("after Shutdown: ", closed)
	}
}

func TestConfigErrorsComeFromTheFactory(t *testing.T) {
	config := NewFactory().CreateDefaultConfig()
	values := keepErrors("1h")
	values["decison_wait"] = "1s"
	if err := confmap.NewFromStringMap(values).Unmarshal(config); err != nil {
		t.Fatal(err)
	}
	if err := confmap.Validate(config); err == nil || !strings.Contains(err.Error(), "did you mean 'decision_wait'?") {
		t.Error(err)
	}
}
