package entailreceiver

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	grpcgzip "google.golang.org/grpc/encoding/gzip"

	"entail.dev/collector/internal/captures"
)

type settings = map[string]any

// server is a running receiver, with the addresses of its two servers.
type server struct {
	receiver.Traces
	grpc, http string
}

func keepErrors() settings {
	policy := settings{"name": "errors", "type": "status_code", "status_code": settings{"status_codes": []any{"ERROR"}}}
	return settings{"decision_wait": "168h", "policies": []any{policy}}
}

func keepAll() settings {
	return settings{"decision_wait": "1h", "policies": []any{settings{"name": "all", "type": "always_sample"}}}
}

// with is what a test changes of a receiver before it starts.
type with struct {
	settings  func(*receiver.Settings)
	protocols func(grpc, http settings)
	host      component.Host
}

// measured lets a test read the receiver's counters with counted.
func measured(telemetry *componenttest.Telemetry) with {
	return with{settings: func(set *receiver.Settings) { set.TelemetrySettings = telemetry.NewTelemetrySettings() }}
}

// counted is a counter that has an attribute with the receiver's name; -1 without one.
func counted(telemetry *componenttest.Telemetry, name string) int64 {
	got, err := telemetry.GetMetric(name)
	if err != nil {
		return -1
	}
	point := got.Data.(metricdata.Sum[int64]).DataPoints[0]
	if who, found := point.Attributes.Value("receiver"); !found || who.AsString() == "" {
		return -1
	}
	return point.Value
}

func start(t testing.TB, values settings, next consumer.Traces, change with) *server {
	t.Helper()
	s := &server{grpc: captures.FreeAddress(t), http: captures.FreeAddress(t)}
	grpcKeys, httpKeys := settings{"endpoint": s.grpc}, settings{"endpoint": s.http}
	values = maps.Clone(values)
	values["protocols"] = settings{"grpc": grpcKeys, "http": httpKeys}
	set := receivertest.NewNopSettings(componentType)
	if change.settings != nil {
		change.settings(&set)
	}
	if change.protocols != nil {
		change.protocols(grpcKeys, httpKeys)
	}
	if change.host == nil {
		change.host = componenttest.NewNopHost()
	}
	config := configOf(t, values)
	if err := confmap.Validate(config); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.Traces, err = NewFactory().CreateTraces(context.Background(), set, config, next); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(context.Background(), change.host); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.stop(t) })
	return s
}

