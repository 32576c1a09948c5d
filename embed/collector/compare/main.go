// Compare measures what sampling costs a Collector: tail_sampling, the processor entail behind the otlp receiver, and
// the receiver entail, each in a Collector process of its own, in turn, on the same requests at the same pace. It
// counts the processor time of the whole process for each span, and the memory of one that holds all spans. What each
// keeps by its own verdicts must be what `entail sample` keeps so. tools/bench-collector builds what it needs and runs
// it.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"slices"
	"strings"
)

// options say what is measured.
type options struct {
	collector string // programs
	entail    string
	folder    string // for all output files
	spans     int    // of the measured load; as many go before, to warm up
	rate      int    // spans a second; 0: as many as it takes
	rounds    int
	profile   string // a folder for CPU profiles, or ""
	only      string // measures those alone whose name holds this
}

func (o options) pace() string {
	if o.rate == 0 {
		return "as fast as they are taken"
	}
	return fmt.Sprintf("%d a second", o.rate)
}

// candidate is a way to sample.
type candidate struct {
	name   string
	config string
}

func main() {
	log.SetFlags(0)
	var o options
	flag.StringVar(&o.collector, "collector", "out/collector/entail-collector", "the built Collector")
	flag.StringVar(&o.entail, "entail", "build/release/bin/entail", "the command")
	flag.StringVar(&o.folder, "out", "out/bench-collector", "a folder for everything that is written")
	flag.IntVar(&o.spans, "spans", 1_000_000, "spans of the measured load")
	flag.IntVar(&o.rate, "rate", 200_000, "spans a second; 0: as many as it takes")
	flag.IntVar(&o.rounds, "rounds", 3, "how often each is measured; the median counts")
	flag.StringVar(&o.profile, "profile", "", "a folder for a CPU profile of each")
	flag.StringVar(&o.only, "only", "", "measure those alone whose name holds this")
	flag.Parse()
	candidates = slices.DeleteFunc(candidates, func(c candidate) bool { return !strings.Contains(c.name, o.only) })
	if flag.NArg() != 0 || o.spans < 1000 || o.rounds < 1 || len(candidates) == 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := compare(o); err != nil {
		log.Fatal(err)
	}
}

func compare(o options) error {
	if err := os.MkdirAll(o.folder, 0o755); err != nil {
		return err
	}
	warm, err := generate(o, "warm", o.spans, 2)
	if err != nil {
		return err
	}
	load, err := generate(o, "load", o.spans, 1)
	if err != nil {
		return err
	}
	want, err := keptByOwnVerdicts(o, warm, load)
	if err != nil {
		return err
	}
	fmt.Printf("%s, %d cores; %d spans of %d bytes in requests of %d, %s; policies must keep %d traces\n\n",
		runtime.Version(), runtime.NumCPU(), load.spans, load.bytes/load.spans, load.spans/len(load.requests),
		o.pace(), len(want))
	if err := compareTime(o, warm, load, want); err != nil {
		return err
	}
	return compareMemory(o, load)
}

func compareTime(o options, warm, load *requests, want map[string]bool) error {
	fmt.Println("| over | Collector | ns/span, median (all) | speed-up over the first | traces kept: by policy, by links |")
	fmt.Println("| --- | --- | --- | --- | --- |")
	for _, transport := range []string{"gRPC", "HTTP"} {
		times := make([][]float64, len(candidates))
		kept := make([]keptTraces, len(candidates))
		for round := range o.rounds {
			for i := range candidates {
				each := candidates[(i+round)%len(candidates)]
				result, err := measure(o, each, transport, warm, load)
				if err != nil {
					return fmt.Errorf("%s over %s: %w", each.name, transport, err)
				}
				if err := result.kept.check(want); err != nil {
					return fmt.Errorf("%s over %s: %w", each.name, transport, err)
				}
				at := (i + round) % len(candidates)
				times[at] = append(times[at], result.nsPerSpan)
				kept[at] = result.kept
			}
		}
		for i, each := range candidates {
			fmt.Printf("| %s | %s | %.0f (%s) | %.1fx | %d, %d |\n", transport, each.name, median(times[i]), list(times[i]),
				median(times[0])/median(times[i]), len(kept[i].own), len(kept[i].byLink))
		}
	}
	fmt.Println()
	return nil
}

func compareMemory(o options, load *requests) error {
	fmt.Println("| Collector | idle, MiB | engine's account, MiB | resident, MiB | resident / (idle + engine) |")
	fmt.Println("| --- | --- | --- | --- | --- |")
	for _, each := range candidates {
		if strings.HasSuffix(each.name, "links not followed") {
			continue
		}
		held, err := hold(o, each, load)
		if err != nil {
			return fmt.Errorf("%s: %w", each.name, err)
		}
		engine, ratio := "", ""
		if held.engine > 0 {
			engine = fmt.Sprintf("%.0f", held.engine)
			ratio = fmt.Sprintf("%.2f", held.resident/(held.idle+held.engine))
		}
		fmt.Printf("| %s | %.0f | %s | %.0f | %s |\n", each.name, held.idle, engine, held.resident, ratio)
	}
	return nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func list(values []float64) (text string) {
	for i, value := range values {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%.0f", value)
	}
	return text
}
