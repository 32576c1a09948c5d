package sampler

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.uber.org/zap"

	"entail.dev/entail"
)

const (
	backoffMin = 50 * time.Millisecond
	backoffMax = 5 * time.Second
	// How long one batch is retried with a failing consumer before it is lost. A shutdown bounds all batches together.
	patience       = 5 * time.Minute
	buffersKeptMax = 4
	// How long a consumer may take to return once its context is cancelled.
	cancelPatience = 500 * time.Millisecond
	// Unreadable spans of one batch that are logged one by one; the others are only counted.
	unreadableLoggedMax = 10
)

// delivery passes emitted batches to the next consumer, one at a time and in order, on its own goroutine: a slow consumer
// delays neither intake nor decisions.
type delivery struct {
	logger *zap.Logger
	next   consumer.Traces

	mutex     sync.Mutex // Guarded by mutex: batches, current, buffers, ending, abandoned, the lost* counts
	batches   []entail.Batch
	current   entail.Batch // being delivered
	buffers   [][]byte     // given back, to be used again
	ending    bool
	abandoned bool // nothing more is delivered, counted or logged
	lost      losses

	wake            chan struct{} // holds one: something changed
	end             chan struct{} // closed when ending begins
	endingBy        atomic.Int64  // time.Time in nanoseconds; 0 = not ending
	waitingBytes    atomic.Int64
	spansLost       atomic.Uint64
	spansUnreadable atomic.Uint64
	textsRepaired   atomic.Uint64
	costs           serviceCosts
	abort           context.CancelFunc
	context         context.Context
	done            chan struct{}
}

// losses are what a shutdown could not deliver.
type losses struct {
	spans     uint64
	batches   int
	lastError error
}

func (l *losses) add(spans uint64, err error) {
	l.spans += spans
	l.batches++
	l.lastError = err
}

func newDelivery(logger *zap.Logger, next consumer.Traces) *delivery {
	d := &delivery{
		logger: logger,
		next:   next,
		wake:   make(chan struct{}, 1),
		end:    make(chan struct{}),
		done:   make(chan struct{}),
	}
	d.context, d.abort = context.WithCancel(context.Background())
	return d
}

func (d *delivery) start() { go d.run() }

// bytes returns the size of the undelivered batches.
func (d *delivery) bytes() int64 { return d.waitingBytes.Load() }

// buffer returns an empty buffer, reused if possible.
func (d *delivery) buffer() []byte {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if len(d.buffers) == 0 {
		return nil
	}
	last := len(d.buffers) - 1
	buffer := d.buffers[last]
	d.buffers = d.buffers[:last]
	return buffer
}

func (d *delivery) push(batch entail.Batch) {
	d.waitingBytes.Add(int64(len(batch.Bytes)))
	d.mutex.Lock()
	d.batches = append(d.batches, batch)
	d.mutex.Unlock()
	d.signal()
}

func (d *delivery) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// finish delivers what waits until ctx ends, then cancels the running call. It returns what was lost, also when the
// consumer ignores the cancellation: its goroutine is then left behind.
func (d *delivery) finish(ctx context.Context) losses {
	if by, bounded := ctx.Deadline(); bounded {
		d.endingBy.Store(by.UnixNano())
	}
	d.mutex.Lock()
	d.ending = true
	d.mutex.Unlock()
	close(d.end)
	d.signal()
	select {
	case <-d.done:
	case <-ctx.Done():
	}
	d.abort()
	select {
	case <-d.done:
	case <-time.After(cancelPatience):
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.abandon()
	return d.lost
}

var errShutdown = errors.New("the time for the shutdown is over")

// abandon counts everything that is still waiting as lost. The caller holds mutex.
func (d *delivery) abandon() {
	d.abandoned = true
	waiting := d.batches
	if d.current.Bytes != nil {
		waiting = append([]entail.Batch{d.current}, waiting...)
	}
	for _, batch := range waiting {
		d.lost.add(batch.Spans, errShutdown)
		d.spansLost.Add(batch.Spans)
		d.waitingBytes.Add(-int64(len(batch.Bytes)))
	}
	d.batches, d.current = nil, entail.Batch{}
}

func (d *delivery) run() {
	defer close(d.done)
	for {
		batch, found, ending := d.take()
		if !found && ending {
			return
		}
		if !found {
			<-d.wake
			continue
		}
		err := d.deliver(batch.Bytes)
		if !d.settle(batch, err) {
			return
		}
		d.keepBuffer(batch.Bytes)
	}
}

func (d *delivery) take() (entail.Batch, bool, bool) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if len(d.batches) == 0 {
		d.batches = nil
		return entail.Batch{}, false, d.ending
	}
	d.current = d.batches[0]
	d.batches[0] = entail.Batch{}
	d.batches = d.batches[1:]
	return d.current, true, d.ending
}

