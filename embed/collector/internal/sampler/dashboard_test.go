package sampler

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"entail.dev/collector/internal/captures"
)

// instrument is a metric as the SDK exports it.
type instrument struct {
	histogram bool
	labels    []string
}

// instruments are all metrics of a sampler that kept traces by policy and over links.
func instruments(t *testing.T) map[string]instrument {
	t.Helper()
	telemetry := componenttest.NewTelemetry()
	defer func() { _ = telemetry.Shutdown(context.Background()) }()
	set := nopSettings()
	set.Telemetry = telemetry.NewTelemetrySettings()
	set.Kind = KindReceiver // which has all metrics of a processor
	sampler := started(t, settings("1ms", keepErrors, nil), new(consumertest.TracesSink), set)
	takeProducerError(t, sampler)
	waitFor(t, telemetry, prefixOwn+"traces_kept_by_link", 3)
	waitUntil(t, "spans are counted by service", func() bool { return len(sums(t, telemetry, prefixOwn+"service_bytes_emitted")) > 0 })
	var all metricdata.ResourceMetrics
	if err := telemetry.Reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	found := map[string]instrument{}
	for _, scope := range all.ScopeMetrics {
		for _, metric := range scope.Metrics {
			var of instrument
			add := func(set attribute.Set) {
				for _, attribute := range set.ToSlice() {
					of.labels = append(of.labels, string(attribute.Key))
				}
			}
			switch data := metric.Data.(type) {
			case metricdata.Sum[int64]:
				for _, point := range data.DataPoints {
					add(point.Attributes)
				}
			case metricdata.Gauge[int64]:
				for _, point := range data.DataPoints {
					add(point.Attributes)
				}
			case metricdata.Histogram[int64]:
				of.histogram = true
				of.labels = append(of.labels, "le")
			}
			found[metric.Name] = of
		}
	}
	return found
}

type dashboard struct {
	Panels []struct {
		Title   string
		Targets []struct{ Expr, LegendFormat string }
	}
}

// readFile reads a file of the repository.
func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(captures.Root(), path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// readSection reads the section of a page, up to the next of the same level.
func readSection(t *testing.T, path, title string) string {
	t.Helper()
	_, section, found := strings.Cut(readFile(t, path), "\n## "+title+"\n")
	if !found {
		t.Fatalf("%s has no section %q", path, title)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	return section
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	var board dashboard
	if err := json.Unmarshal([]byte(readFile(t, "embed/collector/grafana/entail.json")), &board); err != nil {
		t.Fatal(err)
	}
	return board
}

var (
	metricPattern = regexp.MustCompile(`otelcol_[a-z_]+(\.\+)?`)
	labelPattern  = regexp.MustCompile(`by \(([a-z_, ]+)\)|\{\{([a-z_]+)\}\}`)
)

// checkMetric checks a metric that a query names, and the labels that the query and its legend name.
func checkMetric(t *testing.T, known map[string]instrument, metric string, queryAndLegend string) {
	t.Helper()
	if prefix, isPattern := strings.CutSuffix(metric, ".+"); isPattern {
		matches := func(name string) bool { return strings.HasPrefix(name, prefix) && name != prefix }
		if !slices.ContainsFunc(slices.Collect(maps.Keys(known)), matches) {
			t.Errorf("nothing is named %s", metric)
		}
		return
	}
	base, isHistogram := strings.CutSuffix(metric, "_bucket")
	of, exists := known[base]
	if !exists || of.histogram != isHistogram {
		t.Errorf("no such metric: %s", metric)
	}
	for _, groups := range labelPattern.FindAllStringSubmatch(queryAndLegend, -1) {
		for _, label := range strings.Split(groups[1]+groups[2], ", ") {
			if label != "__name__" && !slices.Contains(of.labels, label) {
				t.Errorf("%s has no label %s", metric, label)
			}
		}
	}
}

func TestDashboardNamesMetricsAndLabelsThatExist(t *testing.T) {
	known := instruments(t)
	shown := map[string]bool{}
	for _, panel := range readDashboard(t).Panels {
		t.Run(panel.Title, func(t *testing.T) {
			for _, target := range panel.Targets {
				metrics := metricPattern.FindAllString(target.Expr, -1)
				if len(metrics) == 0 {
					t.Error("no metric in ", target.Expr)
				}
				for _, metric := range metrics {
					checkMetric(t, known, metric, target.Expr+target.LegendFormat)
					shown[strings.TrimSuffix(metric, "_bucket")] = true
				}
			}
		})
	}
	for _, name := range []string{"traces_kept_by_hops", "service_bytes_emitted", "decision_lag"} {
		if !shown[prefixOwn+name] {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

// Every metric is on the page, and every name on the page is a metric.
func TestPageListsTheMetrics(t *testing.T) {
	section := readSection(t, "docs/collector.md", "Metrics")
	listed := map[string]bool{}
	prefix := ""
	for _, line := range strings.Split(section, "\n") {
		if head, found := strings.CutPrefix(line, "| `otelcol_processor_"); found {
			prefix = "otelcol_processor_" + head[:strings.Index(head, "...`")]
			continue
		}
		if cell, _, found := strings.Cut(strings.TrimPrefix(line, "| "), " | "); found && prefix != "" && strings.HasPrefix(line, "| `") {
			for _, name := range strings.Split(cell, ", ") {
				listed[prefix+strings.Trim(name, "`")] = true
			}
		}
		if line == "" {
			prefix = ""
		}
	}
	known := instruments(t)
	for name := range known {
		isLoss := strings.HasPrefix(name, prefixOwn+"loss_")
		if strings.HasPrefix(name, "otelcol_processor_") && !isLoss && !listed[name] {
			t.Errorf("docs/collector.md does not list %s", name)
		}
	}
	for name := range listed {
		if _, exists := known[name]; !exists && name != prefixOwn+"loss_NAME" {
			t.Errorf("docs/collector.md lists %s, which does not exist", name)
		}
	}
}
