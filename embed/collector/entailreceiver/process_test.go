package entailreceiver

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.uber.org/zap"

	"entail.dev/collector/internal/captures"
)

// A receiver in a process of its own, so that its memory can be measured and SIGTERM sent to it. The process is this test
// program, started again with the receiver's configuration in the environment.
const processVariable = "ENTAIL_TEST_RECEIVER"

// The consumers behind the receiver.
const (
	accepting = "accepting"
	refusing  = "refusing" // an error that is not permanent
	hanging   = "hanging"  // does not return before its context ends
	stubborn  = "stubborn" // never returns
)

type processConfig struct {
	Values     settings
	Downstream string
}

func TestMain(m *testing.M) {
	if text := os.Getenv(processVariable); text != "" {
		if err := serve(text); err != nil {
			fmt.Fprintln(os.Stderr, "error: ", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func downstream(kind string) (consumer.Traces, error) {
	return consumer.NewTraces(func(ctx context.Context, traces ptrace.Traces) error {
		switch kind {
		case refusing:
			return errors.New("refused")
		case hanging:
			<-ctx.Done()
			return ctx.Err()
		case stubborn:
			select {}
		}
		return nil
	})
}

// serve runs the receiver until SIGTERM.
func serve(text string) error {
	var process processConfig
	if err := json.Unmarshal([]byte(text), &process); err != nil {
		return err
	}
	next, err := downstream(process.Downstream)
	if err != nil {
		return err
	}
	set := receivertest.NewNopSettings(componentType)
	if set.Logger, err = zap.NewProduction(); err != nil {
		return err
	}
	config := NewFactory().CreateDefaultConfig()
	if err := confmap.NewFromStringMap(process.Values).Unmarshal(config); err != nil {
		return err
	}
	traces, err := NewFactory().CreateTraces(context.Background(), set, config, next)
	if err != nil {
		return err
	}
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	if err := traces.Start(context.Background(), componenttest.NewNopHost()); err != nil {
		return err
	}
	fmt.Println("ready")
	<-terminated
	return traces.Shutdown(context.Background())
}

// process is a running receiver.
type process struct {
	server
	command *exec.Cmd
	mutex   sync.Mutex
	log     strings.Builder // Guarded by mutex
	ended   chan error
}

func startProcess(t *testing.T, values settings, behind string) *process {
	t.Helper()
	p := &process{server: server{grpc: captures.FreeAddress(t), http: captures.FreeAddress(t)}, ended: make(chan error, 1)}
	values["protocols"] = settings{"grpc": settings{"endpoint": p.grpc}, "http": settings{"endpoint": p.http}}
	text, err := json.Marshal(processConfig{values, behind})
	if err != nil {
		t.Fatal(err)
	}
	p.command = exec.Command(os.Args[0], "-test.run=^$")
	p.command.Env = append(os.Environ(), processVariable+"="+string(text))
	output, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.command.Stderr = p
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.command.Process.Kill()
		if t.Failed() {
			t.Log(p.logged())
		}
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	go func() { p.ended <- p.command.Wait() }()
	if err != nil || line != "ready\n" {
		t.Fatal(line, err)
	}
	return p
}

func (p *process) Write(text []byte) (int, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.log.Write(text)
}

func (p *process) logged() string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.log.String()
}

// terminate sends SIGTERM and returns how long the process took to end.
func (p *process) terminate(t *testing.T, within time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(within):
		_ = p.command.Process.Signal(syscall.SIGQUIT) // the stacks are in the log
		<-p.ended
		t.Errorf("the process did not end within %v", within)
	}
	return time.Since(began)
}

// memory returns a value of /proc/PID/status in bytes: VmRSS now, VmHWM at most so far.
func (p *process) memory(t *testing.T, key string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, key+":"); found {
			kibibytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kibibytes << 10
		}
	}
	t.Fatal("no ", key)
	return 0
}
