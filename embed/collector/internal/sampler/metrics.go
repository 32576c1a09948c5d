package sampler

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"entail.dev/entail"
)

const (
	// Metrics with the same meaning as in tail_sampling have its names, so that dashboards keep working.
	prefixTailSampling = "otelcol_processor_tail_sampling_"
	prefixOwn          = "otelcol_processor_entail_"
)

// lagBounds are the bounds of entail.Engine.KeptByLag, in seconds.
var lagBounds = []float64{1, 2, 5, 10, 15, 20, 30, 45, 60, 120, 300, 600, 1800, 3600}

// counts are the engine's counts at the end of a tick.
type counts struct {
	statistics   entail.Statistics
	losses       []entail.Count // as entail.LossTable
	keptByPolicy []entail.Count
	keptByLink   []entail.Count
	keptByLag    []entail.Count
	recordsLost  uint64 // of the decision log
	dropped      uint64 // traces, revived ones included: a counter does not go back
}

// observed is an instrument and the source of its values.
type observed struct {
	instrument metric.Int64Observable
	values     func(*counts, func(uint64, ...attribute.KeyValue))
}

// metrics exports the engine's counts to the Collector's telemetry. Reading takes no lock: it sees the last tick.
type metrics struct {
	meter        metric.Meter
	component    attribute.KeyValue
	delivery     *delivery
	latest       atomic.Pointer[counts]
	otherSignals otherSignals // of a receiver
	instruments  []observed
	timer        metric.Int64Histogram
	lag          metric.Int64Histogram
	registration metric.Registration
}

func newMetrics(set Settings, delivery *delivery) (*metrics, error) {
	m := &metrics{
		meter:     set.Telemetry.MeterProvider.Meter("entail.dev/collector"),
		component: attribute.String(set.Kind, set.ID.String()),
		delivery:  delivery,
	}
	timer, err := m.meter.Int64Histogram(prefixTailSampling+"sampling_decision_timer_latency",
		metric.WithUnit("ms"), metric.WithDescription("Duration of each tick: deciding, and collecting kept spans"))
	m.timer = timer
	lag, failure := m.meter.Int64Histogram(prefixOwn+"decision_lag", metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(lagBounds...),
		metric.WithDescription("Kept traces, by the time from the arrival of their first span to the decision"))
	m.lag = lag
	if set.Kind == KindReceiver {
		failure = errors.Join(failure, m.counter(prefixOwn+"requests_of_other_signals", "{requests}",
			"Requests refused because they contain logs, metrics or profiles, by signal",
			func(_ *counts, tell func(uint64, ...attribute.KeyValue)) { m.otherSignals.each(tell) }))
	}
	return m, errors.Join(err, failure, m.addTraces(), m.addSpans(), m.addCosts(), m.addHeld(), m.addLosses())
}

type value func(*counts) uint64

func one(of value) func(*counts, func(uint64, ...attribute.KeyValue)) {
	return func(c *counts, tell func(uint64, ...attribute.KeyValue)) { tell(of(c)) }
}

func (m *metrics) counter(name, unit, help string, values func(*counts, func(uint64, ...attribute.KeyValue))) error {
	instrument, err := m.meter.Int64ObservableCounter(name, metric.WithUnit(unit), metric.WithDescription(help))
	m.instruments = append(m.instruments, observed{instrument, values})
	return err
}

func (m *metrics) gauge(name, unit, help string, of value) error {
	instrument, err := m.meter.Int64ObservableGauge(prefixOwn+name, metric.WithUnit(unit), metric.WithDescription(help))
	m.instruments = append(m.instruments, observed{instrument, one(of)})
	return err
}

