package entailreceiver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/collector/consumer/consumertest"
	"google.golang.org/grpc/mem"

	"entail.dev/collector/internal/captures"
)

func begun(t *testing.T, i *intake, abort func()) *reception {
	t.Helper()
	r, err := i.begin(abort)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBytesCountAsTheyArrive(t *testing.T) {
	i := newIntake(1)
	r := begun(t, i, func() {})
	reader, writer := io.Pipe()
	read := make(chan []byte)
	go func() {
		body, _ := r.read(reader, 20<<20, 20<<20)
		read <- body
	}()
	sent := 0
	for _, size := range []int{1, 10_000, 100_000, 300_000} {
		if _, err := writer.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		sent += size
		if held := i.bytes.Load(); held > int64(max(bodyBytesAtFirst, 4*sent)) {
			t.Errorf("%d bytes are held for %d that arrived", held, sent)
		}
	}
	_ = writer.Close()
	if body := <-read; len(body) != sent {
		t.Error(len(body), sent)
	}
	r.end()
	if held := i.bytes.Load(); held != 0 {
		t.Errorf("%d bytes are still held", held)
	}
}

func TestBodiesHaveALimit(t *testing.T) {
	r := begun(t, newIntake(1), func() {})
	defer r.end()
	if _, err := r.read(bytes.NewReader(make([]byte, 1001)), -1, 1000); !errors.Is(err, errBodyTooLarge) {
		t.Error(err)
	}
	if body, err := r.read(bytes.NewReader(make([]byte, 1000)), -1, 1000); err != nil || len(body) != 1000 {
		t.Error(len(body), err)
	}
}

// When memory runs out, those that have been sending for long are interrupted, and nobody else.
func TestOnlySlowSendersMakeRoom(t *testing.T) {
	i := newIntake(1)
	var slow, quick atomic.Int32
	old := begun(t, i, func() { slow.Add(1) })
	old.began = old.began.Add(-2 * slowAfter)
	recent := begun(t, i, func() { quick.Add(1) })
	if err := recent.reserve(i.limit + 1); !errors.Is(err, errIntakeFull) {
		t.Error(err)
	}
	if slow.Load() != 1 || quick.Load() != 0 || i.count() != 1 {
		t.Error(slow.Load(), quick.Load(), i.count())
	}
	old.end()
	recent.end()
	if i.bytes.Load() != 0 || i.count() != 0 {
		t.Error(i.bytes.Load(), i.count())
	}
}

func TestReceptionsHaveALimit(t *testing.T) {
	i := newIntake(1)
	for range receptionsMax {
		begun(t, i, func() {})
	}
	if _, err := i.begin(func() {}); !errors.Is(err, errIntakeFull) {
		t.Error(err)
	}
}

func TestReceiveBuffersAreCounted(t *testing.T) {
	i := newIntake(1)
	pool := newReceiveBuffers(i)
	small := pool.Get(100)
	if i.bytes.Load() != 0 || len(*small) != 100 {
		t.Error("gRPC does not give back such small buffers: they must not count")
	}
	var held []mem.Buffer
	for _, size := range []int{2000, 16 << 10, 20_000, 100_000} {
		buffer := pool.Get(size)
		if len(*buffer) != size {
			t.Error(len(*buffer), size)
		}
		held = append(held, mem.NewBuffer(buffer, pool))
	}
	if got, want := i.bytes.Load(), int64(smallBuffer+frameBuffer+largeBuffer+100_000); got != want {
		t.Errorf("%d bytes are counted, want %d", got, want)
	}
	for _, buffer := range held {
		buffer.Free()
	}
	if got := i.bytes.Load(); got != 0 {
		t.Errorf("%d bytes are still counted", got)
	}
}

// A buffer that gRPC drops stops counting when the garbage collector frees it; one that waits in the pool does not count.
func TestDroppedBuffersStopCounting(t *testing.T) {
	i := newIntake(1)
	pool := newReceiveBuffers(i)
	for n := range 100 {
		buffer := pool.Get(frameBuffer)
		if n%2 == 0 {
			pool.Put(buffer)
		}
	}
	if i.bytes.Load() < frameBuffer {
		t.Fatal("nothing was dropped")
	}
	waitUntil(t, "the dropped buffers stop counting", func() bool {
		runtime.GC()
		return i.bytes.Load() == 0
	})
}

func TestParsersWaitInOrder(t *testing.T) {
	p := newParsing(1000)
	first, err := p.acquire(context.Background(), p.limit-10)
	if err != nil {
		t.Fatal(err)
	}
	order := make(chan string, 2)
	wait := func(name string, bytes int64) {
		release, err := p.acquire(context.Background(), bytes)
		if err != nil {
			t.Error(err)
			return
		}
		order <- name
		release()
	}
	go wait("large", 1<<40) // more than there will ever be: runs alone
	waitUntil(t, "one waits", func() bool { return p.waiting() == 1 })
	go wait("small", 1)
	waitUntil(t, "both wait", func() bool { return p.waiting() == 2 })
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.acquire(cancelled, 1); !errors.Is(err, errParserFull) {
		t.Error(err)
	}
	first()
	if a, b := <-order, <-order; a != "large" || b != "small" {
		t.Error(a, b)
	}
}

func (p *parsing) waiting() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.waiters.Len()
}

