package endtoend

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"entail.dev/collector/internal/captures"
)

const everything = `policies: [{name: all, type: always_sample}]`

// What was acknowledged arrives, though the Collector is stopped while senders are sending and all is pending.
func TestNothingAcknowledgedIsLostAtTheEnd(t *testing.T) {
	for component, config := range components {
		t.Run(component, func(t *testing.T) {
			free := ports(t, 2)
			output := filepath.Join(t.TempDir(), "kept")
			collector := run(t, fill(config+toFile, "GRPC", free[0], "HTTP", free[1], "OUTPUT", output,
				"EXPORTERS", "file", "SAMPLING", "decision_wait: 1h, "+everything), free[0], free[1])
			var acknowledged sync.Map
			var count atomic.Int64
			var sending sync.WaitGroup
			for i, door := range doors[:4] {
				sender := door.open(t, free[0], free[1])
				sending.Go(func() {
					for request := 0; ; request++ {
						from := (i<<20 + request) * 10
						if sender.ConsumeTraces(context.Background(), captures.Numbered(from, 10, 100)) != nil {
							return
						}
						acknowledged.Store(from, true)
						count.Add(1)
					}
				})
			}
			waitUntil(t, "400 requests", func() bool { return count.Load() >= 400 })
			collector.stop(t)
			sending.Wait()
			got := captures.SpansByTrace(captures.Read(t, output))
			acknowledged.Range(func(from, _ any) bool {
				for number := from.(int); number < from.(int)+10; number++ {
					if id := fmt.Sprintf("%032x", number+1); got[id] != 1 {
						t.Errorf("trace %s: %d spans", id, got[id])
						return false
					}
				}
				return true
			})
		})
	}
}

// slow is an OTLP server that takes its time, and refuses now and then.
type slow struct {
	ptraceotlp.UnimplementedGRPCServer
	mutex sync.Mutex
	got   []ptrace.Traces
	calls int
}

func (s *slow) Export(_ context.Context, request ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	time.Sleep(200 * time.Millisecond)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.calls++
	if s.calls%3 == 1 {
		return ptraceotlp.NewExportResponse(), status.Error(codes.Unavailable, "not now")
	}
	s.got = append(s.got, request.Traces())
	return ptraceotlp.NewExportResponse(), nil
}

func (s *slow) spansByTrace() (map[string]int, int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return captures.SpansByTrace(s.got), s.calls
}

// 10,000 traces that one tick keeps all arrive behind a slow server, in few calls.
func TestManyKeptAtOnceArriveBehindASlowServer(t *testing.T) {
	const all = 10_000
	for component, config := range components {
		t.Run(component, func(t *testing.T) {
			program(t)
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			server, taker := grpc.NewServer(), &slow{}
			ptraceotlp.RegisterGRPCServer(server, taker)
			go func() { _ = server.Serve(listener) }()
			defer server.Stop()
			free := ports(t, 2)
			collector := run(t, fill(config+"exporters: {otlp: {endpoint: \"BEHIND\", tls: {insecure: true}, "+
				"retry_on_failure: {initial_interval: 50ms}}}\n", "GRPC", free[0], "HTTP", free[1],
				"BEHIND", listener.Addr().String(), "EXPORTERS", "otlp",
				"SAMPLING", "decision_wait: 4s, "+everything), free[0], free[1])
			sendAll(t, doors[0].open(t, free[0], free[1]), all)
			waitUntil(t, "all traces", func() bool {
				got, _ := taker.spansByTrace()
				return len(got) == all
			})
			collector.stop(t)
			got, calls := taker.spansByTrace()
			for id, spans := range got {
				if spans != 1 {
					t.Fatalf("trace %s: %d spans", id, spans)
				}
			}
			if calls > 100 {
				t.Errorf("%d calls", calls)
			}
		})
	}
}

func sendAll(t *testing.T, sender exporter.Traces, count int) {
	t.Helper()
	for from := 0; from < count; from += 500 {
		if err := sender.ConsumeTraces(context.Background(), captures.Numbered(from, 500, 400)); err != nil {
			t.Fatal(err)
		}
	}
}
