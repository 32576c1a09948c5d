// Package readers holds a differential test: whatever the command reads, pdata and the official Python classes can read
// what it writes.
package readers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"entail.dev/collector/internal/captures"
)

const keepAll = `
tail_sampling:
  decision_wait: 1h
  policies: [{name: all, type: always_sample}]
links: {sample: {max_links_per_span: 3, names: both}}
`

var framings = []string{"jsonl", "json", "proto-u32be", "proto-varint", "proto"}

// input is a set of mutated requests, in files that the command reads together.
type input struct {
	name     string
	framing  string
	files    []string
	rejected int // requests that pdata rejects
}

func write(t *testing.T, path string, bytes []byte) string {
	t.Helper()
	if err := os.WriteFile(path, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// small are the requests of captures that are not too large to be mutated often.
func small(t *testing.T, paths []string) (all [][]byte) {
	for _, path := range paths {
		requests, _ := captures.Requests(t, path)
		for _, request := range requests {
			if len(request) < 40_000 {
				all = append(all, request)
			}
		}
	}
	return all
}

func mutatedProtobuf(t *testing.T, random *rand.Rand, folder string, count int) input {
	made := input{name: "protobuf", framing: "proto"}
	requests := small(t, captures.SDK(t))
	for i := range count {
		request := mutateProtobuf(random, requests[random.IntN(len(requests))], 1+random.IntN(8))
		made.files = append(made.files, write(t, filepath.Join(folder, fmt.Sprintf("%d.proto", i)), request))
		if _, err := captures.Unmarshal(request, false); err != nil {
			made.rejected++
		}
	}
	return made
}

func mutatedJSON(t *testing.T, random *rand.Rand, folder string, count int) input {
	made := input{name: "JSON", framing: "jsonl"}
	requests := small(t, append(captures.SDKInJSON(t), captures.Demo()))
	var lines []byte
	for range count {
		request := mutateJSON(t, random, requests[random.IntN(len(requests))], 1+random.IntN(8))
		request = bytes.ReplaceAll(request, []byte("\n"), []byte(" "))
		lines = append(append(lines, request...), '\n')
		if _, err := captures.Unmarshal(request, true); err != nil {
			made.rejected++
		}
	}
	made.files = []string{write(t, filepath.Join(folder, "requests.jsonl"), lines)}
	return made
}

// summary is what both commands print, as far as it is compared.
type summary struct {
	Spans      json.RawMessage `json:"spans"` // a number, or of `sample` an object
	IDsEmptied int             `json:"ids_emptied"`
	ValuesLost int             `json:"values_lost"`
}

// run runs the command; exit code 1 says that it could not read some of the input.
func run(t *testing.T, arguments ...string) summary {
	t.Helper()
	command := exec.Command(captures.Command(t), arguments...)
	var messages bytes.Buffer
	command.Stderr = &messages
	printed, err := command.Output()
	if err != nil && command.ProcessState.ExitCode() != 1 {
		t.Fatalf("%v: %v: %s", arguments[:1], err, messages.String())
	}
	var made summary
	if err := json.Unmarshal(printed, &made); err != nil {
		t.Fatalf("%v: %s", err, printed)
	}
	return made
}

// split returns the messages of an output.
func split(t *testing.T, data []byte, framing string) (messages [][]byte) {
	t.Helper()
	switch framing {
	case "jsonl":
		for line := range bytes.Lines(data) {
			messages = append(messages, line)
		}
	case "proto-u32be":
		messages = captures.Frames(data)
	case "proto-varint":
		for len(data) > 0 {
			message, size := protowire.ConsumeBytes(data)
			if size < 0 {
				t.Fatal("broken frames")
			}
			messages = append(messages, message)
			data = data[size:]
		}
	default:
		messages = append(messages, data)
	}
	return messages
}

// mustRead reads an output with pdata and returns its spans.
func mustRead(t *testing.T, path, framing string) (spans int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	isJSON := strings.HasPrefix(framing, "json")
	for i, message := range split(t, data, framing) {
		traces, err := captures.Unmarshal(message, isJSON)
		if err != nil {
			t.Fatalf("%s, message %d: %v", path, i, err)
		}
		spans += traces.SpanCount()
	}
	return spans
}

// readWithPython reads outputs with the official Python classes. tools/test-go names the interpreter that has them.
func readWithPython(t *testing.T, paths []string) {
	t.Helper()
	python := os.Getenv("ENTAIL_PYTHON")
	if python == "" {
		t.Log("ENTAIL_PYTHON is not set: not read with Python")
		return
	}
	printed, err := exec.Command(python, slices.Concat([]string{"read_otlp.py"}, paths)...).CombinedOutput()
	if err != nil || bytes.Count(printed, []byte("\n")) != len(paths) {
		t.Fatalf("%v: %s", err, printed)
	}
}

func testSeed(t *testing.T, seed uint64, count int) {
	random := rand.New(rand.NewPCG(seed, 16))
	for _, made := range []input{
		mutatedProtobuf(t, random, t.TempDir(), count), mutatedJSON(t, random, t.TempDir(), count),
	} {
		folder := t.TempDir()
		settings := write(t, filepath.Join(folder, "keep_all.yaml"), []byte(keepAll))
		var outputs []string
		spans := 0
		for _, framing := range framings {
			output := func(command string) string {
				path := filepath.Join(folder, command+"."+framing)
				outputs = append(outputs, path)
				return path
			}
			path := output("convert")
			converted := run(t, slices.Concat([]string{"convert", "--json", "--from", made.framing, "--to", framing, "-o", path},
				made.files)...)
			if converted.IDsEmptied == 0 || converted.ValuesLost == 0 {
				t.Errorf("seed %d, %s: the mutations were harmless: %+v", seed, made.name, converted)
			}
			spans = mustRead(t, path, framing)
			if got := fmt.Sprint(spans); got != string(converted.Spans) || spans < count {
				t.Errorf("seed %d, %s to %s: %s spans, but the summary says %s", seed, made.name, framing, got, converted.Spans)
			}
			if framing == "json" || framing == "proto" { // sample writes streams only
				continue
			}
			path = output("sample")
			run(t, slices.Concat([]string{"sample", "--json", "-c", settings, "--from", made.framing, "--to", framing, "-o", path},
				made.files)...)
			if kept := mustRead(t, path, framing); kept < count || kept > spans {
				t.Errorf("seed %d, %s: %d of %d spans were kept", seed, made.name, kept, spans)
			}
		}
		readWithPython(t, outputs)
		if made.rejected < count/4 {
			t.Errorf("seed %d, %s: pdata rejects only %d of %d requests", seed, made.name, made.rejected, count)
		}
	}
}

// Whatever goes in, every output can be read: with ENTAIL_LONG_TESTS set, 100 times as much of it.
func TestEveryReaderAcceptsTheOutput(t *testing.T) {
	seeds := uint64(1)
	if os.Getenv("ENTAIL_LONG_TESTS") != "" {
		seeds = 100
	}
	for seed := range seeds {
		testSeed(t, seed, 300)
	}
}
