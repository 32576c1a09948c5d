package entailprocessor

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const (
	root          = "../../.."
	entailProgram = root + "/build/release/bin/entail"
	demoCapture   = root + "/tests/golden/otel_demo_capture/otel_demo_2024-10-30.mixed.jsonl"
)

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
