package entail

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"
)

const keepErrors = `
tail_sampling:
  decision_wait: 1s
  policies:
    - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
`

const keepAll = `
tail_sampling:
  decision_wait: 1s
  policies: [{name: all, type: always_sample}]
`

func open(t *testing.T, yaml string, options Options) *Engine {
	t.Helper()
	engine, err := Open([]byte(yaml), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	return engine
}

// requestOf is OTLP/JSON with `spans` traces of one span each, their IDs numbered from `from`.
func requestOf(from, spans, payloadBytes int) []byte {
	var text strings.Builder
	text.WriteString(`{"resourceSpans":[{"scopeSpans":[{"spans":[`)
	for i := range spans {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `{"traceId":"%032x","spanId":"%016x","name":"s","startTimeUnixNano":"1","endTimeUnixNano":"2",`+
			`"attributes":[{"key":"payload","value":{"stringValue":"%s"}}]}`,
			from+i+1, from+i+1, strings.Repeat("x", payloadBytes))
	}
	text.WriteString(`]}]}]}`)
	return []byte(text.String())
}

func TestOpenTellsWhereAConfigurationIsWrong(t *testing.T) {
	yaml := "tail_sampling:\n  decison_wait: 10s\n  policies: [{name: all, type: always_sample}]\n"
	_, err := Open([]byte(yaml), Options{})
	var told *Error
	if !errors.As(err, &told) || !errors.Is(err, ErrConfig) {
		t.Fatalf("got %v", err)
	}
	if told.Line != 2 || told.Column != 3 || !strings.Contains(told.Message, "decision_wait") {
		t.Errorf("got line %d, column %d: %s", told.Line, told.Column, told.Message)
	}
	if !strings.Contains(err.Error(), "line 2, column 3") {
		t.Error(err)
	}
	if _, err := Open(nil, Options{}); !errors.Is(err, ErrConfig) {
		t.Error(err)
	}
	if _, err := Open([]byte(keepAll), Options{IngestLanes: 257}); err == nil {
		t.Error("257 lanes were taken")
	}
}

func TestConfigCheckTellsEverything(t *testing.T) {
	messages, err := ConfigCheck([]byte("tail_sampling:\n  num_traces: 5\n  policies:\n" +
		"    - {name: a, type: latency, latency: {threshold_ms: x}}\nmemory_limit: 1\n"))
	if !errors.Is(err, ErrConfig) {
		t.Fatal(err)
	}
	var faults, warnings int
	for _, message := range messages {
		if message.Line == 0 || message.Text == "" {
			t.Errorf("%+v", message)
		}
		if message.IsError {
			faults++
		} else {
			warnings++
		}
	}
	if faults != 2 || warnings != 2 {
		t.Errorf("%d errors, %d warnings: %+v", faults, warnings, messages)
	}
	// It keeps everything, but no policy makes origins.
	if messages, err := ConfigCheck([]byte(keepAll)); err != nil || len(messages) != 1 || messages[0].IsError {
		t.Error(messages, err)
	}
	if !strings.Contains(ConfigDefaults(), "decision_wait: 30s") {
		t.Error(ConfigDefaults())
	}
	if Version() == "" {
		t.Error("no version")
	}
}

func TestMalformedBytesSayWhere(t *testing.T) {
	engine := open(t, keepAll, Options{})
	_, err := engine.Ingest([]byte{0x0a, 0x7f, 0x00})
	var told *Error
	if !errors.As(err, &told) || !errors.Is(err, ErrMalformed) {
		t.Fatalf("got %v", err)
	}
	_, err = engine.IngestJSON([]byte(`{"resourceSpans":[{]}`))
	if !errors.As(err, &told) || told.Status != StatusMalformed || told.Offset == 0 {
		t.Errorf("got %v", err)
	}
	receipt, err := engine.IngestJSON([]byte(`{"resourceLogs":[]}`))
	if err != nil || receipt.Signal != SignalLogs {
		t.Errorf("%+v, %v", receipt, err)
	}
	if receipt, err := engine.Ingest(nil); err != nil || receipt.Spans != 0 {
		t.Errorf("%+v, %v", receipt, err)
	}
}

