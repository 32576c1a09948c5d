package sampler

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/confmap"

	"entail.dev/entail"
)

type alert struct {
	Alert       string            `mapstructure:"alert"`
	Expr        string            `mapstructure:"expr"`
	For         string            `mapstructure:"for"`
	Labels      map[string]string `mapstructure:"labels"`
	Annotations map[string]string `mapstructure:"annotations"`
}

func readAlerts(t *testing.T) []alert {
	t.Helper()
	retrieved, err := confmap.NewRetrievedFromYAML([]byte(readFile(t, "embed/collector/grafana/alerts.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	conf, err := retrieved.AsConf()
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string  `mapstructure:"name"`
			Rules []alert `mapstructure:"rules"`
		} `mapstructure:"groups"`
	}
	if err := conf.Unmarshal(&file); err != nil {
		t.Fatal(err)
	}
	if len(file.Groups) != 1 || len(file.Groups[0].Rules) == 0 {
		t.Fatal("no alerts")
	}
	return file.Groups[0].Rules
}

// headings are the anchors of a page.
func headings(page string) []string {
	var anchors []string
	for _, line := range strings.Split(page, "\n") {
		if title, found := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); found && strings.HasPrefix(line, "#") {
			anchors = append(anchors, strings.ReplaceAll(strings.ToLower(title), " ", "-"))
		}
	}
	return anchors
}

// knownMetrics are all metrics that the pages may name: those of a component, and two of every receiver.
func knownMetrics(t *testing.T) map[string]instrument {
	t.Helper()
	known := instruments(t)
	for _, name := range []string{"otelcol_receiver_accepted_spans", "otelcol_receiver_refused_spans"} {
		known[name] = instrument{labels: []string{"receiver", "transport"}}
	}
	return known
}

func TestAlertsNameMetricsAndLabelsThatExist(t *testing.T) {
	known := knownMetrics(t)
	for name, of := range known { // Prometheus adds it
		of.labels = append(of.labels, "instance")
		known[name] = of
	}
	anchors := headings(readFile(t, "docs/operations.md"))
	seen := map[string]bool{}
	for _, each := range readAlerts(t) {
		if each.Alert == "" || seen[each.Alert] {
			t.Errorf("no name, or used twice: %q", each.Alert)
		}
		seen[each.Alert] = true
		metrics := metricPattern.FindAllString(each.Expr, -1)
		if len(metrics) == 0 {
			t.Errorf("%s: no metric in %q", each.Alert, each.Expr)
		}
		for _, metric := range metrics {
			checkMetric(t, known, metric, each.Expr)
		}
		if strings.Count(each.Expr, "(") != strings.Count(each.Expr, ")") {
			t.Errorf("%s: unbalanced: %q", each.Alert, each.Expr)
		}
		// A counter as it is only ever rises.
		for _, metric := range metrics {
			isGauge := slices.Contains([]string{"undelivered", "lanes_stalled"}, strings.TrimPrefix(metric, prefixOwn))
			if isRate := strings.Contains(each.Expr, "rate("+metric); isRate == isGauge {
				t.Errorf("%s: a rate of a gauge, or no rate of a counter: %s", each.Alert, metric)
			}
		}
		if duration, err := time.ParseDuration(each.For); err != nil || duration < time.Minute {
			t.Errorf("%s: for: %q", each.Alert, each.For)
		}
		if !slices.Contains([]string{"info", "warning", "critical"}, each.Labels["severity"]) {
			t.Errorf("%s: severity %q", each.Alert, each.Labels["severity"])
		}
		page, anchor, _ := strings.Cut(each.Annotations["runbook"], "#")
		if page != "docs/operations.md" || !slices.Contains(anchors, anchor) || each.Annotations["summary"] == "" {
			t.Errorf("%s: annotations %v", each.Alert, each.Annotations)
		}
	}
}

// docs/operations.md has every metric, every loss and every alert, and none that does not exist.
func TestOperationsListsMetricsAndAlerts(t *testing.T) {
	section := readSection(t, "docs/operations.md", "Metrics and alerts")
	code := regexp.MustCompile("`([A-Za-z_]+)`")
	metrics, alerts := map[string]bool{}, map[string]bool{}
	for _, line := range strings.Split(section, "\n") {
		cells := strings.Split(strings.Trim(line, "|"), " | ")
		if !strings.HasPrefix(line, "| `") || len(cells) < 3 {
			continue
		}
		for _, name := range code.FindAllStringSubmatch(cells[0], -1) {
			if !strings.HasPrefix(name[1], "otelcol_") {
				name[1] = prefixOwn + name[1]
			}
			metrics[name[1]] = true
		}
		for _, name := range code.FindAllStringSubmatch(cells[2], -1) {
			alerts[name[1]] = true
		}
	}
	known := knownMetrics(t)
	for name := range known {
		if strings.HasPrefix(name, "otelcol_processor_") && !metrics[name] {
			t.Errorf("the page does not explain %s", name)
		}
	}
	for name := range metrics {
		if _, exists := known[name]; !exists {
			t.Errorf("the page explains %s, which does not exist", name)
		}
	}
	for _, loss := range entail.LossTable() {
		if !metrics[prefixOwn+"loss_"+loss.Name] {
			t.Errorf("the page does not explain the loss %s", loss.Name)
		}
	}
	defined := map[string]bool{}
	for _, each := range readAlerts(t) {
		defined[each.Alert] = true
		if !alerts[each.Alert] {
			t.Errorf("the page does not have the alert %s", each.Alert)
		}
	}
	for name := range alerts {
		if !defined[name] {
			t.Errorf("no alert is named %s", name)
		}
	}
}
