// Package entailreceiver is a receiver of the OpenTelemetry Collector that samples traces as the processor `entail` does.
// It serves OTLP over gRPC and HTTP with the settings of the otlp receiver and passes the bytes of a request to the
// engine as received: dropped spans are never decoded. docs/collector.md says how to configure it.
package entailreceiver

import (
	"context"

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

// createDefaultConfig returns the defaults of the otlp receiver.
func createDefaultConfig() component.Config {
	grpcConfig := configgrpc.NewDefaultServerConfig()
	grpcConfig.NetAddr.Endpoint = "localhost:4317"
	grpcConfig.ReadBufferSize = 512 * 1024
	httpConfig := confighttp.NewDefaultServerConfig()
	httpConfig.NetAddr.Endpoint = "localhost:4318"
	httpConfig.TLS = configoptional.None[configtls.ServerConfig]()
	httpConfig.WriteTimeout = 0
	httpConfig.ReadHeaderTimeout = 0
	httpConfig.IdleTimeout = 0 //nolint:staticcheck // the keepalive section yields to it when it is set
	return &Config{Protocols: Protocols{
		GRPC: configoptional.Default(grpcConfig),
		HTTP: configoptional.Default(HTTPConfig{ServerConfig: httpConfig, TracesURLPath: "/v1/traces"}),
	}}
}

func createTraces(_ context.Context, set receiver.Settings, config component.Config,
	next consumer.Traces) (receiver.Traces, error) {
	return newReceiver(set, config.(*Config), next)
}
