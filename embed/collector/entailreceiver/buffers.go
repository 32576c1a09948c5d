package entailreceiver

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"google.golang.org/grpc/mem"
)

const (
	// Buffers are of these sizes: a page, the largest frame that gRPC accepts, and what it decompresses into at a time.
	smallBuffer, frameBuffer, largeBuffer = 4 << 10, 16 << 10, 32 << 10

	bufferPoll = 10 * time.Millisecond
)

// receiveBuffers is the buffer pool of the gRPC server. It counts the buffers in use, in which received frames wait and
// messages are decompressed, as bytes of the intake. Buffers that gRPC never gives back, such as unread frames of a
// cancelled call, count until the garbage collector has found them.
//
// Thread rule: any goroutine.
type receiveBuffers struct {
	intake *intake
	small  sync.Pool
	frame  sync.Pool
	large  sync.Pool
	states sync.Map // uintptr of the first byte -> *bufferState; does not keep the buffer alive
}

type bufferState struct {
	address uintptr
	size    int64
	inUse   atomic.Bool
}

var _ mem.BufferPool = (*receiveBuffers)(nil)

func newReceiveBuffers(intake *intake) *receiveBuffers { return &receiveBuffers{intake: intake} }

// Get returns a buffer of that length. When requests hold twice the intake's limit, it waits a while: the connection that
// reads, or the call that decompresses, continues when others have given memory back.
func (b *receiveBuffers) Get(length int) *[]byte {
	if mem.IsBelowBufferPoolingThreshold(length) { // gRPC does not give these back
		buffer := make([]byte, length)
		return &buffer
	}
	b.wait()
	pool, size := b.poolOf(length)
	var buffer *[]byte
	if pool != nil {
		buffer, _ = pool.Get().(*[]byte)
	}
	if buffer == nil {
		buffer = b.allocate(size)
	}
	state := b.stateOf(*buffer)
	state.inUse.Store(true)
	if b.intake.bytes.Add(state.size) > b.intake.limit {
		b.intake.shed()
	}
	*buffer = (*buffer)[:length]
	return buffer
}

// Put takes a buffer back.
func (b *receiveBuffers) Put(buffer *[]byte) {
	if cap(*buffer) == 0 {
		return
	}
	whole := (*buffer)[:cap(*buffer)]
	state := b.stateOf(whole)
	if state == nil || !state.inUse.CompareAndSwap(true, false) {
		return
	}
	b.intake.bytes.Add(-state.size)
	if pool, size := b.poolOf(len(whole)); pool != nil && size == len(whole) {
		*buffer = whole
		pool.Put(buffer)
	}
}

func (b *receiveBuffers) poolOf(length int) (*sync.Pool, int) {
	switch {
	case length <= smallBuffer:
		return &b.small, smallBuffer
	case length <= frameBuffer:
		return &b.frame, frameBuffer
	case length <= largeBuffer:
		return &b.large, largeBuffer
	}
	return nil, length
}

func (b *receiveBuffers) allocate(size int) *[]byte {
	buffer := make([]byte, size)
	first := unsafe.SliceData(buffer)
	state := &bufferState{address: uintptr(unsafe.Pointer(first)), size: int64(size)}
	b.states.Store(state.address, state)
	runtime.AddCleanup(first, b.collected, state)
	return &buffer
}

// collected runs after the garbage collector has freed a buffer. Its address may be another buffer's by now.
func (b *receiveBuffers) collected(state *bufferState) {
	b.states.CompareAndDelete(state.address, state)
	if state.inUse.Load() {
		b.intake.bytes.Add(-state.size)
	}
}

func (b *receiveBuffers) stateOf(buffer []byte) *bufferState {
	state, _ := b.states.Load(uintptr(unsafe.Pointer(unsafe.SliceData(buffer))))
	found, _ := state.(*bufferState)
	return found
}

func (b *receiveBuffers) wait() {
	for end := time.Now().Add(bufferPatience); b.intake.bytes.Load() > 2*b.intake.limit && time.Now().Before(end); {
		b.intake.shed()
		time.Sleep(bufferPoll)
	}
}
