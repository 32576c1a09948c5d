package entailreceiver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"entail.dev/collector/internal/captures"
)

func waitUntil(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("timed out: ", what)
		}
	}
}

// bytesCodec sends a message's bytes as they are.
type bytesCodec struct{}

func (bytesCodec) Marshal(message any) ([]byte, error)      { return message.([]byte), nil }
func (bytesCodec) Unmarshal(data []byte, message any) error { *message.(*[]byte) = data; return nil }
func (bytesCodec) Name() string                             { return "bytes" }

func TestBadBytesAreRefusedForGoodWithTheirPlace(t *testing.T) {
	sink := new(consumertest.TracesSink)
	s := start(t, keepAll(), sink, with{})
	malformed := protobuf(t, captures.Numbered(0, 1, 10))
	malformed = malformed[:len(malformed)-1]
	for _, each := range []struct {
		kind string
		body []byte
		want string
	}{
		{protobufType, malformed, "byte "},
		{jsonType, []byte(`{"resourceSpans":[`), "byte "},
		{jsonType, []byte(`{"resourceSpans":7}`), "byte "},
		{jsonType, []byte(`{"resourceLogs":[]}`), "contains logs"},
	} {
		code, text, header := s.post(t, each.kind, each.body)
		if code != http.StatusBadRequest || !strings.Contains(text, each.want) || header.Get("Retry-After") != "" ||
			header.Get("Content-Type") != each.kind {
			t.Errorf("%q: %d, %v, %q", each.body, code, header, text)
		}
		if each.kind == protobufType {
			told := new(spb.Status)
			if err := proto.Unmarshal([]byte(text), told); err != nil || told.Code != int32(codes.InvalidArgument) {
				t.Error(told, err)
			}
		}
	}
	err := s.connect(t).Invoke(context.Background(), exportMethod, malformed, &[]byte{}, grpc.ForceCodec(bytesCodec{}))
	if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "byte ") {
		t.Error(err)
	}
	if _, err := s.export(t, context.Background(), ptrace.NewTraces()); err != nil {
		t.Error("a request without spans is good: ", err)
	}
	s.mustPost(t, protobufType, nil)
	s.mustPost(t, protobufType, protobuf(t, captures.Numbered(0, 3, 10)))
	s.stop(t)
	if sink.SpanCount() != 3 {
		t.Errorf("%d spans came, want 3", sink.SpanCount())
	}
}

