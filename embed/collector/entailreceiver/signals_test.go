package entailreceiver

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"entail.dev/collector/internal/captures"
	"entail.dev/collector/internal/sampler"
)

func someLogs() plog.Logs {
	logs := plog.NewLogs()
	resource := logs.ResourceLogs().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", "cart")
	record := resource.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	record.SetTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	record.SetSeverityNumber(plog.SeverityNumberError)
	record.Body().SetStr("payment failed")
	record.SetTraceID([16]byte{1})
	record.SetSpanID([8]byte{2})
	return logs
}

// metricKinds are metrics of every kind, each with a name as long as a trace ID and a description as long as a span ID.
func metricKinds() map[string]pmetric.Metrics {
	kinds := map[string]func(pmetric.Metric){
		"gauge": func(m pmetric.Metric) { m.SetEmptyGauge().DataPoints().AppendEmpty().SetTimestamp(7) },
		"sum":   func(m pmetric.Metric) { m.SetEmptySum().DataPoints().AppendEmpty().SetTimestamp(7) },
		"histogram": func(m pmetric.Metric) {
			m.SetEmptyHistogram().DataPoints().AppendEmpty().SetTimestamp(7)
		},
		"exponential histogram": func(m pmetric.Metric) {
			m.SetEmptyExponentialHistogram().DataPoints().AppendEmpty().SetTimestamp(7)
		},
		"summary": func(m pmetric.Metric) { m.SetEmptySummary().DataPoints().AppendEmpty().SetTimestamp(7) },
	}
	all := map[string]pmetric.Metrics{}
	for kind, fill := range kinds {
		metrics := pmetric.NewMetrics()
		metric := metrics.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
		metric.SetName("http.server.time")
		metric.SetDescription("duration")
		metric.SetUnit("ms")
		fill(metric)
		all[kind] = metrics
	}
	return all
}

type otherRequest struct {
	name           string
	signal         sampler.Signal
	protobuf, json []byte
}

func otherRequests(t testing.TB) []otherRequest {
	t.Helper()
	must := func(bytes []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return bytes
	}
	logs := plogotlp.NewExportRequestFromLogs(someLogs())
	requests := []otherRequest{{"logs", sampler.Logs, must(logs.MarshalProto()), must(logs.MarshalJSON())}}
	for kind, metrics := range metricKinds() {
		request := pmetricotlp.NewExportRequestFromMetrics(metrics)
		requests = append(requests,
			otherRequest{kind, sampler.Metrics, must(request.MarshalProto()), must(request.MarshalJSON())})
	}
	return requests
}

// countedSignals are the requests of other signals that the receiver has counted.
func countedSignals(telemetry *componenttest.Telemetry) map[string]int64 {
	counts := map[string]int64{}
	got, err := telemetry.GetMetric("otelcol_processor_entail_requests_of_other_signals")
	if err != nil {
		return counts
	}
	for _, point := range got.Data.(metricdata.Sum[int64]).DataPoints {
		signal, _ := point.Attributes.Value("signal")
		counts[signal.AsString()] = point.Value
	}
	return counts
}

func TestOtherSignalsAreNamedAndSentElsewhere(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	defer func() { _ = telemetry.Shutdown(context.Background()) }()
	s := start(t, keepAll(), consumertest.NewNop(), measured(telemetry))
	want := map[string]int64{"profiles": 0}
	for _, each := range otherRequests(t) {
		for kind, body := range map[string][]byte{protobufType: each.protobuf, jsonType: each.json} {
			code, text, header := s.post(t, kind, body)
			answer := new(spb.Status)
			unmarshal := protojson.Unmarshal
			if kind == protobufType {
				unmarshal = proto.Unmarshal
			}
			if err := unmarshal([]byte(text), answer); err != nil || code != http.StatusBadRequest ||
				answer.Code != int32(codes.InvalidArgument) || header.Get("Retry-After") != "" {
				t.Errorf("%s, %s: %d %v %v", each.name, kind, code, answer, err)
			}
			for _, part := range []string{"contains " + string(each.signal), "/v1/" + string(each.signal), "traces only"} {
				if !strings.Contains(answer.Message, part) {
					t.Errorf("%s, %s: no %q in %q", each.name, kind, part, answer.Message)
				}
			}
		}
		err := s.connect(t).Invoke(context.Background(), exportMethod, each.protobuf, &[]byte{}, grpc.ForceCodec(bytesCodec{}))
		if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "contains "+string(each.signal)) {
			t.Error(each.name, err)
		}
		want[string(each.signal)] += 3
	}
	if got := countedSignals(telemetry); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("counted %v, want %v", got, want)
	}
	if received := counted(telemetry, "otelcol_processor_entail_spans_received"); received != 0 {
		t.Errorf("%d items counted as spans", received)
	}
}

// The exporters of logs and metrics, sending to the services and paths that they always use.
func TestServicesOfOtherSignalsAreRefusedForGood(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	defer func() { _ = telemetry.Shutdown(context.Background()) }()
	s := start(t, keepAll(), consumertest.NewNop(), measured(telemetry))
	check := func(signal sampler.Signal, err error) {
		t.Helper()
		if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), "/v1/"+string(signal)) {
			t.Error(signal, err)
		}
	}
	_, err := plogotlp.NewGRPCClient(s.connect(t)).Export(context.Background(), plogotlp.NewExportRequestFromLogs(someLogs()))
	check(sampler.Logs, err)
	_, err = pmetricotlp.NewGRPCClient(s.connect(t)).Export(context.Background(),
		pmetricotlp.NewExportRequestFromMetrics(metricKinds()["sum"]))
	check(sampler.Metrics, err)
	if err := s.connect(t).Invoke(context.Background(), "/any.Service/Method", []byte{}, &[]byte{},
		grpc.ForceCodec(bytesCodec{})); status.Code(err) != codes.Unimplemented {
		t.Error(err)
	}
	for _, signal := range []string{"logs", "metrics"} {
		response, err := http.Post("http://"+s.http+"/v1/"+signal, jsonType, bytes.NewReader([]byte("{}")))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Error(signal, response.StatusCode)
		}
	}
	if got := countedSignals(telemetry); got["logs"] != 2 || got["metrics"] != 2 {
		t.Error(got)
	}
}

// Traces are never mistaken for another signal, even with fields that SDKs do not leave out.
func TestTracesAreNotMistaken(t *testing.T) {
	sparse := ptrace.NewTraces()
	spans := sparse.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for i := range 20 {
		span := spans.AppendEmpty()
		span.SetTraceID([16]byte{1})
		span.SetSpanID([8]byte{byte(i + 1)})
		span.SetName("name")
		span.Attributes().PutStr("key", "value")
		event := span.Events().AppendEmpty()
		event.SetTimestamp(7)
		event.SetName("event")
		span.Links().AppendEmpty().SetTraceID([16]byte{2})
	}
	all := append(captures.Read(t, captures.Demo()), sparse)
	for _, capture := range captures.SDK(t) {
		all = append(all, captures.Read(t, capture)...)
	}
	for _, traces := range all {
		if signal := signalOfProtobuf(protobuf(t, traces)); signal != "" {
			t.Errorf("traces taken for %s", signal)
		}
	}
	// What pdata always writes may be left out by others.
	bare := []byte{0x0a, 31, 0x12, 29, 0x12, 27, 0x0a, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0x2a, 7,
		0x0a, 5, 0x19, 'a', 'b', 'c', 'd'}
	if signal := signalOfProtobuf(bare); signal != "" {
		t.Errorf("a bare span taken for %s", signal)
	}
}