func TestOutputIsReusedAndExplained(t *testing.T) {
	engine := open(t, keepErrors, Options{Decisions: true})
	for _, request := range readFramed(t, golden+"/py_batch_producer_error.otlp.bin") {
		if _, err := engine.Ingest(request); err != nil {
			t.Fatal(err)
		}
	}
	if err := engine.Drain(5e9); err != nil {
		t.Fatal(err)
	}
	batch := Batch{Bytes: make([]byte, 0, 1<<20)}
	room := unsafe.SliceData(batch.Bytes)
	if ok, err := engine.NextBatch(&batch); !ok || err != nil || batch.Spans == 0 {
		t.Fatal(ok, err)
	}
	if unsafe.SliceData(batch.Bytes) != room {
		t.Error("the buffer was not reused")
	}
	if ok, err := engine.NextBatch(&batch); ok || err != nil {
		t.Error(ok, err)
	}
	var decision Decision
	kept, byLink := 0, 0
	for {
		ok, err := engine.NextDecision(&decision)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		var record struct {
			TraceID string `json:"trace_id"`
			Reason  string `json:"reason"`

			RootService string   `json:"root_service"`
			RootName    string   `json:"root_name"`
			Services    []string `json:"services"`
			Errors      uint64   `json:"errors"`
			Bytes       uint64   `json:"bytes"`
			Error       *struct{ Service, Name, Message string }
			Nearest     []struct {
				Policy, Why      string
				Value, Threshold float64
			}
		}
		if err := json.Unmarshal(decision.JSON, &record); err != nil {
			t.Fatal(err)
		}
		detail := decision.Detail
		if detail == nil || detail.RootService != record.RootService || detail.RootName != record.RootName ||
			!slices.Equal(detail.Services, record.Services) || detail.Errors != record.Errors ||
			detail.Bytes != record.Bytes || detail.HasError != (record.Error != nil) ||
			len(detail.Nearest) != len(record.Nearest) {
			t.Errorf("%s is not %+v", decision.JSON, detail)
		}
		if record.Error != nil && (detail.ErrorService != record.Error.Service || detail.ErrorName != record.Error.Name ||
			detail.ErrorMessage != record.Error.Message) {
			t.Errorf("%s is not %+v", decision.JSON, detail)
		}
		if record.TraceID != fmt.Sprintf("%x", decision.TraceID) || record.Reason != decision.Reason {
			t.Errorf("%s is not %+v", decision.JSON, decision)
		}
		if decision.Verdict != Keep {
			continue
		}
		kept++
		if decision.Reason == "link" {
			byLink++
			if decision.Direction != DirectionLinking || len(decision.Path) != int(decision.Hops)+1 ||
				decision.Path[0] != decision.OriginTraceID || decision.Path[len(decision.Path)-1] != decision.TraceID {
				t.Errorf("%+v", decision)
			}
			explained, err := engine.Explain(decision.TraceID)
			if err != nil || !json.Valid(explained) || !strings.Contains(string(explained), "linking_states") {
				t.Errorf("%s, %v", explained, err)
			}
		} else if decision.Policy != "errors" || !decision.IsOrigin {
			t.Errorf("%+v", decision)
		}
	}
	if kept != 4 || byLink != 3 {
		t.Errorf("%d kept, %d by link", kept, byLink)
	}
	if _, err := engine.Explain(TraceID{1}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	policies, err := engine.KeptByPolicy()
	if err != nil || len(policies) != 1 || policies[0] != (Count{"errors", 1}) {
		t.Error(policies, err)
	}
	var linked, lags uint64
	links, err := engine.KeptByLink()
	for _, row := range links {
		linked += row.Count
	}
	if err != nil || linked != 3 || !strings.HasPrefix(links[0].Name, "link") {
		t.Error(links, err)
	}
	rows, err := engine.KeptByLag()
	for _, row := range rows {
		lags += row.Count
	}
	if err != nil || lags != 4 || rows[0].Name != "1" || rows[len(rows)-1].Name != "+Inf" {
		t.Error(rows, err)
	}
}

func TestSpentMemoryIsTold(t *testing.T) {
	engine := open(t, strings.Replace(keepErrors, "1s", "1h", 1)+"memory_limit: 16MiB\n", Options{})
	if err := engine.Tick(1); err != nil {
		t.Fatal(err)
	}
	refused, now := 0, int64(1)
	for i := range 400 {
		request := requestOf(i*100, 100, 1000)
		_, err := engine.IngestJSON(request)
		for tries := 0; errors.Is(err, ErrNoRoom) && tries < 8; tries++ {
			refused++
			if err := engine.Tick(now); err != nil {
				t.Fatal(err)
			}
			now += 1e9
			_, err = engine.IngestJSON(request)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if refused == 0 {
		t.Fatal("40 MB went into 16 MiB")
	}
	losses, err := engine.Losses()
	if err != nil {
		t.Fatal(err)
	}
	table := LossTable()
	if len(losses) != len(table) {
		t.Fatalf("%d losses, %d in the table", len(losses), len(table))
	}
	for i, loss := range losses {
		if loss.Name != table[i].Name || table[i].Help == "" {
			t.Errorf("%+v, %+v", loss, table[i])
		}
		if (loss.Name == "no_room" || loss.Name == "evicted") && loss.Count == 0 {
			t.Errorf("%s was not counted", loss.Name)
		}
	}
}

// Callers of every kind at once, more than there are lanes; then every span is accounted for.
func TestAllMethodsFromManyGoroutines(t *testing.T) {
	engine := open(t, keepAll, Options{Decisions: true, IngestLanes: 2})
	const callers, requests, spans = 8, 50, 20
	var emitted, decided atomic.Uint64
	poll := func() {
		var batch Batch
		for ok, err := true, error(nil); ok; emitted.Add(batch.Spans) {
			if ok, err = engine.NextBatch(&batch); err != nil {
				t.Error(err)
			}
			if !ok {
				break
			}
		}
		var decision Decision
		for {
			if ok, err := engine.NextDecision(&decision); !ok || err != nil {
				return
			}
			decided.Add(1)
		}
	}
	var ingesting, ticking sync.WaitGroup
	for caller := range callers {
		ingesting.Add(1)
		go func() {
			defer ingesting.Done()
			for i := range requests {
				receipt, err := engine.IngestJSON(requestOf((caller*requests+i)*spans, spans, 10))
				if err != nil || receipt.Spans != spans {
					t.Error(receipt, err)
				}
			}
		}()
	}
	stop := make(chan struct{})
	ticking.Add(1)
	go func() {
		defer ticking.Done()
		for now := int64(1); ; now++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := engine.Tick(now * 1e8); err != nil {
				t.Error(err)
			}
			poll()
			if _, err := engine.Statistics(); err != nil {
				t.Error(err)
			}
		}
	}()
	ingesting.Wait()
	close(stop)
	ticking.Wait()
	if err := engine.Drain(1e18); err != nil {
		t.Fatal(err)
	}
	poll()
	statistics, err := engine.Statistics()
	if err != nil {
		t.Fatal(err)
	}
	const all = callers * requests * spans
	if statistics.Spans.Received != all || statistics.Spans.Emitted != all {
		t.Errorf("%+v", statistics)
	}
	if emitted.Load() != all || decided.Load() != all {
		t.Errorf("%d emitted, %d decided", emitted.Load(), decided.Load())
	}
	if _, err := engine.IngestJSON(requestOf(0, 1, 1)); !errors.Is(err, ErrClosed) {
		t.Error("after Drain: ", err)
	}
}

func TestCloseWaitsForCallsAndEndsThem(t *testing.T) {
	engine := open(t, keepAll, Options{})
	var calling sync.WaitGroup
	started := make(chan struct{}, 4)
	for caller := range 4 {
		calling.Add(1)
		go func() {
			defer calling.Done()
			for i := 0; ; i++ {
				_, err := engine.IngestJSON(requestOf(caller<<20+i, 1, 10))
				if i == 0 {
					started <- struct{}{}
				}
				if err != nil {
					if !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
					return
				}
			}
		}()
	}
	for range 4 {
		<-started
	}
	engine.Close()
	engine.Close()
	calling.Wait()
	if err := engine.Tick(1); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if _, err := engine.Statistics(); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestStatisticsOfLanesProcessAndSeed(t *testing.T) {
	engine := open(t, keepAll+"links: {propagate: {rank_seed: 4294967299}}\n", Options{})
	statistics, err := engine.Statistics()
	if err != nil {
		t.Fatal(err)
	}
	if statistics.RankSeed != 4294967299 || statistics.Memory.ProcessPeak < 1_000_000 ||
		statistics.Lanes != (LaneCounts{}) {
		t.Errorf("%+v", statistics)
	}
}

func TestTimeDoesNotGoBack(t *testing.T) {
	engine := open(t, keepAll, Options{})
	if err := engine.Tick(5); err != nil {
		t.Fatal(err)
	}
	var told *Error
	if err := engine.Tick(4); !errors.As(err, &told) || told.Status != StatusTimeReversed {
		t.Error(err)
	}
}
