// Package entailprocessor is a processor of the OpenTelemetry Collector that replaces tail_sampling: the same keys and
// decisions, but traces linked to a kept trace are kept too. It uses the Entail engine through the package
// entail.dev/entail, so the Collector must be built with cgo. docs/collector.md says how to configure and build it.
package entailprocessor

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"

	"entail.dev/collector/internal/sampler"
)

var componentType = component.MustNewType("entail")

// Config has the keys of tail_sampling, those of the engine, and decision_log.
type Config = sampler.Config

// NewFactory returns the factory of the processor `entail`. Each instance has its own engine.
func NewFactory() processor.Factory {
	return processor.NewFactory(componentType, func() component.Config { return &Config{} },
		processor.WithTraces(createTraces, component.StabilityLevelAlpha))
}

func createTraces(_ context.Context, set processor.Settings, config component.Config,
	next consumer.Traces) (processor.Traces, error) {
	who := sampler.Settings{Kind: sampler.KindProcessor, ID: set.ID, Telemetry: set.TelemetrySettings}
	s, err := sampler.New(who, config.(*Config), next)
	return &tracesProcessor{sampler: s}, err
}
