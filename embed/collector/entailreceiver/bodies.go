package entailreceiver

import (
	"errors"
	"io"
	"math/bits"
	"slices"
	"sync"
	"unsafe"
)

const (
	bodyBytesAtFirst = 4 << 10
	// Buffers of 64 KiB to 4 MiB are reused.
	pooledBits, pooledBitsMax = 16, 22
)

var (
	errBodyTooLarge = errors.New("request body too large")

	// bodyPools has one pool for each power of two.
	bodyPools [pooledBitsMax - pooledBits + 1]sync.Pool
)

func poolOfBodies(room int) *sync.Pool {
	class := bits.Len(uint(room)) - 1 - pooledBits
	if class < 0 || class >= len(bodyPools) || room&(room-1) != 0 {
		return nil
	}
	return &bodyPools[class]
}

// buffer returns an empty buffer with room for at least `room` bytes. It belongs to the reception and ends with it.
func (r *reception) buffer(room int) ([]byte, error) {
	if room <= 1<<pooledBitsMax {
		room = 1 << bits.Len(uint(room-1))
	}
	if err := r.reserve(int64(room)); err != nil {
		return nil, err
	}
	var body []byte
	if pool := poolOfBodies(room); pool != nil {
		if pooled, ok := pool.Get().(*[]byte); ok {
			body = *pooled
		}
	}
	if body == nil {
		body = make([]byte, 0, room)
	}
	r.buffers = append(r.buffers, body)
	return body, nil
}

// giveBack ends the use of a buffer.
func (r *reception) giveBack(body []byte) {
	r.buffers = slices.DeleteFunc(r.buffers, func(held []byte) bool {
		return unsafe.SliceData(held) == unsafe.SliceData(body)
	})
	r.unreserve(int64(cap(body)))
	if pool := poolOfBodies(cap(body)); pool != nil {
		body = body[:0]
		pool.Put(&body)
	}
}

// read reads everything that `from` has. The buffer grows as bytes arrive, to four times as many at most, whatever size
// was announced. `announced` only prevents that it becomes larger than needed; -1 = unknown.
func (r *reception) read(from io.Reader, announced, bytesMax int64) ([]byte, error) {
	body, err := r.buffer(bodyBytesAtFirst)
	if err != nil {
		return nil, err
	}
	for {
		if len(body) == cap(body) {
			if body, err = r.grow(body, announced); err != nil {
				return nil, err
			}
		}
		count, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+count]
		switch {
		case int64(len(body)) > bytesMax:
			return nil, errBodyTooLarge
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, err
		}
	}
}

func (r *reception) grow(body []byte, announced int64) ([]byte, error) {
	room := 2 * cap(body)
	if cap(body) < 1<<pooledBits {
		room = 4 * cap(body)
	}
	if announced >= int64(len(body)) {
		room = min(room, int(announced)+1) // one byte more for the read that finds the end
	}
	larger, err := r.buffer(room)
	if err != nil {
		return nil, err
	}
	larger = append(larger, body...)
	r.giveBack(body)
	return larger, nil
}
