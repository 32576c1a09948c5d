package sampler

import (
	"context"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata/entity"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"entail.dev/collector/internal/captures"
	"entail.dev/entail"
)

func marshal(t *testing.T, traces ptrace.Traces) []byte {
	t.Helper()
	bytes, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

// span is a Span message with the given number as its trace ID, and other fields behind its IDs.
func span(number byte, others ...byte) []byte {
	bytes := append([]byte{0x0a, 16}, make([]byte, 15)...)
	bytes = append(bytes, number, 0x12, 8, 0, 0, 0, 0, 0, 0, 0, 1)
	return append(bytes, others...)
}

// inResource is a TracesData message of these spans, in a resource whose schema URL is given.
func inResource(schema string, spans ...[]byte) []byte {
	var scope []byte
	for _, each := range spans {
		scope = append(scope, message(fieldSpans, each)...)
	}
	resource := message(fieldScopeSpans, scope)
	return message(fieldResourceSpans, append(resource, message(3, []byte(schema))...))
}

// Fields that the engine passes through, as protobuf demands, and that pdata refuses with all of the message around them.
var unreadable = map[string][]byte{
	"a name of another wire type":       protowire.AppendVarint(protowire.AppendTag(nil, 5, protowire.VarintType), 1),
	"a start time of another wire type": protowire.AppendVarint(protowire.AppendTag(nil, 7, protowire.VarintType), 1),
	"an event that ends in garbage":     message(11, []byte{0x12, 0x7f}),
}

func TestUnreadableSpansAreLostAlone(t *testing.T) {
	for name, field := range unreadable {
		batch := inResource("good", span(1), span(2))
		batch = append(batch, inResource("mixed", span(3), span(4, field...), span(5))...)
		batch = append(batch, inResource("", span(6, field...))...)
		if _, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(batch); err == nil {
			t.Fatal(name, ": pdata can read it")
		}
		traces, lost, err := decodeBatch(batch)
		if err != nil || traces.SpanCount() != 4 || len(lost) != 2 {
			t.Fatal(name, traces.SpanCount(), lost, err)
		}
		for i, number := range []string{"04", "06"} {
			if !strings.HasSuffix(lost[i].traceID, number) || len(lost[i].traceID) != 32 || lost[i].reason == nil {
				t.Error(name, lost[i])
			}
		}
		for number := range captures.SpansByTrace([]ptrace.Traces{traces}) {
			if strings.HasSuffix(number, "04") || strings.HasSuffix(number, "06") {
				t.Error(name, number)
			}
		}
		for _, resource := range traces.ResourceSpans().All() {
			if schema := resource.SchemaUrl(); schema != "good" && schema != "mixed" {
				t.Errorf("%s: a span lost its resource: %q", name, schema)
			}
		}
	}
	if _, _, err := decodeBatch([]byte{0x0a, 0x7f}); err == nil {
		t.Error("a batch without framing was decoded")
	}
}

// Through the sampler: what one client sends badly costs no span of another's, and is counted and logged with its trace ID.
func TestUnreadableSpansAreCountedAndLogged(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	set := nopSettings()
	set.Telemetry.Logger = zap.New(core)
	sink := new(consumertest.TracesSink)
	sampler := started(t, settings("1h", keepAll, nil), sink, set)
	number := byte(100)
	for _, field := range unreadable {
		number++
		bad := inResource("", span(number, field...))
		if _, err := sampler.Ingest((*entail.Engine).Ingest, bad); err != nil {
			t.Fatal(err)
		}
	}
	if err := take(sampler, captures.Numbered(0, 50, 10)); err != nil {
		t.Fatal(err)
	}
	shutdown(t, sampler)
	if sink.SpanCount() != 50 {
		t.Errorf("%d spans came, want 50", sink.SpanCount())
	}
	if lost := sampler.delivery.spansUnreadable.Load(); lost != uint64(len(unreadable)) {
		t.Errorf("%d spans were counted as unreadable", lost)
	}
	logged := logs.FilterMessageSnippet("cannot decode").All()
	if len(logged) != len(unreadable) {
		t.Fatalf("%d messages", len(logged))
	}
	for _, entry := range logged {
		fields := entry.ContextMap()
		if id, _ := fields["trace_id"].(string); len(id) != 32 || fields["error"] == nil {
			t.Error(fields)
		}
	}
}

const notUTF8 = "caf\xe9"

// withBadTexts has a text that is not UTF-8 wherever OTLP has one.
func withBadTexts() (ptrace.Traces, uint64) {
	traces := captures.Numbered(0, 1, 10)
	resourceSpans := traces.ResourceSpans().At(0)
	resourceSpans.SetSchemaUrl(notUTF8)
	resourceSpans.Resource().Attributes().PutStr("k", notUTF8)
	reference := entity.ResourceEntityRefs(resourceSpans.Resource()).AppendEmpty()
	reference.SetType(notUTF8)
	reference.SetSchemaUrl(notUTF8)
	reference.IdKeys().Append(notUTF8)
	reference.DescriptionKeys().Append(notUTF8)
	scopeSpans := resourceSpans.ScopeSpans().At(0)
	scopeSpans.SetSchemaUrl(notUTF8)
	scopeSpans.Scope().SetName(notUTF8)
	scopeSpans.Scope().SetVersion(notUTF8)
	scopeSpans.Scope().Attributes().PutStr("k", notUTF8)
	bad := scopeSpans.Spans().At(0)
	bad.SetName(notUTF8)
	bad.TraceState().FromRaw(notUTF8)
	bad.Status().SetMessage(notUTF8)
	bad.Attributes().PutInt(notUTF8, 7)
	bad.Attributes().PutEmptyMap("map").PutStr("k", notUTF8)
	bad.Attributes().PutEmptySlice("list").AppendEmpty().SetStr(notUTF8)
	bad.Attributes().PutEmptyBytes("bytes").FromRaw([]byte(notUTF8))
	event := bad.Events().AppendEmpty()
	event.SetName(notUTF8)
	event.Attributes().PutStr("k", notUTF8)
	link := bad.Links().AppendEmpty()
	link.TraceState().FromRaw(notUTF8)
	link.Attributes().PutStr("k", notUTF8)
	return traces, 20
}

func TestTextsAreRepairedForStrictReaders(t *testing.T) {
	traces, count := withBadTexts()
	if proto.Unmarshal(marshal(t, traces), new(tracepb.TracesData)) == nil {
		t.Fatal("the reader is not strict")
	}
	if repaired := repairTexts(traces); repaired != count {
		t.Errorf("%d texts were repaired, want %d", repaired, count)
	}
	if err := proto.Unmarshal(marshal(t, traces), new(tracepb.TracesData)); err != nil {
		t.Error(err)
	}
	repaired := traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	if repaired.Name() != "caf\ufffd" {
		t.Errorf("%q", repaired.Name())
	}
	if value, found := repaired.Attributes().Get("caf\ufffd"); !found || value.Int() != 7 {
		t.Error("the value of a repaired key is gone")
	}
	if value, _ := repaired.Attributes().Get("bytes"); string(value.Bytes().AsRaw()) != notUTF8 {
		t.Error("bytes are no text")
	}
	if again := repairTexts(traces); again != 0 {
		t.Errorf("%d texts were repaired again", again)
	}
}

func TestBadTextsDoNotPoisonABatch(t *testing.T) {
	sink := new(consumertest.TracesSink)
	sampler := start(t, settings("1h", keepAll, nil), sink)
	traces, count := withBadTexts()
	for _, each := range []ptrace.Traces{traces, captures.Numbered(100, 20, 10)} {
		if err := take(sampler, each); err != nil {
			t.Fatal(err)
		}
	}
	shutdown(t, sampler)
	spans := 0
	for _, delivered := range sink.AllTraces() {
		if err := proto.Unmarshal(marshal(t, delivered), new(tracepb.TracesData)); err != nil {
			t.Error(err)
		}
		spans += delivered.SpanCount()
	}
	if spans != 21 || sampler.delivery.textsRepaired.Load() != count {
		t.Error(spans, sampler.delivery.textsRepaired.Load())
	}
}

// A refused batch is decoded again for each attempt, but what is wrong with it is counted once.
func TestRetriesDoNotCountTwice(t *testing.T) {
	sink := &slowSink{refuse: 3, failure: context.DeadlineExceeded}
	sampler := start(t, settings("1h", keepAll, nil), sink)
	traces, count := withBadTexts()
	if err := take(sampler, traces); err != nil {
		t.Fatal(err)
	}
	for _, field := range unreadable {
		if _, err := sampler.Ingest((*entail.Engine).Ingest, inResource("", span(9, field...))); err != nil {
			t.Fatal(err)
		}
		break
	}
	shutdown(t, sampler)
	if repaired := sampler.delivery.textsRepaired.Load(); repaired != count {
		t.Errorf("%d texts, want %d", repaired, count)
	}
	if lost := sampler.delivery.spansUnreadable.Load(); lost != 1 || sink.SpanCount() != 1 {
		t.Error(lost, sink.SpanCount())
	}
}
