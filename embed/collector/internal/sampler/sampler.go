// Package sampler runs an engine inside the Collector. It provides the clock, a tick each second, a decision log and
// metrics, and passes kept spans to the next consumer. The processor and the receiver feed it.
package sampler

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.uber.org/zap"

	"entail.dev/entail"
)

const (
	tickInterval = time.Second
	// Keeps emitted batches below the 4 MiB that gRPC receivers accept by default, with room for added attributes.
	batchBytesMax = 1 << 20
	// If this much is kept but undelivered, decisions pause: memory fills up, and then requests are refused.
	undeliveredBytesMax = 64 << 20
	// The engine makes room within two ticks for every request that it can ever accept, unless output is blocked.
	roomTries  = 2
	drainTries = 8
)

// The kinds of components that use a sampler.
const KindProcessor, KindReceiver = "processor", "receiver"

// Settings identify the component that uses the sampler.
type Settings struct {
	Kind      string // of the component: KindProcessor or KindReceiver; an attribute of the metrics, with the ID as its value
	ID        component.ID
	Telemetry component.TelemetrySettings
}

// Sampler is an engine, a ticker, and a queue toward the next consumer.
//
// Ingest is safe for concurrent use. One goroutine ticks, one delivers; a caller that found no room ticks, too. turn
// serialises the users of the engine's output.
type Sampler struct {
	config   *Config
	id       string // of the component
	logger   *zap.Logger
	engine   *entail.Engine
	delivery *delivery
	metrics  *metrics
	began    time.Time // engine time is the wall clock of the start plus monotonic time: it never goes back

	// Ingest holds it for reading, so that no request is being accepted while drain decides the last ones. Lock it before
	// turn.
	ingesting sync.RWMutex // Guarded by ingesting: drained
	drained   bool

	turn   sync.Mutex // Guarded by turn: ticks of the engine, its output, log, record
	ticks  atomic.Uint64
	full   atomic.Bool // ticks made no room: wait for the next regular one
	log    *decisionLog
	chains *chains         // nil without a debug page
	record entail.Decision // reused by collectDecisions
	page   *debugPage
	stop   chan struct{}
	ticker sync.WaitGroup
	ended  sync.Once
}

// New returns a sampler; Start opens its engine.
func New(set Settings, config *Config, next consumer.Traces) (*Sampler, error) {
	s := &Sampler{config: config, id: set.ID.String(), logger: set.Telemetry.Logger, stop: make(chan struct{})}
	s.delivery = newDelivery(s.logger, next)
	var err error
	s.metrics, err = newMetrics(set, s.delivery)
	return s, err
}

// Start opens the engine and starts ticking.
func (s *Sampler) Start(ctx context.Context) error {
	warnings, err := s.config.Check()
	if err != nil {
		return err
	}
	for _, warning := range warnings {
		s.logger.Warn(warning)
	}
	yaml, err := s.config.engineYAML()
	if err != nil {
		return err
	}
	returnFreedMemory()
	if s.config.DecisionLog != "" {
		if s.log, err = openDecisionLog(s.config, s.logger); err != nil {
			return fmt.Errorf("%s: %w", keyDecisionLog, err)
		}
	}
	if err = s.startPage(); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", keyDebugPage, err), s.log.close())
	}
	options := entail.Options{Decisions: s.log != nil || s.chains != nil, BatchBytesMax: batchBytesMax}
	if s.engine, err = entail.Open(yaml, options); err != nil {
		return errors.Join(err, s.page.close(ctx), s.log.close())
	}
	s.began = time.Now()
	s.delivery.start()
	// Without this tick, requests before the first regular tick would have arrival time 0.
	if err := errors.Join(s.tick(0), s.metrics.register()); err != nil {
		return errors.Join(err, s.Shutdown(ctx))
	}
	s.ticker.Add(1)
	go s.tickEverySecond()
	return nil
}

// startPage starts the debug page, if there is to be one.
func (s *Sampler) startPage() error {
	if s.config.DebugPage == "" {
		return nil
	}
	s.chains = newChains()
	var err error
	s.page, err = startDebugPage(s.config.DebugPage, s.id, s.chains, s.logger)
	return err
}

// ErrNotStarted is the error for requests before Start.
var ErrNotStarted = errors.New("the sampler has not been started")

// Take is the method that ingests a request: (*entail.Engine).Ingest or IngestJSON.
type Take func(engine *entail.Engine, request []byte) (entail.Receipt, error)

// Ingest passes a request to the engine, which accepts it completely or not at all. entail.ErrNoRoom means that
// memory_limit is reached and the sender may retry; IsForGood reports errors after which it must not. request is only used
// until Ingest returns.
func (s *Sampler) Ingest(take Take, request []byte) (entail.Receipt, error) {
	if s.engine == nil {
		return entail.Receipt{}, ErrNotStarted
	}
	s.ingesting.RLock()
	defer s.ingesting.RUnlock()
	if s.drained {
		return entail.Receipt{}, entail.ErrClosed
	}
	seen := s.ticks.Load()
	receipt, err := take(s.engine, request)
	ticked := 0
	for ; ticked < roomTries && errors.Is(err, entail.ErrNoRoom) && !s.full.Load(); ticked++ {
		if err := s.tick(seen); err != nil {
			return receipt, err
		}
		seen = s.ticks.Load()
		receipt, err = take(s.engine, request)
	}
	if errors.Is(err, entail.ErrNoRoom) {
		if ticked == roomTries && !s.isBlocked() {
			s.full.Store(true) // do not run ticks for each request that is refused
		}
		err = fmt.Errorf("memory_limit is reached, %d bytes are not yet delivered; try again: %w",
			s.delivery.bytes(), err)
	}
	return receipt, err
}