func TestParserMemoryIsEstimatedFromSpans(t *testing.T) {
	good := protobuf(t, captures.Numbered(0, 3000, 100))
	if spans := countSpans(good); spans != 3000 {
		t.Error(spans)
	}
	if _, err := parserMemory(good, false); err != nil {
		t.Error(err)
	}
	if _, err := parserMemory(smallSpans(1<<20), false); err != nil {
		t.Error("the smallest spans with IDs: ", err)
	}
	if _, err := parserMemory(emptySpans(1<<20), false); !errors.Is(err, errTooManySpans) {
		t.Error(err)
	}
	if _, err := parserMemory(emptySpans(1000), false); err != nil {
		t.Error("a small request is not worth refusing: ", err)
	}
	empty := `{"resourceSpans":[{"scopeSpans":[{"spans":[{}` + strings.Repeat(",{}", 10_000) + `]}]}]}`
	if _, err := parserMemory([]byte(empty), true); !errors.Is(err, errTooManySpans) {
		t.Error(err)
	}
	text := `{"resourceSpans":[{"schemaUrl":"` + strings.Repeat(`{\"`, 10_000) + `"}]}`
	if bytes, err := parserMemory([]byte(text), true); err != nil || bytes > int64(len(text))*10 {
		t.Error("braces in a text are no spans: ", bytes, err)
	}
	if _, err := parserMemory(attributesJSON(1<<20), true); err != nil {
		t.Error(err)
	}
	for _, cut := range []int{1, 5, len(good) / 2} {
		if spans := countSpans(good[:cut]); spans > 3000 {
			t.Error(cut, spans)
		}
	}
}

func TestEveryEncodingIsReadAndLimited(t *testing.T) {
	d := newDecompression(nil, 1<<20)
	for _, encoding := range encodings {
		for _, size := range []int{1000, 1 << 20} {
			r := begun(t, newIntake(1), func() {})
			body := bytes.Repeat([]byte("entail"), size/6+1)[:size]
			got, err := d.run(context.Background(), encoding, encoded(t, encoding, body), r)
			if err != nil || !bytes.Equal(got, body) {
				t.Error(encoding, size, len(got), err)
			}
			r.end()
		}
		r := begun(t, newIntake(1), func() {})
		bomb := encoded(t, encoding, make([]byte, 1<<20+1))
		if _, err := d.run(context.Background(), encoding, bomb, r); encoding != "" && !errors.Is(err, errBodyTooLarge) {
			t.Error(encoding, err)
		}
		if _, err := d.run(context.Background(), encoding, []byte("\xff\xff\xff no such thing"), r); encoding != "" && err == nil {
			t.Error(encoding, ": garbage was decompressed")
		}
		r.end()
		if held := r.intake.bytes.Load(); held != 0 {
			t.Error(encoding, held)
		}
	}
	if err := checkEncodings([]string{"gzip", "brotli"}); err == nil || !strings.Contains(err.Error(), "brotli") {
		t.Error(err)
	}
	if d := newDecompression([]string{"gzip"}, 1); d.accepts("zstd") || !d.accepts("gzip") {
		t.Error("compression_algorithms is not respected")
	}
}

func TestInterruptedSendersAreAskedToComeBack(t *testing.T) {
	s := start(t, keepAll(), consumertest.NewNop(), with{})
	intake := s.Traces.(*tracesReceiver).intake
	p := process{server: *s}
	p.silent(t, 1, announcement)
	p.openStreams(t, 1, 1, nil)
	waitUntil(t, "both are being received", func() bool { return intake.count() == 2 })
	time.Sleep(slowAfter)
	waitUntil(t, "both are interrupted", func() bool {
		intake.shed()
		return intake.count() == 0
	})
	s.mustPost(t, protobufType, protobuf(t, captures.Numbered(0, 1, 1)))
}
