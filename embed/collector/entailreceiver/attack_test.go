package entailreceiver

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"entail.dev/collector/internal/captures"
)

const (
	attackedLimit   = 64 << 20 // memory_limit
	attackedTimeout = 5 * time.Second
)

// documentedMemory is the bound of docs/collector.md for the default sizes: see "Memory under attack".
func documentedMemory() int64 {
	const largest = 20 << 20
	const fixed = 128 << 20
	perProcessor := int64(runtime.GOMAXPROCS(0)) * 16 << 20
	return 2*attackedLimit + 64<<20 + (4*largest)*3 + 16*largest + perProcessor + fixed
}

func attacked(t *testing.T, behind string) *process {
	t.Helper()
	values := keepAll()
	values["memory_limit"] = "64MiB"
	values["shutdown_timeout"] = "3s"
	return startProcess(t, values, behind)
}

func encoded(t *testing.T, encoding string, body []byte) []byte {
	t.Helper()
	var buffer bytes.Buffer
	var writer io.WriteCloser
	switch encoding {
	case "gzip":
		writer = gzip.NewWriter(&buffer)
	case "zlib", "deflate":
		writer = zlib.NewWriter(&buffer)
	case "zstd":
		var err error
		if writer, err = zstd.NewWriter(&buffer); err != nil {
			t.Fatal(err)
		}
	case "snappy":
		return snappy.Encode(nil, body)
	case "x-snappy-framed":
		writer = snappy.NewBufferedWriter(&buffer)
	case "lz4":
		writer = lz4.NewWriter(&buffer)
	default:
		return body
	}
	if _, err := writer.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// silent opens connections that announce a large body, or nothing, and send no more.
func (p *process) silent(t *testing.T, count int, text string) {
	t.Helper()
	for range count {
		connection, err := net.Dial("tcp", p.http)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = connection.Close() })
		if _, err := io.WriteString(connection, text); err != nil {
			t.Fatal(err)
		}
	}
}

const announcement = "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20000000\r\n\r\n"

// slowBodies send a megabyte of a body at once and never the rest.
func (p *process) slowBodies(t *testing.T, count int) {
	t.Helper()
	part := strings.Repeat(" ", 1<<20)
	var sending sync.WaitGroup
	for range count {
		connection, err := net.Dial("tcp", p.http)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = connection.Close() })
		sending.Go(func() {
			_ = connection.SetWriteDeadline(time.Now().Add(10 * time.Second))
			_, _ = io.WriteString(connection, announcement+part) // refused ones are closed meanwhile
		})
	}
	sending.Wait()
}

// openStreams begins calls; each sends `part` of a message and never the rest. The message's prefix announces 4 MB.
func (p *process) openStreams(t *testing.T, connections, streams int, part []byte) {
	t.Helper()
	description := &grpc.StreamDesc{StreamName: "Export", ClientStreams: true}
	for range connections {
		connection, err := grpc.NewClient(p.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = connection.Close() })
		for range streams {
			stream, err := connection.NewStream(context.Background(), description, exportMethod,
				grpc.ForceCodec(bytesCodec{}))
			if err != nil {
				t.Fatal(err)
			}
			if part != nil { // a whole message, but the call does not end: the server waits for that
				_ = stream.SendMsg(part)
			}
		}
	}
}

