package entailreceiver

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// The bytes that requests may hold together while they are received: this many of the largest size.
	intakeRequests = 4
	intakeBytesMin = 64 << 20
	// Requests that may be received at once. Each costs two goroutines and their buffers.
	receptionsMax = 2048
	// When bytes or receptions run out, requests that take longer than this are refused to make room.
	slowAfter    = time.Second
	shedInterval = 10 * time.Millisecond
	// How long a gRPC connection that fills memory beyond twice the limit waits for each further buffer.
	bufferPatience = time.Second
)

var (
	errIntakeFull = errors.New("too many bytes are being received at once; try again")
	errTooSlow    = errors.New("the request was too slow while others needed its room; try again")
)

// intake counts the requests that are being received, and their bytes as they arrive. What a sender announces, such as a
// Content-Length, is not counted and gets no memory.
//
// Thread rule: any goroutine.
type intake struct {
	limit int64
	bytes atomic.Int64

	mutex      sync.Mutex // Guarded by mutex: receptions, shedAt
	receptions map[*reception]struct{}
	shedAt     time.Time
	cut        atomic.Int64 // requests that a shutdown interrupted
}

func newIntake(largestRequest int64) *intake {
	return &intake{
		limit:      max(intakeBytesMin, intakeRequests*largestRequest),
		receptions: make(map[*reception]struct{}),
	}
}

// reception is one request that is being received. Its owner is one goroutine; abort runs on others.
type reception struct {
	intake *intake
	began  time.Time
	abort  func() // interrupts a read

	bytes   int64
	buffers [][]byte // that end() gives back
}

// begin adds a request. It returns errIntakeFull if there are too many.
func (i *intake) begin(abort func()) (*reception, error) {
	r := &reception{intake: i, began: time.Now(), abort: abort}
	i.mutex.Lock()
	isFull := len(i.receptions) >= receptionsMax
	if !isFull {
		i.receptions[r] = struct{}{}
	}
	i.mutex.Unlock()
	if isFull {
		i.shed()
		return nil, errIntakeFull
	}
	return r, nil
}

// reserve counts further bytes of the request, or returns errIntakeFull.
func (r *reception) reserve(bytes int64) error {
	if r.intake.bytes.Add(bytes) > r.intake.limit {
		r.intake.bytes.Add(-bytes)
		r.intake.shed()
		return errIntakeFull
	}
	r.bytes += bytes
	return nil
}

func (r *reception) unreserve(bytes int64) {
	r.intake.bytes.Add(-bytes)
	r.bytes -= bytes
}

// received marks the end of reading. The bytes still count.
func (r *reception) received() {
	r.intake.mutex.Lock()
	defer r.intake.mutex.Unlock()
	delete(r.intake.receptions, r)
}

// end releases everything.
func (r *reception) end() {
	r.received()
	for len(r.buffers) > 0 {
		r.giveBack(r.buffers[0])
	}
	r.unreserve(r.bytes)
}

// shed interrupts the requests that have been received for too long.
func (i *intake) shed() {
	now := time.Now()
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if now.Sub(i.shedAt) < shedInterval {
		return
	}
	i.shedAt = now
	for r := range i.receptions {
		if now.Sub(r.began) > slowAfter {
			r.abort()
			delete(i.receptions, r)
		}
	}
}

// count returns the number of requests that are being received.
func (i *intake) count() int {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return len(i.receptions)
}
