package endtoend

import (
	"context"
	"maps"
	"os/exec"
	"path/filepath"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"entail.dev/collector/internal/captures"
)

// The two components, each with the servers GRPC and HTTP, and with SAMPLING as its keys.
var components = map[string]string{
	"processor": `
receivers:
  otlp: {protocols: {grpc: {endpoint: "127.0.0.1:GRPC"}, http: {endpoint: "127.0.0.1:HTTP"}}}
processors:
  entail: {SAMPLING}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], processors: [entail], exporters: [EXPORTERS]}
`,
	"receiver": `
receivers:
  entail: {protocols: {grpc: {endpoint: "127.0.0.1:GRPC"}, http: {endpoint: "127.0.0.1:HTTP"}}, SAMPLING}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [entail], exporters: [EXPORTERS]}
`,
}

const (
	linked      = `links: {propagate: {mode: cone, max_hops: 8}}`
	keptErrors  = `decision_wait: 168h, ` + errorPolicy
	errorPolicy = `policies: [{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}]`
	toFile      = "exporters: {file: {path: OUTPUT, format: proto}}\n"
	toFileAndOn = `
exporters:
  file: {path: OUTPUT, format: proto}
  otlp: {endpoint: "127.0.0.1:BEHIND", tls: {insecure: true}}
`
	behind = `
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:BEHIND"}}}}
exporters: {file: {path: OUTPUT, format: proto}}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], exporters: [file]}
`
)

// generated is plain load with links and errors, 5,000 traces.
func generated(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mixed.otlp.bin")
	command := exec.Command(captures.Command(t), "generate", "--scenario", "mixed", "--spans", "20000", "-o", path)
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return path
}

// Through either component and every door, what `entail sample` keeps of the same requests arrives: in the file, and in
// a second Collector behind. All of it is pending when the Collector is stopped.
func TestKeepsWhatTheCommandKeeps(t *testing.T) {
	program(t)
	var requests []ptrace.Traces
	want := map[string]int{}
	for _, file := range append(captures.SDK(t), captures.Demo(), generated(t)) {
		requests = append(requests, captures.Read(t, file)...)
		maps.Copy(want, captures.Kept(t, "{tail_sampling: {"+keptErrors+"}, "+linked+"}", file))
	}
	if len(want) < 400 {
		t.Fatalf("only %d traces are to be kept", len(want))
	}
	for component, config := range components {
		for _, door := range doors {
			t.Run(component+" "+door.name, func(t *testing.T) {
				free := ports(t, 3)
				folder := t.TempDir()
				here, there := filepath.Join(folder, "here"), filepath.Join(folder, "there")
				second := run(t, fill(behind, "BEHIND", free[2], "OUTPUT", there), free[2])
				first := run(t, fill(config+toFileAndOn, "GRPC", free[0], "HTTP", free[1], "BEHIND", free[2],
					"OUTPUT", here, "EXPORTERS", "file, otlp", "SAMPLING", keptErrors+", "+linked), free[0], free[1])
				sender := door.open(t, free[0], free[1])
				for _, request := range requests {
					if err := sender.ConsumeTraces(context.Background(), request); err != nil {
						t.Fatal(err)
					}
				}
				first.stop(t)
				second.stop(t)
				for _, output := range []string{here, there} {
					if got := captures.SpansByTrace(captures.Read(t, output)); !maps.Equal(got, want) {
						t.Errorf("%s: %d traces were kept, want %d", output, len(got), len(want))
					}
				}
			})
		}
	}
}
