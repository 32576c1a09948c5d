package sampler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"entail.dev/collector/internal/captures"
	"entail.dev/entail"
)

func TestPermanentRefusalIsCounted(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	defer func() { _ = telemetry.Shutdown(context.Background()) }()
	set := nopSettings()
	set.Telemetry = telemetry.NewTelemetrySettings()
	sink := &slowSink{refuse: 1, failure: consumererror.NewPermanent(errors.New("never"))}
	sampler := started(t, settings("1ms", keepAll, nil), sink, set)
	if err := take(sampler, captures.Numbered(0, 7, 10)); err != nil {
		t.Fatal(err)
	}
	waitFor(t, telemetry, prefixOwn+"spans_undelivered", 7)
}

// sums reads a metric: by attribute set, without the component's name.
func sums(t *testing.T, telemetry *componenttest.Telemetry, name string) map[string]int64 {
	t.Helper()
	got, err := telemetry.GetMetric(name)
	if err != nil {
		return nil
	}
	var points []metricdata.DataPoint[int64]
	switch data := got.Data.(type) {
	case metricdata.Sum[int64]:
		points = data.DataPoints
	case metricdata.Gauge[int64]:
		points = data.DataPoints
	}
	values := map[string]int64{}
	for _, point := range points {
		var key []string
		for _, attribute := range point.Attributes.ToSlice() {
			if attribute.Key != KindProcessor && attribute.Key != KindReceiver {
				key = append(key, fmt.Sprintf("%s=%v", attribute.Key, attribute.Value.AsInterface()))
			}
		}
		slices.Sort(key)
		values[strings.Join(key, " ")] = point.Value
	}
	return values
}

// lagsOf reads the only point of the histogram.
func lagsOf(t *testing.T, telemetry *componenttest.Telemetry) metricdata.HistogramDataPoint[int64] {
	t.Helper()
	got, err := telemetry.GetMetric(prefixOwn + "decision_lag")
	if err != nil {
		t.Fatal(err)
	}
	return got.Data.(metricdata.Histogram[int64]).DataPoints[0]
}

func waitFor(t *testing.T, telemetry *componenttest.Telemetry, name string, want int64) {
	t.Helper()
	waitUntil(t, fmt.Sprintf("%s = %d", name, want), func() bool { return sums(t, telemetry, name)[""] == want })
}

func TestMetricsTellWhatWasDecided(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	defer func() { _ = telemetry.Shutdown(context.Background()) }()
	set := nopSettings()
	set.Telemetry = telemetry.NewTelemetrySettings()
	sampler := started(t, settings("1ms", keepErrors, nil), new(consumertest.TracesSink), set)
	takeProducerError(t, sampler)
	waitFor(t, telemetry, prefixTailSampling+"new_trace_id_received", 18)
	waitFor(t, telemetry, prefixOwn+"traces_pending", 0)
	waitFor(t, telemetry, prefixOwn+"traces_kept_by_link", 3)
	waitFor(t, telemetry, prefixOwn+"spans_received", 44)
	decided := sums(t, telemetry, prefixTailSampling+"global_count_traces_sampled")
	if decided["decision=sampled sampled=true"] != 4 || decided["decision=not_sampled sampled=false"] < 14 {
		t.Error(decided)
	}
	if kept := sums(t, telemetry, prefixOwn+"traces_kept_by_policy"); kept["policy=errors"] != 1 {
		t.Error(kept)
	}
	hops := sums(t, telemetry, prefixOwn+"traces_kept_by_hops")
	var byHops int64
	for attributes, traces := range hops {
		byHops += traces
		if !strings.HasPrefix(attributes, "direction=link") || !strings.Contains(attributes, " hops=") {
			t.Error(attributes)
		}
	}
	if byHops != 3 {
		t.Error(hops)
	}
	if lags := lagsOf(t, telemetry); lags.Count != 4 || len(lags.Bounds) != len(lagBounds) || lags.BucketCounts[0]+lags.BucketCounts[1] != 4 {
		t.Errorf("%+v", lags)
	}
	waitUntil(t, "all emitted spans are counted by service", func() bool {
		var spans int64
		for _, of := range sums(t, telemetry, prefixOwn+"service_spans_emitted") {
			spans += of
		}
		return spans > 0 && spans == sums(t, telemetry, prefixOwn+"spans_emitted")[""]
	})
	if peak := sums(t, telemetry, prefixOwn+"process_memory_peak"); peak[""] < 1_000_000 {
		t.Error(peak)
	}
	for _, name := range []string{"lanes_stalled", "lanes_stalled_ticks"} {
		if values := sums(t, telemetry, prefixOwn+name); len(values) != 1 || values[""] != 0 {
			t.Errorf("%s: %v", name, values)
		}
	}
	for _, loss := range entail.LossTable() {
		if values := sums(t, telemetry, prefixOwn+"loss_"+loss.Name); len(values) != 1 || values[""] != 0 {
			t.Errorf("%s: %v", loss.Name, values)
		}
	}
	if _, err := telemetry.GetMetric(prefixTailSampling + "sampling_decision_timer_latency"); err != nil {
		t.Error(err)
	}
}
