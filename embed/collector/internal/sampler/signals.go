package sampler

import (
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
)

// Signal is what an OTLP request contains instead of traces.
type Signal string

const (
	Logs     Signal = "logs"
	Metrics  Signal = "metrics"
	Profiles Signal = "profiles"
)

// OtherSignals are all of them.
var OtherSignals = []Signal{Logs, Metrics, Profiles}

// otherSignals counts requests of other signals than traces. Thread rule: any goroutine.
type otherSignals struct{ logs, metrics, profiles atomic.Uint64 }

func (o *otherSignals) of(signal Signal) *atomic.Uint64 {
	switch signal {
	case Logs:
		return &o.logs
	case Metrics:
		return &o.metrics
	}
	return &o.profiles
}

func (o *otherSignals) each(tell func(uint64, ...attribute.KeyValue)) {
	for _, signal := range OtherSignals {
		tell(o.of(signal).Load(), attribute.String("signal", string(signal)))
	}
}

// CountOtherSignal counts a request that was refused because it is not of traces.
func (s *Sampler) CountOtherSignal(signal Signal) { s.metrics.otherSignals.of(signal).Add(1) }
