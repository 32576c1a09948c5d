package endtoend

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"entail.dev/collector/internal/captures"
)

// The grace period that Kubernetes gives by default, in which shutdown_timeout and the exporter's own shutdown must fit.
const gracePeriod = 30 * time.Second

// withExporter is a Collector that keeps everything, in front of a server that does not accept it.
const withExporter = `
receivers:
  entail:
    protocols:
      grpc: {endpoint: "127.0.0.1:GRPC"}
      http: {endpoint: "127.0.0.1:HTTP"}
    decision_wait: 1h
    policies: [{name: all, type: always_sample}]
    memory_limit: 64MiB
exporters:
  otlp_http: {endpoint: "BEHIND", compression: none, QUEUE}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [entail], exporters: [otlp_http]}
`

// failing are servers that never accept anything. Each returns its address.
var failing = map[string]func(t *testing.T) string{
	"down": func(t *testing.T) string { return "http://127.0.0.1:" + ports(t, 1)[0] },
	"hanging": func(t *testing.T) string {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		return "http://" + listener.Addr().String() // the system accepts connections, and nobody reads
	},
	"refusing": func(t *testing.T) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		t.Cleanup(server.Close)
		return server.URL
	},
	"refusing for good": func(t *testing.T) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusBadRequest)
		}))
		t.Cleanup(server.Close)
		return server.URL
	},
}

// A Collector whose server fails ends within the grace period, with an exporter that queues and with one that does not,
// while senders have connections open that they do not use. The log says what was lost.
func TestEndsInTimeBehindAFailingServer(t *testing.T) {
	program(t)
	for name, listen := range failing {
		for queue, option := range map[string]string{
			"queue": "timeout: 5s", "no queue": "timeout: 5s, sending_queue: {enabled: false}",
		} {
			t.Run(name+", "+queue, func(t *testing.T) {
				t.Parallel()
				free := ports(t, 2)
				collector := run(t, fill(withExporter, "GRPC", free[0], "HTTP", free[1], "BEHIND", listen(t), "QUEUE", option),
					free...)
				sender := door{}.open(t, "", free[1])
				if err := sender.ConsumeTraces(context.Background(), captures.Numbered(0, 1000, 1000)); err != nil {
					t.Fatal(err)
				}
				for range 50 {
					connection, err := net.Dial("tcp", "127.0.0.1:"+free[1])
					if err != nil {
						t.Fatal(err)
					}
					defer func() { _ = connection.Close() }()
					_, err = io.WriteString(connection, "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"+
						"Content-Type: application/json\r\n\r\n")
					if err != nil {
						t.Fatal(err)
					}
				}
				began := time.Now()
				collector.stop(t)
				if took := time.Since(began); took > gracePeriod {
					t.Errorf("the shutdown took %v", took)
				}
				expectLossInLog(t, collector.log, queue == "queue")
			})
		}
	}
}

// With a queue the exporter took the spans over, and says what it drops; without one the receiver says it.
func expectLossInLog(t *testing.T, path string, isQueued bool) {
	t.Helper()
	log, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if ours := strings.Count(string(log), "data was lost in the shutdown"); isQueued != (ours == 0) || ours > 1 {
		t.Errorf("the receiver logged a loss %d times", ours)
	}
	if isQueued && !strings.Contains(string(log), "dropped_items") {
		t.Error(errors.New("the exporter does not say what was dropped"))
	}
	if !isQueued && !strings.Contains(string(log), `"kept_spans_undelivered": 1000`) {
		t.Error("the number of lost spans is not in the log")
	}
}
