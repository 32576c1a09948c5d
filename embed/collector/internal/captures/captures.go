// Package captures provides the reference data of the components' tests: the captures of the repository, and the spans
// that the command keeps.
package captures

import (
	"encoding/binary"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Root is the root of the repository.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../../../..")
}

// Command is the program `entail`: ENTAIL_PROGRAM, or that of the preset release. A test without it is skipped;
// tools/test-go builds it first.
func Command(t testing.TB) string {
	t.Helper()
	program := os.Getenv("ENTAIL_PROGRAM")
	if program == "" {
		program = filepath.Join(Root(), "build/release/bin/entail")
	}
	if _, err := os.Stat(program); err != nil {
		t.Skip("not built: ", program)
	}
	return program
}

// Demo is the capture of the OpenTelemetry Demo: 41 trace requests among logs and metrics.
func Demo() string {
	return filepath.Join(Root(), "tests/golden/otel_demo_capture/otel_demo_2024-10-30.mixed.jsonl")
}

// ProducerError is a batch of which one item's producer failed: 18 traces, 4 of them kept for one error.
func ProducerError() string {
	return filepath.Join(Root(), "tests/golden/sdk/py_batch_producer_error.otlp.bin")
}

// SDK are the captures of SDKs, in protobuf.
func SDK(t testing.TB) []string {
	t.Helper()
	return sdk(t, ".otlp.bin")
}

// SDKInJSON are those captures of SDKs that exist as JSON lines, too.
func SDKInJSON(t testing.TB) []string {
	t.Helper()
	return sdk(t, ".otlp.jsonl")
}

func sdk(t testing.TB, suffix string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(Root(), "tests/golden/sdk/*"+suffix))
	if err != nil || len(found) < 10 {
		t.Fatal("captures are missing: ", found, err)
	}
	return found
}

// Requests are the trace requests of a file as they stand in it: JSON lines, or protobuf with u32 big-endian lengths.
func Requests(t testing.TB, path string) (requests [][]byte, isJSON bool) {
	t.Helper()
	bytes, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".jsonl") {
		for line := range strings.Lines(string(bytes)) {
			if strings.Contains(line[:min(len(line), 40)], `"resourceSpans"`) { // no metrics, no logs
				requests = append(requests, []byte(line))
			}
		}
		return requests, true
	}
	return Frames(bytes), false
}

// Frames splits messages with u32 big-endian lengths.
func Frames(data []byte) (messages [][]byte) {
	for len(data) > 0 {
		end := 4 + binary.BigEndian.Uint32(data)
		messages = append(messages, data[4:end])
		data = data[end:]
	}
	return messages
}

// Unmarshal decodes a request with pdata.
func Unmarshal(request []byte, isJSON bool) (ptrace.Traces, error) {
	if isJSON {
		return (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(request)
	}
	return (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(request)
}

// Read returns the trace requests of a file, decoded.
func Read(t testing.TB, path string) []ptrace.Traces {
	t.Helper()
	requests, isJSON := Requests(t, path)
	decoded := make([]ptrace.Traces, len(requests))
	for i, request := range requests {
		var err error
		if decoded[i], err = Unmarshal(request, isJSON); err != nil {
			t.Fatal(err)
		}
	}
	return decoded
}

// SpansByTrace counts spans.
func SpansByTrace(all []ptrace.Traces) map[string]int {
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

// Kept is what `entail sample` keeps of a file: spans by trace. A configuration that is a map is written as JSON.
func Kept(t testing.TB, config any, path string) map[string]int {
	t.Helper()
	yaml, isText := config.(string)
	if !isText {
		bytes, err := json.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		yaml = string(bytes)
	}
	folder := t.TempDir()
	settings, kept := filepath.Join(folder, "entail.yaml"), filepath.Join(folder, "kept")
	if err := os.WriteFile(settings, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(Command(t), "sample", "-c", settings, path, "-o", kept, "--to", "proto-u32be")
	if told, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, told)
	}
	return SpansByTrace(Read(t, kept))
}

// Numbered is `count` traces of one span each, their IDs numbered from `from`.
func Numbered(from, count, payloadBytes int) ptrace.Traces {
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

// FreeAddress is a local address on which nothing listened just now.
func FreeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
