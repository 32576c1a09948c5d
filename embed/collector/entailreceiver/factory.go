// Package entailreceiver is a receiver of the OpenTelemetry Collector that samples traces as the processor `entail` does.
// It serves OTLP over gRPC and HTTP with the settings of the otlp receiver and passes the bytes of a request to the
// engine as received: dropped spans are never decoded. docs/collector.md says how to configure it.
package entailreceiver

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configtls"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"
)

var componentType = component.MustNewType("entail")

// NewFactory returns the factory of the receiver `entail`. Each instance has its own engine.
func NewFactory() receiver.Factory {
	return receiver.NewFactory(componentType, createDefaultConfig,
		receiver.WithTraces(createTraces, component.StabilityLevelAlpha))
}

const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 60 * time.Second // begins before the body is read
	streamsMax        = 256
	readBufferSize    = 64 << 10 // of each gRPC connection with TLS
)

// createDefaultConfig returns the defaults of the otlp receiver, and time limits for senders that stop sending.
func createDefaultConfig() component.Config {
	grpcConfig := configgrpc.NewDefaultServerConfig()
	grpcConfig.NetAddr.Endpoint = "localhost:4317"
	grpcConfig.ReadBufferSize = readBufferSize
	grpcConfig.MaxConcurrentStreams = streamsMax
	httpConfig := confighttp.NewDefaultServerConfig()
	httpConfig.NetAddr.Endpoint = "localhost:4318"
	httpConfig.TLS = configoptional.None[configtls.ServerConfig]()
	httpConfig.ReadHeaderTimeout = readHeaderTimeout
	httpConfig.ReadTimeout = readTimeout
	httpConfig.WriteTimeout = writeTimeout
	return &Config{Protocols: Protocols{
		GRPC: configoptional.Default(grpcConfig),
		HTTP: configoptional.Default(HTTPConfig{ServerConfig: httpConfig, TracesURLPath: "/v1/traces"}),
	}}
}

func createTraces(_ context.Context, set receiver.Settings, config component.Config,
	next consumer.Traces) (receiver.Traces, error) {
	return newReceiver(set, config.(*Config), next)
}
