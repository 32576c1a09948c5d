package sampler

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/consumer/consumertest"
)

func linesOf(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, packedEnd) {
		reader, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			t.Fatal(name, err)
		}
		if text, err = io.ReadAll(reader); err != nil {
			t.Fatal(name, err)
		}
	}
	if len(text) == 0 || text[len(text)-1] != '\n' {
		t.Error(name, "does not end with a whole line")
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func TestDecisionLogRotates(t *testing.T) {
	const maxBytes = 4000
	folder := t.TempDir()
	path := filepath.Join(folder, "decisions.jsonl")
	unrelated := filepath.Join(folder, "decisions-old.jsonl")
	if err := os.WriteFile(unrelated, []byte("stays"), 0o600); err != nil {
		t.Fatal(err)
	}
	values := settings("1h", keepErrors, map[string]any{
		keyDecisionLog: path, keyLogMaxBytes: maxBytes, keyLogMaxFiles: 2,
	})
	sampler := start(t, values, new(consumertest.TracesSink))
	takeProducerError(t, sampler)
	shutdown(t, sampler)

	old, err := newOldLogs(path, 2, sampler.logger).list()
	if err != nil || len(old) != 2 {
		t.Fatal("rotated files: ", old, err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > maxBytes {
		t.Error(info, err)
	}
	for _, name := range append(old, path) {
		if name != path && !strings.HasSuffix(name, packedEnd) {
			t.Error(name, "is not compressed")
		}
		for _, line := range linesOf(t, name) {
			var record struct{ Verdict string }
			if err := json.Unmarshal([]byte(line), &record); err != nil || record.Verdict == "" {
				t.Error(name, line, err)
			}
		}
	}
	if text, err := os.ReadFile(unrelated); err != nil || string(text) != "stays" {
		t.Error(string(text), err)
	}
}

func TestDecisionLogGoesOnWithoutRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.jsonl")
	values := settings("1h", keepErrors, map[string]any{keyDecisionLog: path, "decisions": map[string]any{"detail": "ids"}})
	sampler := start(t, values, new(consumertest.TracesSink))
	takeProducerError(t, sampler)
	shutdown(t, sampler)
	lines := linesOf(t, path)
	if len(lines) != 18 || strings.Contains(lines[0], "root_service") {
		t.Error(len(lines), lines[0])
	}
}
