package entailreceiver

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"google.golang.org/protobuf/encoding/protowire"

	"entail.dev/collector/entailprocessor"
	"entail.dev/collector/internal/captures"
)

// fate is what the engine does with a span that has a malformed ID: the loss that it counts, and whether it emits the span.
type fate struct {
	loss    string // "" if nothing is lost
	emitted bool
}

var (
	wrongLength   = fate{"wrong_length", false}
	allZero       = fate{"all_zero", false}
	badHex        = fate{"bad_hex", false}
	linkOfLength  = fate{"wrong_length", true}
	linkOfZeros   = fate{"all_zero", true}
	linkNotHex    = fate{"bad_hex", true}
	parentEmptied = fate{"bad_parent", true}
)

func field(number protowire.Number, content string) string {
	return string(protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), content))
}

const (
	hexTrace = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
	hexSpan  = "e0e1e2e3e4e5e6e7"
)

func ids(trace, span int) string {
	return field(1, strings.Repeat("t", trace)) + field(2, strings.Repeat("s", span))
}

// malformedProtobuf are Span messages.
func malformedProtobuf() map[string]fate {
	good := ids(16, 8)
	spans := map[string]fate{
		field(2, "12345678"):      allZero,
		field(1, good[:16]):       allZero,
		field(1, "t") + good:      {"", true}, // the last one counts
		field(2, "s") + good:      {"", true},
		ids(16, 8) + field(4, ""): {"", true},
	}
	for _, size := range []int{1, 8, 15, 17, 32} {
		spans[ids(size, 8)] = wrongLength
		spans[good+field(13, ids(size, 8))] = linkOfLength
	}
	for _, size := range []int{1, 7, 9, 16} {
		spans[ids(16, size)] = wrongLength
		spans[good+field(13, ids(16, size))] = linkOfLength
		spans[good+field(4, strings.Repeat("p", size))] = parentEmptied
		spans[good+field(4, strings.Repeat("p", size))+field(4, "12345678")] = parentEmptied
	}
	spans[good+field(13, ids(3, 8)+ids(16, 8))] = fate{"", true}
	spans[good+field(13, field(1, "")+field(2, ""))] = linkOfZeros
	return spans
}

// malformedJSON are Span objects.
func malformedJSON() map[string]fate {
	object := func(trace, span, more string) string {
		return fmt.Sprintf(`{"traceId":%s,"spanId":%s%s}`, trace, span, more)
	}
	quoted := func(text string) string { return `"` + text + `"` }
	trace, span := quoted(hexTrace), quoted(hexSpan)
	spans := map[string]fate{}
	notHex := []string{"8PHy8/T19vf4+fr7/P3+/w==", "4OHi4+Tl5uc=", "zz", strings.Repeat("z", 16), "0x01", `\u0000`, `\ud83d`}
	for _, text := range append(notHex, strings.Repeat("z", 32), strings.Repeat("z", 8)) {
		spans[object(quoted(text), span, "")] = badHex
		spans[object(trace, quoted(text), "")] = badHex
		spans[object(trace, span, `,"links":[`+object(quoted(text), span, "")+"]")] = linkNotHex
		spans[object(trace, span, `,"links":[`+object(trace, quoted(text), "")+"]")] = linkNotHex
		spans[object(trace, span, `,"parentSpanId":`+quoted(text))] = parentEmptied
	}
	for _, text := range []string{"abc", hexTrace + "0", hexTrace[:30]} {
		spans[object(quoted(text), span, "")] = wrongLength
		spans[object(trace, span, `,"links":[`+object(quoted(text), span, "")+"]")] = linkOfLength
		spans[object(trace, span, `,"parentSpanId":`+quoted(text))] = parentEmptied
	}
	for _, value := range []string{"5", "{}", "[]", "true", "null", `""`} {
		spans[object(value, span, "")] = allZero
		spans[object(trace, span, `,"links":[`+object(value, span, "")+"]")] = linkOfZeros
		spans[object(trace, span, `,"parentSpanId":`+value)] = fate{"", true}
	}
	return spans
}