// isBlocked reports whether decisions pause because the next consumer is too slow.
func (s *Sampler) isBlocked() bool { return s.delivery.bytes() >= undeliveredBytesMax }

// IsForGood reports whether the same request would be refused again.
func IsForGood(err error) bool {
	return errors.Is(err, entail.ErrTooLarge) || errors.Is(err, entail.ErrMalformed)
}

func (s *Sampler) now() int64 { return s.began.UnixNano() + int64(time.Since(s.began)) }

func (s *Sampler) tickEverySecond() {
	defer s.ticker.Done()
	ticker := time.NewTicker(tickInterval)
	defer ticker.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
			if err := s.tick(s.ticks.Load()); err != nil {
				s.logger.Error("a tick failed", zap.Error(err))
			}
			s.full.Store(false)
		}
	}
}

// tick decides due traces, unless another tick has run since `seen`, and queues kept spans.
func (s *Sampler) tick(seen uint64) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.ticks.Load() != seen || s.isBlocked() {
		return nil
	}
	defer s.ticks.Add(1)
	began := time.Now()
	err := s.engine.Tick(s.now())
	err = errors.Join(err, s.collect())
	s.metrics.ticked(time.Since(began))
	return err
}

// collect takes the engine's output. The caller holds turn.
func (s *Sampler) collect() error {
	for {
		batch := entail.Batch{Bytes: s.delivery.buffer()}
		found, err := s.engine.NextBatch(&batch)
		if found {
			s.delivery.push(batch)
			continue
		}
		s.delivery.keepBuffer(batch.Bytes)
		if err != nil {
			return err
		}
		break
	}
	if err := s.collectDecisions(); err != nil {
		return err
	}
	return s.metrics.collect(s.engine, s.log)
}

// collectDecisions passes the waiting records to the decision log and the debug page. The caller holds turn.
func (s *Sampler) collectDecisions() error {
	if s.log == nil && s.chains == nil {
		return nil
	}
	defer s.log.flush()
	for {
		found, err := s.engine.NextDecision(&s.record)
		if err != nil || !found {
			return err
		}
		s.log.add(&s.record)
		s.chains.add(&s.record)
	}
}

// WithShutdownTimeout returns a context that ends when shutdown_timeout is over. Call it when the shutdown begins.
func (s *Sampler) WithShutdownTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.config.shutdownTimeout())
}

// Shutdown decides pending traces, delivers kept spans, and releases everything. When ctx or shutdown_timeout ends, the
// remaining spans are lost; the total is counted and logged once.
func (s *Sampler) Shutdown(ctx context.Context) error {
	if s.engine == nil {
		return nil
	}
	var err error
	s.ended.Do(func() { err = s.shutdown(ctx) })
	return err
}

func (s *Sampler) shutdown(ctx context.Context) error {
	ctx, cancel := s.WithShutdownTimeout(ctx)
	defer cancel()
	close(s.stop)
	s.ticker.Wait()
	dropped, err := s.drain()
	lost := s.delivery.finish(ctx)
	if lost.spans > 0 || dropped > 0 {
		level := zap.ErrorLevel
		if lost.spans == 0 {
			level = zap.WarnLevel // as configured
		}
		s.logger.Log(level, "data was lost in the shutdown", zap.Uint64("kept_spans_undelivered", lost.spans),
			zap.Int("batches_undelivered", lost.batches), zap.Uint64("pending_traces_dropped", dropped),
			zap.NamedError("last_error", lost.lastError))
	}
	return errors.Join(err, s.page.close(ctx), s.metrics.unregister(), s.closeAll())
}

// drain decides pending traces and queues kept spans, or returns how many traces it dropped undecided.
func (s *Sampler) drain() (uint64, error) {
	s.ingesting.Lock()
	s.drained = true
	s.ingesting.Unlock()
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.config.DropPending {
		return s.dropPending()
	}
	err := s.engine.Drain(s.now())
	for tries := 1; err != nil && tries < drainTries; tries++ { // ENTAIL_E_MEMORY: the rest follows with the next
		err = errors.Join(s.collect(), s.engine.Drain(s.now()))
	}
	return 0, errors.Join(err, s.collect())
}

// dropPending delivers what is due and returns how many traces are not. The caller holds turn.
func (s *Sampler) dropPending() (uint64, error) {
	err := errors.Join(s.engine.Tick(s.now()), s.collect()) // traces are counted from their first tick on
	counts, failure := s.engine.Statistics()
	return counts.Traces.Pending, errors.Join(err, failure)
}

func (s *Sampler) closeAll() error {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.engine.Close()
	return s.log.close()
}
