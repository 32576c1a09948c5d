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
	grpcgzip "google.golang.org/grpc/encoding/gzip"

	"entail.dev/collector/internal/captures"
)

const attackedLimit = 64 << 20 // memory_limit

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
	values["shutdown_timeout"] = "4s"
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

func (p *process) expectMemory(t *testing.T) {
	t.Helper()
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

// attacks are the states of a receiver under attack.
var attacks = map[string]func(t *testing.T, p *process){
	"silent connections": func(t *testing.T, p *process) {
		p.silent(t, 250, "")
		p.silent(t, 500, announcement)
	},
	"slow bodies": func(t *testing.T, p *process) { p.slowBodies(t, 200) },
	"open streams": func(t *testing.T, p *process) {
		p.openStreams(t, 50, 100, nil)
	},
	"slow messages": func(t *testing.T, p *process) {
		p.openStreams(t, 20, 20, make([]byte, 3<<20))
	},
	"bombs": func(t *testing.T, p *process) {
		for _, body := range [][]byte{make([]byte, 200<<20), emptySpans(19 << 20)} {
			for _, encoding := range encodings[1:] {
				p.bodies(t, 16, protobufType, encoding, encoded(t, encoding, body))
			}
		}
		for _, name := range []string{grpcgzip.Name} {
			var sending sync.WaitGroup
			for _, size := range []int{4<<20 - 100, 64 << 20} {
				message := emptySpans(size)
				for range 16 {
					sending.Go(func() {
						_ = p.connect(t).Invoke(context.Background(), exportMethod, message, &[]byte{},
							grpc.ForceCodec(bytesCodec{}), grpc.UseCompressor(name))
					})
				}
			}
			sending.Wait()
		}
	},
	"large JSON": func(t *testing.T, p *process) {
		t.Log(p.bodies(t, 32, jsonType, "", attributesJSON(17<<20)))
	},
}

func TestMemoryUnderAttack(t *testing.T) {
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			p := attacked(t, accepting)
			attack(t, p)
			p.expectService(t)
			p.expectMemory(t)
			t.Log(p.terminate(t, 6*time.Second))
			fmt.Println(name, p.logged())
		})
	}
}
