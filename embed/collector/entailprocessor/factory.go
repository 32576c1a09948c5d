// Package entailprocessor is a processor of the OpenTelemetry Collector that takes the place of tail_sampling: the same
// keys and answers, and keeps that follow span links. The work is done by the Entail engine through the package
// entail.dev/entail, so the Collector is built with cgo. docs/collector.md tells how to configure and build it.
package entailprocessor

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"

	"entail.dev/collector/internal/sampler"
)

var componentType = component.MustNewType("entail")

// Config has the keys of tail_sampling, and beside them those of the engine and decision_log.
type Config = sampler.Config

// NewFactory makes the factory of the processor `entail`. Every instance has an engine of its own.
func NewFactory() processor.Factory {
	return processor.NewFactory(componentType, func() component.Config { return &Config{} },
		processor.WithTraces(createTraces, component.StabilityLevelAlpha))
}

func createTraces(_ context.Context, set processor.Settings, config component.Config,
	next consumer.Traces) (processor.Traces, error) {
	who := sampler.Settings{Kind: "processor", ID: set.ID, Telemetry: set.TelemetrySettings}
	s, err := sampler.New(who, config.(*Config), next)
	return &tracesProcessor{sampler: s}, err
}
