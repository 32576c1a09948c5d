package entailreceiver

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path"

	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/confmap"

	"entail.dev/collector/internal/sampler"
)

const keyProtocols = "protocols"

// HTTPConfig is the HTTP configuration of the otlp receiver, for traces only.
type HTTPConfig struct {
	ServerConfig confighttp.ServerConfig `mapstructure:",squash"`
	// TracesURLPath is where traces are received; /v1/traces by default.
	TracesURLPath string `mapstructure:"traces_url_path,omitempty"`
}

// Protocols are the servers to start: those that the configuration names.
type Protocols struct {
	GRPC configoptional.Optional[configgrpc.ServerConfig] `mapstructure:"grpc"`
	HTTP configoptional.Optional[HTTPConfig]              `mapstructure:"http"`
}

// Config has the protocols of the otlp receiver and all keys of the processor.
type Config struct {
	Protocols Protocols `mapstructure:"protocols"`

	sampling sampler.Config
}

var (
	_ confmap.Unmarshaler = (*Config)(nil)
	_ confmap.Marshaler   = Config{}
)

// Unmarshal reads the servers' settings as the Collector does; Validate checks the other keys.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	protocols, err := conf.Sub(keyProtocols)
	if err != nil {
		return err
	}
	if err := protocols.Unmarshal(&c.Protocols); err != nil {
		return fmt.Errorf("%s: %w", keyProtocols, err)
	}
	rest := maps.Clone(conf.ToStringMap())
	delete(rest, keyProtocols)
	return c.sampling.Unmarshal(confmap.NewFromStringMap(rest))
}

// Marshal returns all keys, for tools that print configurations.
func (c Config) Marshal(conf *confmap.Conf) error {
	servers := struct {
		Protocols Protocols `mapstructure:"protocols"`
	}{c.Protocols}
	return errors.Join(conf.Marshal(servers), c.sampling.Marshal(conf))
}

// Validate returns every error of the configuration, each with its key and what was expected.
func (c *Config) Validate() error {
	var all error
	if !c.Protocols.GRPC.HasValue() && !c.Protocols.HTTP.HasValue() {
		all = errors.New(keyProtocols + ": at least one of grpc and http is required")
	}
	if c.Protocols.HTTP.HasValue() {
		_, err := c.Protocols.HTTP.Get().tracesPath()
		all = errors.Join(all, err, checkEncodings(c.Protocols.HTTP.Get().ServerConfig.CompressionAlgorithms))
	}
	return errors.Join(all, c.sampling.Validate())
}

func (c *HTTPConfig) tracesPath() (string, error) {
	parsed, err := url.Parse(c.TracesURLPath)
	if err != nil {
		return "", fmt.Errorf("protocols.http.traces_url_path: %w", err)
	}
	return path.Join("/", parsed.Path), nil
}

func (c *HTTPConfig) requestBytesMax() int64 {
	if c.ServerConfig.MaxRequestBodySize > 0 {
		return c.ServerConfig.MaxRequestBodySize
	}
	return requestBytesDefault
}

// largestRequest returns the size in bytes of the largest request that the servers accept.
func (p *Protocols) largestRequest() int64 {
	var largest int64
	if p.GRPC.HasValue() {
		largest = messageBytesDefault
		if mebibytes := p.GRPC.Get().MaxRecvMsgSizeMiB; mebibytes > 0 {
			largest = int64(mebibytes) << 20
		}
	}
	if p.HTTP.HasValue() {
		largest = max(largest, p.HTTP.Get().requestBytesMax())
	}
	return largest
}