func (m *metrics) addTraces() error {
	decided := func(c *counts, tell func(uint64, ...attribute.KeyValue)) {
		traces := c.statistics.Traces
		tell(traces.Kept, attribute.Bool("sampled", true), attribute.String("decision", "sampled"))
		tell(c.dropped, attribute.Bool("sampled", false), attribute.String("decision", "not_sampled"))
	}
	byPolicy := func(c *counts, tell func(uint64, ...attribute.KeyValue)) {
		for _, kept := range c.keptByPolicy {
			tell(kept.Count, attribute.String("policy", kept.Name))
		}
	}
	byHops := func(c *counts, tell func(uint64, ...attribute.KeyValue)) {
		for _, kept := range c.keptByLink {
			direction, text, _ := strings.Cut(kept.Name, "/")
			hops, _ := strconv.Atoi(text)
			tell(kept.Count, attribute.String("direction", direction), attribute.Int("hops", hops))
		}
	}
	return errors.Join(
		m.counter(prefixTailSampling+"global_count_traces_sampled", "{traces}",
			"Kept traces and dropped traces; a revived trace counts in both", decided),
		m.counter(prefixTailSampling+"new_trace_id_received", "{traces}", "New traces",
			one(func(c *counts) uint64 { return c.statistics.Traces.Received })),
		m.counter(prefixOwn+"traces_kept_by_policy", "{traces}", "Kept traces, by policy", byPolicy),
		m.counter(prefixOwn+"traces_kept_by_link", "{traces}", "Traces kept because of a link",
			one(func(c *counts) uint64 { return c.statistics.Traces.KeptByLink })),
		m.counter(prefixOwn+"traces_kept_by_hops", "{traces}",
			"Traces kept because of a link, by direction and by the number of links to the origin", byHops),
		m.counter(prefixOwn+"traces_revived", "{traces}", "Traces kept after they were dropped, because of a link",
			one(func(c *counts) uint64 { return c.statistics.Traces.Revived })),
	)
}

func (m *metrics) addSpans() error {
	spans := func(name, help string, of func(*entail.SpanCounts) uint64) error {
		return m.counter(prefixOwn+"spans_"+name, "{spans}", help,
			one(func(c *counts) uint64 { return of(&c.statistics.Spans) }))
	}
	return errors.Join(
		spans("received", "Received spans", func(s *entail.SpanCounts) uint64 { return s.Received }),
		spans("emitted", "Emitted spans", func(s *entail.SpanCounts) uint64 { return s.Emitted }),
		spans("dropped", "Dropped spans", func(s *entail.SpanCounts) uint64 { return s.Dropped }),
		spans("rejected", "Rejected spans", func(s *entail.SpanCounts) uint64 { return s.Rejected }),
		spans("lost", "Spans lost in the engine", func(s *entail.SpanCounts) uint64 { return s.Lost }),
		m.counter(prefixOwn+"spans_undelivered", "{spans}", "Kept spans that the next consumer did not accept, and that were lost",
			one(func(*counts) uint64 { return m.delivery.spansLost.Load() })),
		m.counter(prefixOwn+"spans_unreadable", "{spans}", "Kept spans that the Collector cannot decode, and that were lost",
			one(func(*counts) uint64 { return m.delivery.spansUnreadable.Load() })),
		m.counter(prefixOwn+"texts_repaired", "{texts}", "Texts of kept spans that were not UTF-8: U+FFFD replaces bad bytes",
			one(func(*counts) uint64 { return m.delivery.textsRepaired.Load() })),
		m.counter(prefixOwn+"decision_log_records_lost", "{records}", "Decisions that could not be written to decision_log",
			one(func(c *counts) uint64 { return c.recordsLost })),
	)
}

// addCosts adds what is kept by service. It is counted where batches leave, not at the end of a tick.
func (m *metrics) addCosts() error {
	byService := func(of func(cost) uint64) func(*counts, func(uint64, ...attribute.KeyValue)) {
		return func(_ *counts, tell func(uint64, ...attribute.KeyValue)) {
			m.delivery.costs.each(func(service string, c cost) { tell(of(c), attribute.String("service", service)) })
		}
	}
	return errors.Join(
		m.counter(prefixOwn+"service_spans_emitted", "{spans}", "Emitted spans, by service",
			byService(func(c cost) uint64 { return c.spans })),
		m.counter(prefixOwn+"service_bytes_emitted", "By", "Bytes of emitted spans with resources and scopes, by service",
			byService(func(c cost) uint64 { return c.bytes })),
	)
}

