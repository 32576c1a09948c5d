package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const (
	senders       = 4
	generatedRate = 100_000 // spans a second, in the time that the spans tell
	exportMethod  = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
)

// requests are export requests as they go over the wire.
type requests struct {
	path     string
	requests [][]byte
	spans    int
	bytes    int
}

// generate makes plain load: traces of four spans, some with errors, some with links to earlier ones.
func generate(o options, name string, spans int, seed int) (*requests, error) {
	path := filepath.Join(o.folder, name+".otlp")
	command := exec.Command(o.entail, "generate", "--scenario", "mixed", "--spans", fmt.Sprint(spans), "--seed",
		fmt.Sprint(seed), "--spans-per-second", fmt.Sprint(generatedRate), "--to", "proto-u32be", "-o", path)
	if told, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, told)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &requests{path: path, spans: spans}
	for len(file) > 4 {
		size := binary.BigEndian.Uint32(file)
		r.requests = append(r.requests, file[4:4+size])
		r.bytes += int(size)
		file = file[4+size:]
	}
	return r, nil
}

// send gives all requests to a Collector, at an even pace, or with rate 0 as fast as it takes them. A refused request
// is sent again: it counts, and the measurement should not have any.
func (r *requests) send(transport, grpcAddress, httpAddress string, rate int) (refused int64, err error) {
	export, done, err := client(transport, grpcAddress, httpAddress)
	if err != nil {
		return 0, err
	}
	defer done()
	interval := time.Duration(0)
	if rate > 0 {
		interval = time.Duration(float64(time.Second) * float64(r.spans) / float64(len(r.requests)) / float64(rate))
	}
	began := time.Now()
	var next, refusals atomic.Int64
	var failures [senders]error
	var sending sync.WaitGroup
	for sender := range senders {
		sending.Go(func() {
			for {
				i := int(next.Add(1) - 1)
				if i >= len(r.requests) {
					return
				}
				time.Sleep(time.Until(began.Add(time.Duration(i) * interval)))
				for export(r.requests[i]) != nil {
					if refusals.Add(1) > 1000 {
						failures[sender] = errors.New("too many refusals")
						return
					}
					time.Sleep(50 * time.Millisecond)
				}
			}
		})
	}
	sending.Wait()
	return refusals.Load(), errors.Join(failures[:]...)
}

// client gives a function that sends one request, and one that ends the connection.
func client(transport, grpcAddress, httpAddress string) (func([]byte) error, func(), error) {
	if transport == "gRPC" {
		connection, err := grpc.NewClient(grpcAddress, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.ForceCodec(bytesCodec{})))
		if err != nil {
			return nil, nil, err
		}
		export := func(request []byte) error {
			return connection.Invoke(context.Background(), exportMethod, request, &[]byte{})
		}
		return export, func() { _ = connection.Close() }, nil
	}
	web := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	export := func(request []byte) error {
		response, err := web.Post("http://"+httpAddress+"/v1/traces", "application/x-protobuf", bytes.NewReader(request))
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return errors.New(response.Status)
		}
		return nil
	}
	return export, web.CloseIdleConnections, nil
}

// bytesCodec sends a message's bytes as they are.
type bytesCodec struct{}

func (bytesCodec) Marshal(message any) ([]byte, error)      { return message.([]byte), nil }
func (bytesCodec) Unmarshal(data []byte, message any) error { *message.(*[]byte) = data; return nil }
func (bytesCodec) Name() string                             { return "proto" }

// keptTraces are trace IDs by why they were kept.
type keptTraces struct{ own, byLink map[string]bool }

// readKept reads the output of the file exporter. A trace without a reason attribute was kept by a policy.
func readKept(path string) (keptTraces, error) {
	kept := keptTraces{map[string]bool{}, map[string]bool{}}
	file, err := os.ReadFile(path)
	if err != nil {
		return kept, err
	}
	for len(file) > 4 {
		size := binary.BigEndian.Uint32(file)
		traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(file[4 : 4+size])
		if err != nil {
			return kept, err
		}
		for _, resource := range traces.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					kept.own[span.TraceID().String()] = true
					reason, found := span.Attributes().Get("entail.keep.reason")
					if found && reason.Str() == "link" {
						kept.byLink[span.TraceID().String()] = true
					}
				}
			}
		}
		file = file[4+size:]
	}
	for id := range kept.byLink {
		delete(kept.own, id)
	}
	return kept, nil
}

// check compares with the traces that policies must keep: none is missing, and none is added.
func (k keptTraces) check(want map[string]bool) error {
	missing, extra := 0, 0
	for id := range want {
		if !k.own[id] {
			missing++
		}
	}
	for id := range k.own {
		if !want[id] {
			extra++
		}
	}
	if missing+extra > 0 {
		return fmt.Errorf("of %d traces %d are missing, and %d are kept that should not be", len(want), missing, extra)
	}
	return nil
}

// keptByOwnVerdicts asks the command.
func keptByOwnVerdicts(o options, files ...*requests) (map[string]bool, error) {
	want := map[string]bool{}
	config := filepath.Join(o.folder, "entail.yaml")
	text := "{tail_sampling: {" + policies + "}, links: {propagate: {mode: none}}, memory_limit: 4GiB}"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	for _, file := range files {
		output := filepath.Join(o.folder, "sampled")
		command := exec.Command(o.entail, "sample", "-c", config, file.path, "-o", output, "--to", "proto-u32be")
		if told, err := command.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w: %s", err, told)
		}
		kept, err := readKept(output)
		if err != nil {
			return nil, err
		}
		for id := range kept.own {
			want[id] = true
		}
	}
	return want, nil
}