// settle counts a delivered or lost batch. It returns false if nothing more is to be delivered. Losses during a shutdown
// are logged once, at its end.
func (d *delivery) settle(batch entail.Batch, err error) bool {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.abandoned {
		return false
	}
	d.current = entail.Batch{}
	d.waitingBytes.Add(-int64(len(batch.Bytes)))
	if err == nil {
		return true
	}
	d.spansLost.Add(batch.Spans)
	if d.ending {
		d.lost.add(batch.Spans, err)
	} else {
		d.logger.Error("kept spans are lost: the next consumer did not accept them", zap.Uint64("spans", batch.Spans),
			zap.Error(err))
	}
	return true
}

// keepBuffer stores a buffer for reuse, unless there are enough.
func (d *delivery) keepBuffer(buffer []byte) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if cap(buffer) > 0 && len(d.buffers) < buffersKeptMax {
		d.buffers = append(d.buffers, buffer[:0])
	}
}

// deliver offers a batch until it is accepted, permanently refused, or out of time.
func (d *delivery) deliver(batch []byte) error {
	patienceEnds := time.Now().Add(patience)
	isFirst := true
	for backoff := backoffMin; d.context.Err() == nil; backoff = min(2*backoff, backoffMax) {
		// Decode again for each attempt: a consumer may have modified its input.
		traces, unreadable, err := decodeBatch(batch)
		if err != nil {
			return err
		}
		repaired := repairTexts(traces)
		if isFirst {
			d.costs.add(batch)
			d.textsRepaired.Add(repaired)
			d.reportUnreadable(unreadable)
			isFirst = false
		}
		if traces.SpanCount() == 0 {
			return nil
		}
		err = d.next.ConsumeTraces(d.context, traces)
		if err == nil || consumererror.IsPermanent(err) || d.context.Err() != nil {
			return err
		}
		if !d.pause(backoff, patienceEnds) {
			return err
		}
	}
	return errShutdown
}

func (d *delivery) reportUnreadable(unreadable []unreadableSpan) {
	d.spansUnreadable.Add(uint64(len(unreadable)))
	for i, span := range unreadable {
		if i == unreadableLoggedMax {
			d.logger.Error("further kept spans are lost: the Collector cannot decode them",
				zap.Int("spans", len(unreadable)-unreadableLoggedMax))
			return
		}
		d.logger.Error("a kept span is lost: the Collector cannot decode it", zap.String("trace_id", span.traceID),
			zap.Error(span.reason))
	}
}

// pause waits before the next attempt; false: there is none.
func (d *delivery) pause(backoff time.Duration, patienceEnds time.Time) bool {
	end := d.end
	if by := d.endingBy.Load(); by != 0 {
		patienceEnds = time.Unix(0, by)
		end = nil // has been seen
	}
	if time.Now().Add(backoff).After(patienceEnds) {
		return false
	}
	timer := time.NewTimer(backoff)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-end:
	case <-d.context.Done():
	}
	return true
}