func asProtobuf(spans []string) []byte {
	var scope string
	for _, span := range spans {
		scope += field(2, span)
	}
	return []byte(field(1, field(2, scope)))
}

func asJSON(spans []string) []byte {
	return []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[` + strings.Join(spans, ",") + `]}]}]}`)
}

// startProcessor starts the processor in front of a consumer.
func startProcessor(t *testing.T, next consumer.Traces) processor.Traces {
	t.Helper()
	factory := entailprocessor.NewFactory()
	config := factory.CreateDefaultConfig()
	if err := confmap.NewFromStringMap(keepAll()).Unmarshal(config); err != nil {
		t.Fatal(err)
	}
	started, err := factory.CreateTraces(context.Background(), processortest.NewNopSettings(factory.Type()), config, next)
	if err != nil {
		t.Fatal(err)
	}
	if err := started.Start(context.Background(), componenttest.NewNopHost()); err != nil {
		t.Fatal(err)
	}
	return started
}

// Two clients at once, one of which sends malformed IDs of every kind, through the receiver and the processor: every
// valid span arrives, and everything else is counted.
func TestMalformedIDsCostOnlyThemselves(t *testing.T) {
	const requests, spans = 20, 10
	telemetry := componenttest.NewTelemetry()
	defer func() { _ = telemetry.Shutdown(context.Background()) }()
	sink := new(consumertest.TracesSink)
	next := startProcessor(t, sink)
	values := keepAll()
	values["decision_wait"] = "1s"
	s := start(t, values, next, measured(telemetry))

	want := map[string]int64{"spans_received": 2, "spans_emitted": 2} // a good span in each of the two requests
	rejected := int64(0)
	for _, all := range []map[string]fate{malformedProtobuf(), malformedJSON()} {
		for _, fate := range all {
			want["spans_received"]++
			if fate.emitted {
				want["spans_emitted"]++
			} else {
				rejected++
			}
			if fate.loss != "" {
				want["loss_"+fate.loss]++
			}
		}
	}
	want["spans_rejected"] = rejected
	fromBadClient := want["spans_emitted"]
	want["spans_received"] += requests * spans
	want["spans_emitted"] += requests * spans

	var sending sync.WaitGroup
	sending.Go(func() {
		client := ptraceotlp.NewGRPCClient(s.connect(t))
		for i := range requests {
			request := ptraceotlp.NewExportRequestFromTraces(captures.Numbered(i*spans, spans, 100))
			if _, err := client.Export(context.Background(), request); err != nil {
				t.Error(err)
			}
		}
	})
	sending.Go(func() {
		// Behind a good span of the same client.
		protobuf := asProtobuf(slices.AppendSeq([]string{ids(16, 8)}, maps.Keys(malformedProtobuf())))
		if code, text, _ := s.post(t, protobufType, protobuf); code != 200 || !strings.Contains(text, "invalid trace or span ID") {
			t.Errorf("%d %q", code, text)
		}
		good := fmt.Sprintf(`{"traceId":%q,"spanId":%q}`, hexTrace, hexSpan)
		json := asJSON(slices.AppendSeq([]string{good}, maps.Keys(malformedJSON())))
		if code, text, _ := s.post(t, jsonType, json); code != 200 || !strings.Contains(text, "invalid trace or span ID") {
			t.Errorf("%d %q", code, text)
		}
	})
	sending.Wait()
	for name, value := range want {
		waitUntil(t, fmt.Sprintf("%s = %d", name, value), func() bool {
			return counted(telemetry, "otelcol_processor_entail_"+name) == value
		})
	}
	s.stop(t)
	if err := next.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	byTrace := captures.SpansByTrace(sink.AllTraces())
	var badTrace pcommon.TraceID
	copy(badTrace[:], strings.Repeat("t", 16))
	if got := int64(byTrace[hexTrace] + byTrace[badTrace.String()]); got != fromBadClient {
		t.Errorf("%d spans of the bad client arrived, want %d", got, fromBadClient)
	}
	if got := sink.SpanCount(); int64(got) != want["spans_emitted"] || len(byTrace) != requests*spans+2 {
		t.Errorf("%d spans of %d traces arrived", got, len(byTrace))
	}
}