func (m *metrics) addHeld() error {
	return errors.Join(
		m.gauge("traces_pending", "{traces}", "Undecided traces",
			func(c *counts) uint64 { return c.statistics.Traces.Pending }),
		m.gauge("spans_held", "{spans}", "Spans in memory: pending or retained",
			func(c *counts) uint64 { return c.statistics.Spans.Held }),
		m.gauge("memory", "By", "Memory of the engine; memory_limit bounds it",
			func(c *counts) uint64 { return c.statistics.Memory.Total }),
		m.gauge("process_memory_peak", "By", "Largest resident set of the process so far",
			func(c *counts) uint64 { return c.statistics.Memory.ProcessPeak }),
		m.gauge("lanes_stalled", "{lanes}", "Requests that have been inside the engine for more than two ticks",
			func(c *counts) uint64 { return c.statistics.Lanes.Stalled }),
		m.gauge("lanes_stalled_ticks", "{ticks}", "Ticks since the oldest of these requests arrived",
			func(c *counts) uint64 { return c.statistics.Lanes.StalledTicks }),
		m.gauge("undelivered", "By", "Bytes of kept spans that wait for the next consumer",
			func(*counts) uint64 { return uint64(max(m.delivery.bytes(), 0)) }),
	)
}

func (m *metrics) addLosses() error {
	var all error
	for i, loss := range entail.LossTable() {
		err := m.counter(prefixOwn+"loss_"+loss.Name, "1", loss.Severity+": "+loss.Help,
			one(func(c *counts) uint64 { return c.losses[i].Count }))
		all = errors.Join(all, err)
	}
	return all
}

// collect stores the engine's counts.
func (m *metrics) collect(engine *entail.Engine, log *decisionLog) error {
	var c counts
	var failures [5]error
	c.statistics, failures[0] = engine.Statistics()
	c.losses, failures[1] = engine.Losses()
	c.keptByPolicy, failures[2] = engine.KeptByPolicy()
	c.keptByLink, failures[3] = engine.KeptByLink()
	c.keptByLag, failures[4] = engine.KeptByLag()
	c.recordsLost = log.lostCount()
	c.dropped = c.statistics.Traces.Dropped + c.statistics.Traces.Revived
	before := m.latest.Load()
	if before != nil {
		c.dropped = max(c.dropped, before.dropped)
	}
	if err := errors.Join(failures[:]...); err != nil {
		return err
	}
	m.recordLags(&c, before)
	m.latest.Store(&c)
	return nil
}

// recordLags records the traces that were kept since `before`. The engine has counts, the instrument takes values: each
// trace counts with the upper bound of its row.
func (m *metrics) recordLags(now, before *counts) {
	attributes := metric.WithAttributes(m.component)
	for i, row := range now.keptByLag {
		count := row.Count
		if before != nil {
			count -= before.keptByLag[i].Count
		}
		value, err := strconv.ParseInt(row.Name, 10, 64)
		if err != nil { // +Inf
			value = int64(2 * lagBounds[len(lagBounds)-1])
		}
		for ; count > 0; count-- {
			m.lag.Record(context.Background(), value, attributes)
		}
	}
}

func (m *metrics) ticked(took time.Duration) {
	m.timer.Record(context.Background(), took.Milliseconds(), metric.WithAttributes(m.component))
}

func (m *metrics) register() error {
	instruments := make([]metric.Observable, len(m.instruments))
	for i, observed := range m.instruments {
		instruments[i] = observed.instrument
	}
	var err error
	m.registration, err = m.meter.RegisterCallback(m.observe, instruments...)
	return err
}

func (m *metrics) observe(_ context.Context, observer metric.Observer) error {
	latest := m.latest.Load()
	for _, each := range m.instruments {
		each.values(latest, func(value uint64, attributes ...attribute.KeyValue) {
			observer.ObserveInt64(each.instrument, int64(value),
				metric.WithAttributes(append(attributes, m.component)...))
		})
	}
	return nil
}

func (m *metrics) unregister() error {
	if m.registration == nil {
		return nil
	}
	return m.registration.Unregister()
}
