// What the OpenTelemetry Collector's tailsamplingprocessor takes for a load that macro_bench wrote: OTLP bytes to kept
// OTLP bytes in this process, without receiver and exporter. Prints JSON as macro_bench does; GOMAXPROCS and GOGC are
// the environment's and become part of the measures' names.
//
// The processor waits in real time. Its waits are taken out: CPU time counts no sleep, and its wall time is that of
// feeding, during which it also decides, plus the CPU time of what was still to be decided afterwards.
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/tailsamplingprocessor"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
)

var (
	loadPath     = flag.String("load", "", "requests as u32 big-endian frames")
	expectPath   = flag.String("expect", "", "the traces that policies keep, one ID a line")
	policiesPath = flag.String("policies", "", "YAML with a block tail_sampling")
	name         = flag.String("name", "plain", "the load's name in the measures")
	wait         = flag.Duration("wait", 5*time.Second, "decision_wait, in real time")
	repetitions  = flag.Int("repetitions", 5, "runs that count, after one that warms up")
	fromBytes    = flag.Bool("bytes", true, "decode requests and encode what is kept; else decoded requests are taken in")
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "collector:", err)
		os.Exit(1)
	}
}

func run() error {
	requests, err := readFrames(*loadPath)
	if err != nil {
		return err
	}
	expected, err := readIDs(*expectPath)
	if err != nil {
		return err
	}
	what := "decoded"
	if *fromBytes {
		what = "bytes"
	}
	prefix := fmt.Sprintf("peer.collector.%s.%d.%s.%s", *name, runtime.GOMAXPROCS(0), collection(), what)
	cpu := measure{Name: prefix + ".cpu", Unit: "ns/span"}
	wall := measure{Name: prefix + ".wall", Unit: "ns/span"}
	for i := 0; i <= *repetitions; i++ {
		runtime.GC() // also where it is off
		taken, err := feed(requests, expected)
		if err != nil {
			return err
		}
		if i == 0 {
			continue // memory was faulted in
		}
		cpu.Values = append(cpu.Values, taken.cpu.Seconds()*1e9/float64(taken.spans))
		wall.Values = append(wall.Values, taken.wall.Seconds()*1e9/float64(taken.spans))
	}
	return json.NewEncoder(os.Stdout).Encode(map[string][]measure{"measures": {cpu, wall}})
}

type measure struct {
	Name   string    `json:"name"`
	Unit   string    `json:"unit"`
	Values []float64 `json:"values"`
}

type times struct {
	cpu, wall time.Duration
	spans     int
}

func feed(requests [][]byte, expected map[string]bool) (times, error) {
	kept := &keptTraces{ids: map[string]bool{}}
	decider, err := open(kept)
	if err != nil {
		return times{}, err
	}
	decoder := &ptrace.ProtoUnmarshaler{}
	var decoded []ptrace.Traces
	if !*fromBytes {
		for _, request := range requests {
			traces, err := decoder.UnmarshalTraces(request)
			if err != nil {
				return times{}, err
			}
			decoded = append(decoded, traces)
		}
	}
	var taken times
	cpuStart, wallStart := cpuTime(), time.Now()
	for i, request := range requests {
		var traces ptrace.Traces
		if *fromBytes {
			if traces, err = decoder.UnmarshalTraces(request); err != nil {
				return times{}, err
			}
		} else {
			traces = decoded[i]
			decoded[i] = ptrace.Traces{}
		}
		taken.spans += traces.SpanCount()
		if err = decider.ConsumeTraces(context.Background(), traces); err != nil {
			return times{}, err
		}
	}
	fedCPU, fedWall := cpuTime(), time.Since(wallStart)
	deadline := time.Now().Add(4**wait + 10*time.Second)
	for kept.count() < len(expected) && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(*wait/2 + 1500*time.Millisecond) // the ticks that drop the rest
	end := cpuTime()
	if err := decider.Shutdown(context.Background()); err != nil {
		return times{}, err
	}
	taken.cpu = end - cpuStart
	taken.wall = fedWall + (end - fedCPU)
	return taken, kept.check(expected)
}

func open(next *keptTraces) (consumerComponent, error) {
	text, err := os.ReadFile(*policiesPath)
	if err != nil {
		return nil, err
	}
	retrieved, err := confmap.NewRetrievedFromYAML(text)
	if err != nil {
		return nil, err
	}
	whole, err := retrieved.AsConf()
	if err != nil {
		return nil, err
	}
	block, err := whole.Sub("tail_sampling")
	if err != nil {
		return nil, err
	}
	factory := tailsamplingprocessor.NewFactory()
	config := factory.CreateDefaultConfig().(*tailsamplingprocessor.Config)
	if err = block.Unmarshal(config); err != nil {
		return nil, err
	}
	config.DecisionWait = *wait
	decider, err := factory.CreateTraces(context.Background(), processortest.NewNopSettings(factory.Type()), config, next)
	if err != nil {
		return nil, err
	}
	return decider, decider.Start(context.Background(), componenttest.NewNopHost())
}

type consumerComponent interface {
	consumer.Traces
	Shutdown(ctx context.Context) error
}

// keptTraces is the next consumer: it encodes what it gets, and remembers whose it was.
type keptTraces struct {
	mutex   sync.Mutex
	encoder ptrace.ProtoMarshaler
	bytes   int
	ids     map[string]bool
}

func (*keptTraces) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (k *keptTraces) ConsumeTraces(_ context.Context, traces ptrace.Traces) error {
	encoded := 0
	if *fromBytes {
		bytes, err := k.encoder.MarshalTraces(traces)
		if err != nil {
			return err
		}
		encoded = len(bytes)
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.bytes += encoded
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				id := span.TraceID()
				k.ids[string(id[:])] = true
			}
		}
	}
	return nil
}

func (k *keptTraces) count() int {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return len(k.ids)
}

func (k *keptTraces) check(expected map[string]bool) error {
	missing := 0
	for id := range expected {
		if !k.ids[id] {
			missing++
		}
	}
	if missing != 0 || len(k.ids) != len(expected) {
		return fmt.Errorf("%d traces kept, not %d; %d are missing", len(k.ids), len(expected), missing)
	}
	return nil
}

func readFrames(path string) ([][]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader := bufio.NewReaderSize(file, 1<<20)
	var frames [][]byte
	for {
		var size uint32
		if err = binary.Read(reader, binary.BigEndian, &size); err == io.EOF {
			return frames, nil
		}
		if err != nil {
			return nil, err
		}
		frame := make([]byte, size)
		if _, err = io.ReadFull(reader, frame); err != nil {
			return nil, err
		}
		frames = append(frames, frame)
	}
}

func readIDs(path string) (map[string]bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	ids := map[string]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		id, err := hex.DecodeString(lines.Text())
		if err != nil {
			return nil, err
		}
		ids[string(id)] = true
	}
	return ids, nil
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// collection names how garbage is collected: as it ships, or not at all.
func collection() string {
	percent := debug.SetGCPercent(100)
	debug.SetGCPercent(percent)
	switch percent {
	case 100:
		return "gc"
	case -1:
		return "nogc"
	default:
		return fmt.Sprintf("gc%d", percent)
	}
}
