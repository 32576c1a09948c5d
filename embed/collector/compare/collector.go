package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	waitSeconds   = 2
	retainSeconds = 2
	policies      = `decision_wait: 2s, policies: [
      {name: errors, type: status_code, status_code: {status_codes: [ERROR]}},
      {name: slow, type: latency, latency: {threshold_ms: 5000}},
      {name: one-percent, type: probabilistic, probabilistic: {sampling_percentage: 1}},
      {name: admin, type: string_attribute, string_attribute: {key: server.address, values: [admin.example.com]}}]`
	// Short, so that the warm-up is long enough to bring every memory into the state in which it stays.
	entailKeys = `, retain: {window: 2s}, memory_limit: 2GiB`
	noLinks    = `, links: {propagate: {mode: none}}`
	otlp       = `otlp: {protocols: {grpc: {endpoint: "GRPC"}, http: {endpoint: "HTTP"}}}`
)

// candidates; the first is what the others are measured against.
var candidates = []candidate{
	{"otlp receiver, tail_sampling", "receivers: {" + otlp + "}\nprocessors: {tail_sampling: {" + policies +
		", num_traces: 2000000}}\n" + pipeline("otlp", "tail_sampling")},
	{"otlp receiver, processor entail", processorWith("")},
	{"otlp receiver, processor entail, links not followed", processorWith(noLinks)},
	{"receiver entail", receiverWith("")},
	{"receiver entail, links not followed", receiverWith(noLinks)},
}

func processorWith(keys string) string {
	return "receivers: {" + otlp + "}\nprocessors: {entail: {" + policies + entailKeys + keys + "}}\n" +
		pipeline("otlp", "entail")
}

func receiverWith(keys string) string {
	return `receivers: {entail: {protocols: {grpc: {endpoint: "GRPC"}, http: {endpoint: "HTTP"}}, ` + policies +
		entailKeys + keys + "}}\n" + pipeline("entail", "")
}

func pipeline(receiver, processor string) string {
	return fmt.Sprintf(`exporters: {file: {path: OUTPUT, format: proto}}
extensions: {pprof: {endpoint: "PPROF"}}
service:
  extensions: [pprof]
  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: METRICS}}}}]}}
  pipelines: {traces: {receivers: [%s], processors: [%s], exporters: [file]}}
`, receiver, processor)
}

// process is a Collector that runs.
type process struct {
	command                    *exec.Cmd
	grpc, http, metrics, pprof string // addresses
	output                     string
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func start(o options, config string) (*process, error) {
	p := &process{output: filepath.Join(o.folder, "kept")}
	for _, address := range []*string{&p.grpc, &p.http, &p.metrics, &p.pprof} {
		var err error
		if *address, err = freeAddress(); err != nil {
			return nil, err
		}
	}
	_, port, _ := net.SplitHostPort(p.metrics)
	filled := strings.NewReplacer("GRPC", p.grpc, "HTTP", p.http, "METRICS", port, "PPROF", p.pprof, "OUTPUT", p.output)
	file := filepath.Join(o.folder, "collector.yaml")
	if err := os.WriteFile(file, []byte(filled.Replace(config)), 0o600); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(o.folder, "collector.log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	p.command = exec.Command(o.collector, "--config", file)
	p.command.Stdout, p.command.Stderr = log, log
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	for range 600 {
		if connection, err := net.Dial("tcp", p.http); err == nil {
			_ = connection.Close()
			time.Sleep(time.Second) // what starting up costs is over
			return p, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.kill()
	return nil, fmt.Errorf("the Collector did not start; see %s", log.Name())
}

func (p *process) kill() {
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
}

func (p *process) stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.command.Wait()
}

// cpu is the processor time of all threads so far, in user and kernel mode.
func (p *process) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest) // from the third on: proc(5)
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, err // USER_HZ is 100 on Linux
}

func (p *process) residentMiB() (float64, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 1 && fields[0] == "VmRSS:" {
			kib, err := strconv.ParseFloat(fields[1], 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("no VmRSS")
}

// metric reads one of the Collector's own; 0 where there is none.
func (p *process) metric(name string) (float64, error) {
	response, err := http.Get("http://" + p.metrics + "/metrics")
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), name) {
			fields := strings.Fields(lines.Text())
			return strconv.ParseFloat(fields[len(fields)-1], 64)
		}
	}
	return 0, nil
}

// saveProfile takes a CPU profile, for so long.
func (p *process) saveProfile(path string, seconds int) error {
	response, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", p.pprof, seconds))
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, response.Body); err != nil {
		return err
	}
	return file.Close()
}
