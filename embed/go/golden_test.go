package entail

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const golden = "../../tests/golden/sdk"

// expectation is one of a capture's NAME.expect.json: what is kept with a configuration.
type expectation struct {
	Name   string
	Config json.RawMessage
	Kept   []struct {
		Labels []string
		By     string
		Policy string
	}
	Dropped     []string
	Unspecified []string
}

// readFramed cuts a capture into its requests, each with its length as u32 big-endian in front.
func readFramed(t *testing.T, path string) [][]byte {
	t.Helper()
	bytes, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var requests [][]byte
	for len(bytes) > 0 {
		size := binary.BigEndian.Uint32(bytes)
		requests = append(requests, bytes[4:4+size])
		bytes = bytes[4+size:]
	}
	return requests
}

func readLines(t *testing.T, path string) [][]byte {
	t.Helper()
	bytes, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]byte
	for line := range strings.Lines(string(bytes)) {
		lines = append(lines, []byte(line))
	}
	return lines
}

// emitted is everything that waits to be polled: trace labels, trace IDs and spans.
type emitted struct {
	labels []string
	traces map[string]bool
	spans  uint64
}

func pollAll(t *testing.T, engine *Engine) emitted {
	t.Helper()
	got := emitted{traces: map[string]bool{}}
	var batch Batch
	for {
		ok, err := engine.NextBatch(&batch)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			slices.Sort(got.labels)
			return got
		}
		got.spans += batch.Spans
		text, err := ToJSON(batch.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		got.add(t, text)
	}
}

func (got *emitted) add(t *testing.T, text []byte) {
	t.Helper()
	var message struct {
		ResourceSpans []struct {
			ScopeSpans []struct {
				Spans []struct {
					TraceID    string
					Attributes []struct {
						Key   string
						Value struct{ StringValue string }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(text, &message); err != nil {
		t.Fatal(err)
	}
	for _, resource := range message.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			for _, span := range scope.Spans {
				got.traces[span.TraceID] = true
				for _, attribute := range span.Attributes {
					if attribute.Key == "test.trace_label" {
						got.labels = append(got.labels, attribute.Value.StringValue)
					}
				}
			}
		}
	}
}

// keptOf feeds requests, decides them, and returns what was emitted.
func keptOf(t *testing.T, config []byte, requests [][]byte, ingest func(*Engine, []byte) (Receipt, error)) emitted {
	t.Helper()
	engine, err := Open(config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if err := engine.Tick(0); err != nil {
		t.Fatal(err)
	}
	for _, request := range requests {
		if _, err := ingest(engine, request); err != nil {
			t.Fatal(err)
		}
	}
	for minute := int64(1); minute <= 49*60; minute++ { // one story waits two days
		if err := engine.Tick(minute * 60e9); err != nil {
			t.Fatal(err)
		}
	}
	return pollAll(t, engine)
}

// Of every capture made with an SDK, the traces that its story demands are kept, no more and no fewer.
func TestKeepsWhatTheStoriesDemand(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(golden, "*.expect.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no captures: ", err)
	}
	compared := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var story struct {
			Files        []string
			Expectations []expectation
		}
		if err := json.Unmarshal(text, &story); err != nil {
			t.Fatal(file, err)
		}
		for _, name := range story.Files {
			for _, expected := range story.Expectations {
				if len(expected.Unspecified) > 0 {
					continue // which of several is open
				}
				compared++
				t.Run(name+"/"+expected.Name, func(t *testing.T) { compareWithStory(t, name, expected) })
			}
		}
	}
	if compared < 40 {
		t.Errorf("only %d expectations were compared", compared)
	}
}

func compareWithStory(t *testing.T, name string, expected expectation) {
	var got emitted
	path := filepath.Join(golden, name)
	if strings.HasSuffix(name, ".jsonl") {
		got = keptOf(t, expected.Config, readLines(t, path), (*Engine).IngestJSON)
	} else {
		got = keptOf(t, expected.Config, readFramed(t, path), (*Engine).Ingest)
	}
	var want []string
	for _, group := range expected.Kept {
		want = append(want, group.Labels...)
	}
	slices.Sort(want)
	if !slices.Equal(want, got.labels) {
		t.Errorf("kept %q, want %q", got.labels, want)
	}
	if len(got.traces) != len(want) {
		t.Errorf("kept %d traces, want %d", len(got.traces), len(want))
	}
}
