// Package endtoend runs a built Collector as a process, and sends to it as others do: with the Collector's own
// exporters.
// ENTAIL_COLLECTOR names the program; tools/test-go --collector builds it and sets that.
package endtoend

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
)

const patience = 60 * time.Second

func program(t *testing.T) string {
	t.Helper()
	path := os.Getenv("ENTAIL_COLLECTOR")
	if path == "" {
		t.Skip("ENTAIL_COLLECTOR is not set: tools/test-go --collector builds a Collector and sets it")
	}
	return path
}

// process is a Collector that runs.
type process struct {
	command *exec.Cmd
	log     string // a file
	ended   bool
}

// ports are free ones; whoever listens first gets them.
func ports(t *testing.T, count int) []string {
	t.Helper()
	var all []string
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }()
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		all = append(all, port)
	}
	return all
}

func fill(config string, values ...string) string {
	return strings.NewReplacer(values...).Replace(config)
}

// run starts a Collector and waits until all these ports answer.
func run(t *testing.T, config string, listening ...string) *process {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "collector.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &process{log: filepath.Join(folder, "collector.log")}
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	p.command = exec.Command(program(t), "--config", file)
	p.command.Stdout, p.command.Stderr = log, log
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !p.ended {
			_ = p.command.Process.Kill()
			_ = p.command.Wait()
		}
		if text, err := os.ReadFile(p.log); err == nil && t.Failed() {
			t.Logf("%s", text)
		}
	})
	for _, port := range listening {
		waitUntil(t, "port "+port, func() bool {
			connection, err := net.Dial("tcp", "127.0.0.1:"+port)
			if err == nil {
				_ = connection.Close()
			}
			return err == nil
		})
	}
	return p
}

// stop ends it as an operator does; it must end well, and in time.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.ended = true
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(patience, func() { _ = p.command.Process.Kill() })
	defer kill.Stop()
	if err := p.command.Wait(); err != nil {
		t.Fatal("the Collector ended with: ", err)
	}
}

func waitUntil(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("timed out: ", what)
		}
	}
}

func metrics(t *testing.T, port string) string {
	t.Helper()
	response, err := http.Get("http://127.0.0.1:" + port + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

type settings = map[string]any

// door is a way into a Collector.
type door struct {
	name    string
	isGRPC  bool
	changed settings // of the exporter's configuration
}

var doors = []door{
	{"gRPC", true, settings{"compression": "none"}},
	{"gRPC gzip", true, settings{"compression": "gzip"}},
	{"HTTP protobuf", false, settings{"encoding": "proto", "compression": "none"}},
	{"HTTP protobuf gzip", false, settings{"encoding": "proto", "compression": "gzip"}},
	{"HTTP JSON", false, settings{"encoding": "json", "compression": "none"}},
	{"HTTP JSON gzip", false, settings{"encoding": "json", "compression": "gzip"}},
}

// open gives the Collector's own exporter for that door. It sends at once, and once.
func (d door) open(t *testing.T, grpcPort, httpPort string) exporter.Traces {
	t.Helper()
	values := settings{"sending_queue": settings{"enabled": false}, "retry_on_failure": settings{"enabled": false}}
	factory := otlphttpexporter.NewFactory()
	values["endpoint"] = "http://127.0.0.1:" + httpPort
	if d.isGRPC {
		factory = otlpexporter.NewFactory()
		values["endpoint"] = "127.0.0.1:" + grpcPort
		values["tls"] = settings{"insecure": true}
	}
	for key, value := range d.changed {
		values[key] = value
	}
	config := factory.CreateDefaultConfig()
	if err := confmap.NewFromStringMap(values).Unmarshal(config); err != nil {
		t.Fatal(err)
	}
	set := exportertest.NewNopSettings(factory.Type())
	set.ID = component.NewIDWithName(factory.Type(), "sender")
	sender, err := factory.CreateTraces(context.Background(), set, config)
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Start(context.Background(), componenttest.NewNopHost()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sender.Shutdown(context.Background()) })
	return sender
}
