package entailreceiver

import (
	"context"
	"maps"
	"net"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"entail.dev/collector/internal/captures"
)

func withKey(values settings, key string, value any) settings {
	values = maps.Clone(values)
	values[key] = value
	return values
}

func TestConfigErrorsNameTheirKey(t *testing.T) {
	servers := settings{"grpc": nil}
	for name, each := range map[string]struct {
		values settings
		want   []string
	}{
		"no protocol": {keepErrors(), []string{"protocols", "grpc"}},
		"no policies": {settings{"protocols": servers}, []string{"policies"}},
		"unknown key": {withKey(settings{"protocols": servers}, "polices", []any{}), []string{"did you mean 'policies'"}},
		"links": {withKey(withKey(keepErrors(), "protocols", servers), "links", settings{"propagate": settings{"mode": "x"}}),
			[]string{"links.propagate.mode"}},
		"path": {withKey(keepErrors(), "protocols", settings{"http": settings{"traces_url_path": "\x00"}}),
			[]string{"traces_url_path"}},
	} {
		err := confmap.Validate(configOf(t, each.values))
		for _, want := range each.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v has no %q", name, err, want)
			}
		}
	}
	misspelt := withKey(keepErrors(), "protocols", settings{"grpc": settings{"endpoind": "x"}})
	err := confmap.NewFromStringMap(misspelt).Unmarshal(NewFactory().CreateDefaultConfig())
	if err == nil || !strings.Contains(err.Error(), "endpoind") {
		t.Error(err)
	}
}

func TestDefaultsAreThoseOfTheOtlpReceiver(t *testing.T) {
	config := configOf(t, withKey(keepErrors(), "protocols", settings{"grpc": nil}))
	if config.Protocols.HTTP.HasValue() || config.Protocols.GRPC.Get().NetAddr.Endpoint != "localhost:4317" {
		t.Errorf("%+v", config.Protocols)
	}
	config = configOf(t, withKey(keepErrors(), "protocols", settings{"http": nil}))
	path, err := config.Protocols.HTTP.Get().tracesPath()
	if config.Protocols.GRPC.HasValue() || path != "/v1/traces" || err != nil {
		t.Error(path, err)
	}
	if err := componenttest.CheckConfigStruct(config); err != nil {
		t.Error(err)
	}
}

func TestConfigIsPrintedWhole(t *testing.T) {
	values := withKey(keepErrors(), "protocols", settings{"grpc": settings{"endpoint": "localhost:1"}})
	printed := confmap.New()
	whole := struct {
		Entail *Config `mapstructure:"entail"`
	}{configOf(t, values)}
	if err := printed.Marshal(whole); err != nil {
		t.Fatal(err)
	}
	if printed.Get("entail::protocols::grpc::endpoint") != "localhost:1" ||
		printed.Get("entail::decision_wait") != "168h" {
		t.Error(printed.ToStringMap())
	}
}

func TestAddressInUseStopsTheStart(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	config := configOf(t, withKey(keepErrors(), "protocols", settings{
		"grpc": settings{"endpoint": captures.FreeAddress(t)}, "http": settings{"endpoint": listener.Addr().String()},
	}))
	r, err := NewFactory().CreateTraces(context.Background(), receivertest.NewNopSettings(componentType), config,
		consumertest.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(context.Background(), componenttest.NewNopHost()); err == nil ||
		!strings.Contains(err.Error(), "in use") {
		t.Error(err)
	}
}