// bodies sends the same body many times at once and counts the answers by code.
func (p *process) bodies(t *testing.T, count int, kind, encoding string, body []byte) map[int]int {
	t.Helper()
	codes := map[int]int{}
	var mutex sync.Mutex
	var sending sync.WaitGroup
	for range count {
		sending.Go(func() {
			request, err := http.NewRequest(http.MethodPost, "http://"+p.http+"/v1/traces", bytes.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			request.Header.Set("Content-Type", kind)
			if encoding != "" {
				request.Header.Set("Content-Encoding", encoding)
			}
			code := 0 // a refused sender may find its connection closed
			if response, err := http.DefaultClient.Do(request); err == nil {
				code = response.StatusCode
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
			mutex.Lock()
			defer mutex.Unlock()
			codes[code]++
		})
	}
	sending.Wait()
	return codes
}

// messages sends the same gRPC message many times at once.
func (p *process) messages(t *testing.T, count int, message []byte, options ...grpc.CallOption) {
	t.Helper()
	connection := p.connect(t)
	options = append(options, grpc.ForceCodec(bytesCodec{}))
	var sending sync.WaitGroup
	for range count {
		sending.Go(func() {
			_ = connection.Invoke(context.Background(), exportMethod, message, &[]byte{}, options...)
		})
	}
	sending.Wait()
}

// connections returns the number of open sockets.
func (p *process) connections(t *testing.T) int {
	t.Helper()
	folder := fmt.Sprintf("/proc/%d/fd", p.command.Process.Pid)
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, entry := range entries {
		if target, err := os.Readlink(folder + "/" + entry.Name()); err == nil && strings.HasPrefix(target, "socket:") {
			count++
		}
	}
	return count
}

// expectService checks that a good request is accepted, at the latest when the slow ones have been refused.
func (p *process) expectService(t *testing.T) {
	t.Helper()
	waitUntil(t, "a good request is accepted", func() bool {
		code, _, _ := p.post(t, protobufType, protobuf(t, captures.Numbered(0, 10, 10)))
		return code == http.StatusOK
	})
	if _, err := p.export(t, context.Background(), captures.Numbered(100, 10, 10)); err != nil {
		t.Error(err)
	}
}

var isRaceDetected = false

func (p *process) expectMemory(t *testing.T) {
	t.Helper()
	if isRaceDetected {
		return
	}
	peak := p.memory(t, "VmHWM")
	t.Logf("peak %d MiB, now %d MiB, documented %d MiB", peak>>20, p.memory(t, "VmRSS")>>20, documentedMemory()>>20)
	if peak > documentedMemory() {
		t.Errorf("%d MiB of memory", peak>>20)
	}
}

func emptySpans(bytes int) []byte {
	const resourceTag, scopeTag, spanTag = 0x0a, 0x12, 0x12
	spans := strings.Repeat(string([]byte{spanTag, 0}), bytes/2)
	scope := append([]byte{scopeTag}, sized(spans)...)
	return append([]byte{resourceTag}, sized(string(scope))...)
}

// smallSpans is a message of spans that have IDs and nothing else.
func smallSpans(size int) []byte {
	span := append([]byte{0x12, 28, 0x0a, 16}, "0123456789abcdef"...)
	span = append(append(span, 0x12, 8), "01234567"...)
	scope := append([]byte{0x12}, sized(strings.Repeat(string(span), size/len(span)))...)
	return append([]byte{0x0a}, sized(string(scope))...)
}

func sized(content string) []byte {
	size := len(content)
	var varint []byte
	for ; size >= 0x80; size >>= 7 {
		varint = append(varint, byte(size)|0x80)
	}
	return append(append(varint, byte(size)), content...)
}

func attributesJSON(bytes int) []byte {
	const attribute = `{"key":"k","value":{"intValue":"1"}}`
	span := `{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","attributes":[` + attribute +
		strings.Repeat(","+attribute, bytes/len(attribute)) + `]}`
	return []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[` + span + `]}]}]}`)
}

// attack brings a receiver into a state; inBackground attacks end with the requests that they send.
type attack struct {
	name         string
	run          func(t *testing.T, p *process, scale int)
	inBackground bool
}

// In tools/test-go --long, attacks are larger and cover every combination.
var isLong = os.Getenv("ENTAIL_LONG_TESTS") != ""

func scale() int {
	if isLong {
		return 4
	}
	return 1
}

var attacks = []attack{
	{name: "silent connections", run: func(t *testing.T, p *process, scale int) {
		p.silent(t, 250*scale, "")
		p.silent(t, 500*scale, announcement)
	}},
	{name: "slow bodies", run: func(t *testing.T, p *process, scale int) { p.slowBodies(t, 200*scale) }},
	{name: "open streams", run: func(t *testing.T, p *process, scale int) { p.openStreams(t, 50, 100*scale, nil) }},
	{name: "slow messages", run: func(t *testing.T, p *process, scale int) {
		p.openStreams(t, 20, 20*scale, make([]byte, 3<<20))
	}},
	{name: "bombs over HTTP", inBackground: true, run: func(t *testing.T, p *process, scale int) {
		bodies := [][]byte{make([]byte, 25*scale<<20), emptySpans(19 << 20), smallSpans(15 << 20)}
		for i, encoding := range encodings[1:] {
			for j, body := range bodies {
				if scale > 1 || i%len(bodies) == j {
					p.bodies(t, 4*scale, protobufType, encoding, encoded(t, encoding, body))
				}
			}
		}
	}},
	{name: "bombs over gRPC", inBackground: true, run: func(t *testing.T, p *process, scale int) {
		for _, name := range []string{"gzip", "zstd", "snappy"} {
			for _, size := range []int{messageBytesDefault - 100, 10 << 20} {
				p.messages(t, 4*scale, emptySpans(size), grpc.UseCompressor(name))
			}
		}
	}},
	{name: "large JSON", inBackground: true, run: func(t *testing.T, p *process, scale int) {
		p.bodies(t, 32*scale, jsonType, "", attributesJSON(17<<20))
	}},
}

func TestMemoryUnderAttack(t *testing.T) {
	for _, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			p := attacked(t, accepting)
			attack.run(t, p, scale())
			p.expectService(t)
			p.expectMemory(t)
			p.terminate(t, attackedTimeout)
		})
	}
}

// SIGTERM ends a receiver in every state, whatever the consumer behind it does, within shutdown_timeout; the log says once
// what was lost.
func TestShutdownUnderAttack(t *testing.T) {
	consumers := []string{accepting, refusing, hanging, stubborn}
	for i, attack := range attacks {
		for j, behind := range consumers {
			if !isLong && i%len(consumers) != j {
				continue
			}
			t.Run(attack.name+" "+behind, func(t *testing.T) {
				p := attacked(t, behind)
				p.mustPost(t, protobufType, protobuf(t, captures.Numbered(0, 7, 1000)))
				var attacking sync.WaitGroup
				if attack.inBackground {
					attacking.Go(func() { attack.run(t, p, 1) })
					time.Sleep(500 * time.Millisecond)
				} else {
					attack.run(t, p, 1)
				}
				p.terminate(t, attackedTimeout)
				attacking.Wait()
				p.expectLosses(t, behind != accepting)
			})
		}
	}
}

func TestShutdownWithoutSenders(t *testing.T) {
	for _, behind := range []string{accepting, refusing, hanging, stubborn} {
		p := attacked(t, behind)
		p.mustPost(t, protobufType, protobuf(t, captures.Numbered(0, 7, 1000)))
		p.terminate(t, attackedTimeout)
		p.expectLosses(t, behind != accepting)
		if behind != accepting && !strings.Contains(p.logged(), `"kept_spans_undelivered":7`) {
			t.Errorf("%s: %s", behind, p.logged())
		}
	}
}

func (p *process) expectLosses(t *testing.T, want bool) {
	t.Helper()
	times := strings.Count(p.logged(), "data was lost in the shutdown")
	if want && times != 1 || !want && times != 0 {
		t.Errorf("losses were logged %d times: %s", times, p.logged())
	}
}

// Slow senders are refused with a status that lets them try again, and leave nothing behind.
func TestSlowSendersTimeOut(t *testing.T) {
	if !isLong {
		t.Skip("tools/test-go --long runs it: it waits for the read timeouts")
	}
	p := attacked(t, accepting)
	p.silent(t, 500, announcement)
	p.openStreams(t, 1, 100, nil)
	if got := p.connections(t); got < 500 {
		t.Fatal(got)
	}
	time.Sleep(readTimeout + 5*time.Second)
	if got := p.connections(t); got > 50 {
		t.Errorf("%d connections are left", got)
	}
	p.expectService(t)
	p.terminate(t, attackedTimeout)
	if strings.Contains(p.logged(), "cut off") {
		t.Error("requests were still being received: ", p.logged())
	}
}
