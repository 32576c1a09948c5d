package sampler

import (
	"reflect"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
)

func TestConfigErrorsNameKeyAndHint(t *testing.T) {
	for _, each := range []struct {
		name   string
		values map[string]any
		want   []string
	}{
		{"nothing", nil, []string{"policies: at least one policy is required"}},
		{"misspelt", settings("1s", keepAll, map[string]any{"decison_wait": "1s"}),
			[]string{"unknown key 'decison_wait'; did you mean 'decision_wait'?"}},
		{"unknown", settings("1s", keepAll, map[string]any{"spread": 1}), []string{"unknown key 'spread'", "links, retain"}},
		{"nested", settings("1s", keepAll, map[string]any{
			"links": map[string]any{"propagate": map[string]any{"mode": "cones"}}}),
			[]string{"links.propagate.mode", "did you mean 'cone'?"}},
		{"bounds", settings("1s", keepAll, map[string]any{"memory_limit": "1KiB"}), []string{"memory_limit", "16MiB"}},
		{"unit", settings("10", keepAll, nil), []string{"decision_wait", "needs a unit"}},
		{"two", settings("10", keepAll, map[string]any{"compat": "x"}), []string{"decision_wait", "compat"}},
		{"refused", settings("1s", keepAll, map[string]any{"sampling_strategy": "span-late"}), []string{"span-ingest"}},
	} {
		err := configOf(t, each.values).Validate()
		if err == nil {
			t.Errorf("%s: no error", each.name)
			continue
		}
		for _, want := range each.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q has no %q", each.name, err, want)
			}
		}
		if strings.Contains(err.Error(), "tail_sampling") {
			t.Errorf("%s: %q names a block that is not there", each.name, err)
		}
	}
	negative := configOf(t, settings("1s", keepAll, map[string]any{keyShutdownTimeout: "-1s"}))
	if err := negative.Validate(); err == nil || !strings.Contains(err.Error(), keyShutdownTimeout) {
		t.Error(err)
	}
	config := &Config{}
	wrongKind := confmap.NewFromStringMap(map[string]any{keyDropPending: "maybe"})
	if err := wrongKind.Unmarshal(config); err == nil || !strings.Contains(err.Error(), keyDropPending) {
		t.Error(err)
	}
}

func TestConfigIsThatOfTailSampling(t *testing.T) {
	values := settings("10s", keepErrors, map[string]any{
		"num_traces": 100, "expected_new_traces_per_sec": 10, keyDropPending: true, keyDecisionLog: "x",
		keyDebugPage: "localhost:1", keyShutdownTimeout: "7s",
		"decision_cache": map[string]any{"sampled_cache_size": 5},
		"links":          map[string]any{"origins": []any{"errors"}},
		"retain":         map[string]any{"window": "5s"}, "memory_limit": 1 << 28,
		"probability": "consistent", "compat": "collector",
	})
	config := configOf(t, values)
	warnings, err := config.Check()
	if err != nil || len(warnings) != 3 {
		t.Errorf("%q, %v", warnings, err)
	}
	if !config.DropPending || config.DecisionLog != "x" {
		t.Errorf("%+v", config)
	}
	if err := componenttest.CheckConfigStruct(config); err != nil {
		t.Error(err)
	}
	printed := confmap.New()
	whole := struct {
		Entail *Config `mapstructure:"entail"`
	}{config}
	if err := printed.Marshal(whole); err != nil || !reflect.DeepEqual(printed.Get("entail"), any(values)) {
		t.Errorf("%v, %v", printed.ToStringMap(), err)
	}
}

// The Collector has replaced ${...} by now: a $ that is left is a $, as at the end of a regex.
func TestDollarsStayLiteral(t *testing.T) {
	policy := map[string]any{"name": "$a", "type": "string_attribute", "string_attribute": map[string]any{
		"key": "${env:K}", "values": []any{"^x$", "\u2028<&>\"é😀"}, "enabled_regex_matching": true}}
	config := configOf(t, settings("1s", policy, nil))
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	yaml, err := config.engineYAML()
	if err != nil || !strings.Contains(string(yaml), `"^x$$"`) || !strings.Contains(string(yaml), `"$${env:K}"`) {
		t.Errorf("%s, %v", yaml, err)
	}
}
