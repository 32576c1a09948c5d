package sampler

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"entail.dev/entail"
)

const (
	backoffMin = 50 * time.Millisecond
	backoffMax = 5 * time.Second
	// How long one batch is retried with a failing consumer before it is lost.
	patience = 5 * time.Minute
	// The same for all batches together, once the Collector shuts down. Each batch is offered at least once.
	patienceAtEnd  = 10 * time.Second
	buffersKeptMax = 4
)

// delivery passes emitted batches to the next consumer, one at a time and in order, on its own goroutine: a slow consumer
// delays neither intake nor decisions.
type delivery struct {
	logger *zap.Logger
	next   consumer.Traces

	mutex   sync.Mutex // Guarded by mutex: batches, buffers, ending
	batches []entail.Batch
	buffers [][]byte // given back, to be used again
	ending  bool

	wake         chan struct{} // holds one: something changed
	end          chan struct{} // closed when ending begins
	endingBy     atomic.Int64  // time.Time in nanoseconds; 0 = not ending
	waitingBytes atomic.Int64
	spansLost    atomic.Uint64
	abort        context.CancelFunc
	context      context.Context
	done         chan struct{}
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

// finish waits until everything is delivered or lost, and ends the goroutine.
func (d *delivery) finish(ctx context.Context) {
	d.endingBy.Store(time.Now().Add(patienceAtEnd).UnixNano())
	d.mutex.Lock()
	d.ending = true
	d.mutex.Unlock()
	close(d.end)
	d.signal()
	select {
	case <-d.done:
	case <-ctx.Done():
		d.abort()
		<-d.done
	}
	d.abort()
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
		if err := d.deliver(batch.Bytes); err != nil {
			d.spansLost.Add(batch.Spans)
			d.logger.Error("kept spans are lost: the next consumer did not accept them", zap.Uint64("spans", batch.Spans),
				zap.Error(err))
		}
		d.waitingBytes.Add(-int64(len(batch.Bytes)))
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
	batch := d.batches[0]
	d.batches[0] = entail.Batch{}
	d.batches = d.batches[1:]
	return batch, true, d.ending
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
func (d *delivery) deliver(bytes []byte) error {
	patienceEnds := time.Now().Add(patience)
	for backoff := backoffMin; ; backoff = min(2*backoff, backoffMax) {
		// Decode again for each attempt: a consumer may have modified its input.
		traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(bytes)
		if err != nil {
			return err
		}
		err = d.next.ConsumeTraces(d.context, traces)
		if err == nil || consumererror.IsPermanent(err) || d.context.Err() != nil {
			return err
		}
		if !d.pause(backoff, patienceEnds) {
			return err
		}
	}
}

// pause waits before the next attempt; false: there is none.
func (d *delivery) pause(backoff time.Duration, patienceEnds time.Time) bool {
	end := d.end
	if by := d.endingBy.Load(); by != 0 {
		patienceEnds = time.Unix(0, by)
		end = nil // has been heard
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
