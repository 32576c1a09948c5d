package endtoend

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entail.dev/collector/internal/captures"
)

// withTailSampling is a Collector's configuration as its users have it.
const withTailSampling = `
receivers:
  otlp:
    protocols:
      http: {endpoint: "127.0.0.1:HTTP"}
processors:
  tail_sampling:
    decision_wait: 1h
    num_traces: 50_000
    policies:
      - name: checkout-errors
        type: and
        and:
          and_sub_policy:
            - {name: error, type: status_code, status_code: {status_codes: [ERROR]}}
            - {name: checkout, type: string_attribute, string_attribute: {key: service.name, values: ["^checkout.*$$"], enabled_regex_matching: true}}
      - {name: slow, type: latency, latency: {threshold_ms: 3000}}
      - {name: large, type: span_count, span_count: {min_spans: 20}}
      - {name: some, type: probabilistic, probabilistic: {sampling_percentage: 10}}
exporters:
  file: {path: "OUTPUT", format: proto}
service:
  telemetry:
    metrics:
      level: detailed
      readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: METRICS}}}}]
  pipelines:
    traces: {receivers: [otlp], processors: [tail_sampling], exporters: [file]}
`

// keptBy is what a Collector keeps of the demo, and its metrics before the end.
func keptBy(t *testing.T, config string) (map[string]int, string) {
	t.Helper()
	free := ports(t, 2)
	output := filepath.Join(t.TempDir(), "kept")
	collector := run(t, fill(config, "HTTP", free[0], "OUTPUT", output, "METRICS", free[1]), free...)
	sender := door{changed: settings{"encoding": "json"}}.open(t, "", free[0])
	for _, request := range captures.Read(t, captures.Demo()) {
		if err := sender.ConsumeTraces(context.Background(), request); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(1500 * time.Millisecond) // a tick, after which the metrics count the traces
	shown := metrics(t, free[1])
	collector.stop(t)
	return captures.SpansByTrace(captures.Read(t, output)), shown
}

// keptByCommand is what the command keeps with the same Collector configuration: with its chains, or by own verdicts.
func keptByCommand(t *testing.T, mode string) map[string]int {
	t.Helper()
	return captures.Kept(t, withTailSampling+"\nlinks: {propagate: {mode: "+mode+"}}\n", captures.Demo())
}

func expectMetrics(t *testing.T, shown string, names ...string) {
	t.Helper()
	for _, name := range names {
		if !strings.Contains(shown, "\n"+name) {
			t.Errorf("no metric %s", name)
		}
	}
}

// With tail_sampling renamed and nothing else changed, the same traces are kept by their own verdicts, and their
// chains.
func TestOnlyTheNameOfTheProcessorChanges(t *testing.T) {
	program(t)
	own, both := keptByCommand(t, "none"), keptByCommand(t, "cone")
	if len(own) < 9 || len(both) <= len(own) {
		t.Fatalf("%d traces are kept by themselves, %d with their chains: nothing to see", len(own), len(both))
	}
	before, _ := keptBy(t, withTailSampling)
	if !maps.Equal(before, own) {
		t.Errorf("tail_sampling keeps %d traces, the command %d by own verdicts", len(before), len(own))
	}
	after, shown := keptBy(t, strings.ReplaceAll(withTailSampling, "tail_sampling", "entail"))
	if !maps.Equal(after, both) {
		t.Errorf("entail keeps %d traces, the command %d", len(after), len(both))
	}
	expectMetrics(t, shown, "otelcol_processor_tail_sampling_new_trace_id_received",
		"otelcol_processor_entail_loss_keep_after_seal", "otelcol_processor_entail_memory")
}

// The receiver takes the place of both otlp and tail_sampling: the block moves into it.
func TestReceiverInPlaceOfBoth(t *testing.T) {
	head, rest, _ := strings.Cut(withTailSampling, "processors:\n  tail_sampling:\n")
	block, rest, _ := strings.Cut(rest, "exporters:\n")
	head = strings.Replace(head, "  otlp:\n", "  entail:\n", 1)
	rest = strings.Replace(rest, "receivers: [otlp], processors: [tail_sampling]", "receivers: [entail]", 1)
	program(t)
	got, shown := keptBy(t, head+block+"exporters:\n"+rest)
	if both := keptByCommand(t, "cone"); !maps.Equal(got, both) {
		t.Errorf("the receiver keeps %d traces, the command %d", len(got), len(both))
	}
	expectMetrics(t, shown, "otelcol_receiver_accepted_spans", "otelcol_processor_entail_spans_received",
		"otelcol_processor_tail_sampling_new_trace_id_received")
}

func TestWrongConfigurationStopsTheStart(t *testing.T) {
	config := strings.ReplaceAll(withTailSampling, "tail_sampling", "entail")
	config = strings.Replace(config, "threshold_ms", "treshold_ms", 1)
	file := filepath.Join(t.TempDir(), "collector.yaml")
	if err := os.WriteFile(file, []byte(fill(config, "HTTP", "1", "OUTPUT", "out", "METRICS", "1")), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	shown, err := exec.CommandContext(ctx, program(t), "--config", file).CombinedOutput()
	if err == nil {
		t.Error("it started")
	}
	for _, want := range []string{"processors::entail", "policy 'slow'", "treshold_ms", "did you mean 'threshold_ms'"} {
		if !strings.Contains(string(shown), want) {
			t.Errorf("%q is not in: %s", want, shown)
		}
	}
}