// Every refusal has a Status, in the encoding of the request or else in JSON.
func TestEveryRefusalHasAStatus(t *testing.T) {
	s := start(t, keepAll(), consumertest.NewNop(), with{protocols: func(_, http settings) {
		http["max_request_body_size"] = 1 << 20
		http["compression_algorithms"] = []any{"", "gzip"}
	}})
	large := make([]byte, 1<<20+1)
	for _, each := range []struct {
		method, path, kind, encoding string
		body                         []byte
		want                         int
		code                         codes.Code
	}{
		{"POST", "/v1/logs", jsonType, "", nil, http.StatusNotFound, codes.NotFound},
		{"POST", "/v1/metrics", protobufType, "", nil, http.StatusNotFound, codes.NotFound},
		{"GET", "/", "", "", nil, http.StatusNotFound, codes.NotFound},
		{"GET", "/v1/traces", "", "", nil, http.StatusMethodNotAllowed, codes.Unimplemented},
		{"PUT", "/v1/traces", protobufType, "", nil, http.StatusMethodNotAllowed, codes.Unimplemented},
		{"POST", "/v1/traces", "text/html", "", nil, http.StatusUnsupportedMediaType, codes.InvalidArgument},
		{"POST", "/v1/traces", "", "", nil, http.StatusUnsupportedMediaType, codes.InvalidArgument},
		{"POST", "/v1/traces", jsonType, "br", nil, http.StatusUnsupportedMediaType, codes.InvalidArgument},
		{"POST", "/v1/traces", jsonType, "zstd", nil, http.StatusUnsupportedMediaType, codes.InvalidArgument},
		{"POST", "/v1/traces", protobufType, "gzip", []byte("none"), http.StatusBadRequest, codes.InvalidArgument},
		{"POST", "/v1/traces", protobufType, "", large, http.StatusRequestEntityTooLarge, codes.InvalidArgument},
		{"POST", "/v1/traces", jsonType, "gzip", zipped(t, large), http.StatusRequestEntityTooLarge,
			codes.InvalidArgument},
		{"POST", "/v1/traces", protobufType, "", emptySpans(1 << 19), http.StatusBadRequest, codes.InvalidArgument},
	} {
		request, err := http.NewRequest(each.method, "http://"+s.http+each.path, bytes.NewReader(each.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", each.kind)
		if each.encoding != "" {
			request.Header.Set("Content-Encoding", each.encoding)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(each, err)
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		got := new(spb.Status)
		if each.kind == protobufType {
			err = proto.Unmarshal(text, got)
		} else {
			err = protojson.Unmarshal(text, got)
		}
		if response.StatusCode != each.want || err != nil || got.Code != int32(each.code) || got.Message == "" ||
			response.Header.Get("Content-Type") != statusType(each.kind) {
			t.Errorf("%s %s %s %s: %d %q %v", each.method, each.path, each.kind, each.encoding, response.StatusCode, text, err)
		}
		if allowed := response.Header.Get("Allow"); (each.want == http.StatusMethodNotAllowed) != (allowed == "POST") {
			t.Errorf("Allow: %q", allowed)
		}
	}
}

func TestMessagesAreCut(t *testing.T) {
	long := statusOf(errors.New(strings.Repeat("\u00e9", messageBytesMax))).Message()
	if len(long) > messageBytesMax || len(long) < messageBytesMax-3 || !utf8.ValidString(long) {
		t.Error(len(long))
	}
}

// Two senders; one sends IDs of every wrong kind. All of the other's spans arrive, and of its own all that have good IDs.
func TestMalformedIDsCostOnlyTheirSpans(t *testing.T) {
	sink := new(consumertest.TracesSink)
	s := start(t, keepAll(), sink, with{})
	good, rejected := 0, int64(0)
	send := func(kind string, body []byte, isGood bool) {
		code, text, _ := s.post(t, kind, body)
		answer := ptraceotlp.NewExportResponse()
		err := answer.UnmarshalProto([]byte(text))
		if kind == jsonType {
			err = answer.UnmarshalJSON([]byte(text))
		}
		if code != 200 || err != nil || (answer.PartialSuccess().RejectedSpans() == 0) != isGood {
			t.Errorf("%d %q %v for %q", code, text, err, body)
		}
		rejected += answer.PartialSuccess().RejectedSpans()
		if isGood {
			good++
		}
	}
	number := byte(0)
	protobufSpan := func(traceID, spanID, parent, linkTrace, linkSpan int) []byte {
		number++
		id := func(tag byte, size int) []byte {
			return append([]byte{tag, byte(size)}, bytes.Repeat([]byte{number}, size)...)
		}
		link := append(id(0x0a, linkTrace), id(0x12, linkSpan)...)
		span := append(append(id(0x0a, traceID), id(0x12, spanID)...), id(0x22, parent)...)
		span = append(append(append(span, 0x6a), sized(string(link))...), 0x2a, 1, 'n')
		scope := append([]byte{0x12}, sized(string(span))...)
		resource := append([]byte{0x12}, sized(string(scope))...)
		return append([]byte{0x0a}, sized(string(resource))...)
	}
	for _, size := range []int{0, 1, 7, 8, 9, 15, 16, 17, 32, 64} {
		send(protobufType, protobufSpan(size, 8, 8, 16, 8), size == 16)
		send(protobufType, protobufSpan(16, size, 8, 16, 8), size == 8)
		send(protobufType, protobufSpan(16, 8, size, 16, 8), true)
		send(protobufType, protobufSpan(16, 8, 8, size, 8), true)
		send(protobufType, protobufSpan(16, 8, 8, 16, size), true)
	}
	jsonSpan := func(traceID, spanID, parent, linkTrace, linkSpan string) []byte {
		return fmt.Appendf(nil, `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":%q,"spanId":%q,"parentSpanId":%q,
			"links":[{"traceId":%q,"spanId":%q}]}]}]}]}`, traceID, spanID, parent, linkTrace, linkSpan)
	}
	const trace, span = "a102030405060708090a0b0c0d0e0f10", "a102030405060708"
	for _, id := range []string{"", "a", "abc", "zz", "0102", "a10203040506070", span + "99", "not hexadecimal!",
		"a102030405060708090a0b0c0d0e0f1", trace + "11", "g102030405060708090a0b0c0d0e0f10", "é"} {
		send(jsonType, jsonSpan(id, span, span, trace, span), false)
		send(jsonType, jsonSpan(trace, id, span, trace, span), false)
		send(jsonType, jsonSpan(trace, span, id, trace, span), true)
		send(jsonType, jsonSpan(trace, span, span, id, span), true)
		send(jsonType, jsonSpan(trace, span, span, trace, id), true)
	}
	others := captures.Numbered(0, 50, 10)
	s.mustPost(t, protobufType, protobuf(t, others))
	s.stop(t)
	if sink.SpanCount() != good+50 || rejected == 0 {
		t.Errorf("%d spans came, want %d; %d were rejected", sink.SpanCount(), good+50, rejected)
	}
	got, want := captures.SpansByTrace(sink.AllTraces()), captures.SpansByTrace([]ptrace.Traces{others})
	for id := range want {
		if got[id] != want[id] {
			t.Error("the other sender's trace is missing: ", id)
		}
	}
}

// Spans without a good ID are refused alone, and the sender is told how many; the rest of the request is in.
func TestRefusedSpansAreAPartialSuccess(t *testing.T) {
	sink := new(consumertest.TracesSink)
	s := start(t, keepAll(), sink, with{})
	traces := captures.Numbered(0, 5, 10)
	spans := traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	spans.At(1).SetTraceID([16]byte{})
	spans.At(3).SetSpanID([8]byte{})
	expect := func(answer ptraceotlp.ExportResponse, err error, rejected int64, message string) {
		t.Helper()
		partial := answer.PartialSuccess()
		if err != nil || partial.RejectedSpans() != rejected || !strings.Contains(partial.ErrorMessage(), message) {
			t.Error(err, partial.RejectedSpans(), partial.ErrorMessage())
		}
	}
	answer, err := s.export(t, context.Background(), traces)
	expect(answer, err, 2, "2 of 5 spans")

	answer = ptraceotlp.NewExportResponse()
	_, text, _ := s.post(t, protobufType, protobuf(t, traces))
	expect(answer, answer.UnmarshalProto([]byte(text)), 2, "2 of 5 spans")

	answer = ptraceotlp.NewExportResponse()
	code, text, _ := s.post(t, jsonType, []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[
		{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","attributes":[
			{"key":"k","value":{"intValue":"99999999999999999999999"}}]}]}]}]}`))
	expect(answer, answer.UnmarshalJSON([]byte(text)), 0, "1 JSON values")
	if code != 200 {
		t.Error(code)
	}
	s.stop(t)
	if sink.SpanCount() != 7 {
		t.Errorf("%d spans came, want 7", sink.SpanCount())
	}
}

func TestServerSettingsAreTheCollectors(t *testing.T) {
	s := start(t, keepAll(), consumertest.NewNop(), with{protocols: func(grpc, http settings) {
		grpc["max_recv_msg_size_mib"] = 1
		http["max_request_body_size"] = 1 << 20
		http["traces_url_path"] = "v1/traces"
	}})
	large := captures.Numbered(0, 1, 2<<20)
	if _, err := s.export(t, context.Background(), large); status.Code(err) != codes.ResourceExhausted {
		t.Error(err)
	}
	code, text, _ := s.post(t, protobufType, protobuf(t, large))
	if code != http.StatusRequestEntityTooLarge || !strings.Contains(text, "too large") {
		t.Error(code, text)
	}
}

// guard is an authentication extension that lets in who knows the word.
type guard struct {
	component.StartFunc
	component.ShutdownFunc
}

func (guard) Authenticate(ctx context.Context, sources map[string][]string) (context.Context, error) {
	for name, values := range sources {
		if strings.EqualFold(name, "authorization") && len(values) == 1 && values[0] == "word" {
			return ctx, nil
		}
	}
	return ctx, errors.New("not the word")
}

type guardedHost struct{ component.Host }

func (guardedHost) GetExtensions() map[component.ID]component.Component {
	return map[component.ID]component.Component{component.MustNewID("guard"): guard{}}
}

func TestNothingIsTakenFromWhoIsNotLetIn(t *testing.T) {
	sink := new(consumertest.TracesSink)
	guarded := func(grpc, http settings) {
		for _, protocol := range []settings{grpc, http} {
			protocol["auth"] = settings{"authenticator": "guard"}
		}
	}
	host := guardedHost{componenttest.NewNopHost()}
	s := start(t, keepAll(), sink, with{host: host, protocols: guarded})
	traces := captures.Numbered(0, 10, 10)
	if _, err := s.export(t, context.Background(), traces); status.Code(err) != codes.Unauthenticated {
		t.Error(err)
	}
	if code, _, _ := s.post(t, protobufType, protobuf(t, traces)); code != http.StatusUnauthorized {
		t.Error(code)
	}
	allowed := metadata.AppendToOutgoingContext(context.Background(), "authorization", "word")
	if _, err := s.export(t, allowed, captures.Numbered(100, 1, 10)); err != nil {
		t.Error(err)
	}
	s.mustPost(t, protobufType, protobuf(t, captures.Numbered(200, 1, 10)), "Authorization", "word")
	s.stop(t)
	if sink.SpanCount() != 2 {
		t.Errorf("%d spans came, want 2", sink.SpanCount())
	}
}

// stuck lets nothing go on until it is released.
type stuck struct {
	consumertest.TracesSink
	release chan struct{}
}

func (s *stuck) ConsumeTraces(ctx context.Context, traces ptrace.Traces) error {
	<-s.release
	return s.TracesSink.ConsumeTraces(ctx, traces)
}

// With a next consumer that is stuck the memory is spent in the end: senders are asked to come back, and when they do,
// nothing that was taken in is missing.
func TestSpentMemoryAsksTheSenderToComeBack(t *testing.T) {
	values := keepAll()
	values["memory_limit"] = "16MiB"
	values["decision_wait"] = "1s"
	next := &stuck{release: make(chan struct{})}
	release := sync.OnceFunc(func() { close(next.release) })
	s := start(t, values, next, with{})
	defer release() // a failed test must not hang in the receiver's shutdown
	sent := 0
	for ; sent < 1000; sent++ {
		code, text, header := s.post(t, protobufType, protobuf(t, captures.Numbered(sent, 1, 1<<20)))
		if code == 200 {
			continue
		}
		told := new(spb.Status)
		if err := proto.Unmarshal([]byte(text), told); err != nil || code != http.StatusTooManyRequests ||
			header.Get("Retry-After") != "1" || told.Code != int32(codes.ResourceExhausted) {
			t.Fatal(code, header, told, err)
		}
		break
	}
	if sent == 1000 {
		t.Fatal("no request was refused")
	}
	// As large as the refused request, because a small one may still fit; a tick in between may have made room.
	var err error
	for ; err == nil && sent < 1000; sent++ {
		_, err = s.export(t, context.Background(), captures.Numbered(sent, 1, 1<<20))
	}
	sent-- // the last one was refused
	if status.Code(err) != codes.ResourceExhausted || len(status.Convert(err).Details()) != 1 {
		t.Fatal("no RetryInfo in the status: ", err)
	}
	release()
	waitUntil(t, "room", func() bool {
		_, err := s.export(t, context.Background(), captures.Numbered(5000, 1, 1<<20))
		return err == nil
	})
	s.stop(t)
	if got := len(captures.SpansByTrace(next.AllTraces())); got != sent+1 || next.SpanCount() != got {
		t.Errorf("%d spans of %d traces came, want %d", next.SpanCount(), got, sent+1)
	}
}

// What comes while the receiver ends is answered so that the sender tries elsewhere.
func TestEndedEngineIsUnavailable(t *testing.T) {
	s := start(t, keepAll(), consumertest.NewNop(), with{})
	r := s.Traces.(*tracesReceiver)
	if err := r.sampler.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.export(t, context.Background(), captures.Numbered(0, 1, 1)); status.Code(err) != codes.Unavailable {
		t.Error(err)
	}
	code, _, header := s.post(t, protobufType, protobuf(t, captures.Numbered(0, 1, 1)))
	if code != http.StatusServiceUnavailable || header.Get("Retry-After") != "1" {
		t.Error(code, header)
	}
}
