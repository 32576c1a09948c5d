package entailprocessor

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"entail.dev/collector/internal/sampler"
	"entail.dev/entail"
)

// tracesProcessor encodes traces for the engine. ConsumeTraces is safe for concurrent use.
type tracesProcessor struct{ sampler *sampler.Sampler }

// Capabilities: the input is only read.
func (p *tracesProcessor) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: false}
}

func (p *tracesProcessor) Start(ctx context.Context, _ component.Host) error {
	return p.sampler.Start(ctx)
}

func (p *tracesProcessor) Shutdown(ctx context.Context) error { return p.sampler.Shutdown(ctx) }

// ConsumeTraces passes all spans to the engine, or none. An error that is not permanent means that memory_limit is
// reached: the sender may retry.
func (p *tracesProcessor) ConsumeTraces(_ context.Context, traces ptrace.Traces) error {
	if traces.SpanCount() == 0 {
		return nil
	}
	request, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	if err != nil {
		return consumererror.NewPermanent(err)
	}
	_, err = p.sampler.Ingest((*entail.Engine).Ingest, request)
	return refusal(err)
}

// refusal is the error that the sender gets.
func refusal(err error) error {
	if sampler.IsForGood(err) {
		return consumererror.NewPermanent(err)
	}
	return err
}
