package main

import (
	"fmt"
	"log"
	"path/filepath"
	"strings"
	"time"
)

type result struct {
	nsPerSpan float64
	kept      keptTraces
}

// measure runs one Collector over the whole load. What the warm-up left is decided before the clock starts.
func measure(o options, each candidate, transport string, warm, load *requests) (result, error) {
	p, err := start(o, each.config)
	if err != nil {
		return result{}, err
	}
	defer p.kill()
	settle := func() { time.Sleep((waitSeconds + retainSeconds + 2) * time.Second) }
	if _, err := warm.send(transport, p.grpc, p.http, o.rate); err != nil {
		return result{}, err
	}
	settle()
	began, err := p.cpu()
	if err != nil {
		return result{}, err
	}
	profiled := make(chan error, 1)
	go func() { profiled <- profile(o, p, each.name+" "+transport, load) }()
	refused, err := load.send(transport, p.grpc, p.http, o.rate)
	if err != nil {
		return result{}, err
	}
	settle()
	ended, err := p.cpu()
	if err != nil {
		return result{}, err
	}
	if err := <-profiled; err != nil {
		return result{}, err
	}
	if err := p.stop(); err != nil {
		return result{}, err
	}
	if refused > 0 {
		log.Printf("%s over %s: %d requests were refused and sent again", each.name, transport, refused)
	}
	kept, err := readKept(p.output)
	return result{float64((ended - began).Nanoseconds()) / float64(load.spans), kept}, err
}

func profile(o options, p *process, name string, load *requests) error {
	if o.profile == "" {
		return nil
	}
	name = strings.ReplaceAll(strings.ReplaceAll(name, ",", ""), " ", "-")
	seconds := waitSeconds
	if o.rate > 0 {
		seconds += load.spans / o.rate
	}
	return p.saveProfile(filepath.Join(o.profile, name+".pprof"), seconds)
}

// held is the memory of a process that holds all spans, in MiB.
type held struct{ idle, engine, resident float64 }

func hold(o options, each candidate, load *requests) (held, error) {
	var h held
	config := strings.ReplaceAll(each.config, fmt.Sprintf("decision_wait: %ds", waitSeconds), "decision_wait: 1h")
	p, err := start(o, config)
	if err != nil {
		return h, err
	}
	defer p.kill()
	if h.idle, err = p.residentMiB(); err != nil {
		return h, err
	}
	if _, err := load.send("gRPC", p.grpc, p.http, o.rate); err != nil {
		return h, err
	}
	time.Sleep(3 * time.Second) // a tick, and what garbage is given back
	if h.resident, err = p.residentMiB(); err != nil {
		return h, err
	}
	h.engine, err = p.metric("otelcol_processor_entail_memory")
	h.engine /= 1 << 20
	return h, err
}