func (s *server) stop(t testing.TB) {
	t.Helper()
	if err := s.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

func configOf(t testing.TB, values settings) *Config {
	t.Helper()
	config := NewFactory().CreateDefaultConfig().(*Config)
	if err := confmap.NewFromStringMap(values).Unmarshal(config); err != nil {
		t.Fatal(err)
	}
	return config
}

func (s *server) connect(t testing.TB) *grpc.ClientConn {
	t.Helper()
	connection, err := grpc.NewClient(s.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

func (s *server) export(t testing.TB, ctx context.Context, traces ptrace.Traces,
	options ...grpc.CallOption) (ptraceotlp.ExportResponse, error) {
	t.Helper()
	client := ptraceotlp.NewGRPCClient(s.connect(t))
	return client.Export(ctx, ptraceotlp.NewExportRequestFromTraces(traces), options...)
}

func (s *server) post(t testing.TB, kind string, body []byte, headers ...string) (int, string, http.Header) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, "http://"+s.http+"/v1/traces", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text), response.Header
}

// mustPost is a request that is taken in whole.
func (s *server) mustPost(t testing.TB, kind string, body []byte, headers ...string) {
	t.Helper()
	code, text, got := s.post(t, kind, body, headers...)
	empty := map[string]string{protobufType: "", jsonType: `{"partialSuccess":{}}`}
	if answered := got.Get("Content-Type"); code != 200 || text != empty[answered] || !strings.HasPrefix(kind, answered) {
		t.Fatalf("%d %s: %q", code, answered, text)
	}
}

func protobuf(t testing.TB, traces ptrace.Traces) []byte {
	t.Helper()
	bytes, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

func zipped(t testing.TB, body []byte) []byte {
	t.Helper()
	var buffer bytes.Buffer
	writer := gzip.NewWriter(&buffer)
	if _, err := writer.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// The same requests through every door: what the command keeps comes out of each.
func TestKeepsWhatTheCommandKeeps(t *testing.T) {
	links := settings{"propagate": settings{"mode": "cone", "max_hops": 8}}
	same := settings{"tail_sampling": keepErrors(), "links": links}
	values := keepErrors()
	values["links"] = links
	doors := map[string]func(t *testing.T, s *server, traces ptrace.Traces){
		"gRPC": func(t *testing.T, s *server, traces ptrace.Traces) {
			if _, err := s.export(t, context.Background(), traces); err != nil {
				t.Fatal(err)
			}
		},
		"gRPC gzip": func(t *testing.T, s *server, traces ptrace.Traces) {
			if _, err := s.export(t, context.Background(), traces, grpc.UseCompressor(grpcgzip.Name)); err != nil {
				t.Fatal(err)
			}
		},
		"HTTP protobuf": func(t *testing.T, s *server, traces ptrace.Traces) {
			s.mustPost(t, protobufType, protobuf(t, traces))
		},
		"HTTP gzip": func(t *testing.T, s *server, traces ptrace.Traces) {
			s.mustPost(t, protobufType, zipped(t, protobuf(t, traces)), "Content-Encoding", "gzip")
		},
		"HTTP JSON": func(t *testing.T, s *server, traces ptrace.Traces) {
			text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
			if err != nil {
				t.Fatal(err)
			}
			s.mustPost(t, jsonType+"; charset=utf-8", text)
		},
	}
	for _, capture := range append(captures.SDK(t), captures.Demo()) {
		want := captures.Kept(t, same, capture)
		for door, send := range doors {
			sink := new(consumertest.TracesSink)
			s := start(t, values, sink, with{})
			for _, traces := range captures.Read(t, capture) {
				send(t, s, traces)
			}
			if sink.SpanCount() != 0 {
				t.Errorf("%s, %s: %d spans came before they were decided", capture, door, sink.SpanCount())
			}
			s.stop(t)
			if got := captures.SpansByTrace(sink.AllTraces()); !maps.Equal(got, want) {
				t.Errorf("%s, %s: kept %v, want %v", capture, door, got, want)
			}
		}
	}
}

// Bytes that went in come out: what pdata would not carry, such as a field of a later OTLP, as well.
func TestRequestsAreNotDecodedOnTheWay(t *testing.T) {
	sink := new(consumertest.TracesSink)
	s := start(t, keepAll(), sink, with{})
	requests, isJSON := captures.Requests(t, captures.Demo())
	if !isJSON {
		t.Fatal("the demo is JSON")
	}
	for _, text := range requests { // JSON goes to the engine as JSON
		s.mustPost(t, jsonType, text)
	}
	s.stop(t)
	if got, want := captures.SpansByTrace(sink.AllTraces()),
		captures.SpansByTrace(captures.Read(t, captures.Demo())); !maps.Equal(got, want) {
		t.Errorf("%d traces came, want %d", len(got), len(want))
	}
}

func TestManySendersAtOnce(t *testing.T) {
	const senders, requests, spans = 8, 25, 40
	sink := new(consumertest.TracesSink)
	s := start(t, keepAll(), sink, with{})
	var sending sync.WaitGroup
	for sender := range senders {
		sending.Go(func() {
			connection := ptraceotlp.NewGRPCClient(s.connect(t))
			for i := range requests {
				traces := captures.Numbered((sender*requests+i)*spans, spans, 100)
				if sender%2 == 0 {
					s.mustPost(t, protobufType, protobuf(t, traces))
				} else if _, err := connection.Export(context.Background(),
					ptraceotlp.NewExportRequestFromTraces(traces)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	sending.Wait()
	s.stop(t)
	if got := len(captures.SpansByTrace(sink.AllTraces())); got != senders*requests*spans || sink.SpanCount() != got {
		t.Errorf("%d spans of %d traces came, want %d", sink.SpanCount(), got, senders*requests*spans)
	}
}

func TestShutdownDecidesUnlessToldOtherwise(t *testing.T) {
	for _, drop := range []bool{false, true} {
		values := keepAll()
		values["drop_pending_traces_on_shutdown"] = drop
		var sinks [2]consumertest.TracesSink
		servers := []*server{start(t, values, &sinks[0], with{}), start(t, values, &sinks[1], with{})}
		for i, s := range servers {
			s.mustPost(t, protobufType, protobuf(t, captures.Numbered(i*1000, i+1, 10)))
		}
		for i, s := range servers {
			s.stop(t)
			want := i + 1
			if drop {
				want = 0
			}
			if got := sinks[i].SpanCount(); got != want {
				t.Errorf("drop %v, instance %d: %d spans, want %d", drop, i, got, want)
			}
		}
	}
}

func TestCountsAsReceiversAndTheProcessorDo(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	defer func() { _ = telemetry.Shutdown(context.Background()) }()
	s := start(t, keepErrors(), consumertest.NewNop(), measured(telemetry))
	for i := range 5 {
		s.mustPost(t, protobufType, protobuf(t, captures.Numbered(i, 1, 10)))
	}
	if code, _, _ := s.post(t, protobufType, []byte{0x0a, 0x7f}); code != 400 {
		t.Error(code)
	}
	if value := counted(telemetry, "otelcol_receiver_accepted_spans"); value != 5 {
		t.Error("accepted: ", value)
	}
	waitUntil(t, "the engine's counts", func() bool {
		return counted(telemetry, "otelcol_processor_entail_spans_received") == 5
	})
}
